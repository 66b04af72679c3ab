/**
 * The messages of the app in the chosen language. Keys and the names of their
 * placeholders are checked by the compiler against the English catalog; each
 * other catalog must have the same keys. One catalog is loaded at a time.
 */
import { formatNumber, pluralOf, type Language } from './format';
import type { en } from './messages/en';
import type { Catalog, Forms } from './messages/translated';

export const languages: Record<Language, string> = { en: 'English', ru: 'Русский' };

type English = typeof en;
export type MessageKey = keyof English;

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type ParamsOf<K extends MessageKey> = English[K] extends string
  ? Names<English[K]>
  : 'n' | Names<English[K] extends { other: infer Other } ? Other : never>;
type Arguments<K extends MessageKey> = [ParamsOf<K>] extends [never]
  ? []
  : [params: Record<ParamsOf<K>, string | number>];

const load: Record<Language, () => Promise<Catalog>> = {
  en: async () => (await import('./messages/en')).en,
  ru: async () => (await import('./messages/ru')).ru,
};

class Messages {
  language = $state<Language>('en');
  catalog = $state.raw<Catalog>({} as Catalog);

  /** Loads a language and shows it at once. */
  async use(language: Language): Promise<void> {
    this.catalog = await load[language]();
    this.language = language;
    document.documentElement.lang = language;
  }
}

export const messages = new Messages();

/** The language to begin with when none was chosen. */
export function preferredLanguage(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in languages);
  return (known as Language | undefined) ?? 'en';
}

/** The message of a key, placeholders filled, numbers written in the language. */
export function t<K extends MessageKey>(key: K, ...[params]: Arguments<K>): string {
  const message: string | Forms = messages.catalog[key];
  const values = params as Record<string, string | number> | undefined;
  const text =
    typeof message === 'string'
      ? message
      : (message[pluralOf(messages.language, Number(values?.n))] ?? message.other);
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? formatNumber(messages.language, value) : value;
  });
}
