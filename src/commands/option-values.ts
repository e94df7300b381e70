import { UsageError } from '../errors.js';

/** `10`, `10s`, `500ms`, `2m`, `1h` → milliseconds. @throws UsageError */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const milliseconds = Number(match?.[1]) * (UNITS.get(match?.[2] ?? 's') ?? Number.NaN);
  if (match === null || milliseconds <= 0 || milliseconds > MAX_TIMER_MS) {
    throw new UsageError(
      `${option} wants a time such as 500ms, 10s, 2m or 1h (at most 24 days), and '${text}' came`,
    );
  }
  return milliseconds;
}

/** What a timer of Node can hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A whole number above 0. @throws UsageError */
export function parseCount(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new UsageError(`${option} wants a whole number above 0, and '${text}' came`);
  }
  return value;
}

/** `512K`, `4M`, `4096` (bytes) → KiB, rounded up. @throws UsageError */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+)([kKmMgG]?)(?:i?B)?$/.exec(text);
  const kib = Math.ceil(
    (Number(match?.[1]) * (SIZES.get(match?.[2]?.toUpperCase() ?? '') ?? Number.NaN)) / 1024,
  );
  if (match === null || kib < 1 || kib > MAX_BUFFER_KIB) {
    throw new UsageError(`${option} wants a size such as 512K or 4M (at most 1G), and '${text}' came`);
  }
  return kib;
}

const MAX_BUFFER_KIB = 1024 * 1024;
const SIZES = new Map([
  ['', 1],
  ['K', 1024],
  ['M', 1024 ** 2],
  ['G', 1024 ** 3],
]);

/** One of these words, in whatever case. @throws UsageError */
export function parseChoice(choices: readonly string[]): (text: string, option: string) => string {
  return (text, option) => {
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found === undefined)
      throw new UsageError(`${option} is one of ${choices.join(', ')}, and '${text}' came`);
    return found;
  };
}
