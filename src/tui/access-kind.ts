import type { LogAccessEvent } from '../model/events.js';
import { ROUTINE_ERRORS } from '../output/log-words.js';

/**
 * How an access is treated: clears and settings stand alone, what one process repeats is folded.
 * `quiet` is plain reading and writing, and what neither changed anything nor was refused.
 */
export type AccessKind = 'clear' | 'setting' | 'steal' | 'refused' | 'failed' | 'quiet';

export function accessKind({ effect, errno, action }: LogAccessEvent): AccessKind {
  if (errno === 'EPERM' || errno === 'EACCES') return 'refused';
  if (effect === 'clears') return 'clear';
  // Where no result was seen it may have been one.
  if (effect === null && (action === 'CLEAR' || action === 'READ_CLEAR')) return 'clear';
  if (effect === 'configures') return 'setting';
  if (effect === 'steals') return 'steal';
  return errno === null || ROUTINE_ERRORS.has(errno) ? 'quiet' : 'failed';
}
