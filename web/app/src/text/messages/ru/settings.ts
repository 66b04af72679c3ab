import type { settings as english } from '../en/settings';
import type { Translated } from '../translated';

/** In Russian: the settings. */
export const settings: Translated<typeof english> = {
  'theme.auto': 'Как в системе',
  'theme.light': 'Светлая',
  'theme.dark': 'Тёмная',
  'theme.now': 'Тема: {theme}',
  'theme.switch': 'Сменить тему на: {theme}',
  'density.normal': 'Обычная',
  'density.compact': 'Плотная',
  'alerts.newest': 'Сначала новые',
  'alerts.severity': 'Сначала важные',
  'settings.language': 'Язык',
  'settings.theme': 'Тема',
  'settings.density': 'Высота строк',
  'settings.alerts': 'Порядок оповещений',
  'settings.alerts.text': 'Показывается не больше пяти, всегда.',
  'settings.keys': 'Клавиши без сочетаний',
  'settings.keys.text': 'Буквы j, k, v и другие работают как команды',
  about: 'О программе',
  'about.version': 'Версия',
  'about.user': 'Вы',
  'about.projects': 'Проекты',
  'about.connection': 'Соединение',
  diagnostics: 'сведения для диагностики',
  'diagnostics.copy': 'Скопировать сведения',
  'diagnostics.text': 'Версия, соединение и браузер. Об ошибках ничего.',
};
