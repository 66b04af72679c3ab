// Writes the types of openapi.yaml's schemas for the app: what is sent and what
// is answered, without the operations, which would be four fifths of the file.

import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { load } from 'js-yaml';

const here = (path) => new URL(path, import.meta.url);
const { openapi, info, components } = load(readFileSync(here('../../../openapi/openapi.yaml'), 'utf8'));
const types = await openapiTS(
  { openapi, info, paths: {}, components: { schemas: components.schemas } },
  { rootTypes: false, alphabetize: true },
);
const text = astToString(types);
const from = text.indexOf('export interface components');
const to = text.indexOf('export type $defs');
writeFileSync(
  here('../../app/src/api/schema.ts'),
  `// Generated from openapi/openapi.yaml by web/tools/openapi; not edited by hand.\n\n${text.slice(from, to).trim()}\n`,
);
