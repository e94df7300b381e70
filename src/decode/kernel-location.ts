import type { ByteString } from './trace-record.js';

/** A place in the kernel's text as the kernel prints it with `%pS`. */
export interface KernelLocation {
  symbol: string;
  /** Bytes from the symbol. */
  offset: number;
  module: string | null;
}

/**
 * Reads `symbol+0x1f/0x40` or `symbol+0x1f/0x40 [module]`, the size being optional (lib/vsprintf.c symbol_string(),
 * kernel/kallsyms.c __sprint_symbol()). null for anything else, such as a bare address.
 */
export function parseLocation(text: ByteString): KernelLocation | null {
  const match = LOCATION.exec(text);
  if (match === null) return null;
  return { symbol: match[1]!, offset: Number.parseInt(match[2]!, 16), module: match[3] ?? null };
}

const LOCATION = /^([A-Za-z_.$][\w.$]*)\+0x([0-9a-f]+)(?:\/0x[0-9a-f]+)?(?: \[([^\]\s]+)\])?$/;
