// skb:kfree_skb as the trace_pipe of a 6.12 kernel prints it, some 183 bytes a line.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { drops } from './drops.mjs';

export function generate(path, size) {
  writeLines(path, size, textLines(drops()));
}

/** Writes lines until there are `size` bytes of them. @returns how many */
export function writeLines(path, size, lines) {
  const draft = `${path}.part`;
  const fd = openSync(draft, 'w');
  const buffer = Buffer.alloc(1 << 20);
  let used = 0;
  let written = 0;
  let count = 0;
  for (const line of lines) {
    used += buffer.latin1Write(line, used);
    count += 1;
    if (used > buffer.length - 4096) {
      written += writeSync(fd, buffer, 0, used);
      used = 0;
    }
    if (written + used >= size) break;
  }
  writeSync(fd, buffer, 0, used);
  closeSync(fd);
  renameSync(draft, path);
  return count;
}

export function* textLines(drops) {
  // Of what stands before the CPU there are few.
  const heads = new Map();
  for (const drop of drops) {
    const { process, cpu, flags, skb, socket, site } = drop;
    let head = heads.get(process);
    if (head === undefined) {
      head = `${process.comm.padStart(16)}-${String(process.tid).padEnd(7)} [00`;
      heads.set(process, head);
    }
    const lost = drop.lost > 0 ? `CPU:${cpu} [LOST ${drop.lost} EVENTS]\n` : '';
    yield `${lost}${head}${cpu}] ${flags} ${stamp(drop.time)}: kfree_skb: skbaddr=${pointer(skb)} rx_sk=${pointer(socket)} protocol=${site.protocol} location=${site.location} reason: ${site.reason}\n`;
  }
}

/** `%5lu.%06lu`, nanoseconds rounded as ns2usecs() does. */
function stamp(nanoseconds) {
  const microseconds = Math.floor((nanoseconds + 500) / 1000);
  const seconds = Math.floor(microseconds / 1e6);
  return `${String(seconds).padStart(5)}.${String(microseconds - seconds * 1e6).padStart(6, '0')}`;
}

/** `%p`: hashed, 32 bits in 16 digits. */
function pointer(value) {
  return value.toString(16).padStart(16, '0');
}
