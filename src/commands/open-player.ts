import { RecordingError } from '../decode/recording-reader.js';
import { sniffRecording } from '../decode/recording-sniff.js';
import { ForeignPlayback } from './foreign-playback.js';
import { Playback } from './playback.js';
import type { Player } from './player.js';

/**
 * Opens a recording of kwho, or what others print of theirs.
 * @param read puts the next bytes of the file into the array and tells how many: none at its end
 * @throws RecordingError for a file that is neither
 */
export function openPlayer(read: (into: Uint8Array) => number, file: string): Player {
  const head = new Uint8Array(HEAD);
  let length = 0;
  for (let n = 1; n > 0 && length < HEAD && !isEnough(head, length); length += n)
    n = read(head.subarray(length));
  let given = 0;
  const again = (into: Uint8Array) => {
    if (given === length) return read(into);
    const part = head.subarray(given, Math.min(length, given + into.length));
    into.set(part);
    given += part.length;
    return part.length;
  };
  const kind = sniffRecording(head.subarray(0, length));
  if (kind === 'kwho') return new Playback(again);
  if (typeof kind === 'string') return new ForeignPlayback(again, kind, file);
  throw new RecordingError(`expected a recording; the file is ${kind.problem}`, {
    code: 'recording-foreign',
    hint: kind.hint,
  });
}

const HEAD = 64 * 1024;

/** A pipe may not give more for a long time: what can be told from what is there is told. */
function isEnough(head: Uint8Array, length: number): boolean {
  return length >= 16 && typeof sniffRecording(head.subarray(0, length)) === 'string';
}
