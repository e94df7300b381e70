import { readlinkSync } from 'node:fs';
import type { LogFacts } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { runWithin } from '../../host/command.js';
import { readAudit } from '../../host/log/audit.js';
import { readCollectors } from '../../host/log/collectors.js';
import { findDebugSites } from '../../host/log/debug-sites.js';
import { findLogFiles, searchFiles } from '../../host/log/log-files.js';
import { findLogReaders } from '../../host/log/log-readers.js';
import { readLogRights } from '../../host/log/log-rights.js';
import { readLogSettings } from '../../host/log/log-settings.js';
import type { LogWorld } from '../../host/log/log-world.js';
import { measureRing, surveyRing } from '../../klog/ring-survey.js';

/** This host. journalctl may have gigabytes to open. */
export const HOST: LogWorld = { root: '', command: runWithin(15_000) };

/**
 * Asks this host everything that bears on its kernel log. Changes nothing.
 * @param sinceMs how long ago, in milliseconds, what is asked about begins
 */
export async function gatherLogFacts(text: ByteString | null, sinceMs: number | null): Promise<LogFacts> {
  const now = kernelNow();
  const ring = surveyRing(text, now);
  const syslog = measureRing(ring);
  const { readers, unseen } = findLogReaders(HOST, process.pid);
  const [collectors, audit] = await Promise.all([
    readCollectors(HOST, text, ring.sample, Date.now() - 1000 * now),
    readAudit(HOST),
  ]);
  return {
    now,
    since: sinceMs === null ? null : Math.max(0, now - sinceMs / 1000),
    text,
    ring,
    settings: readLogSettings(HOST),
    rights: readLogRights(HOST, process.getuid?.() ?? 0, syslog),
    readers,
    readersUnseen: sharesPidNumbers() ? unseen : Math.max(unseen, 1),
    ...collectors,
    audit,
    debugSites: text === null ? null : findDebugSites(HOST, text),
    hits: text === null ? null : searchFiles(HOST, findLogFiles(HOST), text),
  };
}

/** Seconds on the clock that printk stamps with, as near as user space comes to it: CLOCK_MONOTONIC. */
export function kernelNow(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** In a pid namespace of our own, /proc shows few of those who read the log (include/linux/proc_ns.h). */
function sharesPidNumbers(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]';
  } catch {
    return true;
  }
}
