// The program that is measured: drops by (location, reason) in pages.
//   node count.mjs DIST FILE [check]
import { openSync, readFileSync, readSync } from 'node:fs';

const [dist, path, mode] = process.argv.slice(2);
const { DropPageCounter } = await import(`${dist}/decode/drop-page-counter.js`);
const { parseEventFormat } = await import(`${dist}/decode/event-format.js`);
const { parsePageHeader } = await import(`${dist}/decode/page-header.js`);
const fixture = (name) =>
  readFileSync(new URL(`../../../test/fixtures/6.12/${name}`, import.meta.url), 'utf8');

const counter = new DropPageCounter({
  layout: parsePageHeader(fixture('C-header_page.txt')),
  format: parseEventFormat(fixture('format-skb-kfree_skb.txt')),
});
const { space } = counter;
const fd = openSync(path, 'r');
for (;;) {
  const n = readSync(fd, space, 0, space.length, null);
  if (n === 0) break;
  counter.pages(0, space.subarray(0, n));
}

const counts = new Map();
for (const { location, reason, count } of counter.counts()) {
  const key = `${location.toString(16)} ${reason}`;
  counts.set(key, (counts.get(key) ?? 0) + count);
}
if (mode === 'check') {
  const { digest } = await import('../drop-text/digest.mjs');
  for (const line of readFileSync(`${path}.names`, 'utf8').split('\n')) {
    const [, key, text] = /^(\S+ \d+) (.*)$/.exec(line) ?? [];
    if (!counts.has(key)) continue;
    counts.set(text, counts.get(key));
    counts.delete(key);
  }
  console.log(digest(counts));
}
const { seen, lost, malformed } = counter;
console.log(`seen ${seen} lost ${lost} malformed ${malformed.count} keys ${counts.size}`);
