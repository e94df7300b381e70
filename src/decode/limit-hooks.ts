/**
 * Where a rate limit is asked: lib/ratelimit.c itself, which few kernels let anybody probe (lib/ is built without
 * tracing), or the two limits that are functions of their own, or a write to /dev/kmsg, which has one of its own.
 */
export type LimitPlace = '___ratelimit' | '__printk_ratelimit' | 'net_ratelimit' | 'devkmsg_write';

/** What the records of one instance mean, by event name. */
export interface LimitHooks {
  /** At the entry: `func` and `comm`, or `from`, the address of the caller. */
  asked: ReadonlyMap<string, LimitPlace>;
  /** At the return, with `ret`. */
  said: ReadonlyMap<string, LimitPlace>;
  /** Fires whenever something is printed: a write to /dev/kmsg within which it does not was held back. */
  printed: string;
}
