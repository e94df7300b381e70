import type { ByteString } from '../decode/trace-record.js';

/** What one CPU has counted while it took packets in; the same for every namespace. */
export interface SoftnetCpu {
  cpu: number;
  processed: number;
  /** Packets that found the CPU's backlog full. */
  dropped: number;
  /** Times it stopped with packets waiting, because its share of time or packets was used up. */
  squeezed: number;
  /** Of the dropped ones, those of a flow that had filled half the backlog alone. */
  flowLimited: number;
}

/** Reads /proc/net/softnet_stat: hexadecimal columns, a line a CPU (net/core/net-procfs.c softnet_seq_show()). */
export function parseSoftnet(text: ByteString): { cpus: SoftnetCpu[]; malformed: number } {
  const cpus: SoftnetCpu[] = [];
  let malformed = 0;
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue;
    if (!/^[0-9a-f]{8}(?: [0-9a-f]{8}){2,}$/.test(line)) {
      malformed += 1;
      continue;
    }
    const columns = line.split(' ').map((column) => Number.parseInt(column, 16));
    const [processed = 0, dropped = 0, squeezed = 0] = columns;
    // Offline CPUs have no line; since 5.10 each line says whose it is.
    cpus.push({ cpu: columns[12] ?? i, processed, dropped, squeezed, flowLimited: columns[10] ?? 0 });
  }
  return { cpus, malformed };
}

/** How much the counters rose, CPU by CPU; they are 32 bits wide and begin again at zero. */
export function softnetRise(before: readonly SoftnetCpu[], after: readonly SoftnetCpu[]): SoftnetCpu[] {
  const earlier = new Map(before.map((each) => [each.cpu, each]));
  return after.flatMap((now) => {
    const then = earlier.get(now.cpu);
    if (then === undefined) return [];
    return {
      cpu: now.cpu,
      processed: wrapped(now.processed - then.processed),
      dropped: wrapped(now.dropped - then.dropped),
      squeezed: wrapped(now.squeezed - then.squeezed),
      flowLimited: wrapped(now.flowLimited - then.flowLimited),
    };
  });
}

function wrapped(difference: number): number {
  return difference < 0 ? difference + 2 ** 32 : difference;
}
