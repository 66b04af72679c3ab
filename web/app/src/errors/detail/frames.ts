import type { Frame } from '../../api/types';

/** Frames that are shown, and runs of library frames that are folded into one line. */
export type Part =
  { kind: 'app'; at: number; frame: Frame } | { kind: 'folded'; at: number; frames: Frame[] };

/**
 * Folds runs of library frames between frames of the application. When no frame
 * says it is the application's, nothing is folded: there is nothing to stand out.
 */
export function fold(frames: readonly Frame[]): Part[] {
  const known = frames.some((frame) => frame.in_app);
  const parts: Part[] = [];
  frames.forEach((frame, at) => {
    const last = parts.at(-1);
    if (!known || frame.in_app) parts.push({ kind: 'app', at, frame });
    else if (last?.kind === 'folded') last.frames.push(frame);
    else parts.push({ kind: 'folded', at, frames: [frame] });
  });
  return parts;
}

/** One frame as a line of text, for the clipboard. */
export function frameLine(frame: Frame): string {
  const place = [frame.file, frame.line || undefined]
    .filter((part) => part !== undefined && part !== '')
    .join(':');
  const what = [frame.module, frame.function].filter(Boolean).join('.');
  return place ? `${what || '?'} (${place})` : what || '?';
}

/** What the clipboard gets: the text as it was sent, or the frames one per line. */
export const stackText = (stack: string, frames: readonly Frame[]): string =>
  stack || frames.map(frameLine).join('\n');
