import { readFileSync } from 'node:fs';
import { findAddresses, nameAddresses } from '../../decode/kernel-address.js';
import type { ByteString } from '../../decode/trace-record.js';
import { KwhoError, systemCode } from '../../errors.js';
import { KernelSymbols } from '../../host/symbols.js';

/**
 * Names the kernel's addresses in messages. The list of symbols is read when the first address asks for it: most logs
 * have none.
 */
export class AddressNames {
  readonly #path: string;
  readonly #required: boolean;
  #symbols: KernelSymbols | null = null;

  /** @param map a System.map; null for the running kernel's own list */
  constructor(map: string | null, kallsyms = '/proc/kallsyms') {
    this.#path = map ?? kallsyms;
    this.#required = map !== null;
  }

  /** Forgets the symbols: modules have come or gone. */
  reload(): void {
    this.#symbols = null;
  }

  named(text: ByteString): ByteString {
    return nameAddresses(text, (digits) => this.#nameOf(digits));
  }

  /** The addresses of a text that have a name, as they stand there; undefined where there is none. */
  found(text: ByteString): Record<string, string> | undefined {
    const names: Record<string, string> = {};
    for (const { digits } of findAddresses(text)) {
      const name = this.#nameOf(digits);
      if (name !== null) names[digits] = name;
    }
    return Object.keys(names).length === 0 ? undefined : names;
  }

  #nameOf(digits: string): string | null {
    this.#symbols ??= this.#read();
    const found = this.#symbols.resolve(BigInt(`0x${digits}`));
    if (found === null) return null;
    const module = found.module === null ? '' : ` [${found.module}]`;
    return `${found.symbol}+0x${found.offset.toString(16)}${module}`;
  }

  #read(): KernelSymbols {
    try {
      return KernelSymbols.parse(readFileSync(this.#path));
    } catch (cause) {
      if (!this.#required) return KernelSymbols.parse(Buffer.alloc(0));
      throw new KwhoError(`--map ${this.#path} cannot be read (${systemCode(cause)})`, {
        code: 'no-map',
        cause,
      });
    }
  }
}
