// Every word the element shows or says, in English and Russian. A host may
// bring its own through the `messages` property; forms in braces are chosen by
// Intl.PluralRules, because 1 ошибка, 2 ошибки, 5 ошибок.

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export interface Messages {
  region: string;
  critical: string;
  error: string;
  warning: string;
  info: string;
  recurred: string;
  escalated: string;
  regressed: string;
  surged: string;
  details: string;
  run: string;
  deploy: string;
  task: string;
  namespace: string;
  job: string;
  dismiss: string;
  dismissShown: string;
  minimize: string;
  expand: string;
  undo: string;
  retry: string;
  notViewed: string;
  offline: string;
  offlineSince: string;
  unauthorized: string;
  polling: Forms;
  stormTitle: Forms;
  stormSources: Forms;
  stormIn: Forms;
  stormList: string;
  stormShow: string;
  hidden: Forms;
  waiting: Forms;
  fresh: Forms;
  more: Forms;
  moreCritical: Forms;
  repeated: Forms;
  alerts: Forms;
  announce: Forms;
}

/** English and Russian side by side, so that neither is forgotten. */
const table: { [K in keyof Messages]: [en: Messages[K], ru: Messages[K]] } = {
  region: ['Error alerts', 'Оповещения об ошибках'],
  critical: ['Critical', 'Критично'],
  error: ['Error', 'Ошибка'],
  warning: ['Warning', 'Внимание'],
  info: ['Info', 'Сведения'],
  recurred: ['again', 'снова'],
  escalated: ['got worse', 'стало хуже'],
  regressed: ['regressed', 'вернулась'],
  surged: ['surging', 'всплеск'],
  details: ['Details', 'Подробнее'],
  run: ['Run', 'Запуск'],
  deploy: ['Deploy', 'Выкладка'],
  task: ['Task', 'Задача'],
  namespace: ['Namespace', 'Пространство'],
  job: ['Job', 'Задание'],
  dismiss: ['Mark as viewed', 'Отметить просмотренной'],
  dismissShown: ['Dismiss shown', 'Отметить показанные'],
  minimize: ['Minimize alerts', 'Свернуть оповещения'],
  expand: ['Show alerts', 'Показать оповещения'],
  undo: ['Undo', 'Вернуть'],
  retry: ['Retry', 'Повторить'],
  notViewed: ['Could not mark as viewed.', 'Не удалось отметить просмотренной.'],
  offline: ['Offline', 'Нет связи'],
  offlineSince: ['Offline, last update {time}', 'Нет связи, обновлено в {time}'],
  unauthorized: ['Sign in again to get alerts', 'Войдите снова, чтобы получать оповещения'],
  polling: [{ other: 'Updating every {n} s' }, { other: 'Обновляется каждые {n} с' }],
  stormTitle: [
    { one: '{n} new error group', other: '{n} new error groups' },
    { one: '{n} новая группа ошибок', few: '{n} новые группы ошибок', other: '{n} новых групп ошибок' },
  ],
  stormSources: [
    { one: '{n} source', other: '{n} sources' },
    { one: '{n} источник', few: '{n} источника', other: '{n} источников' },
  ],
  stormIn: [{ other: 'in {n} s' }, { other: 'за {n} с' }],
  stormList: ['Open the list', 'Открыть список'],
  stormShow: ['Show the newest', 'Показать новые'],
  hidden: [
    { one: 'Marked as viewed', other: '{n} marked as viewed' },
    { one: 'Просмотрено', other: 'Просмотрено: {n}' },
  ],
  waiting: [
    { one: 'Will be sent when back online', other: '{n} will be sent when back online' },
    { one: 'Отправим, когда появится связь', other: '{n}: отправим, когда появится связь' },
  ],
  fresh: [{ other: '{n} new' }, { one: '{n} новая', few: '{n} новые', other: '{n} новых' }],
  more: [{ other: '+{n} more' }, { other: 'Ещё {n}' }],
  moreCritical: [
    { other: '{n} critical' },
    { one: '{n} критичная', few: '{n} критичные', other: '{n} критичных' },
  ],
  repeated: [
    { one: 'repeated once', other: 'repeated {n} times' },
    { one: 'повторилась {n} раз', few: 'повторилась {n} раза', other: 'повторилась {n} раз' },
  ],
  alerts: [
    { one: '{n} alert', other: '{n} alerts' },
    { one: '{n} оповещение', few: '{n} оповещения', other: '{n} оповещений' },
  ],
  announce: [
    { one: 'New: {title}', other: '{n} new alerts, newest: {title}' },
    {
      one: 'Новая ошибка: {title}',
      other: 'Новых ошибок: {n}, последняя: {title}',
    },
  ],
};

function column(index: 0 | 1): Messages {
  const words = Object.entries(table).map(([key, pair]) => [key, pair[index]]);
  return Object.fromEntries(words) as Messages;
}

export const en = column(0);
export const ru = column(1);

type Plain = { [K in keyof Messages]: Messages[K] extends string ? K : never }[keyof Messages];
type Plural = Exclude<keyof Messages, Plain>;

/** The words of one language, filled in. */
export interface Words {
  lang: string;
  text(key: Plain, values?: Record<string, string>): string;
  count(key: Plural, n: number, values?: Record<string, string>): string;
  /** How long ago, as a person says it. */
  ago(at: string, now: number): string;
  /** The whole moment, in the reader's own time zone. */
  moment(at: string | number): string;
  /** Hours and minutes alone. */
  clock(at: number): string;
  number(n: number): string;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

export function createWords(lang: string, own: Partial<Messages> = {}): Words {
  const language = /^ru\b/i.test(lang) ? 'ru' : 'en';
  const messages: Messages = { ...(language === 'ru' ? ru : en), ...own };
  // Days before months and the 24-hour clock in English too, as on the staff page.
  const locale = language === 'en' ? 'en-GB' : language;
  const plural = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const clocks = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const fill = (text: string, values: Record<string, string>) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

  return {
    lang: language,
    text: (key, values = {}) => fill(messages[key], values),
    count(key, n, values = {}) {
      const forms = messages[key];
      return fill(forms[plural.select(n)] ?? forms.other, { n: numbers.format(n), ...values });
    },
    ago(at, now) {
      const ms = now - Date.parse(at);
      for (const [unit, size] of steps) if (ms >= size) return relative.format(-Math.floor(ms / size), unit);
      return relative.format(0, 'second');
    },
    moment: (at) => moments.format(typeof at === 'string' ? Date.parse(at) : at),
    clock: (at) => clocks.format(at),
    number: (n) => numbers.format(n),
  };
}
