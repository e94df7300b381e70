import type { ByteString } from '../decode/trace-record.js';
import type { CheckSite } from './net-check.js';
import type { Qdisc, QdiscList } from './net-qdisc.js';
import { counted, duration } from './net-words.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, shellWord } from './netns-reach.js';

/**
 * What an interface's queues dropped while we watched; of all interfaces where it is not known which.
 * @param before null where nobody looked in time
 */
export function qdiscEvidence(site: CheckSite, before: QdiscList | null, after: QdiscList): Evidence[] {
  const { dev } = site.place;
  const command = `${enteringCommand(site.world, site.netns)}tc -s qdisc show${dev === null ? '' : ` dev ${shellWord(dev)}`}`;
  const line = (text: ByteString, moved: boolean): Evidence => ({ kind: 'qdisc', text, moved, command });
  if (after.silent !== null) return [line(`could not look at the queues: ${after.silent}`, false)];
  const found = after.qdiscs
    .filter((qdisc) => dev === null || qdisc.dev === dev)
    .sort((a, b) => b.drops - a.drops || depth(b) - depth(a));
  const earlier = before?.silent === null ? before : null;
  const time = earlier === null ? '' : ` in ${duration(after.at - earlier.at)}`;
  const moved = risesOf(found, earlier).slice(0, MOST);
  if (moved.length > 0) {
    return moved.map(({ qdisc, rise }) => {
      return line(`${nameOf(qdisc)} dropped ${counted(rise, 'packet')}${time}${stateOf(qdisc)}`, true);
    });
  }
  const dead = found.filter(({ kind }) => kind === 'noop');
  if (dead.length > 0)
    return dead.slice(0, MOST).map((qdisc) => line(`${nameOf(qdisc)}: the interface is down`, true));
  return (dev === null ? [] : found.slice(0, 1)).map((qdisc) => {
    const still = earlier === null ? '' : ` dropped nothing${time}`;
    const total = qdisc.drops === 0 ? '' : ` has dropped ${counted(qdisc.drops, 'packet')} since it was made`;
    const words = [still, total].filter((part) => part !== '').join(',');
    const said = words === '' ? ' has dropped nothing since it was made' : words;
    return line(`${nameOf(qdisc)}${said}${qdisc.drops === 0 ? '' : stateOf(qdisc)}`, false);
  });
}

const MOST = 3;

/** The most first. One that was made anew meanwhile began at zero. */
function risesOf(found: readonly Qdisc[], before: QdiscList | null): { qdisc: Qdisc; rise: number }[] {
  if (before === null) return [];
  const earlier = new Map(before.qdiscs.map((qdisc) => [idOf(qdisc), qdisc.drops]));
  return found
    .map((qdisc) => {
      const then = earlier.get(idOf(qdisc)) ?? 0;
      return { qdisc, rise: then > qdisc.drops ? qdisc.drops : qdisc.drops - then };
    })
    .filter(({ rise }) => rise > 0)
    .sort((a, b) => b.rise - a.rise || depth(b.qdisc) - depth(a.qdisc));
}

/** A queue counts what those below it dropped as its own: of two that count alike, it was the one below. */
function depth({ place }: Qdisc): number {
  return place.endsWith('root') ? 0 : 1;
}

function idOf({ dev, kind, place }: Qdisc): string {
  return `${dev} ${kind} ${place}`;
}

function nameOf({ dev, kind, place }: Qdisc): ByteString {
  return `qdisc ${kind} ${place} on ${dev}`;
}

function stateOf({ kind, bounds, waiting }: Qdisc): string {
  const parts = [bounds, WAYS[kind] ?? '', waiting === 0 ? '' : `${counted(waiting, 'packet')} waiting`];
  const said = parts.filter((part) => part !== '').join(', ');
  return said === '' ? '' : ` (${said})`;
}

/** Disciplines that drop without being full: net/sched/sch_*.c, tc-*(8). */
const WAYS: Readonly<Record<ByteString, string>> = {
  blackhole: 'drops everything',
  drr: 'drops what no filter puts into a class',
  qfq: 'drops what no filter puts into a class',
  etf: 'drops what has no send time or a past one',
  taprio: 'drops what fits into no time slot',
  ...Object.fromEntries(
    ['red', 'gred', 'sfb', 'choke', 'pie', 'fq_pie', 'codel', 'fq_codel', 'cake', 'dualpi2'].map((kind) => [
      kind,
      'drops early where packets wait too long',
    ]),
  ),
};
