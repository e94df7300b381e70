export const TIME_FORMATS = ['clock', 'boot', 'ago'] as const;
/** Wall clock, seconds since the kernel started, or how long ago. */
export type TimeFormat = (typeof TIME_FORMATS)[number];

/** Columns of a time in every format. */
export const TIME_WIDTH = 12;

export interface Clocks {
  /** Kernel clock now, in seconds. */
  clock: () => number;
  /** Wall-clock milliseconds of a kernel time in seconds. */
  wall: (time: number) => number;
}

/** A kernel time in seconds, {@link TIME_WIDTH} columns wide; null has none. */
export function timeText(time: number | null, format: TimeFormat, { clock, wall }: Clocks): string {
  if (time === null) return '-'.padStart(TIME_WIDTH);
  const text =
    format === 'clock' ? clockText(wall(time)) : format === 'boot' ? bootText(time) : agoText(clock() - time);
  return text.padStart(TIME_WIDTH);
}

/** Local time of day; a time that no date can hold is shown as what it is. */
function clockText(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return '?';
  const two = (n: number) => String(n).padStart(2, '0');
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** As many decimals as fit, six of them for the first days; later ones are cut, not rounded. */
function bootText(time: number): string {
  return time.toFixed(6).slice(0, TIME_WIDTH).replace(/\.$/, '');
}

function agoText(seconds: number): string {
  if (seconds < 0.1) return 'now';
  if (seconds < 10) return `${seconds.toFixed(1)} s ago`;
  if (seconds < 120) return `${Math.floor(seconds)} s ago`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
