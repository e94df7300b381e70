import { grouped } from '../grouped.js';
import type { CheckSite } from './net-check.js';
import { riseOf } from './net-counters.js';
import { duration } from './net-words.js';
import type { Evidence } from './net-world.js';
import { enteringCommand } from './netns-reach.js';

/** How much counters rose. Those that this kernel does not have are left out. @param names as nstat prints them */
export function counterEvidence(site: CheckSite, names: readonly string[]): Evidence[] {
  if (site.after === null) return [];
  const entering = enteringCommand(site.world, site.netns);
  // IPsec's are not among nstat's.
  const show = (some: readonly string[]) =>
    `${entering}${some.every(isXfrm) ? 'cat /proc/net/xfrm_stat' : `nstat -az ${some.join(' ')}`}`;
  const rise = site.before === null ? null : riseOf(site.before.counters, site.after.counters);
  if (rise === null) {
    const totals = names.flatMap((name) => {
      const value = site.after?.counters.get(name) ?? 0;
      return value === 0 ? [] : [{ name, value }];
    });
    return totals.map(({ name, value }) => ({
      kind: 'counter',
      text: `${name} is ${grouped(value)} since the namespace was made`,
      moved: false,
      command: show([name]),
    }));
  }
  const known = names.filter((name) => rise.has(name));
  const moved = known.filter((name) => (rise.get(name) ?? 0) > 0);
  // There are many for IPsec, and one tells why.
  const isTold = moved.some(isXfrm);
  const still = known.filter((name) => !moved.includes(name) && !(isTold && isXfrm(name)));
  const lines = moved.map((name): Evidence => {
    const text = `${name} rose by ${grouped(rise.get(name) ?? 0)} in ${duration(site.milliseconds)}`;
    return { kind: 'counter', text, moved: true, command: show([name]) };
  });
  if (still.length === 0) return lines;
  const text = `${listed(still)} did not move in ${duration(site.milliseconds)}`;
  return [...lines, { kind: 'counter', text, moved: false, command: show(still) }];
}

function isXfrm(name: string): boolean {
  return name.startsWith('Xfrm');
}

/** `A`, `A and B`, `A, B and C`. */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
