import { type DebugSite, formatFits, parseDebugSite } from '../../decode/dynamic-debug.js';
import type { ByteString } from '../../decode/trace-record.js';
import { type LogWorld, readText } from './log-world.js';

/** Places of the kernel whose debug message can be the text sought; null where the kernel has no list of them. */
export function findDebugSites(world: LogWorld, text: ByteString): DebugSite[] | null {
  const control =
    readText(world, '/proc/dynamic_debug/control') ??
    readText(world, '/sys/kernel/debug/dynamic_debug/control');
  if (control === null) return null;
  const sites = control.split('\n').map(parseDebugSite);
  return sites.filter((site) => site !== null && formatFits(site.format, text)).slice(0, MOST) as DebugSite[];
}

const MOST = 10;
