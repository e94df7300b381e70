import type { LogFacts } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { at, type Check, counted, type Stage } from './finding.js';

/** One place a message passes, and whether it is there. */
export interface Hop {
  hop: ByteString;
  stage: Stage;
  state: 'present' | 'hidden' | 'absent' | 'unknown';
  detail: ByteString;
}

/** Where the message sought is, hop by hop from the ring on; empty where none is sought. */
export function traceText(facts: LogFacts): Hop[] {
  const { text, ring, journald, hits } = facts;
  if (text === null) return [];
  return [ringHop(facts), dmesgHop(facts), journaldHop(journald), ...fileHops(hits)].filter(
    (hop): hop is Hop => hop !== null && (ring.door === '/dev/kmsg' || hop.stage !== 'dmesg'),
  );
}

/**
 * The stage at which the message sought ends; null where it arrives, or none is sought. A message that is nowhere may
 * not have been printed, or be gone from the ring.
 */
export function endsAt(hops: readonly Hop[]): Stage | 'nowhere' | null {
  const [ring] = hops;
  if (ring === undefined) return null;
  const collectors = hops.filter(({ stage }) => stage === 'collector');
  const collected = collectors.some(({ state }) => state === 'present');
  if (ring.state === 'absent') return collected ? 'ring' : 'nowhere';
  if (hops.some(({ state }) => state === 'hidden')) return 'dmesg';
  if (ring.state === 'present' && !collected && collectors.some(({ state }) => state === 'absent'))
    return 'collector';
  return null;
}

/** What was sought and is not in some place. */
export const soughtText: Check = {
  find(facts) {
    const hops = traceText(facts);
    const end = endsAt(hops);
    if (end === null || end === 'dmesg') return [];
    const evidence = hops.map(({ hop, state, detail }) => `${hop}: ${state}, ${detail}`);
    const { first } = facts.ring;
    const finding = {
      nowhere: `the message is nowhere: it was not printed${first === null || first.seq === 0 ? '' : `, or it is older than what the ring has left (${at(first.time)})`}`,
      ring: 'the message is gone from the ring, and a collector has it',
      collector: 'the message is in the ring, and no collector has it',
    }[end as 'nowhere' | 'ring' | 'collector'];
    return [
      {
        cause: end === 'nowhere' ? 'text-nowhere' : end === 'ring' ? 'text-left-ring' : 'text-not-collected',
        stage: end === 'nowhere' ? 'emit' : end,
        severity: end === 'ring' ? 'note' : 'missing',
        certainty: end === 'nowhere' ? 'possible' : 'certain',
        finding,
        evidence,
        remedy: end === 'nowhere' ? ['kwho log --door /dev/kmsg shows who writes to the log'] : [],
      },
    ];
  },
  unchecked: ({ hits }) =>
    hits === null || hits.partly.length === 0
      ? []
      : [
          `${counted(hits.partly.length, 'log file')} could not be read, or not to the beginning: ${hits.partly.slice(0, 3).join(', ')}`,
        ],
};

function ringHop({ ring }: LogFacts): Hop {
  const stage = 'ring';
  const hop = `ring (${ring.door === 'syslog' ? 'syslog(2) READ_ALL' : '/dev/kmsg'})`;
  if (ring.door === null)
    return { hop, stage, state: 'unknown', detail: `it cannot be read (${ring.error})` };
  const last = ring.matches.at(-1);
  if (last === undefined && ring.door === 'syslog')
    return { hop, stage, state: 'unknown', detail: 'not among what it shows; a clear may hide it' };
  if (last === undefined) {
    const from = ring.first === null ? 'the ring is empty' : `the ring goes back to ${at(ring.first.time)}`;
    return { hop, stage, state: 'absent', detail: from };
  }
  const detail = `${counted(ring.matchCount, 'record')}, the last is ${last.seq === null ? '' : `sequence ${last.seq} `}of ${at(last.time)}, facility ${last.facility}, level ${last.level}`;
  return { hop, stage, state: 'present', detail };
}

function dmesgHop({ ring }: LogFacts): Hop | null {
  const last = ring.matches.at(-1);
  if (last === undefined || ring.hiddenUnknown !== null) return null;
  const hidden = ring.visibleFrom === null ? ring.hidden > 0 : (last.seq ?? 0) < ring.visibleFrom;
  return {
    hop: 'dmesg',
    stage: 'dmesg',
    state: hidden ? 'hidden' : 'present',
    detail: hidden ? `hidden by a clear after ${at(ring.hiddenUntil ?? last.time)}` : 'nothing hides it',
  };
}

function journaldHop({ matches, refused, daemon, hasJournal }: LogFacts['journald']): Hop | null {
  if (daemon === null && !hasJournal) return null;
  const hop = 'journald (journalctl -k -b)';
  if (matches === null)
    return { hop, stage: 'collector', state: 'unknown', detail: refused ?? 'journalctl was not asked' };
  return {
    hop,
    stage: 'collector',
    state: matches > 0 ? 'present' : 'absent',
    detail: counted(matches, 'entry'),
  };
}

function fileHops(hits: LogFacts['hits']): Hop[] {
  if (hits === null) return [];
  const stage = 'collector';
  if (hits.found.length === 0)
    return [
      { hop: '/var/log', stage, state: 'absent', detail: `${counted(hits.searched, 'file')} searched` },
    ];
  return hits.found.map(({ path, count, last }) => ({
    hop: path,
    stage,
    state: 'present',
    detail: `${counted(count, 'line')}, the last: ${last.slice(0, 160)}`,
  }));
}
