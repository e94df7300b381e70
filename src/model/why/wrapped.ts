import type { LogFacts } from '../../decode/log-facts.js';
import { at, type Check, counted, type Finding, isAsked, span } from './finding.js';

/** The ring has gone round: its oldest records are overwritten. Every log does; what counts is who had read them. */
export const wrapped: Check = {
  find: (facts) => [overwritten(facts), storm(facts)].filter((finding) => finding !== null),
};

function overwritten(facts: LogFacts): Finding | null {
  const { ring, settings } = facts;
  const { first, last, missing } = ring;
  if (first === null || last === null || first.seq + missing === 0) return null;
  // What was overwritten is older than what is left.
  if (!isAsked(facts, first.time) && missing === 0) return null;
  const kept = whoGoesBackFurther(facts, first.time);
  const gone = first.seq + missing;
  return {
    cause: 'wrapped',
    stage: 'ring',
    severity: kept === null ? 'missing' : 'note',
    certainty: 'certain',
    finding:
      kept === null
        ? `the ring has wrapped: ${counted(gone, 'record')} before ${at(first.time)} ${gone === 1 ? 'is' : 'are'} overwritten, and no collector is known to have them${soughtWords(facts)}`
        : `the ring has wrapped: dmesg goes back to ${at(first.time)} only; ${kept}`,
    evidence: [
      `/dev/kmsg: the oldest record is sequence ${first.seq}, the newest ${last.seq}`,
      ...(missing === 0
        ? []
        : [`${counted(missing, 'sequence number')} between them went while they were read`]),
      ...(ring.size === null ? [] : [`syslog(2) SIZE_BUFFER: ${ring.size} bytes`]),
      ...(settings.boot?.logBufLen == null ? [] : [bootWords(settings.boot.logBufLen, ring.size)]),
      paceWords(facts),
    ],
    remedy: [
      'boot with a larger log_buf_len (log_buf_len=4M)',
      ...(kept === null ? ['run a collector that reads the log all the time: journald, rsyslog'] : []),
    ],
  };
}

/** Where the message sought has left no other trace. */
function soughtWords({ text, ring, journald, hits }: LogFacts): string {
  const elsewhere = (journald.matches ?? 0) > 0 || (hits?.found.length ?? 0) > 0;
  if (text === null || ring.matchCount > 0 || elsewhere) return '';
  return '; if the message sought was printed before that, it is among them';
}

/** The kernel takes no length below the one that it was built with (kernel/printk/printk.c log_buf_len_update()). */
function bootWords(logBufLen: string, size: number | null): string {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(logBufLen) ?? [];
  const asked =
    digits === undefined ? null : Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
  const small = asked !== null && size !== null && asked < size;
  return `/proc/cmdline: log_buf_len=${logBufLen}${small ? ', less than the kernel was built with: it has no effect' : ''}`;
}

/** A collector that shows something of this boot older than what the ring has left, in words. */
function whoGoesBackFurther({ journald, rsyslog, syslogNg, busybox }: LogFacts, time: number): string | null {
  const { stored } = journald;
  if (stored !== null && stored.oldest !== null && stored.oldest < time)
    return `journald goes back to ${at(stored.oldest)} (journalctl -k)`;
  const stores = [...rsyslog.stores, ...syslogNg.stores, ...busybox.stores];
  const store = stores.find(({ oldest }) => oldest !== null && oldest < time);
  return store?.oldest == null ? null : `${store.path} goes back to ${at(store.oldest)}`;
}

/** How long a record stays, at the pace of the last minute. */
function paceWords({ ring, now }: LogFacts): string {
  const { recent, first } = ring;
  const rate = recent.records / recent.seconds;
  const pace = `${counted(recent.records, 'record')} came in the last ${span(recent.seconds)}${rate < 1 ? '' : ` (${Math.round(rate)} a second)`}`;
  const stays = lifetime(ring);
  if (stays !== null && recent.records > 0)
    return `${pace}: at that pace the ring goes round once more in ${span(stays)}, and a record stays for as long`;
  return first === null ? pace : `${pace}; what is there spans ${span(now - first.time)}`;
}

/** Seconds until the ring has gone round once more; null where nobody can tell. */
function lifetime({ recent, size }: LogFacts['ring']): number | null {
  return size === null || recent.bytes === 0 || recent.seconds === 0
    ? null
    : size / (recent.bytes / recent.seconds);
}

function storm({ ring }: LogFacts): Finding | null {
  const stays = lifetime(ring);
  if (stays === null || stays > SHORT_LIFE_SECONDS || ring.recent.records < STORM) return null;
  const { records, seconds } = ring.recent;
  return {
    cause: 'log-storm',
    stage: 'ring',
    severity: 'risk',
    certainty: 'certain',
    finding: `the log is being flooded: at the pace of the last ${span(seconds)} the ring overwrites a record after ${span(stays)}`,
    evidence: [
      `${counted(records, 'record')} in ${span(seconds)}`,
      `syslog(2) SIZE_BUFFER: ${ring.size} bytes`,
    ],
    remedy: ['dmesg | cut -c16-60 | sort | uniq -c | sort -n | tail shows what repeats', 'log_buf_len=16M'],
  };
}

/** Less than a collector that is paused now and then may need. */
const SHORT_LIFE_SECONDS = 60;
const STORM = 1000;
