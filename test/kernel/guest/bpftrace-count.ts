import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What bpftrace has counted of skb:kfree_skb. */
export interface BpfCounts {
  protocols: Map<string, number>;
  places: Map<string, number>;
}

/** Somebody else's count of the same drops. */
export class BpftraceCount {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  /** @returns once it counts, or the reason why it cannot on this kernel */
  static async start(): Promise<BpftraceCount | string> {
    const count = new BpftraceCount();
    const socket = createSocket('udp4');
    try {
      // It is silent about when its probes are live: packets of ours to a closed port show it.
      for (let waited = 0; waited < PATIENCE_MS; waited += 500) {
        socket.send('bpftrace', 9, '127.0.0.1');
        await sleep(500);
        if (count.#child.exitCode !== null) return `bpftrace ended: ${count.#stderr.trim()}`;
        if (count.#latest('protocol').size > 0) return count;
      }
      count.#child.kill('SIGKILL');
      return `bpftrace saw nothing for ${PATIENCE_MS / 1000} s: ${count.#stderr.trim()}`;
    } finally {
      socket.close();
    }
  }

  private constructor() {
    this.#child = spawn('bpftrace', ['-f', 'json', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => {
      this.#stderr += error.message;
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  /** The counts of a moment that is at most now. */
  async counts(): Promise<BpfCounts> {
    const before = this.#stdout.length;
    while (this.#stdout.length === before && this.#child.exitCode === null) await sleep(100);
    await sleep(TICK_MS + 100);
    return this.#counts();
  }

  /** Ends it; its last word. */
  async stop(): Promise<BpfCounts> {
    this.#child.kill('SIGINT');
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    return this.#counts();
  }

  #counts(): BpfCounts {
    return { protocols: this.#latest('protocol'), places: this.#latest('place') };
  }

  /** `{"type": "map", "data": {"@protocol": {"2048": 20}}}` */
  #latest(map: string): Map<string, number> {
    const lines = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1).split('\n');
    const line = lines.findLast((one) => one.includes(`"@${map}"`));
    if (line === undefined) return new Map();
    const { data } = JSON.parse(line) as { data: Record<string, Record<string, number>> };
    return new Map(Object.entries(data[`@${map}`] ?? {}));
  }
}

const TICK_MS = 500;
const PATIENCE_MS = 120_000;
const PROGRAM = `
  tracepoint:skb:kfree_skb { @protocol[args->protocol] = count(); @place[ksym(args->location)] = count(); }
  interval:ms:${TICK_MS} { print(@protocol); print(@place); }`;
