import { describe, expect, test } from 'vitest';
import type { Occurrence } from '../../api/types';
import { group } from '../group.fixture';
import { refLinks } from './ref-links';

const links = (templates = {}, refs = [{ kind: 'run', id: 'r 1', url: 'https://ci.example/1' }]) =>
  refLinks(group({ refs }), { run_id: 'r 1', links: [] as Occurrence['links'] } as Occurrence, templates);

describe('a ref', () => {
  test('to a run or deploy leads to its screen, with the reported address beside it', () => {
    expect(links()[0]).toMatchObject({
      href: '/runs/shop/r%201',
      own: true,
      outside: 'https://ci.example/1',
    });
  });

  test('leads where the project says, when it says', () => {
    expect(links({ run: 'https://runs.example/{id}' })[0]).toMatchObject({
      href: 'https://runs.example/r%201',
      own: false,
      outside: undefined,
    });
  });

  test('to anything else leads to the reported address, or nowhere', () => {
    const [task, job] = refLinks(
      group({
        refs: [
          { kind: 'task', id: 't', url: 'https://tasks.example/t' },
          { kind: 'job', id: 'j', url: 'javascript:alert(1)' },
        ],
      }),
      undefined,
      {},
    );
    expect([task?.href, task?.own, job?.href]).toEqual(['https://tasks.example/t', false, undefined]);
  });
});
