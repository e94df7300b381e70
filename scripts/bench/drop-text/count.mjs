// The program that is measured: drops by (location, reason).
//   node count.mjs DIST FILE [check]
// With `check` it also prints a digest of every count, as the C program and mawk do.
import { openSync, readSync } from 'node:fs';

const [dist, path, mode] = process.argv.slice(2);
const { DropTextCounter } = await import(`${dist}/decode/drop-text-counter.js`);

const counter = new DropTextCounter();
const fd = openSync(path, 'r');
for (;;) {
  const space = counter.space();
  const n = readSync(fd, space, 0, space.length, null);
  if (n === 0) break;
  counter.filled(n);
}
counter.end();

const counts = new Map();
for (const { location, reason, count } of counter.counts()) {
  const key = `${location} reason: ${reason}`;
  counts.set(key, (counts.get(key) ?? 0) + count);
}
if (mode === 'check') {
  const { digest } = await import('./digest.mjs');
  console.log(digest(counts));
}
const { seen, lost, malformed } = counter;
console.log(`seen ${seen} lost ${lost} malformed ${malformed.count} keys ${counts.size}`);
