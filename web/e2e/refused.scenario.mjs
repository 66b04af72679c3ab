import assert from 'node:assert/strict';
import { layLine, person, post, report, scenario, turn, until } from './stage.mjs';

const watchMs = 5_000;
const asked = ({ streams, polls }) => streams + polls;

// The browser itself tells of the answers that say no.
const expected = [/status of 401/, /status of 429/, /ERR_INCOMPLETE_CHUNKED/, /net::ERR_/];

async function signedIn() {
  await turn('/person?sub=u-ada&name=Ada&projects=main');
  const line = await layLine();
  const ann = await person({ expected });
  const tab = await ann.open('/errors', line.url);
  await tab.page.getByRole('link', { name: 'Sign in' }).click();
  await tab.says('Live');
  return { line, ann, tab };
}

scenario(
  'a session that ends in the middle of a stream: told once, no storm, back by signing in',
  async (t) => {
    const { line, ann, tab } = await signedIn();
    const before = await line.counts();
    await turn('/sessions/revoke?sub=u-ada');
    await tab.says('Signed out');
    await tab.page.getByText('You are signed out.').waitFor();
    const told = await line.counts();
    assert.equal(told.open, 0);

    // Whatever wakes other pages does not make this one ask again.
    const end = performance.now() + watchMs;
    while (performance.now() < end) {
      await tab.page.evaluate(() => ['online', 'focus'].forEach((what) => dispatchEvent(new Event(what))));
      assert.deepEqual(await line.counts(), told, 'it asked again');
    }
    t.diagnostic(`measured: ${asked(told) - asked(before)} requests for events after the session ended`);
    assert.ok(asked(told) - asked(before) <= 4, `${asked(told) - asked(before)} requests`);

    await tab.page.getByRole('link', { name: 'Sign in' }).click();
    await tab.says('Live');
    await post(report('after signing in again'));
    await tab.seen('after signing in again');
    ann.faultless();
  },
);

scenario('a server that asks for patience is given it', async (t) => {
  const { line, ann, tab } = await signedIn();
  const { streams } = await line.counts();
  await line.turn('limits');
  await post(report('while it had to wait'));
  await until(async () => (await line.counts()).limited >= 3, true, 'three polls refused');
  await tab.says('Polling');
  const after = await line.counts();
  await line.turn('passes');
  await tab.seen('while it had to wait');
  await tab.says('Live');
  t.diagnostic(`measured: asked for 2 s of patience, ${after.soonest} ms were given at least`);
  assert.ok(after.soonest >= 1_950, `polled again after ${after.soonest} ms`);
  assert.ok(after.streams - streams <= after.limited + 2, `${after.streams - streams} streams asked for`);
  ann.faultless();
});
