// Pages as `per_cpu/cpuN/trace_pipe_raw` gives them on 6.12 (kernel/trace/ring_buffer.c), in the order in which they
// fill; the same drops as text; and the names of the numbers, which only a `check` reads.
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { drops, SITES } from '../drop-text/drops.mjs';
import { textLines, writeLines } from '../drop-text/generate.mjs';

export function generate(path, size) {
  const draft = `${path}.part`;
  const fd = openSync(draft, 'w');
  const cpus = [0, 1, 2, 3].map(() => new Page(fd));
  writeLines(`${path}.text`, Number.POSITIVE_INFINITY, textLines(paged(drops(), cpus, size)));
  for (const cpu of cpus) cpu.write();
  closeSync(fd);
  writeFileSync(`${path}.names`, SITES.map(nameLine).join(''));
  renameSync(draft, path);
}

/** `ADDRESS REASON TEXT` */
function nameLine({ location, addressLow, reason, reasonNumber }) {
  return `ffffffff${addressLow.toString(16)} ${reasonNumber} ${location} reason: ${reason}\n`;
}

/** The drops that fill pages of `size` bytes together. */
function* paged(drops, cpus, size) {
  for (const drop of drops) {
    cpus[drop.cpu].add(drop);
    yield drop;
    if (cpus.reduce((sum, { written }) => sum + written, 0) >= size) return;
  }
}

class Page {
  /** Bytes of whole pages. */
  written = 0;
  #fd;
  #bytes = Buffer.alloc(4096);
  #at = HEAD;
  #time = 0;
  #lost = 0;

  constructor(fd) {
    this.#fd = fd;
  }

  add({ time, process, skb, socket, site, lost }) {
    if (lost > 0) {
      this.write();
      this.#lost = lost;
    }
    const late = time - this.#time >= 2 ** 27;
    // What is left has to hold a count of lost events.
    if (this.#at + 4 + RECORD + (late ? 8 : 0) > 4096 - 8) this.write();
    if (this.#at === HEAD) {
      this.#bytes.writeBigUInt64LE(BigInt(time), 0);
    } else if (late) {
      const delta = time - this.#time;
      this.#word((((delta % 2 ** 27) << 5) | 30) >>> 0);
      this.#word(Math.floor(delta / 2 ** 27));
      this.#time = time;
    }
    const delta = this.#at === HEAD ? 0 : time - this.#time;
    this.#time = time;
    this.#word(((delta << 5) | (RECORD / 4)) >>> 0);
    const at = this.#at;
    this.#bytes.writeUInt16LE(ID, at);
    this.#bytes.writeInt32LE(process.tid, at + 4);
    this.#bytes.writeUInt32LE(skb, at + 8);
    this.#bytes.writeUInt32LE(0xff1c23af, at + 12);
    this.#bytes.writeUInt32LE(site.addressLow, at + 16);
    this.#bytes.writeUInt32LE(0xffffffff, at + 20);
    this.#bytes.writeUInt32LE(socket, at + 24);
    this.#bytes.writeUInt32LE(socket === 0 ? 0 : 0xff1c23af, at + 28);
    this.#bytes.writeUInt16LE(site.protocol, at + 32);
    this.#bytes.writeInt32LE(site.reasonNumber, at + 36);
    this.#at += RECORD;
  }

  write() {
    if (this.#at === HEAD) return;
    const used = this.#at - HEAD;
    this.#bytes.writeUInt32LE(this.#lost > 0 ? (used | MISSED) >>> 0 : used, 8);
    this.#bytes.writeUInt32LE(this.#lost > 0 ? 0xffffffff : 0, 12);
    if (this.#lost > 0) this.#bytes.writeBigUInt64LE(BigInt(this.#lost), this.#at);
    this.written += writeSync(this.#fd, this.#bytes);
    this.#bytes.fill(0);
    this.#at = HEAD;
    this.#lost = 0;
  }

  #word(value) {
    this.#bytes.writeUInt32LE(value, this.#at);
    this.#at += 4;
  }
}

/** As the samples in test/fixtures/6.12 have them: header_page, and the format of skb:kfree_skb. */
const HEAD = 16;
const ID = 1461;
const RECORD = 40;
/** RB_MISSED_EVENTS | RB_MISSED_STORED */
const MISSED = 0xc0000000;
