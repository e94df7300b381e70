// The program that is measured: decodes the file with the kernel's own format of the event and takes every field of
// every record into one checksum.
//   node decode.mjs DIST FILE [check]
// With `check` every byte of every string counts, not only its length.
import { openSync, readFileSync, readSync } from 'node:fs';

const [dist, path, mode] = process.argv.slice(2);
const { collectAlone } = await import(`${dist}/commands/collect-alone.js`);
const { TraceTextDecoder } = await import(`${dist}/decode/trace-text.js`);
const { parseEventFormat } = await import(`${dist}/decode/event-format.js`);

const format = readFileSync(
  new URL('../../../test/fixtures/6.12/format-skb-kfree_skb.txt', import.meta.url),
  'utf8',
);
/** The C program takes the reason's word, ours tells its number: the word is what the number stands for. */
const reasons = [];
for (const [, number, word] of format.matchAll(/\{ (\d+), "(\w+)" \}/g)) reasons[number] = word;

collectAlone();
// Variables of a module that hold fractions or large numbers cost an allocation each time they change; a typed array
// does not.
const sums = new Float64Array(2);
const NUMBERS = 0;
const TIMES = 1;
let events = 0;
let lost = 0;
let malformed = 0;
let pointers = 0;
let text = 0;
const add = mode === 'check' ? everyByte : lengths;

const decoder = new TraceTextDecoder({ emit, formats: [parseEventFormat(format)] });
const fd = openSync(path, 'r');
for (;;) {
  const space = decoder.space();
  const n = readSync(fd, space, 0, space.length, null);
  if (n === 0) break;
  decoder.filled(n);
}
decoder.end();
console.log(
  `events ${events} lost ${lost} malformed ${malformed} numbers ${BigInt(sums[NUMBERS])} times ${BigInt(sums[TIMES])} pointers ${pointers >>> 0} text ${text >>> 0}`,
);

function emit(record) {
  switch (record.kind) {
    case 'event': {
      const { fields } = record;
      events += 1;
      sums[TIMES] += record.time;
      sums[NUMBERS] += record.cpu + record.tid + fields.protocol;
      // The low halves; addresses in trace text are hashed to 32 bits.
      pointers = (pointers + (fields.skbaddr | 0) + (fields.rx_sk | 0)) | 0;
      add(record.comm);
      add(fields.location);
      add(reasons[fields.reason]);
      break;
    }
    case 'lost':
      lost += record.count;
      sums[NUMBERS] += record.cpu + record.count;
      break;
    default:
      malformed += 1;
  }
}

function lengths(string) {
  text = (text + (string === null ? 1 : string.length * 16)) | 0;
}

function everyByte(string) {
  if (string === null) {
    text = (text + 1) | 0;
    return;
  }
  for (let at = 0; at < string.length; at++) text = (Math.imul(text, 31) + string.charCodeAt(at)) | 0;
}
