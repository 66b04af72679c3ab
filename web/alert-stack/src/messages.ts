// Every word the element shows or says, in English and Russian. A host may
// bring its own through the `messages` property.

/**
 * English and Russian side by side, so that neither is forgotten. Where a number
 * decides, its forms stand in a row, `one|other` and in Russian `one|few|many`,
 * because 1 ошибка, 2 ошибки, 5 ошибок; one that is missing is the last.
 */
const table = {
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
  polling: ['Updating every {n} s', 'Обновляется каждые {n} с'],
  stormTitle: [
    '{n} new error group|{n} new error groups',
    '{n} новая группа ошибок|{n} новые группы ошибок|{n} новых групп ошибок',
  ],
  stormSources: ['{n} source|{n} sources', '{n} источник|{n} источника|{n} источников'],
  stormIn: ['in {n} s', 'за {n} с'],
  stormList: ['Open the list', 'Открыть список'],
  stormShow: ['Show the newest', 'Показать новые'],
  hidden: ['Marked as viewed|{n} marked as viewed', 'Просмотрено|Просмотрено: {n}'],
  waiting: [
    'Will be sent when back online|{n} will be sent when back online',
    'Отправим, когда появится связь|{n}: отправим, когда появится связь',
  ],
  fresh: ['{n} new', '{n} новая|{n} новые|{n} новых'],
  more: ['+{n} more', 'Ещё {n}'],
  moreCritical: ['{n} critical', '{n} критичная|{n} критичные|{n} критичных'],
  repeated: [
    'repeated once|repeated {n} times',
    'повторилась {n} раз|повторилась {n} раза|повторилась {n} раз',
  ],
  alerts: ['{n} alert|{n} alerts', '{n} оповещение|{n} оповещения|{n} оповещений'],
  announce: [
    'New: {title}|{n} new alerts, newest: {title}',
    'Новая ошибка: {title}|Новых ошибок: {n}, последняя: {title}',
  ],
};

export type Message = keyof typeof table;
export type Messages = Record<Message, string>;

function column(index: 0 | 1): Messages {
  const words = Object.entries(table).map(([key, pair]) => [key, pair[index]]);
  return Object.fromEntries(words) as Messages;
}

export const en = column(0);
export const ru = column(1);

/** The words of one language, filled in. */
export interface Words {
  lang: string;
  text(key: Message, values?: Record<string, string>): string;
  count(key: Message, n: number, values?: Record<string, string>): string;
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
      const forms = messages[key].split('|');
      const form = forms[['one', 'few'].indexOf(plural.select(n))] ?? forms.at(-1) ?? '';
      return fill(form, { n: numbers.format(n), ...values });
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
