import type { IconName } from '../ui/icons';

const icons: Record<string, IconName> = {
  queued: 'clock',
  running: 'loader-circle',
  succeeded: 'circle-check',
  failed: 'circle-x',
  canceled: 'ban',
};

export const statusIcon = (status: string): IconName => icons[status] ?? 'minus';

/** Nothing more is to come, unless it is tried again. */
export const isOver = (status: string): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled';
