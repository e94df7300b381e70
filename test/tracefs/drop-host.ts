import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packetBtf } from '../host/packet-btf.js';
import { readFixture } from '../model/drop-samples.js';
import { FakeTracefs } from './fake-tracefs.js';

export interface DropHostOptions {
  /** Whether there is type information. */
  btf?: boolean;
  /** Whether dynamic events can be defined. */
  probes?: boolean;
  /** Dynamic events of others. */
  others?: string;
  /** kernel.ftrace_enabled; the folder is its own /proc. */
  ftrace?: boolean;
}

/** A tracefs with what a kernel says of its drops, and a /sys with its types. */
export class DropHost extends FakeTracefs {
  readonly sys = join(this.path, 'sys');

  constructor(
    kernel: string,
    { btf = true, probes = true, others = '', ftrace = true }: DropHostOptions = {},
  ) {
    super();
    this.put('events/skb/kfree_skb/format', readFixture(kernel, 'format-skb-kfree_skb.txt'));
    this.put('README', readFixture(kernel, 'tracing-README.txt'));
    if (probes) this.put('dynamic_events', others);
    this.put('sys/kernel/ftrace_enabled', ftrace ? '1\n' : '0\n');
    if (kernel !== '5.10') this.put('options/hash-ptr', '1\n');
    mkdirSync(join(this.sys, 'kernel/btf'), { recursive: true });
    if (btf) writeFileSync(join(this.sys, 'kernel/btf/vmlinux'), packetBtf());
  }

  /** What was appended to the list of dynamic events: kind, name, tracepoint or function. */
  defined(): string[] {
    return this.lines('dynamic_events').map((line) => line.split(' ').slice(0, 2).join(' '));
  }
}
