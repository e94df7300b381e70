import { UsageError } from '../../errors.js';

/**
 * A moment as dmesg(1) takes it for --since and --until: `2026-11-22 16:34:22`, with a `T` or without the seconds, a
 * date alone (its beginning), a time alone (of today), `now`, `today`, `yesterday`, `tomorrow`, `+5min`, `-2days`,
 * `1h 30min ago`, `@1234567890.5`; a name of the day may stand before a date.
 * @returns microseconds since 1970, in this process' time zone
 * @throws UsageError
 */
export function parsePointInTime(text: string, option: string, now = Date.now()): number {
  const moment = special(text, now) ?? epoch(text) ?? calendar(text, now);
  if (moment !== null && Number.isFinite(moment)) return moment;
  throw new UsageError(
    `${option} wants a time such as '2026-11-22 16:34', '16:34:22', 'yesterday', '-10min' or '1h ago', and '${text}' came`,
  );
}

function special(text: string, now: number): number | null {
  const day = DAYS_FROM_TODAY.get(text);
  if (day !== undefined) {
    const date = new Date(now);
    return 1000 * new Date(date.getFullYear(), date.getMonth(), date.getDate() + day).getTime();
  }
  // Whole seconds: what time(2) says.
  const second = 1e6 * Math.floor(now / 1000);
  if (text === 'now') return second;
  const span = /^([+-])(.+)$/.exec(text) ?? /^()(.+) ago$/.exec(text);
  if (span === null) return null;
  const length = spanOf(span[2]!);
  return length === null ? null : Math.max(0, second + (span[1] === '+' ? length : -length));
}

const DAYS_FROM_TODAY = new Map([
  ['yesterday', -1],
  ['today', 0],
  ['tomorrow', 1],
]);

/** `1h 30min`, `90` (seconds), `2days` → microseconds. */
function spanOf(text: string): number | null {
  if (!/^(?:\s*\d+(?:\.\d+)?\s*[a-z]*)+\s*$/.test(text)) return null;
  let length = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)) {
    const micros = UNITS.get(unit!);
    if (micros === undefined) return null;
    length += Number(count) * micros;
  }
  return Math.round(length);
}

const SECOND = 1e6;
const DAY = 86_400 * SECOND;
const UNITS = new Map(
  (
    [
      [SECOND, '', 's', 'sec', 'second', 'seconds'],
      [60 * SECOND, 'm', 'min', 'minute', 'minutes'],
      [3600 * SECOND, 'h', 'hr', 'hour', 'hours'],
      [DAY, 'd', 'day', 'days'],
      [7 * DAY, 'w', 'week', 'weeks'],
      [30.4375 * DAY, 'month', 'months'],
      [365.25 * DAY, 'y', 'year', 'years'],
      [1000, 'ms', 'msec'],
      [1, 'us', 'usec'],
    ] as [number, ...string[]][]
  ).flatMap(([micros, ...names]) => names.map((name): [string, number] => [name, micros])),
);

function epoch(text: string): number | null {
  const match = /^@(\d{1,11})(?:\.(\d{1,6}))?$/.exec(text);
  return match === null ? null : Number(match[1]) * 1e6 + Number((match[2] ?? '').padEnd(6, '0'));
}

function calendar(text: string, now: number): number | null {
  const match =
    /^(?:(sun|mon|tue|wed|thu|fri|sat)[a-z]* )?(?:(\d{4}|\d\d)-(\d\d?)-(\d\d?))?(?:(^|[ T])(\d\d?):(\d\d)(?::(\d\d))?)?$/i.exec(
      text,
    );
  if (match === null || text === '') return null;
  const [, weekday, year, month, day, gap, hour, minute, second] = match;
  // A time stands behind a date and a gap, or alone.
  if (
    (hour === undefined && day === undefined) ||
    (hour !== undefined && (day === undefined) !== (gap === ''))
  )
    return null;
  const today = new Date(now);
  const date = new Date(
    year === undefined ? today.getFullYear() : fullYear(year),
    month === undefined ? today.getMonth() : Number(month) - 1,
    day === undefined ? today.getDate() : Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  const rolled = date.getDate() !== Number(day ?? today.getDate());
  if (
    rolled ||
    Number(month ?? 1) > 12 ||
    Number(hour ?? 0) > 23 ||
    Number(minute ?? 0) > 59 ||
    Number(second ?? 0) > 60
  )
    return null;
  if (weekday !== undefined && WEEKDAYS.indexOf(weekday.toLowerCase()) !== date.getDay()) return null;
  return 1000 * date.getTime();
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** strptime(3) `%y`: 69 to 99 are of the last century. */
function fullYear(text: string): number {
  const year = Number(text);
  return text.length === 4 ? year : year + (year < 69 ? 2000 : 1900);
}
