import { detail } from './en/detail';
import { errors } from './en/errors';
import { frame } from './en/frame';
import { list } from './en/list';
import { settings } from './en/settings';
import { words } from './en/words';
import { work } from './en/work';

/** Every text of the app in English: the catalog the others are checked against. */
export const en = { ...frame, ...words, ...list, ...errors, ...detail, ...work, ...settings } as const;
