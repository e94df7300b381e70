#!/usr/bin/env node
// Runs in a guest of the lab, as root:  node scripts/bench/drop-drain/guest.mjs [ROUNDS] [PACKETS]
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { DropPageCounter } from '../../../dist/decode/drop-page-counter.js';
import { DropTextCounter } from '../../../dist/decode/drop-text-counter.js';
import { parseEventFormat } from '../../../dist/decode/event-format.js';
import { parsePageHeader } from '../../../dist/decode/page-header.js';
import { PageSource } from '../../../dist/tracefs/page-source.js';
import { PipeSource } from '../../../dist/tracefs/pipe-source.js';
import { makeWorkload } from '../drop-overhead/workload.mjs';

const rounds = Number(process.argv[2] ?? 5);
const packets = Number(process.argv[3] ?? 200_000);
const BUFFER_KB = 65_536;

const tracefs = '/sys/kernel/tracing';
const instance = `${tracefs}/instances/drain-${process.pid}`;
mkdirSync(instance);
write('tracing_on', '0');
write('buffer_size_kb', String(BUFFER_KB));
write('events/skb/kfree_skb/enable', '1');
const workload = makeWorkload(packets);
const layout = parsePageHeader(readFileSync(`${tracefs}/events/header_page`, 'latin1'));
const format = parseEventFormat(readFileSync(`${tracefs}/events/skb/kfree_skb/format`, 'latin1'));

const ratios = [];
const rates = { text: [], pages: [] };
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  const text = drain(drainText);
  const pages = drain(drainPages);
  if (round === 0) continue;
  ratios.push(text / pages);
  rates.text.push(text);
  rates.pages.push(pages);
}
write('events/skb/kfree_skb/enable', '0');
rmdirSync(instance);
process.stdout.write(
  `\n${packets} drops in a ring buffer of Linux ${release()}, counted by (location, reason) until it is empty, ${rounds} rounds\n` +
    `as pages ${shown(ratios)} times as fast as text (median, min-max): ${shown(rates.pages)} µs a drop against ${shown(rates.text)}\n`,
);

/** Microseconds a drop. */
function drain(by) {
  write('tracing_on', '1');
  workload.run();
  write('tracing_on', '0');
  const begun = process.hrtime.bigint();
  const counter = by();
  const took = Number(process.hrtime.bigint() - begun) / 1000;
  const seen = counter.counts().reduce((sum, { count }) => sum + count, 0);
  const { lost, malformed } = counter;
  if (seen < packets || lost > 0 || malformed.count > 0)
    throw new Error(`of ${packets} drops ${seen} were seen, ${lost} lost, ${malformed.count} malformed`);
  return took / seen;
}

function drainText() {
  const counter = new DropTextCounter();
  empty(new PipeSource(instance, counter));
  return counter;
}

function drainPages() {
  const counter = new DropPageCounter({ layout, format });
  empty(new PageSource(instance, layout.size, (cpu, page) => counter.pages(cpu, page)));
  return counter;
}

function empty(source) {
  while (source.poll());
  source.close();
}

function write(file, value) {
  writeFileSync(`${instance}/${file}`, value);
}

function shown(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [median, least, most] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((n) =>
    n.toFixed(1),
  );
  return `${median} (${least}-${most})`;
}
