import { threadGroupOf } from '../host/process-facts.js';

/**
 * The process of a thread; null where it is gone. Looked up once: a thread's process does not change, and its number is
 * seldom used again within one run.
 */
export function processOfThread(proc: string): (tid: number) => number | null {
  const known = new Map<number, number | null>();
  return (tid) => {
    let pid = known.get(tid);
    if (pid === undefined) {
      if (known.size >= MOST_REMEMBERED) known.clear();
      pid = tid === 0 ? 0 : threadGroupOf(proc, tid);
      known.set(tid, pid);
    }
    return pid;
  };
}

const MOST_REMEMBERED = 10_000;
