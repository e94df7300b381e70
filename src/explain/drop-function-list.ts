import type { ReasonList } from './drop-reason-list.js';
import { type DropView, readObject, readText, readTexts, readView, unexpected } from './drop-view.js';

/** A function of the kernel that frees packets. */
export interface FunctionEntry extends DropView {
  /** What the entry is filed under: the function's name, or a family of names with `*` at one end or at both. */
  readonly symbol: string;
  /** Where the kernel gives a reason that means something else here than elsewhere, or says `NOT_SPECIFIED`. */
  readonly here: ReadonlyMap<string, DropView>;
}

/** The functions, by name or by family: `tcp_*`, `*_notify`, `*_genl_*`. */
export class FunctionList {
  readonly #exact = new Map<string, FunctionEntry>();
  readonly #prefixes: [string, FunctionEntry][] = [];
  readonly #suffixes: [string, FunctionEntry][] = [];
  readonly #middles: [string, FunctionEntry][] = [];

  /** @param entries probes/drop-functions.json, parsed @throws {Error} naming the entry that is not as it should be */
  constructor(entries: unknown, reasons: ReasonList) {
    if (!Array.isArray(entries)) throw unexpected('drop-functions.json', 'a list', entries);
    const seen = new Set<string>();
    for (const [i, value] of entries.entries()) {
      for (const entry of readFunctions(value, `drop-functions.json, entry ${i}`, reasons)) {
        if (seen.has(entry.symbol)) throw new Error(`drop-functions.json: ${entry.symbol} is there twice`);
        seen.add(entry.symbol);
        this.#add(entry);
      }
    }
    for (const families of [this.#prefixes, this.#suffixes]) families.sort(([a], [b]) => b.length - a.length);
  }

  /** @param symbol as in kallsyms: what the compiler appended (`.isra.0`, `.constprop.0`, `.cold`, …) does not matter */
  find(symbol: string): FunctionEntry | null {
    const dot = symbol.indexOf('.');
    const name = dot > 0 ? symbol.slice(0, dot) : symbol;
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    // Before the subsystems that have such functions.
    for (const [middle, entry] of this.#middles) if (name.includes(middle)) return entry;
    for (const [prefix, entry] of this.#prefixes) if (name.startsWith(prefix)) return entry;
    for (const [suffix, entry] of this.#suffixes) if (name.endsWith(suffix)) return entry;
    return null;
  }

  /** Only what is there under its own name. */
  exact(symbol: string): FunctionEntry | null {
    return this.#exact.get(symbol) ?? null;
  }

  /** Without families. */
  all(): FunctionEntry[] {
    return [...this.#exact.values()];
  }

  #add(entry: FunctionEntry): void {
    const { symbol } = entry;
    if (/^\*.*\*$/.test(symbol)) this.#middles.push([symbol.slice(1, -1), entry]);
    else if (symbol.endsWith('*')) this.#prefixes.push([symbol.slice(0, -1), entry]);
    else if (symbol.startsWith('*')) this.#suffixes.push([symbol.slice(1), entry]);
    else this.#exact.set(symbol, entry);
  }
}

function readFunctions(value: unknown, where: string, reasons: ReasonList): FunctionEntry[] {
  const entry = readObject(value, where);
  const symbols = readTexts(entry.symbols, 'symbols', where);
  const place = `${where} (${symbols[0]})`;
  const view = readView(
    entry,
    place,
    entry.reason === null ? null : findReason(entry.reason, place, reasons),
  );
  const here = new Map<string, DropView>();
  for (const [name, other] of Object.entries(readObject(entry.here ?? {}, `${place}, here`))) {
    const base = name === 'NOT_SPECIFIED' ? view : findReason(name, place, reasons);
    here.set(name, readView(readObject(other, place), `${place}, here ${name}`, base));
  }
  return symbols.map((symbol) => ({ ...view, symbol, here }));
}

function findReason(value: unknown, place: string, reasons: ReasonList): DropView {
  const reason = reasons.find(readText(value, 'reason', place));
  if (reason === null) throw unexpected(place, 'reason to be in drop-reasons.json', value);
  return reason;
}
