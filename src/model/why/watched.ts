import type { LogAccessEvent } from '../events.js';
import { at, counted, type Finding } from './finding.js';

/** What happened to the log while it was watched: who cleared it, who took messages, who was refused. */
export function watchedFindings(accesses: readonly LogAccessEvent[]): Finding[] {
  return [clears(accesses), steals(accesses), refusedWrites(accesses), smallBuffers(accesses)].filter(
    (finding) => finding !== null,
  );
}

function clears(accesses: readonly LogAccessEvent[]): Finding | null {
  const found = accesses.filter(({ effect }) => effect === 'clears');
  const last = found.at(-1);
  if (last === undefined) return null;
  return {
    cause: 'cleared-by',
    stage: 'dmesg',
    severity: 'missing',
    certainty: 'certain',
    finding: `${names(found)} cleared the log while it was watched`,
    evidence: found
      .slice(-MOST)
      .map((access) => `${momentOf(access)}${who(access)}: ${call(access)}${origin(access)}`),
    remedy: ['kwho log --recover prints what is hidden', 'have them read without clearing: dmesg without -c'],
  };
}

function steals(accesses: readonly LogAccessEvent[]): Finding | null {
  const found = accesses.filter(({ effect }) => effect === 'steals');
  const takers = new Map(found.map((access) => [access.pid ?? access.tid, access]));
  if (takers.size < 2) return null;
  return {
    cause: 'stolen-by',
    stage: 'collector',
    severity: 'missing',
    certainty: 'certain',
    finding: `${counted(takers.size, 'reader')} took records from one another while the log was watched: ${names([...takers.values()])}`,
    evidence: [...takers.values()]
      .slice(0, MOST)
      .map((access) => `${momentOf(access)}${who(access)}: ${call(access)}${origin(access)}`),
    remedy: ['stop all but one of them, or have them read /dev/kmsg'],
  };
}

function refusedWrites(accesses: readonly LogAccessEvent[]): Finding | null {
  const found = accesses.filter(
    ({ door, action, errno }) => door === '/dev/kmsg' && action === 'write' && errno !== null,
  );
  if (found.length === 0) return null;
  const tooLong = found.some(({ errno }) => errno === 'EINVAL');
  return {
    cause: 'write-refused',
    stage: 'ring',
    severity: 'missing',
    certainty: 'certain',
    finding: `${counted(found.length, 'write')} to /dev/kmsg ${found.length === 1 ? 'was' : 'were'} refused${tooLong ? ': a record has room for some 1000 bytes' : ''}`,
    evidence: found.slice(-MOST).map((access) => `${momentOf(access)}${who(access)}: ${call(access)}`),
    remedy: tooLong ? ['write shorter lines'] : [],
  };
}

function smallBuffers(accesses: readonly LogAccessEvent[]): Finding | null {
  const found = accesses.filter(
    ({ door, action, length, result }) =>
      door === 'syslog' &&
      (action === 'READ_ALL' || action === 'READ_CLEAR') &&
      length !== null &&
      result !== null &&
      result > 0 &&
      // A full buffer: the kernel leaves out the oldest records, and not even a line's room.
      length - result < LINE,
  );
  if (found.length === 0) return null;
  return {
    cause: 'small-buffer',
    stage: 'dmesg',
    severity: 'note',
    certainty: 'likely',
    finding: `${names(found)} asked for the log with a buffer that it filled: the oldest records were left out`,
    evidence: found.slice(-MOST).map((access) => `${momentOf(access)}${who(access)}: ${call(access)}`),
    remedy: ['dmesg -s 16777216'],
  };
}

const MOST = 5;
const LINE = 200;

function names(accesses: readonly LogAccessEvent[]): string {
  const all = [...new Set(accesses.map(who))];
  return all.length <= MOST
    ? all.join(', ')
    : `${all.slice(0, MOST).join(', ')} and ${all.length - MOST} more`;
}

function who({ comm, pid, tid }: LogAccessEvent): string {
  return `${comm ?? '?'}[${pid ?? tid}]`;
}

function momentOf({ time }: LogAccessEvent): string {
  return time === null ? '' : `${at(time)} `;
}

function call({ door, action, length, result, errno }: LogAccessEvent): string {
  const asked = length === null || length === 0 ? '' : ` of ${length} bytes`;
  return `${door === 'syslog' ? 'syslog(2)' : door} ${action ?? '?'}${asked} = ${errno ?? result ?? '?'}`;
}

/** Its command line, and who started it. */
function origin({ process }: LogAccessEvent): string {
  if (process === null) return '';
  const words = process.cmdline === null ? [] : [process.cmdline.map((word) => word ?? '?').join(' ')];
  const parents = process.parents.map(({ comm, pid }) => `${comm ?? '?'}[${pid}]`);
  return ` (${[...words, ...(parents.length === 0 ? [] : [`started by ${parents.join(' < ')}`])].join(', ')})`;
}
