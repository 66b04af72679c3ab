import type { en } from './en';

/** Plural forms of one message; `n` chooses among them. */
export type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** In any language: texts where English has texts, forms where it has forms, nothing left out and nothing added. */
export type Translated<English> = {
  readonly [K in keyof English]: English[K] extends string ? string : Forms;
};

export type Catalog = Translated<typeof en>;
