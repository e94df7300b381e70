import type { AgentThing } from './agent.js';
import { ENDS, ENDS6, OPEN, PAIR, PAIR6, pause, sendUdp, TUN } from './case-parts.js';
import type { DropCase, ExpectedDrop } from './drop-case.js';
import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from './host.js';
import { since } from './kernels.js';
import { lost, lost6 } from './lost.js';
import type { NetLab } from './net-lab.js';
import { SERVER, type Side } from './net-plan.js';

/** What a host does all day. Where the kernel frees packets in the course of it, that is noise. */
export const HEALTHY_CASES: readonly DropCase[] = [
  {
    name: 'healthy-tcp-transfer',
    net: PAIR,
    async inject(lab) {
      const { client, server } = await transfer(lab, 4, 200_000);
      await client.close();
      await server.close();
    },
    drops: lastFin(lost, 'tcp_v4_rcv', 'client', 'c0'),
  },
  {
    name: 'healthy-tcp6-transfer',
    net: PAIR6,
    async inject(lab) {
      const { client, server } = await transfer(lab, 6, 20_000);
      await server.close();
      await client.close();
    },
    drops: lastFin(lost6, 'tcp_v6_rcv', 'server', 's0'),
  },
  {
    name: 'healthy-short-connections',
    net: PAIR,
    async inject(lab) {
      const listener = await lab.server.listen(OPEN);
      for (let i = 0; i < 5; i++) {
        const client = await lab.client.tcp();
        await client.call('connect', [SERVER.ip, OPEN]);
        const server = lab.server.keep(await listener.open('accept'));
        await client.call('send', Buffer.from('request'));
        await server.call('recv', 100);
        await server.call('send', Buffer.from('answer'));
        await server.close();
        await client.call('recv', 100);
        await client.close();
      }
    },
    drops: lastFin(lost, 'tcp_v4_rcv', 'server', 's0'),
  },
  {
    name: 'healthy-udp-echo',
    net: PAIR,
    async inject(lab) {
      const server = await lab.server.udp(OPEN);
      const client = await lab.client.udp();
      for (let i = 0; i < 10; i++) {
        await client.call('sendto', Buffer.from('echo'), [SERVER.ip, OPEN]);
        const [data, from] = (await server.call('recvfrom', 100)) as [Buffer, [string, number]];
        await server.call('sendto', data, from);
        await client.call('recv', 100);
      }
    },
    drops: [],
  },
  {
    name: 'healthy-first-packet-asks-by-arp',
    net: { shape: 'pair', neighbours: false },
    async inject(lab) {
      const server = await lab.server.udp(OPEN);
      await sendUdp(lab.client, OPEN, 3);
      for (let i = 0; i < 3; i++) await server.call('recv', 100);
    },
    drops: [],
  },
  {
    // The answer is for ping's raw socket, and the kernel looks for one of its own kind as well.
    name: 'healthy-ping',
    net: PAIR,
    inject: (lab) => lab.client.run('ping', '-n', '-c', '2', '-i', '0.1', SERVER.ip),
    drops: [
      lost('noise', since({ '5.10': 'icmp_rcv', '7.2': 'ping_rcv' }), 'NO_SOCKET', {
        count: 2,
        dev: 'c0',
        netns: 'client',
        flow: { family: 'ipv4', proto: 'icmp', src: ENDS.dst, dst: ENDS.src },
      }),
    ],
  },
  {
    name: 'healthy-ping6',
    net: PAIR6,
    inject: (lab) => lab.client.run('ping', '-n', '-c', '2', '-i', '0.1', SERVER.ip6),
    drops: since({
      '5.10': [pingAnswered(), pingAsked('NOT_SPECIFIED')],
      '6.12': [pingAnswered()],
    }),
  },
  {
    name: 'healthy-unix-sockets',
    net: TUN,
    async inject(lab) {
      for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
        const server = await lab.server.socket(AF_UNIX, type);
        await server.call('bind', `\0kwho-${type}`);
        if (type === SOCK_STREAM) await server.call('listen', 5);
        const client = await lab.server.socket(AF_UNIX, type);
        await client.call('connect', `\0kwho-${type}`);
        await client.call('send', Buffer.from('hello'));
        const reader = type === SOCK_STREAM ? lab.server.keep(await server.open('accept')) : server;
        await reader.call('recv', 100);
        await client.close();
        await reader.close();
      }
    },
    drops: [],
  },
  {
    name: 'healthy-namespace-deleted',
    net: TUN,
    async inject(lab) {
      const inside = (command: string) => lab.outside('ip', '-n', 'kwho-short-lived', ...command.split(' '));
      await lab.outside('ip', 'netns', 'add', 'kwho-short-lived');
      await inside('link add name va type veth peer name vb');
      await inside('addr add 10.8.0.2/24 dev va');
      await inside('link set va up');
      await inside('link set vb up');
      await lab.outside('ip', 'netns', 'delete', 'kwho-short-lived');
      await pause(200);
    },
    drops: [],
  },
  {
    name: 'healthy-listing-commands',
    net: PAIR,
    async inject(lab) {
      await lab.client.run('ip', 'route');
      await lab.client.run('ss', '-tuna');
    },
    drops: [],
  },
];

async function transfer(
  lab: NetLab,
  family: 4 | 6,
  bytes: number,
): Promise<{ client: AgentThing; server: AgentThing }> {
  const listener = await lab.server.listen(OPEN, 16, family);
  const client = await lab.client.tcp(family);
  await client.call('connect', [family === 4 ? SERVER.ip : SERVER.ip6, OPEN]);
  const server = lab.server.keep(await listener.open('accept'));
  for (let left = bytes; left > 0; left -= 20_000) {
    await client.call('sendall', Buffer.alloc(20_000));
    for (let now = 20_000; now > 0; ) now -= (await server.bytes('recv', now)).length;
  }
  return { client, server };
}

/** The last FIN finds a socket that waits for nothing else any more; where exactly is a matter of moments. */
function lastFin(make: typeof lost, symbol: string, netns: Side, dev: string): ExpectedDrop[] {
  const ends = make === lost ? ENDS : ENDS6;
  const flow = {
    ...(netns === 'server' ? ends : { src: ends.dst, dst: ends.src }),
    proto: 'tcp',
    flags: 'FIN ACK',
  };
  return [
    make('noise', symbol, 'NOT_SPECIFIED', { count: 'any', netns, dev, flow }),
    make('noise', 'sk_stream_kill_queues', since({ '6.1': 'NOT_SPECIFIED', '6.12': 'QUEUE_PURGE' }), {
      count: 'any',
      netns,
      dev: null,
      flow,
    }),
  ];
}

function pingAnswered(): ExpectedDrop {
  return lost6('noise', since({ '5.10': 'icmpv6_rcv', '7.2': 'ping_rcv' }), 'NO_SOCKET', {
    count: 2,
    dev: 'c0',
    netns: 'client',
    flow: { family: 'ipv6', proto: 'icmpv6', src: ENDS6.dst, dst: ENDS6.src },
  });
}

function pingAsked(reason: string): ExpectedDrop {
  return lost6('noise', 'icmpv6_rcv', reason, {
    count: 2,
    flow: { family: 'ipv6', proto: 'icmpv6', ...ENDS6 },
  });
}
