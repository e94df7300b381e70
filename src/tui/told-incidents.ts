import type { KernelMessageEvent, LogAccessEvent, LostEvent, NoticeEvent } from '../model/events.js';
import { printable } from '../output/escape.js';
import { callWords, whoWords } from '../output/log-words.js';
import { lostWords } from '../output/lost-words.js';
import { accessKind } from './access-kind.js';
import type { Incidents } from './incidents.js';
import { notableMessage } from './kernel-words.js';

/** What of the events is an incident. */
export class ToldIncidents {
  readonly #incidents: Incidents;

  constructor(incidents: Incidents) {
    this.#incidents = incidents;
  }

  access(event: LogAccessEvent): void {
    if (accessKind(event) !== 'clear') return;
    const { time, comm, door, action, effect, process } = event;
    // Each run of a script's dmesg is another process.
    const fold = [effect, comm, door, action, process?.uid, process?.unit, process?.container].join('\0');
    this.#incidents.note('clear', fold, {
      time,
      text: `${whoWords(event)} ${effect === null ? 'may have' : 'has'} cleared the kernel log: ${callWords(event)}${accountWords(event)}`,
      hint: 'a clear erases nothing: kwho log --recover prints what it hides, until the ring overwrites it',
    });
  }

  lost(event: LostEvent): void {
    const { time, where, count, what } = event;
    // What is counted is counted with the incident.
    const text = `${count === null ? lostWords(event) : printable(what)} (${printable(where)})`;
    const hint = HINTS[where] ?? null;
    this.#incidents.note('lost', text, { time, text, hint }, count ?? 1);
  }

  notice({ time, level, code, text, hint }: NoticeEvent): void {
    if (level === 'info') return;
    const told = { time, text: printable(text), hint: hint === null ? null : printable(hint) };
    if (code === 'competing-readers') this.#incidents.note('steal', told.text, told);
    else this.#incidents.note('warning', code, told);
  }

  /** @returns whether it is one */
  message(event: KernelMessageEvent): boolean {
    const notable = notableMessage(event);
    if (notable !== null)
      this.#incidents.note('kernel', notable.fold, {
        time: event.time,
        text: notable.text,
        hint: notable.hint,
      });
    return notable !== null;
  }
}

/** `, uid 0, session-3.scope` */
function accountWords({ process }: LogAccessEvent): string {
  if (process === null) return '';
  const { uid, loginuid, unit, container } = process;
  const words = [
    uid === null ? null : `uid ${uid}`,
    loginuid === null ? null : `login uid ${loginuid}`,
    unit === null ? null : printable(unit),
    container === null ? null : printable(container),
  ];
  return words.map((word) => (word === null ? '' : `, ${word}`)).join('');
}

const HINTS: Readonly<Partial<Record<LostEvent['where'], string>>> = {
  ring: 'events came faster than they were read: --buffer makes the ring larger',
  table: 'the drops are counted, but not by place',
};
