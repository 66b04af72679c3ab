import { describe, expect, test, vi } from 'vitest';
import { keepTo } from './whose';

function browser() {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const tab = () => ({ storage: () => storage, target: new EventTarget(), reload: vi.fn() });
  return { kept, tab };
}

describe('a tab', () => {
  test.each(['storage', 'pageshow'])('is loaded anew when it hears by %s that another is here', (moment) => {
    const { tab } = browser();
    const [first, second] = [tab(), tab()];
    keepTo('u-ada', first);
    keepTo('u-bob', second);
    first.target.dispatchEvent(new Event(moment));
    second.target.dispatchEvent(new Event(moment));
    expect(first.reload).toHaveBeenCalledOnce();
    expect(second.reload).not.toHaveBeenCalled();
  });

  test('stays when the same person opens another, or somebody empties the storage', () => {
    const { kept, tab } = browser();
    const [first, second] = [tab(), tab()];
    keepTo('u-ada', first);
    keepTo('u-ada', second);
    first.target.dispatchEvent(new Event('storage'));
    kept.clear();
    first.target.dispatchEvent(new Event('storage'));
    expect(first.reload).not.toHaveBeenCalled();
  });

  test('in a browser that keeps nothing works as well', () => {
    const target = new EventTarget();
    const storage = () => {
      throw new DOMException('no', 'SecurityError');
    };
    keepTo('u-ada', { storage, target, reload: vi.fn() })();
  });

  test('that was left does not care any more', () => {
    const { tab } = browser();
    const [first, second] = [tab(), tab()];
    const stop = keepTo('u-ada', first);
    keepTo('u-bob', second);
    stop();
    first.target.dispatchEvent(new Event('storage'));
    expect(first.reload).not.toHaveBeenCalled();
  });
});
