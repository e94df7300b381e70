import { UsageError } from '../errors.js';

/**
 * The digits of a whole number.
 * @param what names it in messages: `a port`
 * @throws UsageError outside `least` to `most`
 */
export function numberIn(value: number, least: number, most: number, what: string): string {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${what} is a whole number from ${least} to ${most}, and ${value} came`);
  }
  return value.toFixed(0);
}

/** One condition of SystemTap's language that holds where one of these does. */
export function anyOf(conditions: readonly string[]): string {
  return `(${conditions.map((condition) => `(${condition})`).join(' || ')})`;
}
