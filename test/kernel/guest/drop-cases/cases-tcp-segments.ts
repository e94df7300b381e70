import type { AgentThing } from './agent.js';
import { OPEN, pause, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, TUN } from './case-parts.js';
import type { DropCase, ExpectedDrop, UnseenLoss } from './drop-case.js';
import { type PerKernel, since } from './kernels.js';
import { lostInTcp } from './lost.js';
import type { NetLab } from './net-lab.js';
import { TcpPeer, timestamps } from './tcp-peer.js';

/** What TCP throws away of a connection's segments, from a peer that sends as it likes. */
export const TCP_SEGMENT_CASES: readonly DropCase[] = [
  {
    name: 'tcp-old-data',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      const { seq } = peer;
      await peer.send('A', { data: Buffer.from('said once') });
      await peer.send('A', { seq, data: Buffer.from('said once') });
    },
    ...from61(lostInTcp('noise', 'tcp_data_queue', 'TCP_OLD_DATA'), 'DelayedACKLost'),
  },
  {
    name: 'tcp-older-than-old-data',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      const { seq } = peer;
      for (let i = 0; i < 4; i++) {
        await peer.send('A', { data: Buffer.from('said once') });
        await peer.listen();
      }
      await peer.send('A', { seq, data: Buffer.from('said once') });
    },
    ...from61(
      {
        ...lostInTcp(
          'suspect',
          'tcp_validate_incoming',
          since({ '6.1': 'TCP_INVALID_SEQUENCE', '6.12': 'TCP_OLD_SEQUENCE' }),
        ),
        verdict: since({ '5.10': 'suspect', '6.12': 'noise' }),
      },
      'DelayedACKLost',
    ),
  },
  {
    name: 'tcp-out-of-window',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      await peer.send('A', { seq: peer.seq + 10_000_000, data: Buffer.from('too far') });
    },
    ...from61(lostInTcp('suspect', 'tcp_validate_incoming', 'TCP_INVALID_SEQUENCE')),
  },
  {
    name: 'tcp-zero-window',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab, { receiveBuffer: 2304 });
      for (let i = 0; i < 40 && peer.window > 0; i++) {
        await peer.send('A', { data: Buffer.alloc(Math.min(peer.window, 500)) });
        while (!(await peer.listen())) await pause(10);
      }
      await peer.send('A', { data: Buffer.alloc(100) });
    },
    ...from61(
      lostInTcp(
        'suspect',
        since({ '6.1': 'tcp_data_queue', '7.2': 'tcp_validate_incoming' }),
        since({ '6.1': 'TCP_ZEROWINDOW', '7.2': 'TCP_INVALID_END_SEQUENCE' }),
      ),
      'TCPZeroWindowDrop',
    ),
  },
  {
    name: 'tcp-paws',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab, { options: timestamps(1_000_000) });
      await peer.send('A', { options: timestamps(1_000_500), data: Buffer.from('now') });
      await peer.send('A', { options: timestamps(900_000), data: Buffer.from('long ago') });
    },
    ...from61(lostInTcp('suspect', 'tcp_validate_incoming', 'TCP_RFC7323_PAWS'), 'PAWSEstab'),
  },
  {
    name: 'tcp-without-ack',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      await peer.send('P', { data: Buffer.from('no ack') });
    },
    ...from61(lostInTcp('suspect', 'tcp_v4_do_rcv', 'TCP_FLAGS', 'PSH')),
  },
  {
    name: 'tcp-syn-in-connection',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      await peer.send('S');
    },
    ...from61(lostInTcp('suspect', 'tcp_validate_incoming', 'TCP_INVALID_SYN', 'SYN'), 'TCPSYNChallenge'),
  },
  {
    name: 'tcp-ack-of-unsent-data',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      await peer.send('A', { ack: peer.ack + 100_000, data: Buffer.from('x') });
    },
    ...from61(lostInTcp('suspect', 'tcp_v4_do_rcv', 'TCP_ACK_UNSENT_DATA')),
  },
  {
    name: 'tcp-ack-too-old',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      await peer.send('A', { ack: peer.ack - 1_000_000, data: Buffer.from('x') });
    },
    ...from61(lostInTcp('suspect', 'tcp_v4_do_rcv', 'TCP_TOO_OLD_ACK'), 'TCPChallengeACK'),
  },
  {
    name: 'tcp-out-of-order-twice',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      const segment = { seq: peer.seq + 100, data: Buffer.from('a hole before it') };
      await peer.send('A', segment);
      await peer.send('A', segment);
    },
    ...from61(lostInTcp('noise', 'tcp_data_queue', 'TCP_OFOMERGE'), 'TCPOFOMerge'),
  },
  {
    name: 'tcp-data-after-close',
    net: TUN,
    async inject(lab) {
      const { peer, socket } = await connected(lab);
      await socket.close();
      await peer.listen();
      await peer.send('A', { data: Buffer.from('nobody reads this') });
    },
    drops: [
      {
        ...lostInTcp(
          'suspect',
          'tcp_v4_do_rcv',
          since({ '6.1': 'NOT_SPECIFIED', '6.12': 'TCP_ABORT_ON_DATA' }),
        ),
        verdict: since({ '5.10': 'suspect', '6.12': 'noise' }),
      },
    ],
  },
  {
    // Who resets, tells: that is no loss, and the kernel does not call it one.
    name: 'tcp-reset-by-peer',
    net: TUN,
    async inject(lab) {
      const { peer } = await connected(lab);
      await peer.send('RA');
    },
    drops: [],
    unseen: { side: 'server', counter: 'TcpEstabResets', count: 1 },
  },
  {
    name: 'tcp-backlog-full',
    net: TUN,
    async inject(lab) {
      const { peer, socket } = await connected(lab, { receiveBuffer: 2304 });
      await socket.call('setsockopt', SOL_SOCKET, SO_SNDBUF, 4608);
      const dropped = async () => (await lab.server.counters()).get('TcpExtTCPBacklogDrop') ?? 0;
      const before = await dropped();
      const stalled = await socket.stall();
      // Equal neighbours would be put together.
      const acks = Array.from({ length: 150 }, (_, i) => peer.packet('A', {}, { tos: 4 + 4 * (i % 2) }));
      await lab.tunnel.each('send', acks);
      const after = await dropped();
      await stalled.close();
      await pause(20);
      return after - before;
    },
    drops: [{ ...lostInTcp('suspect', 'tcp_v4_rcv', 'SOCKET_BACKLOG'), count: 'injected' }],
  },
];

/** Before tcp_drop() took to kfree_skb, in 5.18, only a counter told, if any did. */
function from61(
  drop: ExpectedDrop,
  counter?: string,
): { drops: PerKernel<readonly ExpectedDrop[]>; unseen: PerKernel<UnseenLoss | null> } {
  const before =
    counter === undefined ? null : ({ side: 'server', counter: `TcpExt${counter}`, count: 1 } as const);
  return { drops: since({ '5.10': [], '6.1': [drop] }), unseen: since({ '5.10': before, '6.1': null }) };
}

async function connected(
  lab: NetLab,
  { receiveBuffer = 0, options }: { receiveBuffer?: number; options?: Buffer } = {},
): Promise<{ peer: TcpPeer; socket: AgentThing }> {
  const listener = await lab.server.listen(OPEN);
  if (receiveBuffer > 0) await listener.call('setsockopt', SOL_SOCKET, SO_RCVBUF, receiveBuffer);
  const peer = await TcpPeer.connect(lab, 4000, OPEN, options);
  return { peer, socket: lab.server.keep(await listener.open('accept')) };
}
