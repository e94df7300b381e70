import type { Check } from './drop-check.js';
import { isPacketKind, type PacketKind } from './drop-packet.js';
import type { Verdict } from './drop-verdict.js';

/** What the catalogue says of a reason, of a function, or of a reason in one function. */
export interface DropView {
  readonly verdict: Verdict;
  /** Other verdicts for packets of some kinds. */
  readonly packets: readonly (readonly [PacketKind, Verdict])[];
  readonly what: string;
  readonly next: string;
  readonly checks: readonly Check[];
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * One entry of the catalogue's JSON, checked.
 * @param place names the entry in errors
 * @param base what holds where the entry is silent
 * @throws {Error} that tells the entry, what was expected and what came
 */
export function readView(entry: Entry, place: string, base: DropView | null): DropView {
  const { verdict, packets, what, next, checks } = entry;
  return {
    verdict: verdict === undefined && base !== null ? base.verdict : readVerdict(verdict, place),
    // Who gives another verdict means every packet, unless it says which not.
    packets:
      packets === undefined && verdict === undefined ? (base?.packets ?? []) : readPackets(packets, place),
    what: what === undefined && base !== null ? base.what : readText(what, 'what', place),
    next: next === undefined && base !== null ? base.next : readText(next, 'next', place),
    checks: checks === undefined && base !== null ? base.checks : readChecks(checks, place),
  };
}

export function readObject(value: unknown, place: string): Entry {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Entry;
  throw unexpected(place, 'an object', value);
}

export function readText(value: unknown, name: string, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw unexpected(place, `${name} to be a text`, value);
}

export function readTexts(value: unknown, name: string, place: string): string[] {
  if (Array.isArray(value) && value.length > 0) return value.map((item) => readText(item, name, place));
  throw unexpected(place, `${name} to be a list of texts`, value);
}

export function unexpected(place: string, expected: string, came: unknown): Error {
  return new Error(`${place}: expected ${expected}, got ${JSON.stringify(came) ?? 'nothing'}`);
}

function readVerdict(value: unknown, place: string): Verdict {
  if (value === 'suspect' || value === 'policy' || value === 'noise') return value;
  throw unexpected(place, 'verdict to be suspect, policy or noise', value);
}

function readPackets(value: unknown, place: string): DropView['packets'] {
  return Object.entries(readObject(value ?? {}, `${place}, packets`)).map(([kind, verdict]) => {
    if (!isPacketKind(kind)) throw unexpected(place, 'packets to name a known kind', kind);
    return [kind, readVerdict(verdict, `${place}, packets, ${kind}`)] as const;
  });
}

function readChecks(value: unknown, place: string): Check[] {
  if (!Array.isArray(value)) throw unexpected(place, 'checks to be a list', value);
  return value.map((item) => {
    const check = readObject(item, `${place}, checks`);
    const { kind } = check;
    if (kind === 'counter' || kind === 'sysctl')
      return { kind, names: readTexts(check.names, 'names', place) };
    if (isPlainKind(kind)) return { kind };
    throw unexpected(place, 'checks to name a known kind', kind);
  });
}

type PlainKind = Exclude<Check['kind'], 'counter' | 'sysctl'>;

const PLAIN_KINDS: Record<PlainKind, true> = {
  socket: true,
  sender: true,
  rules: true,
  link: true,
  softnet: true,
  qdisc: true,
  conntrack: true,
  route: true,
  neighbour: true,
};

function isPlainKind(kind: unknown): kind is PlainKind {
  return typeof kind === 'string' && Object.hasOwn(PLAIN_KINDS, kind);
}
