import type { ByteString } from './trace-record.js';

/** A pr_debug() of the kernel that can be switched on (Documentation/admin-guide/dynamic-debug-howto.rst). */
export interface DebugSite {
  /** `drivers/base/dd.c:421` */
  place: ByteString;
  module: ByteString;
  function: ByteString;
  on: boolean;
  /** printf's format, as C writes it. */
  format: ByteString;
}

/** One line of dynamic_debug/control: `init/main.c:1121 [main]initcall_blacklist =p "initcall %s\n"`. */
export function parseDebugSite(line: ByteString): DebugSite | null {
  const match = /^(\S+) \[([^\]]*)\](\S+) =(\S+) "(.*)"\s*$/.exec(line);
  if (match === null) return null;
  const [, place, module, name, flags, format] = match;
  return { place: place!, module: module!, function: name!, on: flags!.includes('p'), format: format! };
}

/**
 * Whether a format can have given a text: its longest piece without a conversion stands in the text, or the text
 * stands in such a piece. Short pieces fit everything and do not count.
 */
export function formatFits(format: ByteString, text: ByteString): boolean {
  const pieces = format
    // 5.10 writes a newline as \012, later kernels as \n.
    .replace(/\\(?:[0-7]{3}|[ntr"\\])/g, (pair) => ESCAPES.get(pair) ?? '\n')
    .split(/%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh?|ll?|[zjtL])?(?:p[a-zA-Z0-9]*|[a-zA-Z%])|\n/);
  const longest = pieces.reduce(
    (best, piece) => (piece.trim().length > best.length ? piece.trim() : best),
    '',
  );
  if (longest.length < FEWEST) return false;
  return text.includes(longest) || (text.length >= FEWEST && longest.includes(text));
}

const FEWEST = 8;

const ESCAPES = new Map([
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\134', '\\'],
]);
