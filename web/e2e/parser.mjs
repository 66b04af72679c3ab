// Reads a stream with npm's eventsource-parser, as another front end would:
// node parser.mjs URL TOKEN POSITION COUNT prints the id of each of COUNT events.
import { createParser } from 'eventsource-parser';

const [url, token, position, count] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
if (position) headers['Last-Event-ID'] = position;
const answer = await fetch(`${url}/v1/events/stream`, { headers });
let left = Number(count);
const parser = createParser({
  onEvent: (e) => {
    if (e.event === 'hello') console.log(`hello ${e.id}`);
    if (!e.event?.includes('.') || left === 0) return;
    if (JSON.parse(e.data).id !== e.id) throw new Error('id of frame and event differ');
    console.log(e.id);
    left--;
  },
});
const decoder = new TextDecoder();
for await (const chunk of answer.body) {
  parser.feed(decoder.decode(chunk, { stream: true }));
  if (left === 0) break;
}
process.exit(0);
