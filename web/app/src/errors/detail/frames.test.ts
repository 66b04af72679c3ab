import { expect, test } from 'vitest';
import { fold, frameLine, stackText } from './frames';

const app = { function: 'Run', in_app: true };
const library = { function: 'Do', module: 'net/http', file: 'client.go', line: 7 };

test('runs of library frames fold into one part', () => {
  expect(fold([app, library, library, app, library]).map((part) => [part.kind, part.at])).toEqual([
    ['app', 0],
    ['folded', 1],
    ['app', 3],
    ['folded', 4],
  ]);
});

test('nothing folds when no frame is known to be the application’s', () => {
  expect(fold([library, library]).every((part) => part.kind === 'app')).toBe(true);
});

test('a frame is copied with its place', () => {
  expect(frameLine(library)).toBe('net/http.Do (client.go:7)');
  expect(frameLine({})).toBe('?');
  expect(stackText('', [app, library])).toBe('Run\nnet/http.Do (client.go:7)');
  expect(stackText('as sent', [app])).toBe('as sent');
});
