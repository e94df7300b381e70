import { asBuffer, KallsymsLine } from './kallsyms-line.js';
import { sortByAddress } from './sort-by-address.js';

export { findSymbols } from './find-symbols.js';

export interface ResolvedSymbol {
  symbol: string;
  /** Bytes from the symbol's address. */
  offset: number;
  /** Kernel module, or `bpf`, `__builtin__ftrace` and the like; null for the kernel itself. */
  module: string | null;
}

/**
 * The kernel's symbols as `/proc/kallsyms` lists them (kernel/kallsyms.c s_show()): an address to the function
 * that holds it, and a name to its addresses. The text stays as it is; beside it stand 12 bytes a symbol.
 *
 * Of several names at one address a text symbol is preferred, then a global one, then the one with fewer leading
 * underscores or dots, then one without a compiler's suffix (`.cold`), then the first.
 */
export class KernelSymbols {
  /** Every address is zero: kptr_restrict, or no right to see them. Nothing resolves then. */
  readonly hidden: boolean;
  readonly #text: Buffer;
  /** Ascending: the two halves of each address, and where its line stands in the text. */
  readonly #hi: Uint32Array;
  readonly #lo: Uint32Array;
  readonly #lines: Uint32Array;
  /** By the low half: kernel text has but one high half or two. */
  readonly #cache = new Map<number, { hi: number; symbol: string | null }>();

  private constructor(text: Buffer, hi: Uint32Array, lo: Uint32Array, lines: Uint32Array) {
    this.#text = text;
    this.#hi = hi;
    this.#lo = lo;
    this.#lines = lines;
    this.hidden = hi.length === 0 || (hi.at(-1) === 0 && lo.at(-1) === 0);
  }

  /** @param bytes the whole file (kept, not copied), or its pieces (copied, so that one buffer may carry them all). */
  static parse(bytes: Uint8Array | Iterable<Uint8Array>): KernelSymbols {
    const text = bytes instanceof Uint8Array ? asBuffer(bytes) : concatenate(bytes);
    const most = Math.floor(text.length / SHORTEST_LINE) + 1;
    const hi = new Uint32Array(most);
    const lo = new Uint32Array(most);
    const lines = new Uint32Array(most);
    const line = new KallsymsLine(text);
    let count = 0;
    while (line.next()) {
      hi[count] = line.hi;
      lo[count] = line.lo;
      lines[count++] = line.start;
    }
    const order = sortByAddress(hi.subarray(0, count), lo.subarray(0, count));
    const kept = onePerAddress(line, order, lines, (a, b) => hi[a] === hi[b] && lo[a] === lo[b]);
    return new KernelSymbols(text, pick(hi, kept), pick(lo, kept), pick(lines, kept));
  }

  /** The function that holds an address; null outside kernel text. */
  resolve(address: bigint): ResolvedSymbol | null {
    return this.#lookup(Number((address >> 32n) & 0xffff_ffffn), Number(address & 0xffff_ffffn));
  }

  /**
   * The name alone, for decoders that hold an address as two unsigned 32-bit halves. Addresses asked for lately are
   * remembered.
   */
  resolveHiLo(hi: number, lo: number): string | null {
    const entry = this.#cache.get(lo);
    if (entry?.hi === hi) return entry.symbol;
    const symbol = this.#lookup(hi, lo)?.symbol ?? null;
    if (this.#cache.size >= CACHED) this.#cache.clear();
    this.#cache.set(lo, { hi, symbol });
    return symbol;
  }

  /** Every address of a name, data included, in the file's order: static functions may share one. */
  addresses(name: string): bigint[] {
    const found: bigint[] = [];
    if (name === '') return found;
    const wanted = Buffer.from(` ${name}`, 'latin1');
    const line = new KallsymsLine(this.#text);
    for (let at = this.#text.indexOf(wanted); at !== -1; at = this.#text.indexOf(wanted, at + 1)) {
      line.seek(this.#text.lastIndexOf(10, at) + 1);
      if (line.next() && line.nameStart === at + 1 && line.nameEnd === at + wanted.length)
        found.push(line.address());
    }
    return found;
  }

  #lookup(hi: number, lo: number): ResolvedSymbol | null {
    if (this.hidden) return null;
    const at = this.#lastNotAbove(hi, lo);
    if (at === -1) return null;
    const offset = (hi - this.#hi[at]!) * 2 ** 32 + (lo - this.#lo[at]!);
    if (offset > LONGEST_FUNCTION) return null;
    const line = new KallsymsLine(this.#text, this.#lines[at]);
    if (!line.next() || !line.isText()) return null;
    return { symbol: line.name(), offset, module: line.module() };
  }

  /** Binary search; -1 below the first. */
  #lastNotAbove(hi: number, lo: number): number {
    let low = 0;
    let high = this.#hi.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const middleHi = this.#hi[middle]!;
      if (middleHi < hi || (middleHi === hi && this.#lo[middle]! <= lo)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** A busy tracer sees some hundred functions, stack traces some thousand addresses. */
const CACHED = 8192;
/** `0 t a` and its newline. */
const SHORTEST_LINE = 6;
/** Beyond this lies a gap between modules, not the function before it: kallsyms gives no sizes. */
const LONGEST_FUNCTION = 0x10_0000;

function concatenate(pieces: Iterable<Uint8Array>): Buffer {
  let text = Buffer.allocUnsafe(1 << 20);
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > text.length) {
      const larger = Buffer.allocUnsafe(2 * (length + piece.length));
      text.copy(larger, 0, 0, length);
      text = larger;
    }
    text.set(piece, length);
    length += piece.length;
  }
  return text.subarray(0, length);
}

/** The better name of each run of equal addresses: as many indices of symbols, ascending by address. */
function onePerAddress(
  line: KallsymsLine,
  order: Uint32Array,
  lines: Uint32Array,
  same: SameAddress,
): Uint32Array {
  const rank = (symbol: number): number => {
    line.seek(lines[symbol]!);
    return line.next() ? line.rank() : 0;
  };
  let count = 0;
  for (let i = 0; i < order.length; i++) {
    const symbol = order[i]!;
    if (count === 0 || !same(order[count - 1]!, symbol)) order[count++] = symbol;
    else if (rank(symbol) > rank(order[count - 1]!)) order[count - 1] = symbol;
  }
  return order.subarray(0, count);
}

type SameAddress = (a: number, b: number) => boolean;

function pick(values: Uint32Array, indices: Uint32Array): Uint32Array {
  const picked = new Uint32Array(indices.length);
  for (let i = 0; i < picked.length; i++) picked[i] = values[indices[i]!]!;
  return picked;
}
