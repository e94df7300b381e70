import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What passes between here and agent.py; open things are AgentThing. */
export type AgentValue = string | number | boolean | null | Uint8Array | AgentThing | readonly AgentValue[];

interface Pending {
  resolve(value: AgentValue): void;
  reject(error: Error): void;
}

/** The one helper process of all cases: see agent.py. */
export class Agent {
  readonly #child: ChildProcess;
  readonly #pending: Pending[] = [];

  constructor() {
    const script = new URL('agent.py', import.meta.url).pathname;
    // Not any python3 of PATH: one that looks around for its version first takes seconds to start here.
    this.#child = spawn('/usr/bin/python3', ['-I', '-S', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#answer(line));
    this.#child.on('close', () => {
      for (const { reject } of this.#pending) reject(new Error('agent.py ended'));
    });
  }

  request(op: string, args: Record<string, unknown> = {}): Promise<AgentValue> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ op, ...args }, encode)}\n`);
    });
  }

  /** Runs a program to its end. @param ns null for where the tests run. @throws when its status is not 0 */
  async run(ns: string | null, argv: readonly string[], stdin = ''): Promise<string> {
    return (await this.request('run', { ns, argv, stdin })) as string;
  }

  async read(ns: string | null, ...paths: string[]): Promise<string[]> {
    return (await this.request('read', { ns, paths })) as string[];
  }

  async write(ns: string | null, ...texts: [path: string, text: string][]): Promise<void> {
    await this.request('write', { ns, texts });
  }

  async open(op: string, args: Record<string, unknown>): Promise<AgentThing> {
    return (await this.request(op, args)) as AgentThing;
  }

  stop(): void {
    this.#child.stdin?.end();
  }

  #answer(line: string): void {
    const pending = this.#pending.shift();
    const { ok, error } = JSON.parse(line) as { ok?: unknown; error?: string };
    if (error === undefined) pending?.resolve(decode(this, ok));
    else pending?.reject(new Error(error));
  }
}

/** A socket, tun device or the like that the agent holds open; `call` takes the names of Python's methods. */
export class AgentThing {
  readonly id: number;
  readonly #agent: Agent;
  #closed = false;

  constructor(agent: Agent, id: number) {
    this.#agent = agent;
    this.id = id;
  }

  call(method: string, ...args: AgentValue[]): Promise<AgentValue> {
    return this.#agent.request('call', { id: this.id, method, args });
  }

  /** The same call many times in a row. */
  async repeat(times: number, method: string, ...args: AgentValue[]): Promise<void> {
    await this.#agent.request('repeat', { id: this.id, method, calls: [args], times });
  }

  /** The same method with one argument after the other. */
  async each(method: string, values: readonly AgentValue[]): Promise<void> {
    await this.#agent.request('repeat', {
      id: this.id,
      method,
      calls: values.map((value) => [value]),
      times: 1,
    });
  }

  /** As call, but a system call that fails gives the name of its error instead of throwing. */
  attempt(method: string, ...args: AgentValue[]): Promise<AgentValue> {
    return this.#agent.request('attempt', { id: this.id, method, args });
  }

  /** As call, for what returns another open thing. */
  async open(method: string, ...args: AgentValue[]): Promise<AgentThing> {
    const result = await this.call(method, ...args);
    return (Array.isArray(result) ? result[0] : result) as AgentThing;
  }

  async bytes(method: string, ...args: AgentValue[]): Promise<Buffer> {
    return (await this.call(method, ...args)) as Buffer;
  }

  /** Lets nothing more in to this socket. */
  async deafen(): Promise<void> {
    await this.#agent.request('deafen', { id: this.id });
  }

  /** Takes out all that waits in this socket: how many packets? */
  async drain(): Promise<number> {
    return (await this.#agent.request('drain', { id: this.id })) as number;
  }

  /** Keeps this socket locked until what is returned is closed. */
  stall(): Promise<AgentThing> {
    return this.#agent.open('stall', { id: this.id });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#agent.request('close', { id: this.id });
  }
}

function encode(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // A Buffer's own toJSON has been at work already.
  const original = this[key];
  if (original instanceof Uint8Array) return { hex: Buffer.from(original).toString('hex') };
  return value;
}

function decode(agent: Agent, value: unknown): AgentValue {
  if (Array.isArray(value)) return value.map((item) => decode(agent, item));
  if (value === null || typeof value !== 'object') return value as AgentValue;
  const { hex, id } = value as { hex?: string; id?: number };
  return hex === undefined ? new AgentThing(agent, id!) : Buffer.from(hex, 'hex');
}
