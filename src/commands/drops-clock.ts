/** Seconds on the clock of the trace, CLOCK_MONOTONIC. */
export function clockSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** Wall-clock milliseconds of a kernel time in seconds. */
export function wallClock(): (time: number) => number {
  const zero = Date.now() - clockSeconds() * 1000;
  return (time) => zero + time * 1000;
}
