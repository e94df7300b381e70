import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceRecord } from '../decode/trace-record.js';
import { type DropReading, readDrop, type SeenDrop } from '../model/drop-record.js';
import type { NoticeEvent } from '../model/events.js';
import { inumOfOwnNetns } from './own-netns.js';

/**
 * Offsets that come from type information may be wrong all the same: for a kernel of another build, or a module of
 * another compiler. Before anything is told, a packet of our own to a closed port of 127.0.0.1 is dropped, and what the
 * probe says of it is held against what we know.
 */
export class ProbeCheck {
  readonly #reading: DropReading;
  #drops: SeenDrop[] = [];

  constructor(reading: DropReading) {
    // Where it was dropped does not matter, and reading all symbols takes its time.
    this.#reading = { ...reading, name: () => null };
  }

  record(record: TraceRecord): void {
    if (record.kind === 'event') this.#drops.push(readDrop(record, this.#reading));
  }

  /** @returns what is wrong, for a notice; null where the probe tells the truth */
  async run(poll: () => void): Promise<Doubt | null> {
    const sent = await sendLostPacket();
    if (sent === null) return unchecked('no packet could be sent to 127.0.0.1');
    for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
      await sleep(PAUSE_MS);
      poll();
      const own = this.#drops.find(({ flow }) => flow?.sport === sent.from && flow.dport === sent.to);
      if (own !== undefined) return compare(own);
      this.#drops = [];
    }
    return unchecked('a packet of our own to a closed port of 127.0.0.1 did not show up in it');
  }
}

export type Doubt = [NoticeEvent['level'], string, { hint: string }];

const PATIENCE_MS = 600;
const PAUSE_MS = 10;

/** A datagram to a port that was just closed. */
async function sendLostPacket(): Promise<{ from: number; to: number } | null> {
  const sender = createSocket('udp4');
  const closed = createSocket('udp4');
  try {
    for (const socket of [sender, closed]) {
      // A port that is refused is told on the sender's socket, which is what was wanted.
      socket.on('error', () => {});
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    const ports = { from: sender.address().port, to: closed.address().port };
    closed.close();
    await once(closed, 'close');
    await new Promise<void>((resolve, reject) => {
      sender.send('kwho', ports.to, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
    });
    return ports;
  } catch {
    return null;
  } finally {
    sender.close();
  }
}

function compare({ dev, ifindex, netns, flow }: SeenDrop): Doubt | null {
  const expected = { dev: 'lo', ifindex: loopbackIndex(), netns: inumOfOwnNetns(), src: '127.0.0.1' };
  const came = { dev, ifindex, netns, src: flow?.src ?? null };
  const wrong = Object.entries(expected).flatMap(([name, value]) => {
    const found = came[name as keyof typeof came];
    return value === null || found === value ? [] : [`${name} ${found} instead of ${value}`];
  });
  if (wrong.length === 0) return null;
  return [
    'error',
    `the probe misreads a packet of our own: ${wrong.join(', ')}: do not trust these fields`,
    { hint: 'use --backend hist or --backend event, and report the release of the kernel' },
  ];
}

function unchecked(why: string): Doubt {
  return ['warning', `the probe could not be checked: ${why}`, { hint: 'is the interface lo up?' }];
}

function loopbackIndex(): number | null {
  try {
    return Number(readFileSync('/sys/class/net/lo/ifindex', 'latin1'));
  } catch {
    return null;
  }
}
