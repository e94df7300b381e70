import { readlinkSync } from 'node:fs';
import { inumOf } from '../host/netns.js';

/** Inode number of the network namespace that kwho runs in; null where it cannot be told. */
export function inumOfOwnNetns(): number | null {
  try {
    return inumOf(readlinkSync('/proc/self/ns/net'));
  } catch {
    return null;
  }
}
