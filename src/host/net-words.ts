import { grouped } from '../grouped.js';

/** `1 packet`, `1,204 packets`. */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `0.4 s`, `5 s`, `61 s`: how long was watched. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 9.95 ? `${Number(seconds.toFixed(1))} s` : `${grouped(Math.round(seconds))} s`;
}
