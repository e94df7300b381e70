import { grouped } from '../grouped.js';
import type { LogAccessEvent, ProcessIdentity } from '../model/events.js';
import { printable } from '../output/escape.js';
import { argumentWords, callWords, commandLine, isCompatEntry, whoWords } from '../output/log-words.js';
import { accessKind } from './access-kind.js';
import { type DetailLine, detailLine, labelled, section } from './detail-line.js';
import { meaningWords } from './log-meaning.js';
import { momentWords } from './moment-words.js';
import type { LogRow } from './shown.js';

export interface LogDetailOptions {
  /** Wall-clock milliseconds of a kernel time in seconds. */
  wall: (time: number) => number;
  userName: (uid: number) => string | null;
  /** Records that a clear hides; null where that is not known. */
  hidden: number | null;
  /** The key that shows hidden records; null in a replay. */
  recoverKey: string | null;
}

/** Who it was, what was called, what came of it, what was lost and how to get it back. */
export function logDetail(row: LogRow, options: LogDetailOptions): DetailLine[] {
  const { event } = row;
  return [
    detailLine(`${whoWords(event)}: ${callWords(event)}`, 'title'),
    detailLine(meaningWords(event), row.loud ? 'loud' : 'plain'),
    ...(accessKind(event) === 'clear' ? recoverLines(options) : []),
    ...section('when', whenLines(row, options)),
    ...section('who', whoLines(event, options)),
    ...section(
      'started by',
      (event.process?.parents ?? []).map((parent) => detailLine(parentWords(parent))),
    ),
    ...section('how', howLines(event)),
    ...section(
      'kernel path',
      (event.stack ?? []).map((frame) => detailLine(printable(frame), 'faint')),
    ),
  ];
}

function recoverLines({ hidden, recoverKey }: LogDetailOptions): DetailLine[] {
  const records = hidden === null ? 'the records' : hidden === 1 ? '1 record' : `${grouped(hidden)} records`;
  const how =
    recoverKey === null
      ? 'on that host, kwho log --recover prints it.'
      : `${recoverKey} shows ${hidden === null ? 'them' : 'what is hidden'}, kwho log --recover prints it.`;
  return [
    detailLine(
      hidden === null ? 'How many records are hidden is not known.' : `Hidden now: ${records}.`,
      hidden === 0 ? 'plain' : 'loud',
    ),
    detailLine(`Nothing is erased until the ring overwrites it: ${how}`, 'good'),
  ];
}

function whenLines({ time, last, count }: LogRow, { wall }: LogDetailOptions): DetailLine[] {
  if (count === 1) return [detailLine(momentWords(time, wall))];
  return [
    detailLine(`${grouped(count)} accesses by this process at this door`),
    ...labelled('first', momentWords(time, wall)),
    ...labelled('last', momentWords(last, wall)),
  ];
}

function whoLines({ process, comm, pid, tid }: LogAccessEvent, options: LogDetailOptions): DetailLine[] {
  const thread = pid === null ? `thread ${tid}` : pid === tid ? `${pid}` : `${pid}, thread ${tid}`;
  const name = comm === null ? [] : labelled('name', printable(comm));
  if (process === null) {
    return [
      ...name,
      ...labelled('process', thread),
      detailLine('Nobody saw this process start, and it is gone: more of it is not known.', 'faint'),
    ];
  }
  const { exe, uid, loginuid, unit, container } = process;
  return [
    ...labelled('command', commandLine(process) ?? 'not known'),
    ...name,
    ...labelled('process', thread),
    ...labelled('exe', exe === null ? null : printable(exe)),
    ...labelled('user', uid === null ? 'not known' : userWords(uid, options)),
    ...labelled('login', loginWords(loginuid, options)),
    ...labelled('unit', unit === null ? null : printable(unit)),
    ...labelled('container', container === null ? null : printable(container)),
  ];
}

function loginWords(loginuid: ProcessIdentity['loginuid'], options: LogDetailOptions): string {
  return loginuid === null ? 'nobody logged in, or it is not known' : userWords(loginuid, options);
}

/** `root (uid 0)` */
function userWords(uid: number, { userName }: LogDetailOptions): string {
  const name = userName(uid);
  return name === null ? `uid ${uid}` : `${printable(name)} (uid ${uid})`;
}

/** One of the parents: `bash[1201]`, and its command line where that says more. */
function parentWords({ pid, comm, cmdline }: ProcessIdentity['parents'][number]): string {
  const name = `${comm === null ? '?' : printable(comm)}[${pid}]`;
  return cmdline === null || cmdline.length === 0 ? name : `${name}  ${argumentWords(cmdline)}`;
}

function howLines({ via, door, cpu, backend }: LogAccessEvent): DetailLine[] {
  const gate = isCompatEntry(via) ? ', a 32-bit caller' : '';
  return [
    ...labelled(door === 'kernel' ? 'caller' : 'entry', via === null ? null : `${printable(via)}${gate}`),
    ...labelled('cpu', String(cpu)),
    ...labelled('seen by', printable(backend)),
  ];
}
