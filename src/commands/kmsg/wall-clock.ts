import { readFileSync } from 'node:fs';

/** How printk's clock stands to the others. */
export interface WallClock {
  /** Microseconds to add to printk's for those since 1970: of now, so that a suspend since makes older ones too late. */
  offset: number;
  /** Seconds that the host was suspended since boot. */
  suspended: number;
}

/**
 * dmesg(1) adds to a stamp the boot time (now less CLOCK_BOOTTIME) and the time in suspend (CLOCK_BOOTTIME less
 * CLOCK_MONOTONIC): together that is now less CLOCK_MONOTONIC, which Node has.
 */
export function readWallClock(proc = '/proc'): WallClock {
  const monotonic = Number(process.hrtime.bigint()) / 1e9;
  const now = performance.timeOrigin + performance.now();
  return {
    offset: Math.round(1000 * now - 1e6 * monotonic),
    suspended: Math.max(0, uptime(proc) - monotonic),
  };
}

/** CLOCK_BOOTTIME in seconds, to the hundredth; 0 where it cannot be read. */
function uptime(proc: string): number {
  try {
    return Number.parseFloat(readFileSync(`${proc}/uptime`, 'latin1'));
  } catch {
    return 0;
  }
}
