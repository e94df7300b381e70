import type { KmsgSource } from '../../klog/kmsg-source.js';
import type { NoticeEvent, SummaryEvent } from '../../model/events.js';
import type { MessageWriter } from './message-writer.js';

/** What is to be said of the messages that stand before the first one printed: overwritten, or hidden by a clear. */
export function noticesBefore({ overwritten, hidden, blind }: KmsgSource): NoticeEvent[] {
  const notices: NoticeEvent[] = [];
  if (overwritten > 0) {
    notices.push(
      notice(
        'log-wrapped',
        'info',
        `the ring has wrapped: ${overwritten} records since boot are overwritten for good`,
        {
          details: { firstSequence: overwritten },
        },
      ),
    );
  }
  if (hidden > 0) {
    notices.push(
      notice('log-cleared', 'warning', `the log was cleared: ${hidden} records are hidden from dmesg`, {
        hint: 'kwho kmsg --all shows them: a clear erases nothing',
        details: { hidden },
      }),
    );
  }
  if (blind !== null) {
    notices.push(
      notice(
        'log-state-unknown',
        'warning',
        `everything is shown, also what a clear may have hidden: ${blind}`,
        {},
      ),
    );
  }
  return notices;
}

/** The account of a run. */
export function summaryOf({ seen, lostCount }: MessageWriter, backend: string): SummaryEvent {
  return {
    type: 'summary',
    time: null,
    backend: 'kwho',
    seen,
    lost: lostCount,
    complete: lostCount === 0,
    backends: [backend],
    blindSpots:
      backend === '/dev/kmsg'
        ? []
        : [`sequence numbers: ${backend} does not tell whether messages between two others were lost`],
  };
}

function notice(
  code: string,
  level: NoticeEvent['level'],
  text: string,
  { hint = null, details }: { hint?: string | null; details?: Record<string, unknown> },
): NoticeEvent {
  const event: NoticeEvent = { type: 'notice', time: null, backend: 'kwho', level, code, text, hint };
  return details === undefined ? event : { ...event, details };
}
