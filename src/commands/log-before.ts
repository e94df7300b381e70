import { KwhoError, systemCode } from '../errors.js';
import { findLogHolders, type LogHolder } from '../host/log-holders.js';
import { readLogState } from '../klog/log-state.js';
import type { ProcessIdentity } from '../model/events.js';
import type { Identities } from './identity.js';
import type { LogTelling } from './log-telling.js';

/** Tells what had happened to the log before anyone watched: whether it was cleared, whether the ring has wrapped. */
export function tellLogBefore(telling: LogTelling): void {
  try {
    const { first, hidden, visible, hiddenUntil } = readLogState();
    telling.expectOwn();
    if (first !== null && first.seq > 0) {
      telling.notice(
        'log-wrapped',
        'info',
        `the ring has wrapped: ${first.seq} records before ${first.time.toFixed(6)} s are overwritten for good`,
        { details: { firstSequence: first.seq, firstTime: first.time } },
      );
    }
    if (hidden > 0) {
      const until = visible === null ? '' : ` before ${visible.time.toFixed(6)} s`;
      const last = hiddenUntil === null ? '' : `, the last of ${hiddenUntil.toFixed(6)} s`;
      telling.notice(
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
    telling.notice(
      'log-state-unknown',
      'warning',
      `whether the log was cleared before is not known: ${reason}`,
      { hint },
    );
  }
}

/** Tells who has the log open, looking into one process a step. */
export function* tellHolders(
  telling: LogTelling,
  identities: Identities,
  proc: string | null,
): Generator<void> {
  if (proc === null) return;
  let unseen = 0;
  for (const holders of findLogHolders(proc)) {
    if (holders === null) unseen++;
    for (const holder of holders ?? []) tellHolder(telling, identities, holder);
    yield;
  }
  if (unseen > 0) {
    telling.notice(
      'holders-unseen',
      'info',
      `the open files of ${unseen} other processes could not be looked at`,
    );
  }
}

function tellHolder(telling: LogTelling, identities: Identities, { pid, door, mode }: LogHolder): void {
  const found = identities.processOf(pid);
  if (found === null || pid === process.pid) return;
  const who = identities.describe(found);
  telling.notice(
    'log-holder',
    'info',
    `${who.comm ?? '?'}[${pid}] has ${door} open (${mode})${unitWords(who)}`,
    {
      details: { door, mode, process: who },
    },
  );
  if (door === '/proc/kmsg' && mode !== 'write') telling.holder(pid, who.comm);
}

function unitWords({ unit, container }: ProcessIdentity): string {
  const words = [unit, container].filter((word) => word !== null);
  return words.length === 0 ? '' : `, ${words.join(', ')}`;
}
