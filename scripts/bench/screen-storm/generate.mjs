// A recording as kwho makes it of a storm: every drop on its own, as pages of skb:kfree_skb of a 6.12 kernel.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { drops, SITES } from '../drop-text/drops.mjs';

const root = new URL('../../..', import.meta.url).pathname;
const fixture = (name) => readFileSync(join(root, 'test/fixtures/6.12', name), 'latin1');

/** @returns events a second, of the kernel's clock */
export async function generate(dist, path, seconds) {
  const { RecordingFile } = await import(join(dist, 'output/recording-file.js'));
  rmSync(path, { force: true });
  const file = new RecordingFile(path);
  const block = (kind, stream, time, head, bytes = new Uint8Array(0)) =>
    file.block({ kind, stream, time, head, bytes });
  let start = null;
  let round = 0;
  let count = 0;
  const page = (cpu, bytes, time) => block('bytes', 'drops', time, { buffer: 'detail', cpu }, bytes);
  const cpus = [0, 1, 2, 3].map((cpu) => new Page((bytes, time) => page(cpu, bytes, time)));
  for (const drop of drops()) {
    const now = drop.time / 1e9;
    if (start === null) {
      start = now;
      begin(block, now);
    }
    if (now - start >= seconds) break;
    const due = Math.floor((now - start) / ROUND_S);
    if (due > round) {
      for (const cpu of cpus) cpu.write(now);
      block('read', 'drops', now, { buffer: 'detail' });
      if (Math.floor((now - start) / 1) > Math.floor(round * ROUND_S))
        block('call', 'drops', now, { method: 'interval', args: [now - 1, now, false] });
      block('round', 'drops', now, null);
      round = due;
    }
    cpus[drop.cpu].add(drop, now);
    count++;
  }
  block('end', 'run', start + seconds, null);
  file.close();
  return count / seconds;
}

const ROUND_S = 0.02;

function begin(block, time) {
  const host = { name: 'router', kernel: '6.12.0', arch: 'x64', wallAtZero: 1.7e12, netns: 4026531840 };
  block('host', 'run', time, host);
  for (const { location, addressLow } of SITES) {
    const [, symbol, offset, module = null] = /^(.+)\+0x([0-9a-f]+)\/0x[0-9a-f]+(?: \[(.+)\])?$/.exec(
      location,
    );
    const key = String(0xffffffff00000000n + BigInt(addressLow));
    const value = { symbol, offset: Number.parseInt(offset, 16), module };
    block('look', 'drops', time, { name: 'location', key, value });
  }
  const format = fixture('format-skb-kfree_skb.txt');
  const buffers = {
    detail: { kind: 'pages', header: fixture('C-header_page.txt'), endian: 'little', formats: [format] },
  };
  const facts = { format, hasReason: true, swapped: false, tables: null, sampled: false, stack: false };
  const by = ['location', 'reason', 'dev', 'netns'];
  const means = {
    events: false,
    backends: ['event', 'pages'],
    detailBackend: 'event',
    blindSpots: [],
    namespaces: [],
  };
  block('begin', 'drops', time, { ...facts, by, ...means, buffers });
}

/** kernel/trace/ring_buffer.c: a stamp, a length, and records that count their time from it. */
class Page {
  #bytes = Buffer.alloc(4096);
  #at = HEAD;
  #time = 0;
  #sink;

  constructor(sink) {
    this.#sink = sink;
  }

  add({ time, process, skb, site }, now) {
    if (this.#at + 4 + RECORD > 4096 - 8) this.write(now);
    if (this.#at === HEAD) {
      this.#bytes.writeBigUInt64LE(BigInt(time), 0);
      this.#time = time;
    }
    this.#bytes.writeUInt32LE((((time - this.#time) << 5) | (RECORD / 4)) >>> 0, this.#at);
    const at = this.#at + 4;
    this.#time = time;
    this.#bytes.writeUInt16LE(ID, at);
    this.#bytes.writeInt32LE(process.tid, at + 4);
    this.#bytes.writeUInt32LE(skb, at + 8);
    this.#bytes.writeUInt32LE(0xff1c23af, at + 12);
    this.#bytes.writeUInt32LE(site.addressLow, at + 16);
    this.#bytes.writeUInt32LE(0xffffffff, at + 20);
    this.#bytes.writeUInt16LE(site.protocol, at + 32);
    this.#bytes.writeInt32LE(site.reasonNumber, at + 36);
    this.#at = at + RECORD;
  }

  write(now) {
    if (this.#at === HEAD) return;
    this.#bytes.writeUInt32LE(this.#at - HEAD, 8);
    this.#sink(this.#bytes.subarray(0, this.#at), now);
    this.#bytes.fill(0);
    this.#at = HEAD;
  }
}

/** As the samples in test/fixtures/6.12 have them. */
const HEAD = 16;
const ID = Number(/^ID: (\d+)$/m.exec(fixture('format-skb-kfree_skb.txt'))[1]);
const RECORD = 40;
