import { asBuffer, KallsymsLine } from './kallsyms-line.js';

/**
 * The addresses of a few symbols from a file read piece by piece, stopping as soon as each has one: what start-up
 * needs, without keeping 10 MB. A symbol that the file lacks is missing from the answer; one whose address the kernel
 * hides is 0n.
 *
 * @param read the next piece, null at the end; it may reuse its buffer.
 */
export function findSymbols(
  read: () => Uint8Array | null,
  names: ReadonlySet<string>,
): Map<string, bigint[]> {
  const found = new Map<string, bigint[]>();
  const wanted = byLength(names);
  let rest = Buffer.alloc(0);
  while (found.size < names.size) {
    const piece = read();
    const ended = piece === null;
    const bytes = ended ? rest : rest.length === 0 ? asBuffer(piece) : Buffer.concat([rest, piece]);
    const whole = ended ? bytes.length : bytes.lastIndexOf(10) + 1;
    const line = new KallsymsLine(bytes.subarray(0, whole));
    while (line.next()) {
      const candidates = wanted[line.nameEnd - line.nameStart];
      if (candidates === undefined) continue;
      const name = candidates.find((candidate) => line.nameIs(candidate.bytes))?.name;
      if (name === undefined) continue;
      const addresses = found.get(name);
      if (addresses === undefined) found.set(name, [line.address()]);
      else addresses.push(line.address());
    }
    if (ended) break;
    rest = Buffer.from(bytes.subarray(whole));
  }
  return found;
}

function byLength(names: ReadonlySet<string>): { name: string; bytes: Uint8Array }[][] {
  const table: { name: string; bytes: Uint8Array }[][] = [];
  for (const name of names) {
    const bytes = Buffer.from(name, 'latin1');
    table[bytes.length] ??= [];
    table[bytes.length]?.push({ name, bytes });
  }
  return table;
}
