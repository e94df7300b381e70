import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';

/** What a storm did, by the account of those who lost the packets. */
export interface Storm {
  /** Packets for a closed UDP port, by the interface that took them in. */
  injected: ReadonlyMap<string, number>;
  /** pktgen's own buffers, which it frees as a drop too: one for each burst. */
  buffers: number;
}

/**
 * The kernel's own packet generator (Documentation/networking/pktgen.rst) in a network namespace, one thread a CPU: it
 * hands packets for a closed UDP port straight to the stack. Nobody is told of them, as no route leads to the sender.
 */
export class PacketGenerator {
  readonly name: string;
  /** Number of the namespace. */
  readonly netns: number;

  static async create(name: string): Promise<PacketGenerator> {
    await shell(`
      modprobe pktgen
      ip netns add ${name}
      ip -n ${name} link add ${DEVICES[0]} type veth peer name ${DEVICES[1]}`);
    await shell(
      `
      sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
      pg() { echo "$2" > /proc/net/pktgen/$1; }
      cpu=0
      for dev in ${DEVICES.join(' ')}; do
        ip addr add 10.9.$cpu.1/24 dev $dev
        ip link set $dev up
        pg kpktgend_$cpu "add_device $dev"
        pg $dev "xmit_mode netif_receive"
        pg $dev "pkt_size 60"
        pg $dev "delay 0"
        pg $dev "src_min 198.51.100.1"
        pg $dev "src_max 198.51.100.1"
        pg $dev "dst 10.9.$cpu.1"
        pg $dev "dst_mac $(cat /sys/class/net/$dev/address)"
        pg $dev "udp_dst_min 9"
        pg $dev "udp_dst_max 9"
        cpu=$((cpu + 1))
      done`,
      name,
    );
    return new PacketGenerator(name);
  }

  private constructor(name: string) {
    this.name = name;
    this.netns = statSync(`/run/netns/${name}`).ino;
  }

  /** As fast as it goes, on each CPU a number of its own. @throws Error if the kernel took in another number */
  async send(counts: readonly [number, number]): Promise<Storm> {
    const before = await this.#refused();
    const rest = counts.map((count) => count % BURST);
    await this.#burst(
      counts.map((count, i) => count - rest[i]!),
      BURST,
    );
    await this.#burst(rest, 1);
    const sent = counts[0] + counts[1];
    const refused = (await this.#refused()) - before;
    if (refused !== sent) throw new Error(`${sent} packets were sent, and UDP refused ${refused}`);
    const buffers = counts.map((count, i) => Math.floor(count / BURST) + rest[i]!);
    return {
      injected: new Map(DEVICES.map((dev, i) => [dev, counts[i]!])),
      buffers: buffers[0]! + buffers[1]!,
    };
  }

  /** Some thousand packets a second, which leaves others time to work, until what is returned is called. */
  async sendUntil(): Promise<() => Promise<void>> {
    const storm = this.#burst([ENDLESS, ENDLESS], 1, PAUSE_NS);
    // For whoever never comes to call it.
    storm.catch(() => {});
    const before = await this.#refused();
    while ((await this.#refused()) === before);
    return async () => {
      await shell('echo stop > /proc/net/pktgen/pgctrl', this.name);
      await storm;
    };
  }

  /** The namespace goes, and its devices with it. */
  async remove(): Promise<void> {
    await shell(`ip netns delete ${this.name}`);
  }

  /** Datagrams that nobody listens for, as the namespace counts them. */
  async #refused(): Promise<number> {
    const [names = '', values = ''] = (await shell('grep ^Udp: /proc/net/snmp', this.name)).split('\n');
    return Number(values.split(' ')[names.split(' ').indexOf('NoPorts')]);
  }

  async #burst(counts: readonly number[], burst: number, delay = 0): Promise<void> {
    if (counts.every((count) => count === 0)) return;
    if (counts.includes(0))
      throw new RangeError(`expected packets for each CPU, got ${counts.join(' and ')}`);
    const settings = DEVICES.map((dev, i) => {
      const count = counts[i] === ENDLESS ? 0 : counts[i];
      const lines = [`count ${count}`, `burst ${burst}`, `delay ${delay}`];
      return lines.map((line) => `echo "${line}" > /proc/net/pktgen/${dev}`).join('\n');
    });
    await shell(`${settings.join('\n')}\necho start > /proc/net/pktgen/pgctrl`, this.name);
  }
}

/** Both ends of a pair, each with an address of its own. */
const DEVICES = ['storm0', 'storm1'] as const;
/** A buffer is used so often before the next is made; a count that it does not divide would be exceeded. */
const BURST = 1000;
const ENDLESS = Number.POSITIVE_INFINITY;
/** From 100,000 on the generator sleeps; less it spends in a loop. */
const PAUSE_NS = 200_000;

const run = promisify(execFile);

async function shell(script: string, netns?: string): Promise<string> {
  const inside = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const [command = '', ...args] = [...inside, 'sh', '-ec', script];
  return (await run(command, args)).stdout;
}
