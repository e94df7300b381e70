/**
 * Names the kernel address as `symbol` or `symbol+0x1f`, null where none is known. The address is the 64 bits read
 * as a signed number, so that every kernel text address (0xffffffff81000000 is -0x7f000000) is exact without bigint.
 */
export type SymbolOf = (address: number) => string | null;

/** Addresses in records to the names that trace text prints for them (kernel/trace/trace_output.c). */
export class AddressNames {
  readonly #symbol: SymbolOf;
  readonly #known = new Map<number, Name>();

  constructor(symbol: SymbolOf) {
    this.#symbol = symbol;
  }

  /** The traced function: its bare name, or the address in hex. */
  function(view: DataView, at: number, size: number): string {
    return this.#name(readAddress(view, at, size)).bare ?? readHex(view, at, size);
  }

  /** The caller's bare name; null where it is unknown or a trampoline that hides it (`[unknown/kretprobe'd]`). */
  caller(view: DataView, at: number, size: number): string | null {
    const { bare } = this.#name(readAddress(view, at, size));
    return bare === null || TRAMPOLINES.has(bare) ? null : bare;
  }

  /** Up to `count` return addresses, innermost first; the list ends early at a zero or at all ones. */
  frames(view: DataView, from: number, count: number, size: number): string[] {
    const frames: string[] = [];
    for (let at = from; frames.length < count; at += size) {
      const address = readAddress(view, at, size);
      if (address === 0 || address === -1) break;
      if (address === FTRACE_TRAMPOLINE_MARKER) frames.push('[FTRACE TRAMPOLINE]');
      else frames.push(this.#name(address).full ?? readHex(view, at, size));
    }
    return frames;
  }

  #name(address: number): Name {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const full = this.#symbol(address);
    // Not remembered: a module that is loaded later brings its names.
    if (full === null) return UNKNOWN;
    const plus = full.indexOf('+');
    const name = { full, bare: plus > 0 ? full.slice(0, plus) : full };
    // Only a broken stream has this many different addresses.
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(address, name);
    return name;
  }
}

interface Name {
  full: string | null;
  bare: string | null;
}

const UNKNOWN: Name = { full: null, bare: null };

function readAddress(view: DataView, at: number, size: number): number {
  return size === 8
    ? view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
    : view.getInt32(at, true);
}

/** As the kernel prints an address without a symbol: `0x%08lx`. */
function readHex(view: DataView, at: number, size: number): string {
  const value = size === 8 ? view.getBigUint64(at, true) : view.getUint32(at, true);
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** Return addresses that stand for another one (trace_output.c kretprobed(); function graph's is the last). */
const TRAMPOLINES: ReadonlySet<string> = new Set([
  'kretprobe_trampoline',
  '__kretprobe_trampoline',
  'arch_rethook_trampoline',
  'return_to_handler',
]);

/** What kernel/trace/trace.c stores for a return address inside a dynamic trampoline: INT_MAX. */
const FTRACE_TRAMPOLINE_MARKER = 0x7fff_ffff;

const MAX_KNOWN = 65_536;
