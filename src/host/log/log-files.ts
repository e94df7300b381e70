import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { FileHits } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import type { LogWorld } from './log-world.js';

/** Every plain file of /var/log that holds text, subfolders included; journals and packed files left out. */
export function findLogFiles({ root }: LogWorld): ByteString[] {
  const found: ByteString[] = [];
  const walk = (folder: string, depth: number) => {
    let entries: import('node:fs').Dirent<string>[];
    try {
      entries = readdirSync(join(root, folder), { withFileTypes: true, encoding: 'latin1' });
    } catch {
      return;
    }
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && depth < DEEPEST && path !== '/var/log/journal') walk(path, depth + 1);
      else if (entry.isFile() && !BINARY.test(entry.name) && found.length < MOST_FILES) found.push(path);
    }
  };
  walk('/var/log', 0);
  return found.sort();
}

const DEEPEST = 3;
const MOST_FILES = 2000;
const BINARY = /\.(?:gz|xz|zst|bz2|journal|db)$|^(?:wtmp|btmp|lastlog|faillog)/;

/** Looks for a text in files, from their ends on backwards no further than {@link MOST_BYTES} each. */
export function searchFiles(world: LogWorld, paths: readonly ByteString[], text: ByteString): FileHits {
  const hits: FileHits = { found: [], searched: 0, partly: [] };
  const wanted = Buffer.from(text, 'latin1');
  for (const path of paths) {
    const result = searchFile(join(world.root, path), wanted);
    if (result === null) hits.partly.push(path);
    else {
      hits.searched++;
      if (result.partly) hits.partly.push(path);
      if (result.count > 0) hits.found.push({ path, count: result.count, last: result.last });
    }
  }
  return hits;
}

const MOST_BYTES = 256 << 20;
const PIECE = 1 << 20;

function searchFile(
  path: string,
  wanted: Buffer,
): { count: number; last: ByteString; partly: boolean } | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const { size } = fstatSync(fd);
    const start = Math.max(0, size - MOST_BYTES);
    // A piece begins with the end of the one before: a text may stand across both.
    const buffer = Buffer.alloc(PIECE + wanted.length - 1);
    let [count, last, kept] = [0, '', 0];
    for (let at = start; ; ) {
      const n = readSync(fd, buffer, kept, PIECE, at);
      if (n === 0) break;
      const piece = buffer.subarray(0, kept + n);
      for (let hit = piece.indexOf(wanted); hit !== -1; hit = piece.indexOf(wanted, hit + wanted.length)) {
        count++;
        last = lineAround(piece, hit);
      }
      at += n;
      kept = Math.min(wanted.length - 1, piece.length);
      buffer.copyWithin(0, piece.length - kept, piece.length);
    }
    return { count, last, partly: start > 0 };
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

function lineAround(piece: Buffer, at: number): ByteString {
  const before = piece.lastIndexOf(10, at);
  const after = piece.indexOf(10, at);
  const start = Math.max(before + 1, at - LONGEST_LINE);
  return piece.toString('latin1', start, Math.min(after === -1 ? piece.length : after, at + LONGEST_LINE));
}

const LONGEST_LINE = 300;
