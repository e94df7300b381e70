import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../decode/trace-record.js';
import type { RunCommand } from '../command.js';

/** Where a host is looked at for its log; a test hands in a folder and a function of its own. */
export interface LogWorld {
  /** What stands before every path: empty for this host. */
  root: string;
  command: RunCommand;
}

/** A small file's bytes; null where it cannot be read. */
export function readText({ root }: LogWorld, path: string): ByteString | null {
  try {
    return readFileSync(join(root, path), 'latin1');
  } catch {
    return null;
  }
}

/** A file that holds one whole number. */
export function readNumber(world: LogWorld, path: string): number | null {
  const text = readText(world, path)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}

export function exists({ root }: LogWorld, path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}
