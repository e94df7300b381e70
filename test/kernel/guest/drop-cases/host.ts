import { statSync } from 'node:fs';
import type { Agent, AgentThing } from './agent.js';
import { readCounters } from './counters.js';
import type { Side } from './net-plan.js';

/** One network namespace of a case. */
export class Host {
  readonly side: Side;
  readonly ns: string;
  /** As drops name the namespace. */
  readonly inode: number;
  readonly #agent: Agent;
  readonly #open: AgentThing[] = [];

  constructor(agent: Agent, side: Side, ns: string) {
    this.#agent = agent;
    this.side = side;
    this.ns = ns;
    this.inode = statSync(`/run/netns/${ns}`).ino;
  }

  run(...argv: string[]): Promise<string> {
    return this.#agent.run(this.ns, argv);
  }

  async ip(...lines: string[]): Promise<void> {
    await this.#agent.run(this.ns, ['ip', '-batch', '-'], lines.join('\n'));
  }

  async tc(...lines: string[]): Promise<void> {
    await this.#agent.run(this.ns, ['tc', '-batch', '-'], lines.join('\n'));
  }

  async nft(rules: string): Promise<void> {
    await this.#agent.run(this.ns, ['nft', '-f', '-'], rules);
  }

  /** Settings by their dotted names, in their order. */
  async sysctl(settings: Record<string, number | string>): Promise<void> {
    await this.#agent.write(
      this.ns,
      ...Object.entries(settings).map<[string, string]>(([name, value]) => [
        `/proc/sys/${name.replaceAll('.', '/')}`,
        String(value),
      ]),
    );
  }

  /** Numbers of socket(2): family, type and protocol. */
  async socket(family: number, type: number, protocol = 0): Promise<AgentThing> {
    return this.keep(await this.#agent.open('socket', { ns: this.ns, family, type, protocol }));
  }

  /** A UDP socket; bound, if a port is given, to all addresses. */
  async udp(port = 0, family: 4 | 6 = 4): Promise<AgentThing> {
    const socket = await this.socket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM);
    if (port !== 0) await socket.call('bind', [family === 4 ? '0.0.0.0' : '::', port]);
    return socket;
  }

  async listen(port: number, backlog = 16, family: 4 | 6 = 4): Promise<AgentThing> {
    const socket = await this.socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM);
    await socket.call('bind', [family === 4 ? '0.0.0.0' : '::', port]);
    await socket.call('listen', backlog);
    return socket;
  }

  tcp(family: 4 | 6 = 4): Promise<AgentThing> {
    return this.socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM);
  }

  /** Sends whole frames out of an interface. It takes none in, so that it copies nothing. */
  async frames(dev: string): Promise<AgentThing> {
    const socket = await this.socket(AF_PACKET, SOCK_RAW);
    await socket.call('bind', [dev, 0]);
    return socket;
  }

  /** A UDP socket of a control group that lets none of its packets in, or out. */
  async deniedUdp(way: 'in' | 'out'): Promise<AgentThing> {
    const cgroup = this.keep(await this.#agent.open('cgroup', { out: way === 'out' }));
    const place = { ns: this.ns, family: AF_INET, type: SOCK_DGRAM, cgroup: cgroup.id };
    return this.keep(await this.#agent.open('socket', place));
  }

  /** Every packet that an interface receives has this verdict, as long as the case runs. */
  async xdp(dev: string, verdict: number, native: boolean): Promise<AgentThing> {
    return this.keep(await this.#agent.open('xdp', { ns: this.ns, dev, verdict, native }));
  }

  keep(thing: AgentThing): AgentThing {
    this.#open.push(thing);
    return thing;
  }

  async close(): Promise<void> {
    for (const thing of this.#open.splice(0).reverse()) await thing.close();
  }

  counters(): Promise<Map<string, number>> {
    return readCounters(this.#agent, this.ns);
  }
}

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
