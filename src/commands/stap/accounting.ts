import { release } from 'node:os';
import { grouped } from '../../grouped.js';
import type { NoticeEvent } from '../../model/events.js';
import type { ModuleRunEnd } from '../../stap/module-run.js';

/** Who is told of what a SystemTap run could not tell. */
export interface StapTeller {
  lost(count: number | null, what: string): void;
  notice(code: string, level: NoticeEvent['level'], text: string, more?: Partial<NoticeEvent>): void;
}

/**
 * Closes the account of a run: what the script saw and no record tells of, hits that SystemTap skipped, its own
 * warnings, and why it ended where nobody had asked it to.
 * @param told drops or calls that came, by the script's own way of counting, with those in records that are unreadable
 * @param pathless those of them whose kernel path was wanted and is empty
 */
export function settleStap(
  { account, messages, failure }: ModuleRunEnd,
  { told, pathless }: { told: number; pathless: number },
  teller: StapTeller,
): void {
  for (const message of messages) {
    if (message.kind === 'notice') {
      const level = message.level === 'error' ? 'warning' : message.level;
      teller.notice('stap-message', level, `SystemTap says: ${message.text}`);
      // Where the script came to its end, its own count has these in it.
    } else if (account === null || !message.inAccount) teller.lost(message.count, message.what);
  }
  if (account === null)
    teller.lost(null, 'whatever came since SystemTap ended: the script did not come to its end');
  else if (account.seen > told)
    teller.lost(account.seen - told, 'hits that found no room in the buffer or tables of SystemTap');
  if (pathless > 0) {
    const text = `${grouped(pathless)} of ${grouped(told)} without a kernel path: SystemTap could not follow this kernel's stack`;
    teller.notice('stap-no-path', 'warning', text, {
      hint: 'without SystemTap (--backend auto) kwho tells the paths',
    });
  }
  if (failure === null) return;
  teller.notice('stap-ended', 'error', `SystemTap ended before it was to: ${failure.message}`, {
    hint: failure.hint ?? null,
    details: { code: failure.code, kernel: release() },
  });
}
