/**
 * Numbers for keys of four 32-bit words, one after the other: by a hash in arrays that grow, with neither an object nor
 * a bigint for a key.
 */
export class DropPageKeys {
  size = 0;
  /** Four words of every key. */
  words: Int32Array = new Int32Array(4 * 256);

  /** Number + 1 of keys by their hash, or 0. */
  #table = new Int32Array(1024);

  find(low: number, high: number, reason: number, protocol: number): number {
    const mask = this.#table.length - 1;
    let bucket = hashOf(low, high, reason, protocol) & mask;
    for (;;) {
      const key = (this.#table[bucket] as number) - 1;
      if (key < 0) break;
      const word = key * 4;
      const { words } = this;
      if (
        words[word] === low &&
        words[word + 1] === high &&
        words[word + 2] === reason &&
        words[word + 3] === protocol
      ) {
        return key;
      }
      bucket = (bucket + 1) & mask;
    }
    const key = this.size;
    this.size += 1;
    if (this.words.length < this.size * 4) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words.set([low, high, reason, protocol], key * 4);
    this.#table[bucket] = key + 1;
    if (this.size * 2 > this.#table.length) this.#spread();
    return key;
  }

  #spread(): void {
    const { words } = this;
    const table = new Int32Array(this.#table.length * 4);
    const mask = table.length - 1;
    for (let key = 0; key < this.size; key++) {
      const word = key * 4;
      let bucket = hashOf(words[word]!, words[word + 1]!, words[word + 2]!, words[word + 3]!) & mask;
      while (table[bucket] !== 0) bucket = (bucket + 1) & mask;
      table[bucket] = key + 1;
    }
    this.#table = table;
  }
}

function hashOf(low: number, high: number, reason: number, protocol: number): number {
  const place = Math.imul(low, MIX) ^ high;
  const what = Math.imul(reason, OTHER_MIX) ^ protocol;
  const all = Math.imul(place ^ (place >>> 15), OTHER_MIX) ^ Math.imul(what, MIX);
  return all ^ (all >>> 16);
}

const MIX = 0x9e3779b1 | 0;
const OTHER_MIX = 0x85ebca6b | 0;
