import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KernelLocation, parseLocation } from '../decode/kernel-location.js';
import { KernelSymbols, type ResolvedSymbol } from './symbols.js';

/**
 * Names return addresses: the places that free packets, the frames of a stack. What the kernel itself has named (in
 * its tables) is remembered, also beyond the life of its module; the rest comes from `/proc/kallsyms`, read when the
 * first address asks for it and again when modules have come or gone.
 */
export class LocationNames {
  readonly #readSymbols: () => Uint8Array;
  /** Anything that changes when a module is loaded: `/proc/modules`. */
  readonly #modules: () => string;
  readonly #known = new Map<bigint, KernelLocation | null>();
  #symbols: PlacedSymbols | null = null;
  /** Those before modules came or went: what is told late may come from a module that is gone. */
  #former: PlacedSymbols | null = null;
  #seenModules: string | null = null;

  constructor(readSymbols: () => Uint8Array, modules: () => string) {
    this.#readSymbols = readSymbols;
    this.#modules = modules;
  }

  /** By the symbols of this host. @param proc where procfs is; without its files nothing has a name */
  static of(proc: string): LocationNames {
    const modules = join(proc, 'modules');
    return new LocationNames(
      () => readOrNothing(join(proc, 'kallsyms')),
      () => readOrNothing(modules).toString('latin1'),
    );
  }

  /** The kernel printed this address as `symbol+0x1f/0x40 [module]`. */
  learn(address: bigint, text: string): void {
    if (this.#known.get(address) != null) return;
    const location = parseLocation(text.trim());
    if (location === null) return;
    // The kernel names a return address as if it were a place of its own: behind a last call stands the next function.
    this.#known.set(address, location.offset === 0 ? (this.#resolve(address) ?? location) : location);
  }

  /** The function that holds a return address; null where no symbol is known. */
  name(address: bigint): KernelLocation | null {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    // Its module may have been loaded since, and then it would be taken for the end of another.
    this.refresh();
    const found = this.#resolve(address);
    this.#known.set(address, found);
    return found;
  }

  /** Modules may have come since: what had no name is asked for again. */
  refresh(): void {
    const modules = this.#modules();
    if (modules === this.#seenModules) return;
    if (this.#seenModules !== null) {
      this.#former = this.#symbols ?? this.#former;
      this.#symbols = null;
      for (const [address, location] of this.#known) if (location === null) this.#known.delete(address);
    }
    this.#seenModules = modules;
  }

  /**
   * A call that never returns may be a function's last instruction: its return address is then the first byte of the
   * next function. The byte before it is always in the caller (lib/vsprintf.c does the same for `%pB`).
   */
  #resolve(address: bigint): KernelLocation | null {
    this.#symbols ??= new PlacedSymbols(this.#readSymbols(), this.#seenModules ?? this.#modules());
    const found = this.#symbols.resolve(address - 1n) ?? this.#former?.resolve(address - 1n) ?? null;
    return found === null ? null : { ...found, offset: found.offset + 1 };
  }
}

/**
 * Symbols with where each module's text may be. The list tells no sizes: an address of a module that is gone would be
 * taken for the end of the one before it.
 */
class PlacedSymbols {
  readonly #symbols: KernelSymbols;
  readonly #places = new Map<string, { from: bigint; to: bigint }>();

  /** @param modules `/proc/modules`; kernel/module/procfs.c m_show(): name, bytes, users, …, address */
  constructor(symbols: Uint8Array, modules: string) {
    this.#symbols = KernelSymbols.parse(symbols);
    for (const [, name, size, address] of modules.matchAll(/^(\S+) (\d+) .* 0x([\da-f]+)(?: .*)?$/gm)) {
      const from = BigInt(`0x${address}`);
      if (from !== 0n) this.#places.set(name!, { from, to: from + BigInt(size!) });
    }
  }

  resolve(address: bigint): ResolvedSymbol | null {
    const found = this.#symbols.resolve(address);
    const place = found?.module == null ? undefined : this.#places.get(found.module);
    return place === undefined || (address >= place.from && address < place.to) ? found : null;
  }
}

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
