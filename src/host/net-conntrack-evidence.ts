import { grouped } from '../grouped.js';
import type { CheckSite } from './net-check.js';
import { riseOf } from './net-counters.js';
import { readSysctl } from './net-sysctl.js';
import { counted, duration } from './net-words.js';
import type { Evidence } from './net-world.js';
import { enteringCommand } from './netns-reach.js';

/** How full the table of connections is, and which of its counters of refusals rose. */
export async function conntrackEvidence(site: CheckSite): Promise<Evidence[]> {
  const { world, netns, before, after } = site;
  const enter = enteringCommand(world, netns);
  const command = `${enter}sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`;
  if (after === null) return [];
  if (after.conntrack === null) {
    return [{ kind: 'conntrack', text: 'connections are not tracked here', moved: false, command }];
  }
  const { entries } = after.conntrack;
  const max = Number((await readSysctl(world, netns, 'net/netfilter/nf_conntrack_max')) ?? Number.NaN);
  const full = Number.isFinite(max) && max > 0 && entries >= NEARLY_FULL * max;
  const limit = Number.isFinite(max) ? ` of ${grouped(max)} possible` : '';
  const size: Evidence = {
    kind: 'conntrack',
    text: `${counted(entries, 'connection')}${limit} ${entries === 1 ? 'is' : 'are'} tracked`,
    moved: full,
    command,
  };
  const rise = riseOf(before?.conntrack?.counters ?? new Map(), after.conntrack.counters);
  const moved = REFUSALS.flatMap(([name, what]): Evidence[] => {
    const count = rise.get(name) ?? 0;
    if (count === 0) return [];
    const text = `conntrack's ${name} rose by ${grouped(count)} in ${duration(site.milliseconds)}: ${what}`;
    return [{ kind: 'conntrack', text, moved: true, command: `${enter}cat /proc/net/stat/nf_conntrack` }];
  });
  return [size, ...moved];
}

const NEARLY_FULL = 0.95;

const REFUSALS = [
  ['drop', 'packets for which the table had no room, or NAT no port'],
  [
    'insert_failed',
    'packets whose connection was there already, by another packet or because NAT had no free port',
  ],
  ['early_drop', 'connections thrown out to make room'],
  ['invalid', 'packets that fit no connection, which rules may drop'],
  ['chaintoolong', 'packets refused because too many connections share a hash'],
] as const;
