import type { TextWindow } from './text-window.js';
import type { ByteString } from './trace-record.js';

/**
 * Strings for byte ranges that keep coming back (process names, file names): looks the bytes up before it makes a
 * string. A fixed table where one that comes a second time replaces what stood in its slot, so hostile input costs time,
 * never memory. What comes once is not kept: strings that live for a while before they are garbage make the engine's
 * heap grow to several times what it needs.
 */
export class ByteStrings {
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #words = new Int32Array(SLOTS * WIDTH);
  readonly #strings: ByteString[] = new Array<ByteString>(SLOTS).fill('');
  /** Hashes of those that found their slot taken last. */
  readonly #newcomers = new Int32Array(SLOTS);

  get(window: TextWindow, from: number, to: number): ByteString {
    const length = to - from;
    if (length >= WIDTH * 4) return window.text(from, to);
    const { view } = window;
    const last = to - (length & 3);
    const mask = (1 << ((length & 3) << 3)) - 1;
    const tail = view.getInt32(last, true) & mask;
    let hash = length;
    for (let at = from; at < last; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), MIX);
    hash = Math.imul(hash ^ (hash >>> 15) ^ tail, MIX);
    const slot = hash >>> SHIFT;
    const words = this.#words;
    let word = slot * WIDTH;
    if (this.#lengths[slot] === length) {
      let at = from;
      while (at < last && words[word] === view.getInt32(at, true)) {
        at += 4;
        word += 1;
      }
      if (at === last && words[word] === tail) return this.#strings[slot] as ByteString;
      word = slot * WIDTH;
    }
    const made = window.text(from, to);
    if (this.#newcomers[slot] !== hash) {
      this.#newcomers[slot] = hash;
      return made;
    }
    for (let at = from; at < last; at += 4) words[word++] = view.getInt32(at, true);
    words[word] = tail;
    this.#lengths[slot] = length;
    this.#strings[slot] = made;
    return made;
  }
}

/**
 * The engine's one copy of a string, as property names have it: comparing such names is comparing pointers. Worth it
 * for strings that are kept and compared often.
 */
export function internalized(string: string): string {
  return Object.keys({ [string]: 0 })[0] as string;
}

const SLOTS = 4096;
const SHIFT = 20;
/** Words of one slot: strings of fewer than 64 bytes are kept. */
const WIDTH = 16;
const MIX = 0x9e3779b1;
