import type { SeenDrop } from '../../src/model/drop-record.js';
import type { DropEvent } from '../../src/model/events.js';

/** A datagram to a closed port of server, as Linux 6.12 tells it; what a test is about is handed in. */
export function seenDrop(drop: Partial<SeenDrop> = {}): SeenDrop {
  return {
    time: 12_500_000_000,
    cpu: 0,
    tid: 226,
    comm: 'python3',
    location: { symbol: '__udp4_lib_rcv', offset: 0x235, module: null, address: '0xffffffff81b4ca75' },
    reason: 'NO_SOCKET',
    protocol: 0x0800,
    dev: 's0',
    ifindex: 2,
    netns: 4026532208,
    netnsName: 'server',
    length: 9,
    flow: {
      family: 'ipv4',
      proto: 'udp',
      src: '10.1.1.1',
      dst: '10.1.1.2',
      sport: 40000,
      dport: 9,
      flags: null,
      ttl: 64,
    },
    packetType: 0,
    ...drop,
  };
}

export function dropEvent(event: Partial<DropEvent> = {}): DropEvent {
  const { packetType: _, ...drop } = seenDrop();
  return { type: 'drop', backend: 'fields', pid: 226, verdict: 'suspect', ...drop, time: 12.5, ...event };
}
