import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { person, post, report, scenario, staffToken, turn, until, url } from './stage.mjs';

// A plain page of somebody else, whose own server knows who is looking and gives
// a token for them. `renewed` counts how often it was told that one was refused.
async function host(listen, policy) {
  const at = { renewed: 0, origin: '', close: () => server.close() };
  const pages = {
    '/': ['text/html', '<!doctype html><title>Host</title><script src="/host.js"></script><p>A page'],
    // The first token is one that Rynda does not take, as after a night.
    '/token': ['text/plain', 'rys_stalestale_' + 'x'.repeat(43)],
    '/token?renew': ['text/plain', staffToken],
    '/host.js': [
      'text/javascript',
      `addEventListener('DOMContentLoaded', () => {
        let token;
        globalThis.states = [];
        const alerts = document.createElement('rynda-alerts');
        alerts.setAttribute('base-url', '${url}');
        alerts.token = async (refused) => {
          if (!token || refused === token)
            token = await (await fetch(refused ? '/token?renew' : '/token')).text();
          return token;
        };
        alerts.addEventListener('alerts-state', ({ detail }) => states.push(detail.connection));
        document.body.append(alerts);
        const script = document.createElement('script');
        script.src = '${url}/embed/rynda-alerts.js';
        script.crossOrigin = 'anonymous';
        script.onerror = () => states.push('no script');
        document.head.append(script);
      });`,
    ],
  };
  const server = createServer((request, answer) => {
    const [type, text] = pages[request.url] ?? ['text/plain', ''];
    if (request.url === '/token?renew') at.renewed++;
    answer.writeHead(pages[request.url] ? 200 : 404, {
      'content-type': type,
      'content-security-policy': policy,
    });
    answer.end(text);
  });
  const [name, port] = listen.split(':');
  await new Promise((done) => server.listen(Number(port), name, done));
  at.origin = `http://${name}:${server.address().port}`;
  return at;
}

const policy = `default-src 'none'; script-src 'self' ${url}; connect-src 'self' ${url}`;
const closed = `default-src 'none'; script-src 'self' ${url}; connect-src 'self'`;
const listed = process.env.RYNDA_ELSEWHERE;
const connection = (tab) => tab.page.evaluate(() => globalThis.states?.at(-1));

scenario('a page on another origin sees an alert live, dismisses it and survives a cut', async () => {
  const home = await host(listed, policy);
  try {
    // The stale token is told on the console, and so is the server's death.
    const ann = await person({ expected: [/401 \(Unauthorized\)/, /net::ERR_/, /ERR_INCOMPLETE_CHUNKED/] });
    const addresses = [];
    ann.context.on('request', (request) => addresses.push(request.url()));
    const tab = await ann.open('/', home.origin);
    await until(() => connection(tab), 'live', 'a live connection');
    assert.equal(home.renewed, 1);

    await post(report('the till is closed'));
    await tab.seen('the till is closed');
    await tab.dismiss('the till is closed');
    await tab.gone('the till is closed');
    // Under a pointer nothing would move, and what is new would wait.
    await tab.page.mouse.move(10, 10);
    const staff = await person();
    const own = await staff.open();
    await own.row('the till is closed').getByText('Viewed').waitFor();
    await staff.close();

    await turn('/front/kill');
    const second = await turn('/second/start');
    await post(report('while nobody listened'), second);
    await until(() => connection(tab), 'offline', 'the cut to be told');
    await turn('/front/start');
    await tab.seen('while nobody listened');
    await until(() => connection(tab), 'live', 'a live connection again');
    await post(report('and afterwards'));
    await tab.seen('and afterwards');

    const tickets = addresses.flatMap((one) => new URL(one).searchParams.getAll('ticket'));
    assert.ok(tickets.length >= 2, 'a ticket for each stream');
    assert.equal(new Set(tickets).size, tickets.length, 'no ticket is used twice');
    assert.ok(!addresses.some((one) => one.includes(staffToken)), 'the token stands in no address');
    ann.faultless();
    await ann.close();
  } finally {
    home.close();
  }
});

scenario('a page on an origin that is not listed gets nothing', async () => {
  const stranger = await host('127.0.0.1:0', policy);
  const refused = [];
  try {
    const bob = await person({ expected: [/CORS policy/, /net::ERR_FAILED/] });
    bob.context.on('page', (page) => page.on('console', (line) => refused.push(line.text())));
    const tab = await bob.open('/', stranger.origin);
    await until(() => connection(tab), 'no script', 'the script to be refused');
    // With a script of its own it would still read nothing and open no stream.
    const tried = await tab.page.evaluate(
      async ([address, token]) => {
        const headers = { authorization: `Bearer ${token}` };
        const ask = (path, init) =>
          fetch(address + path, init).then(
            (r) => r.status,
            (e) => e.name,
          );
        return [
          await ask('/v1/feed', { headers }),
          await ask('/v1/stream-tickets', { method: 'POST', headers }),
          await new Promise((done) => {
            const stream = new EventSource(`${address}/v1/events/stream?topics=errors`);
            stream.onopen = () => done('open');
            stream.onerror = () => done('refused');
          }),
        ];
      },
      [url, staffToken],
    );
    assert.deepEqual(tried, ['TypeError', 'TypeError', 'refused']);
    assert.ok(refused.some((text) => /CORS policy/.test(text)));
    bob.faultless();
    await bob.close();
  } finally {
    stranger.close();
  }
});

scenario('a policy of the host that leaves Rynda out is seen as offline, and nothing is sent', async () => {
  const home = await host(listed, closed);
  try {
    const cat = await person({ expected: [/policy connect-src violated/, /Content Security Policy/] });
    const sent = [];
    cat.context.on('request', (request) => sent.push(request.url()));
    const tab = await cat.open('/', home.origin);
    await until(() => connection(tab), 'offline', 'offline');
    assert.deepEqual(
      sent.filter((address) => address.startsWith(`${url}/v1/`)),
      [],
    );
    cat.faultless();
    await cat.close();
  } finally {
    home.close();
  }
});
