import { parseLevel } from './journald-conf.js';

/**
 * A filter of syslog.conf(5): `*.*;auth,authpriv.none`, with sysklogd's `=` (this level alone) and `!` (not these).
 * The parts are taken in order, each changing what the ones before it chose.
 * @returns which levels of a facility pass, as a bit for each level; null where it is no selector
 */
export function parseSelector(text: string): ((facility: number) => number) | null {
  const parts: { facilities: number[] | null; levels: number; only: boolean }[] = [];
  for (const part of text.split(';')) {
    const dot = part.lastIndexOf('.');
    if (dot < 1) return null;
    const facilities = part.slice(0, dot).split(',').map(facilityNumber);
    const levels = parseLevels(part.slice(dot + 1));
    if (levels === null || facilities.includes(null)) return null;
    const all = facilities.includes(ALL);
    parts.push({ facilities: all ? null : (facilities as number[]), ...levels });
  }
  return (facility) =>
    parts.reduce((chosen, { facilities, levels, only }) => {
      if (facilities !== null && !facilities.includes(facility)) return chosen;
      return only ? chosen | levels : chosen & ~levels;
    }, 0);
}

const ALL = -1;
const EVERY_LEVEL = 0xff;

function facilityNumber(word: string): number | null {
  if (word === '*') return ALL;
  const at = FACILITIES.indexOf(word.toLowerCase() === 'security' ? 'auth' : word.toLowerCase());
  return at === -1 ? null : at;
}

/** syslog(3)'s facilities by number. */
export const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

function parseLevels(word: string): { levels: number; only: boolean } | null {
  const match = /^(!?)(=?)(\*|\w+)$/.exec(word);
  if (match === null) return null;
  const [, not, alone, name] = match;
  if (name === 'none') return { levels: EVERY_LEVEL, only: not !== '' };
  if (name === '*') return { levels: EVERY_LEVEL, only: not === '' };
  const level = parseLevel(name!);
  if (level === null) return null;
  const levels = alone === '' ? EVERY_LEVEL >> (7 - level) : 1 << level;
  return { levels, only: not === '' };
}
