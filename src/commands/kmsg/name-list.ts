import { FACILITY_NAMES, LEVEL_NAMES } from '../../decode/log-levels.js';
import { UsageError } from '../../errors.js';
import { didYouMean } from '../command.js';

/**
 * `err,warn`, `3`, `err+` (that and everything worse) or `+err` (that and everything milder) → numbers.
 * @throws UsageError
 */
export function parseLevels(text: string, option: string): ReadonlySet<number> {
  const levels = new Set<number>();
  for (const word of text.split(',')) {
    const worse = word.endsWith('+');
    const milder = !worse && word.startsWith('+');
    const level = numberOf(worse ? word.slice(0, -1) : milder ? word.slice(1) : word, LEVEL_NAMES, option);
    for (let each = worse ? 0 : level; each <= (milder ? LEVEL_NAMES.length - 1 : level); each++)
      levels.add(each);
  }
  return levels;
}

/** `kern,daemon`, `3` → numbers. @throws UsageError */
export function parseFacilities(text: string, option: string): ReadonlySet<number> {
  return new Set(text.split(',').map((word) => numberOf(word, FACILITY_NAMES, option)));
}

/**
 * What syslog(2) CONSOLE_LEVEL takes: messages of a level below it reach the console. `8` or `debug` is everything.
 * @throws UsageError
 */
export function parseConsoleLevel(text: string, option: string): number {
  if (!/^\d/.test(text)) return numberOf(text, LEVEL_NAMES, option) + 1;
  const level = Number(text);
  if (!Number.isInteger(level) || level < 1 || level > LEVEL_NAMES.length)
    throw new UsageError(
      `${option} wants a level from 1 to ${LEVEL_NAMES.length} or its name, and '${text}' came`,
    );
  return level;
}

function numberOf(word: string, names: readonly string[], option: string): number {
  const number = /^\d+$/.test(word) ? Number(word) : names.indexOf(word.toLowerCase());
  if (number >= 0 && number < names.length) return number;
  throw new UsageError(
    `${option} wants names (${names.slice(0, 8).join(', ')}, …) or numbers below ${names.length}, and '${word}' came`,
    didYouMean(word.toLowerCase(), names),
  );
}
