// Nine shapes after Lucide (ISC), drawn in the colour of the text beside them.
// Each severity has an outline of its own, so that colour is never the only sign.

import { h, type Spec } from './dom';

const circle = 'M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20';
const paths = {
  critical: 'M12 16h.01M12 8v4M8 2h8l6 6v8l-6 6H8l-6-6V8z',
  error: circle + 'M15 9l-6 6M9 9l6 6',
  warning: 'M12 9v4M12 17h.01M12 3L2 21h20z',
  info: circle + 'M12 16v-4M12 8h.01',
  storm: 'M6 16.33A7 7 0 1 1 15.71 8h1.79a4.5 4.5 0 0 1 .5 8.97M13 12l-3 5h4l-3 5',
  close: 'M18 6L6 18M6 6l12 12',
  down: 'M6 9l6 6l6-6',
  up: 'M18 15l-6-6l-6 6',
  check: 'M20 6L9 17l-5-5',
};

export type Icon = keyof typeof paths;

export function icon(name: Icon): Spec {
  return h('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, h('path', { d: paths[name] }));
}
