import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { messageKey, type RingRecord, type StoreCheck } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import type { LogWorld } from './log-world.js';

/**
 * Looks in the end of a log file for records of the ring. Where the file keeps printk's time stamps a record is found
 * by stamp and text, elsewhere by its text alone.
 * @param booted when this kernel started, in milliseconds of the wall clock
 */
export function checkStore(
  world: LogWorld,
  path: ByteString,
  sample: readonly RingRecord[],
  booted: number,
): StoreCheck {
  const end = readEnd(join(world.root, path));
  if (end === null) return { path, exists: false, fresh: false, oldest: null, begins: 0, has: new Set() };
  const { text, modified, born, whole } = end;
  const fresh = modified >= booted - CLOCK_SLACK_MS;
  const stamps = fresh ? ownStamps(text) : [];
  const has = sample.filter((record) =>
    stamps.length > 0 ? text.includes(`${stampOf(record)} ${record.text}`) : text.includes(record.text),
  );
  const oldest = stamps.length === 0 ? null : Math.min(...stamps);
  return {
    path,
    exists: true,
    fresh,
    oldest,
    begins: whole ? Math.max((born - booted) / 1000, oldest ?? 0) : (oldest ?? Number.POSITIVE_INFINITY),
    has: new Set(fresh ? has.map(messageKey) : []),
  };
}

const CLOCK_SLACK_MS = 5000;

/** As printk prints it: `[   12.345678]`. */
function stampOf({ time }: RingRecord): string {
  return `[${time.toFixed(6).padStart(12)}]`;
}

/** Stamps of this boot: those behind the last one that went back by much, which was a boot. */
function ownStamps(text: ByteString): number[] {
  let stamps: number[] = [];
  let before = 0;
  for (const match of text.matchAll(/\[ *(\d+\.\d{6})\]/g)) {
    const stamp = Number(match[1]);
    if (stamp + REORDERED < before) stamps = [];
    before = stamp;
    if (stamps.length === 0 || stamp < stamps[0]!) stamps.unshift(stamp);
  }
  return stamps;
}

/** Records stand in order but for some of several CPUs. */
const REORDERED = 1;

/** `born` is the change time where the file system keeps no better one: later, which is to the safe side. */
function readEnd(path: string): { text: ByteString; modified: number; born: number; whole: boolean } | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const { size, mtimeMs, birthtimeMs, ctimeMs } = fstatSync(fd);
    const length = Math.min(size, MOST);
    const buffer = Buffer.alloc(length);
    const n = readSync(fd, buffer, 0, length, size - length);
    return {
      text: buffer.toString('latin1', 0, n),
      modified: mtimeMs,
      born: birthtimeMs > 0 ? birthtimeMs : ctimeMs,
      whole: length === size,
    };
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

const MOST = 8 << 20;
