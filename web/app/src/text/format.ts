/**
 * Numbers, times and lengths in the reader's language. Pure: the language and
 * the present time are given, nothing is kept but the formatters.
 */
export type Language = 'en' | 'ru';

const kept = new Map<string, unknown>();

function once<T>(key: string, make: () => T): T {
  const known = kept.get(key);
  if (known !== undefined) return known as T;
  const made = make();
  kept.set(key, made);
  return made;
}

/** English dates follow the day-month order and the 24-hour clock that log files use. */
const locale = (language: Language): string => (language === 'en' ? 'en-GB' : 'ru-RU');

export const formatNumber = (language: Language, value: number): string =>
  once(`number ${language}`, () => new Intl.NumberFormat(locale(language))).format(value);

/** At most four characters or so, for columns: 9,999, 12.3k, 3.4m. The whole number belongs in a tooltip. */
export const formatShort = (language: Language, value: number): string =>
  value < 10_000
    ? formatNumber(language, value)
    : once(
        `short ${language}`,
        () => new Intl.NumberFormat(locale(language), { notation: 'compact', maximumFractionDigits: 1 }),
      ).format(value);

export const pluralOf = (language: Language, value: number): Intl.LDMLPluralRule =>
  once(`plural ${language}`, () => new Intl.PluralRules(locale(language))).select(value);

/** Date and time to the second with the zone: what a tooltip or a detail line says. */
export const formatTime = (language: Language, at: number): string =>
  once(
    `time ${language}`,
    () =>
      new Intl.DateTimeFormat(locale(language), {
        day: 'numeric',
        month: 'short',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        timeZoneName: 'short',
      }),
  ).format(at);

/** Hours and minutes, with the day in front when it is not today's. */
export const formatClock = (language: Language, at: number, now: number): string => {
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  return once(
    `clock ${language} ${today}`,
    () =>
      new Intl.DateTimeFormat(locale(language), {
        hour: '2-digit',
        minute: '2-digit',
        ...(today ? {} : { day: 'numeric', month: 'short' }),
      }),
  ).format(at);
};

const ladder: [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3_600, 60, 'minute'],
  [86_400, 3_600, 'hour'],
  [7 * 86_400, 86_400, 'day'],
  [35 * 86_400, 7 * 86_400, 'week'],
  [365 * 86_400, 30 * 86_400, 'month'],
  [Infinity, 365 * 86_400, 'year'],
];

/**
 * How long ago, in the largest whole unit. `nowText` stands for everything under
 * 5 seconds, and for times that a fast clock has put into the future.
 */
export function formatAgo(language: Language, at: number, now: number, nowText: string): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 5) return nowText;
  const formatter = once(
    `ago ${language}`,
    () => new Intl.RelativeTimeFormat(locale(language), { numeric: 'always', style: 'short' }),
  );
  const [, size, unit] = ladder.find(([limit]) => seconds < limit) ?? ladder[0]!;
  return formatter.format(-Math.floor(seconds / size), unit);
}

/** A length of time in at most two units: 42 s, 3 min, 1 h 5 min. */
export function formatLength(language: Language, milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const unit = (value: number, name: 'second' | 'minute' | 'hour' | 'day') =>
    once(
      `length ${language} ${name}`,
      () => new Intl.NumberFormat(locale(language), { style: 'unit', unit: name, unitDisplay: 'short' }),
    ).format(value);
  if (seconds < 60) return unit(seconds, 'second');
  if (seconds < 3_600) return unit(Math.floor(seconds / 60), 'minute');
  const [big, small, bigName, smallName] =
    seconds < 86_400
      ? ([Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), 'hour', 'minute'] as const)
      : ([Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3_600), 'day', 'hour'] as const);
  return small === 0 ? unit(big, bigName) : `${unit(big, bigName)} ${unit(small, smallName)}`;
}

/** How long something took or takes, to the second within the hour: 42s, 3m 12s, 1h 5m. */
export function formatTook(language: Language, milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const unit = (value: number, name: 'second' | 'minute' | 'hour' | 'day') =>
    once(
      `took ${language} ${name}`,
      () => new Intl.NumberFormat(locale(language), { style: 'unit', unit: name, unitDisplay: 'narrow' }),
    ).format(value);
  if (seconds < 60) return unit(seconds, 'second');
  if (seconds < 3_600) return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(seconds % 60, 'second')}`;
  if (seconds < 86_400)
    return `${unit(Math.floor(seconds / 3_600), 'hour')} ${unit(Math.floor((seconds % 3_600) / 60), 'minute')}`;
  return `${unit(Math.floor(seconds / 86_400), 'day')} ${unit(Math.floor((seconds % 86_400) / 3_600), 'hour')}`;
}
