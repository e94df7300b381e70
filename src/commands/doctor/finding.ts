import type { ByteString } from '../../decode/trace-record.js';
import { KwhoError, systemCode } from '../../errors.js';
import type { Finding, FindingGroup } from '../../model/host-report.js';

/** The findings of one group; whoever says no has to say what to do about it. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #group: FindingGroup;

  constructor(group: FindingGroup) {
    this.#group = group;
  }

  ok(name: string, text: ByteString): void {
    this.#add({ name, verdict: 'ok', text, remedy: null });
  }

  no(name: string, text: ByteString, remedy: ByteString): void {
    this.#add({ name, verdict: 'no', text, remedy });
  }

  unknown(name: string, text: ByteString, remedy: ByteString | null): void {
    this.#add({ name, verdict: 'unknown', text, remedy });
  }

  /** @param remedy where the error itself has none */
  failed(name: string, error: unknown, remedy: ByteString): void {
    const { text, hint } = wordsOf(error);
    this.no(name, text, hint ?? remedy);
  }

  #add(finding: Omit<Finding, 'group'>): void {
    this.list.push({ group: this.#group, ...finding });
  }
}

/** An error in words. Those of kwho may hold any character, and outputs want bytes. */
export function wordsOf(error: unknown): { text: ByteString; hint: ByteString | null } {
  if (error instanceof KwhoError) return { text: toBytes(error.message), hint: toBytes(error.hint ?? null) };
  const text = error instanceof Error ? error.message : String(error);
  return { text: toBytes(systemCode(error) === null ? `unexpected: ${text}` : text), hint: null };
}

function toBytes<T extends string | null>(text: T): T {
  if (text === null || !/[^\0-\xff]/.test(text)) return text;
  return Buffer.from(text, 'utf8').toString('latin1') as T;
}

/** Of whatever hooks a function: text and remedy. */
export const SWITCHED_OFF = [
  'not tried: kernel.ftrace_enabled is 0',
  'sysctl kernel.ftrace_enabled=1',
] as const;
