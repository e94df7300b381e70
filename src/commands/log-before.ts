import { KwhoError, systemCode } from '../errors.js';
import { findLogHolders, type LogHolder } from '../host/log-holders.js';
import { readLogState } from '../klog/log-state.js';
import type { ProcessIdentity } from '../model/events.js';
import type { Identities } from './identity.js';
import type { LogInvestigation } from './log-investigation.js';

/** Tells what had happened to the log before anyone watched: whether it was cleared, whether the ring has wrapped. */
export function tellLogBefore(investigation: LogInvestigation): void {
  try {
    const { first, hidden, visible, hiddenUntil } = readLogState();
    investigation.expectOwn();
    if (first !== null && first.seq > 0) {
      investigation.notice(
        'log-wrapped',
        'info',
        `the ring has wrapped: ${first.seq} records before ${first.time.toFixed(6)} s are overwritten for good`,
        { details: { firstSequence: first.seq, firstTime: first.time } },
      );
    }
    if (hidden > 0) {
      const until = visible === null ? '' : ` before ${visible.time.toFixed(6)} s`;
      const last = hiddenUntil === null ? '' : `, the last of ${hiddenUntil.toFixed(6)} s`;
      investigation.notice(
        'log-cleared',
        'warning',
        `the log was cleared before: ${hidden} records${until}${last} are hidden from dmesg`,
        {
          hint: 'kwho log --recover prints them: a clear erases nothing',
          details: {
            hidden,
            firstSequence: first?.seq ?? null,
            visibleSequence: visible?.seq ?? null,
          },
        },
      );
    }
  } catch (error) {
    const reason =
      error instanceof KwhoError ? error.message : `/dev/kmsg cannot be read (${systemCode(error)})`;
    const hint = error instanceof KwhoError ? (error.hint ?? null) : null;
    investigation.notice(
      'log-state-unknown',
      'warning',
      `whether the log was cleared before is not known: ${reason}`,
      { hint },
    );
  }
}

/** Tells who has the log open, looking into one process a step. */
export function* tellHolders(
  investigation: LogInvestigation,
  identities: Identities,
  proc: string | null,
): Generator<void> {
  if (proc === null) return;
  let unseen = 0;
  for (const holders of findLogHolders(proc)) {
    if (holders === null) unseen++;
    for (const holder of holders ?? []) tellHolder(investigation, identities, holder);
    yield;
  }
  if (unseen > 0) {
    investigation.notice(
      'holders-unseen',
      'info',
      `the open files of ${unseen} other processes could not be looked at`,
    );
  }
}

function tellHolder(
  investigation: LogInvestigation,
  identities: Identities,
  { pid, door, mode }: LogHolder,
): void {
  const found = identities.processOf(pid);
  if (found === null || pid === process.pid) return;
  const who = identities.describe(found);
  investigation.notice(
    'log-holder',
    'info',
    `${who.comm ?? '?'}[${pid}] has ${door} open (${mode})${unitWords(who)}`,
    {
      details: { door, mode, process: who },
    },
  );
  if (door === '/proc/kmsg' && mode !== 'write') investigation.holder(pid, who.comm);
}

function unitWords({ unit, container }: ProcessIdentity): string {
  const words = [unit, container].filter((word) => word !== null);
  return words.length === 0 ? '' : `, ${words.join(', ')}`;
}
