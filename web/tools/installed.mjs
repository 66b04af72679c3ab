// Runs after npm ci: notes what was installed, so that the Go tests and the
// development start do not install the same once more beside those who read it.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const web = new URL('../', import.meta.url);
const lock = readFileSync(new URL('package-lock.json', web));
writeFileSync(new URL('node_modules/.rynda-lock', web), createHash('sha256').update(lock).digest('hex'));
