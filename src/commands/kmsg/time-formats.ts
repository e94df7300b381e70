import type { DmesgTimeFormat } from '../../output/dmesg-time.js';

export const TIME_FORMATS = ['delta', 'reltime', 'ctime', 'notime', 'iso', 'raw'] as const;

/**
 * What of the asked for formats is printed, as dmesg(1) of util-linux 2.41 settles it: several stand side by side, a
 * delta joins the time that it belongs to, and `notime` leaves a delta alone.
 * @param asked in the order of the command line
 */
export function settleTimes(asked: readonly DmesgTimeFormat[], showDelta: boolean): DmesgTimeFormat[] {
  const formats = [...new Set(asked)];
  const delta = showDelta || formats.includes('delta');
  if (formats.includes('notime')) return delta ? ['delta'] : ['notime'];
  if (!delta) return formats.length === 0 ? ['raw'] : formats;
  if (formats.length === 0) return ['raw-delta'];
  const others = formats.filter((format) => format !== 'delta');
  const host = others.includes('raw') ? 'raw' : 'ctime';
  if (others.includes(host))
    return others.map((format): DmesgTimeFormat => (format === host ? `${host}-delta` : format));
  return formats.includes('delta') ? formats : [...formats, 'delta'];
}
