import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Agent, AgentThing } from './agent.js';
import { Host } from './host.js';
import { devicesOf, hostCommands, type NetPlan, netCommands, type Side, sidesOf } from './net-plan.js';

/** The network namespaces of one case, made for it, and the devices and addresses in them. */
export class NetLab {
  readonly #agent: Agent;
  readonly #plan: NetPlan;
  #tunnel: AgentThing | null = null;
  readonly #hosts = new Map<Side, Host>();
  readonly #undo: (() => Promise<unknown>)[] = [];

  private constructor(agent: Agent, plan: NetPlan) {
    this.#agent = agent;
    this.#plan = plan;
  }

  /** @param name that of the case: its namespaces are `name.client` and so on */
  static async create(agent: Agent, name: string, plan: NetPlan): Promise<NetLab> {
    const lab = new NetLab(agent, plan);
    await agent.run(null, ['ip', '-batch', '-'], netCommands(name, plan).join('\n'));
    for (const side of sidesOf(plan)) lab.#hosts.set(side, new Host(agent, side, `${name}.${side}`));
    if (plan.shape === 'tun' || plan.shape === 'tap') await lab.#openTunnel(plan.shape);
    for (const host of lab.hosts) await lab.#configure(host);
    // Its routes come a moment after its addresses.
    if (plan.ipv6) await pause(150);
    return lab;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  get client(): Host {
    return this.host('client');
  }

  get server(): Host {
    return this.host('server');
  }

  get router(): Host {
    return this.host('router');
  }

  host(side: Side): Host {
    const host = this.#hosts.get(side);
    if (host === undefined) throw new Error(`a net of shape ${this.#plan.shape} has no ${side}`);
    return host;
  }

  /** The test's end of a tun or tap device. */
  get tunnel(): AgentThing {
    if (this.#tunnel === null) throw new Error(`a net of shape ${this.#plan.shape} has no tunnel`);
    return this.#tunnel;
  }

  /** Runs a program outside of all namespaces. */
  outside(...argv: string[]): Promise<string> {
    return this.#agent.run(null, argv);
  }

  /** Sets what is one for all namespaces, until the case is over. */
  async globally(path: string, value: string | number): Promise<void> {
    const [before = ''] = await this.#agent.read(null, path);
    this.afterwards(() => this.#agent.write(null, [path, before]));
    await this.#agent.write(null, [path, String(value)]);
  }

  /** Runs when the case is over, last come first served. */
  afterwards(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  /** The case is over: sockets and devices are closed. The namespaces stay, so that their numbers are not used again. */
  async close(): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
    // It would go on talking while other cases run.
    if (this.#plan.ipv6)
      for (const host of this.hosts)
        await host.ip(...devicesOf(this.#plan, host.side).map((dev) => `link set ${dev} down`));
    for (const host of this.hosts) await host.close();
    await this.#tunnel?.close();
  }

  async #openTunnel(shape: 'tun' | 'tap'): Promise<void> {
    if (!existsSync('/dev/net/tun')) await this.outside('modprobe', 'tun');
    const flags = IFF_NO_PI | (shape === 'tun' ? IFF_TUN : IFF_TAP);
    this.#tunnel = await this.#agent.open('tun', { ns: this.server.ns, name: 't0', flags });
  }

  async #configure(host: Host): Promise<void> {
    const settings: Record<string, number> = {};
    if (!this.#plan.ipv6) settings['net.ipv6.conf.all.disable_ipv6'] = 1;
    else
      for (const dev of devicesOf(this.#plan, host.side)) {
        settings[`net.ipv6.conf.${dev}.accept_dad`] = 0;
        settings[`net.ipv6.conf.${dev}.router_solicitations`] = 0;
      }
    if (host.side === 'router') {
      settings['net.ipv4.ip_forward'] = 1;
      if (this.#plan.ipv6) settings['net.ipv6.conf.all.forwarding'] = 1;
    }
    await host.sysctl(settings);
    await host.ip(...hostCommands(host.side, this.#plan));
  }
}

const IFF_TUN = 1;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;
