/** The words of the domain in the reader's language; values nobody knows yet are shown as they came. */
import { messages, t, type MessageKey } from './i18n.svelte';

function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in messages.catalog ? (t as (key: MessageKey) => string)(key as MessageKey) : value;
}

export const severityWord = (severity: string): string => word('severity', severity);
export const reasonWord = (reason: string): string => word('reason', reason);
export const refWord = (kind: string): string => word('ref', kind);
export const connectionWord = (state: string): string => word('connection', state);
export const filterWord = (name: string): string => word('filter', name);
export const sortWord = (name: string): string => word('sort', name);
export const spanWord = (name: string): string => word('span', name);
export const partWord = (name: string): string => word('part', name);
export const transportWord = (name: string): string => word('transport', name);
export const workStatusWord = (status: string): string => word('status', status || 'unknown');
