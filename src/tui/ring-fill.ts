/** The kernel's log buffer as it was found. Sequence numbers are those of /dev/kmsg, times seconds of the kernel's clock. */
export interface RingObservation {
  /** The oldest record that it holds, and the newest. */
  oldest: RingPlace;
  newest: RingPlace;
  /** Whether records have been overwritten. */
  wrapped: boolean;
  /** Kernel clock now. */
  now: number;
  /** Its newest record some time before: tells the rate. null: that of what it holds. */
  before?: { seq: number; now: number } | null;
  /** Records that it holds when it is full, as far as that is known: records differ in length. */
  capacity?: number | null;
}

export interface RingPlace {
  seq: number;
  time: number;
}

/**
 * How long records stay: `wraps in about 40 min at this rate` for a ring that has room, `holds the last 3 h` for one
 * that has wrapped, and what becomes of that where records now come much faster. null where it is not known, or so
 * far away that nobody need care.
 */
export function ringFillWords(ring: RingObservation): string | null {
  const { oldest, newest, wrapped, now, capacity } = ring;
  const held = newest.seq - oldest.seq + 1;
  if (!(held > 0)) return null;
  const rate = rateOf(ring);
  if (!wrapped) {
    if (capacity == null || rate === null) return null;
    return soon('wraps', Math.max(0, capacity - held) / rate);
  }
  const span = now - oldest.time;
  if (!(span >= 0 && span < FARTHEST)) return null;
  const holds = `holds the last ${duration(span)}`;
  const left = rate === null ? Number.POSITIVE_INFINITY : held / rate;
  const faster = left < span / MUCH_FASTER ? soon('all of it overwritten', left) : null;
  return faster === null ? holds : `${holds}; ${faster}`;
}

/** Records a second; null where none have come. */
function rateOf({ oldest, newest, now, before }: RingObservation): number | null {
  const since = before ?? { seq: oldest.seq, now: oldest.time };
  const rate = (newest.seq - since.seq) / (now - since.now);
  return rate > 0 && Number.isFinite(rate) ? rate : null;
}

function soon(what: string, seconds: number): string | null {
  return seconds < FAR ? `${what} in about ${duration(seconds)} at this rate` : null;
}

const MUCH_FASTER = 2;
/** Seconds: a month, and ten years. */
const FAR = 30 * 86_400;
const FARTHEST = 10 * 365 * 86_400;

/** `45 s`, `40 min`, `3 h`, `2 days` */
function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
