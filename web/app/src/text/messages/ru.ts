import { detail } from './ru/detail';
import { errors } from './ru/errors';
import { frame } from './ru/frame';
import { list } from './ru/list';
import { settings } from './ru/settings';
import { words } from './ru/words';
import { work } from './ru/work';
import type { Catalog } from './translated';

/** Every text of the app in Russian. */
export const ru: Catalog = { ...frame, ...words, ...list, ...errors, ...detail, ...work, ...settings };
