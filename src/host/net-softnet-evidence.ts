import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { grouped } from '../grouped.js';
import type { CheckSite } from './net-check.js';
import { parseSoftnet, type SoftnetCpu, softnetRise } from './net-softnet.js';
import { counted, duration } from './net-words.js';
import type { Evidence } from './net-world.js';

/** Which CPUs refused packets because their backlog was full, and how often they ran out of time. */
export function softnetEvidence(
  { world, milliseconds }: CheckSite,
  before: readonly SoftnetCpu[],
): Evidence[] {
  const rise = softnetRise(before, readSoftnet(world.proc));
  const time = duration(milliseconds);
  const command = 'cat /proc/net/softnet_stat';
  const lines = rise
    .filter(({ dropped }) => dropped > 0)
    .sort((a, b) => b.dropped - a.dropped)
    .slice(0, MOST)
    .map(({ cpu, dropped, flowLimited }): Evidence => {
      const why =
        flowLimited === 0 ? '' : `, ${grouped(flowLimited)} of them of flows that filled half of it alone`;
      const limit = settings(world.proc, ['net/core/netdev_max_backlog']);
      const text = `CPU ${cpu} refused ${counted(dropped, 'packet')} in ${time}: its backlog was full${limit}${why}`;
      return { kind: 'softnet', text, moved: true, command };
    });
  const squeezed = rise.reduce((sum, each) => sum + each.squeezed, 0);
  if (squeezed > 0) {
    const limits = settings(world.proc, ['net/core/netdev_budget', 'net/core/netdev_budget_usecs']);
    const text = `CPUs stopped ${counted(squeezed, 'time')} in ${time} with packets still waiting, their share used up${limits}`;
    // By itself it delays and does not drop.
    lines.push({ kind: 'softnet', text, moved: lines.length > 0, command });
  }
  if (lines.length > 0 || rise.length === 0) return lines;
  return [{ kind: 'softnet', text: `no CPU's backlog refused a packet in ${time}`, moved: false, command }];
}

/** Empty where it cannot be read. @param proc root of the proc file system */
export function readSoftnet(proc: string): SoftnetCpu[] {
  try {
    return parseSoftnet(readFileSync(join(proc, 'net/softnet_stat'), 'latin1')).cpus;
  } catch {
    return [];
  }
}

/** Lines of single CPUs. */
const MOST = 3;

function settings(proc: string, paths: readonly string[]): string {
  const found = paths.flatMap((path) => {
    const value = numberIn(join(proc, 'sys', path));
    return value === null ? [] : [`${path.replaceAll('/', '.')} = ${grouped(value)}`];
  });
  return found.length === 0 ? '' : ` (${found.join(', ')})`;
}

function numberIn(path: string): number | null {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}
