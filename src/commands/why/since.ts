import { UsageError } from '../../errors.js';
import { parseDuration } from '../option-values.js';

/** `10m` ago, `14:05` today, or a date and time → milliseconds before now. @throws UsageError */
export function parseSince(text: string, option: string, now: number = Date.now()): number {
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h)?$/.test(text)) return parseDuration(text, option);
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  const moment = clock === null ? Date.parse(text) : today(now, clock.slice(1).map(Number));
  if (!Number.isFinite(moment) || moment > now)
    throw new UsageError(
      `${option} wants how long ago (10m, 2h) or a time that is past (14:05, 2026-01-31T14:05:00), and '${text}' came`,
    );
  return now - moment;
}

/** A time of day that is yet to come was yesterday's. */
function today(now: number, [hours = 0, minutes = 0, seconds = 0]: number[]): number {
  if (hours > 23 || minutes > 59 || seconds > 59) return Number.NaN;
  const date = new Date(now);
  date.setHours(hours, minutes, seconds || 0, 0);
  return date.getTime() > now ? date.getTime() - 86_400_000 : date.getTime();
}
