import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeenDrop } from './check.js';
import type { Kernel } from './kernels.js';
import { probeDefinition } from './witness-probe.js';
import { readReasons, readWitnessed } from './witness-record.js';

const TRACEFS = '/sys/kernel/tracing';
const NAME = 'drop_witness';

/**
 * Sees drops with nothing of kwho's but its reader of BTF: skb:kfree_skb, and beside it a probe with the namespace and
 * the packet's bytes. What the cases expect was written down from it, and is checked against it.
 */
export class Witness {
  /** How to make the probe again. */
  readonly definition: string;
  readonly #instance = join(TRACEFS, 'instances', NAME);

  constructor(kernel: Kernel) {
    this.stop();
    mkdirSync(this.#instance);
    this.#set('tracing_on', '0');
    this.#set('trace_clock', 'mono');
    this.#set('buffer_size_kb', '8192');
    const { definition, filter } = probeDefinition(kernel, NAME);
    this.definition = definition;
    appendFileSync(join(TRACEFS, 'dynamic_events'), `${definition}\n`);
    if (filter !== null) this.#set(`events/${NAME}/drop/filter`, filter);
    this.#set(`events/${NAME}/drop/enable`, '1');
    this.#set('events/skb/kfree_skb/enable', '1');
    this.#set('tracing_on', '1');
  }

  /** Trace text, without the header: of every drop a line of either event. */
  lines(): string[] {
    const text = readFileSync(join(this.#instance, 'trace'), 'latin1');
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** What its own probe tells. */
  drops(lines: readonly string[]): SeenDrop[] {
    const reasons = readReasons(this.formats().kfreeSkb);
    return lines.filter((line) => line.includes(': drop: ')).map((line) => readWitnessed(line, reasons));
  }

  /** Of both events, as the kernel describes them. */
  formats(): { kfreeSkb: string; drop: string } {
    const format = (event: string) => readFileSync(join(this.#instance, `events/${event}/format`), 'latin1');
    return { kfreeSkb: format('skb/kfree_skb'), drop: format(`${NAME}/drop`) };
  }

  /** Removes all of it, also what an earlier one left. */
  stop(): void {
    if (readdirSync(join(TRACEFS, 'instances')).includes(NAME)) {
      this.#set('events/enable', '0');
      rmdirSync(this.#instance);
    }
    if (readFileSync(join(TRACEFS, 'dynamic_events'), 'latin1').includes(`:${NAME}/drop `))
      appendFileSync(join(TRACEFS, 'dynamic_events'), `-:${NAME}/drop\n`);
  }

  #set(file: string, value: string): void {
    writeFileSync(join(this.#instance, file), value);
  }
}
