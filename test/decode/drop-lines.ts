import fc from 'fast-check';

/** Lines of `skb:kfree_skb` as the kernels print them, for tests. */
export interface DropLine {
  kernel: (typeof kernels)[number];
  /** One character a byte. */
  comm: string;
  tid: number;
  cpu: number;
  flags: string;
  /** Nanoseconds. */
  time: number;
  location: string;
  reason: string | null;
  protocol: number;
}

export const kernels = ['5.10', '6.1', '6.12', '7.2'] as const;

export function dropLine({
  kernel,
  comm,
  tid,
  cpu,
  flags,
  time,
  location,
  reason,
  protocol,
}: DropLine): string {
  const microseconds = Math.round(time / 1000);
  const seconds = String(Math.floor(microseconds / 1e6)).padStart(5);
  const stamp = `${seconds}.${String(microseconds % 1e6).padStart(6, '0')}`;
  const columns = `${comm.padStart(16)}-${String(tid).padEnd(7)} [${String(cpu).padStart(3, '0')}]`;
  const socket = kernel === '6.12' || kernel === '7.2' ? ' rx_sk=0000000000000000' : '';
  const why = reason === null ? '' : ` reason: ${reason}`;
  const head = `${columns} ${flags === '' ? '' : `${flags} `}${stamp}: `;
  return `${head}kfree_skb: skbaddr=00000000ea9c5e9f${socket} protocol=${protocol} location=${location}${why}\n`;
}

/** Names of up to 15 bytes, none of them zero: many that look like something else. */
const names = fc.oneof(
  fc.constantFrom(
    'nginx',
    '<idle>',
    '<...>',
    'kworker/0:1',
    'kfree_skb: x',
    ' location=',
    '[001]',
    ': ',
    '-12',
    '\n',
    'a\nb',
  ),
  fc
    .array(fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(10, 32, 45, 58, 91)), {
      minLength: 1,
      maxLength: 15,
    })
    .map((bytes) => String.fromCharCode(...bytes)),
);

const locations = {
  '5.10': fc.constantFrom('ffffffffad5f2522', 'ffffffff89a41636', 'ffffffff899a8ba3'),
  '6.1': fc.constantFrom('0000000043100860', '0000000019ea2c44'),
  symbol: fc.oneof(
    fc.constantFrom(
      '__udp4_lib_rcv+0x235/0xd90',
      'tcp_v4_rcv+0x9a/0x1360',
      'tcp_v4_rcv+0x9b/0x1360',
      'nft_do_chain+0x40e/0x630 [nf_tables]',
      'ip_rcv_finish_core.isra.0+0x234/0x430',
      'f+0x1/0x2',
    ),
    fc.stringMatching(/^[a-z_]{1,150}\+0x1\/0x2$/),
  ),
};

/** Some lines of one kernel. */
export const dropLines = fc.constantFrom(...kernels).chain((kernel) =>
  fc.array(
    fc.record({
      kernel: fc.constant(kernel),
      comm: names,
      tid: fc.oneof(fc.nat(99999), fc.nat(2 ** 31)),
      cpu: fc.oneof(fc.nat(3), fc.nat(2000)),
      flags: fc.constantFrom(...(kernel === '5.10' ? ['..s1', 'd.h2', ''] : ['..s1.', '.....', 'bNs2.', ''])),
      time: fc.oneof(fc.nat(1e9), fc.nat(1e12)).map((microseconds) => microseconds * 1000),
      location: kernel === '5.10' || kernel === '6.1' ? locations[kernel] : locations.symbol,
      reason:
        kernel === '5.10'
          ? fc.constant(null)
          : fc.constantFrom('NO_SOCKET', 'TCP_CSUM', 'XDP', '0x7d', 'NETFILTER_DROP'),
      protocol: fc.constantFrom(0, 8, 2048, 2054, 34525, 65535),
    }),
    { maxLength: 12 },
  ),
);
