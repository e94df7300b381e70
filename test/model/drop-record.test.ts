import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import type { EventRecord, FieldValue } from '../../src/decode/trace-record.js';
import {
  isInterfaceName,
  isKernelPointer,
  isNamespace,
  locate,
  readDrop,
} from '../../src/model/drop-record.js';
import {
  DROP_KERNELS,
  type DropKernel,
  decodeText,
  plainDrops,
  probeDrops,
  readFixture,
  readingOf,
} from './drop-samples.js';

const UDP_PLACE: Record<DropKernel, [string, number]> = {
  '5.10': ['__udp4_lib_rcv', 0x992],
  '6.1': ['__udp4_lib_rcv', 0x9a2],
  '6.12': ['__udp4_lib_rcv', 0x235],
  '7.2': ['udp_rcv', 0x452],
};
const NAMESPACE: Record<DropKernel, number> = {
  '5.10': 4026532208,
  '6.1': 4026532209,
  '6.12': 4026532211,
  '7.2': 4026532205,
};

describe.each(DROP_KERNELS)('a probe’s drops on Linux %s', (kernel) => {
  const drops = (scenario: Parameters<typeof probeDrops>[1]) =>
    probeDrops(kernel, scenario).map((record) => readDrop(record, readingOf(kernel)));
  const reason = (name: string) => (kernel === '5.10' ? null : name);

  it('a datagram to a closed port, with everything that is known of it', () => {
    const [symbol, offset] = UDP_PLACE[kernel];
    const [drop] = drops('udp-closed-port');
    expect(drop).toMatchObject({
      comm: 'python3',
      location: { symbol, offset, module: null, address: null },
      reason: reason('NO_SOCKET'),
      protocol: 0x0800,
      dev: 's0',
      ifindex: 2,
      netns: NAMESPACE[kernel],
      netnsName: `ns${NAMESPACE[kernel]}`,
      length: 13,
      flow: { family: 'ipv4', proto: 'udp', src: '10.1.1.1', dst: '10.1.1.2', dport: 9, ttl: 64 },
      packetType: null,
    });
    expect(drop?.flow?.sport).toBeGreaterThan(1023);
  });

  it('a device that is not there lends nothing: what its fields hold is an earlier packet’s', () => {
    const records = probeDrops(kernel, 'NOISE-unix-socket-closed-with-unread');
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) {
      expect(record.fields.dev).toBeNull();
      expect(record.fields.netns).toBeTypeOf('number');
      const drop = readDrop(record, readingOf(kernel));
      expect(drop).toMatchObject({ dev: null, ifindex: null, netns: null, netnsName: null, flow: null });
      expect(drop.location.symbol).toBe('unix_release_sock');
    }
  });

  it('the socket tells the namespace where there is no device', () => {
    const [record] = probeDrops(kernel, 'NOISE-unix-socket-closed-with-unread');
    const fields = { ...record!.fields, sknet: 4026532209 };
    const drop = readDrop({ ...record!, fields }, readingOf(kernel));
    expect(drop).toMatchObject({ dev: null, ifindex: null, netns: 4026532209, netnsName: 'ns4026532209' });
    // Without a socket, that too is stale.
    const alone = readDrop({ ...record!, fields: { ...fields, sk: 0 } }, readingOf(kernel));
    expect(alone.netns).toBeNull();
  });

  it('a full receive buffer', () => {
    const named = drops('udp-rcvbuf-overflow').filter(({ location }) =>
      location.symbol?.startsWith('udp_queue'),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(new Set(named.map((drop) => drop.reason))).toEqual(new Set([reason('SOCKET_RCVBUFF')]));
    expect(new Set(named.map((drop) => drop.length))).toEqual(new Set([1000]));
  });

  it('what a queue drops on its way out', () => {
    const all = drops('qdisc-netem-loss');
    expect(all.map(({ dev, reason: why, flow }) => [dev, why, flow?.src, flow?.dport])).toEqual(
      new Array(3).fill(['c0', reason('QDISC_DROP'), '10.1.1.1', 9]),
    );
  });

  it('IPv6, and an EtherType that nobody speaks', () => {
    const [six] = drops('ipv6-disabled-host');
    expect(six).toMatchObject({ protocol: 0x86dd, reason: reason('IPV6DISABLED'), flow: { family: 'ipv6' } });
    const [strange] = drops('unknown-ethertype-88b5');
    expect(strange).toMatchObject({ protocol: 0x88b5, reason: reason('UNHANDLED_PROTO') });
    expect([null, 'other']).toContain(strange?.flow?.family ?? null);
  });

  it('a drop by a firewall says which module dropped it, where it is in one', () => {
    const [drop] = drops('nft-forward-drop');
    expect(drop?.reason).toBe(reason('NETFILTER_DROP'));
    const module = kernel === '6.12' || kernel === '7.2' ? 'nf_tables' : null;
    expect(drop?.location.module).toBe(module);
  });
});

describe('the plain event as text', () => {
  it.each(['6.12', '7.2'] as const)('Linux %s prints the place', (kernel) => {
    const [symbol, offset] = UDP_PLACE[kernel];
    const [record] = plainDrops(kernel, 'udp-closed-port');
    expect(readDrop(record!, readingOf(kernel))).toMatchObject({
      location: { symbol, offset, module: null, address: null },
      reason: 'NO_SOCKET',
      protocol: 0x0800,
      dev: null,
      netns: null,
      length: null,
      flow: null,
    });
  });

  it('Linux 5.10 prints an address, which is named', () => {
    const [record] = plainDrops('5.10', 'udp-closed-port');
    const name = (address: bigint) =>
      address === 0xffffffff899f2522n ? { symbol: '__udp4_lib_rcv', offset: 0x992, module: null } : null;
    expect(readDrop(record!, readingOf('5.10', { name }))).toMatchObject({
      location: { symbol: '__udp4_lib_rcv', offset: 0x992, module: null, address: '0xffffffff899f2522' },
      reason: null,
    });
  });

  it('Linux 6.1 prints a hash, which is no address and not asked about', () => {
    const [record] = plainDrops('6.1', 'udp-closed-port');
    const asked: bigint[] = [];
    const name = (address: bigint) => {
      asked.push(address);
      return { symbol: 'wrong', offset: 1, module: null };
    };
    const drop = readDrop(record!, readingOf('6.1', { name }));
    expect(drop.location).toEqual({ symbol: null, offset: null, module: null, address: null });
    expect(drop.reason).toBe('NO_SOCKET');
    expect(asked).toEqual([]);
  });

  it('with hash-ptr off 6.1 leaves the reason blank: it is not known', () => {
    const [record] = decodeText('6.1', readFixture('6.1', 'B-kfree_skb-option-sym-offset.trace.txt'));
    expect(readDrop(record as EventRecord, readingOf('6.1')).reason).toBeNull();
    const fields = { location: 0xffffffff908b4632n, protocol: 2048, reason: '' };
    expect(readDrop({ ...(record as EventRecord), fields }, readingOf('6.1'))).toMatchObject({
      reason: null,
      location: { address: '0xffffffff908b4632' },
    });
  });

  it('a reason of a module stays the number that the kernel has', () => {
    const [record] = plainDrops('6.12', 'udp-closed-port');
    const fields = { ...record!.fields, reason: 0x2_0003 };
    expect(readDrop({ ...record!, fields }, readingOf('6.12')).reason).toBe('131075');
  });
});

it('text and pages say the same: a number is named as the text would be', () => {
  const [record] = plainDrops('6.12', 'udp-closed-port');
  const pages = { ...record!.fields, location: 0xffffffff81b4ca75n };
  const name = () => ({ symbol: '__udp4_lib_rcv', offset: 0x235, module: null });
  const { location: place, ...fromPages } = readDrop(
    { ...record!, fields: pages },
    readingOf('6.12', { name }),
  );
  const { location, ...fromText } = readDrop(record!, readingOf('6.12'));
  expect(fromPages).toEqual(fromText);
  expect({ ...place, address: null }).toEqual(location);
});

describe('what a buffer’s device field holds', () => {
  const owner = (fields: Record<string, FieldValue>) => {
    const [record] = probeDrops('6.12', 'udp-closed-port');
    const { dev, ifindex, netns } = readDrop(
      { ...record!, fields: { ...record!.fields, ...fields } },
      readingOf('6.12'),
    );
    return [dev, ifindex, netns];
  };
  const NOBODY = [null, null, null];

  it('is believed where all of it makes sense', () => {
    expect(owner({})).toEqual(['s0', 2, NAMESPACE['6.12']]);
    expect(owner({ netns: 0xefff_fff9 })).toEqual(['s0', 2, 0xefff_fff9]);
  });

  it.each([
    // A queued datagram keeps its truesize there (net/ipv4/udp.c udp_set_dev_scratch()).
    ['bits of a queue', { devp: 0x1010001800003c0n }],
    ['a small number', { devp: 7 }],
    ['nothing', { devp: 0 }],
    ['a pointer to what has no name', { dev: '' }],
    ['a pointer that faults', { dev: null }],
    ['a name that no interface can have', { dev: 'a b' }],
    ['a name that is too long', { dev: '1234567890123456' }],
    ['a namespace that is none', { netns: 134938623 }],
    ['an index that is none', { ifindex: -28182 }],
  ])('%s: not believed', (_, fields) => {
    expect(owner(fields)).toEqual(NOBODY);
  });

  it('a probe without the index does not miss it', () => {
    const [record] = probeDrops('6.12', 'udp-closed-port');
    const { ifindex: _, ...fields } = record!.fields;
    expect(readDrop({ ...record!, fields }, readingOf('6.12'))).toMatchObject({ dev: 's0', ifindex: null });
  });
});

it('the packet type is three bits of a byte that others share', () => {
  const [record] = probeDrops('6.12', 'udp-closed-port');
  const type = (pt: number) =>
    readDrop({ ...record!, fields: { ...record!.fields, pt } }, readingOf('6.12')).packetType;
  expect([0x40, 0x61, 0xfa, 3].map(type)).toEqual([0, 1, 2, 3]);
});

it('a place is what the kernel printed of it', () => {
  const nobody = () => null;
  expect(locate('nft_do_chain+0x5cc/0x630 [nf_tables]', nobody)).toEqual({
    symbol: 'nft_do_chain',
    offset: 0x5cc,
    module: 'nf_tables',
    address: null,
  });
  expect(locate('0xffffffffc030e0de', nobody)).toMatchObject({ symbol: null, address: '0xffffffffc030e0de' });
  expect(locate(-1, nobody).address).toBe('0xffffffffffffffff');
  for (const nothing of [undefined, null, '', '(null)', 'x y', [1], '00000000bb1d2446'])
    expect(locate(nothing, nobody)).toEqual({ symbol: null, offset: null, module: null, address: null });
});

it('pointers, names and namespaces are told from what only looks like them', () => {
  expect([0xff2d3c0482994000n, 0xffff888004a95000n, 0xffffa0b2403d8000n].every(isKernelPointer)).toBe(true);
  expect([0n, 0x00007fff_ffffffffn, 5, null, 'x', undefined].some(isKernelPointer)).toBe(false);
  expect(['lo', 'eth0.100', '123456789012345', '},n=5}', '\xefdev\xff'].every(isInterfaceName)).toBe(true);
  expect([null, '', '1234567890123456', 'a/b', 'a:b', 'a b', 'a\nb', 'a\0'].some(isInterfaceName)).toBe(
    false,
  );
  expect([4026531840, 4026532208, 0xffff_ffff].every(isNamespace)).toBe(true);
  expect([null, 0, 1, 120, 2179925760, 82940264].some(isNamespace)).toBe(false);
});

describe('any record', () => {
  const value: fc.Arbitrary<FieldValue | undefined> = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.bigInt(-(2n ** 63n), 2n ** 64n),
    fc.string(),
    fc.constantFrom(null, undefined, '(fault)', 0xffff, 0xffff888000000000n),
    fc.array(fc.oneof(fc.nat(), fc.bigInt(0n, 2n ** 64n)), { maxLength: 80 }),
  );
  const names =
    'loc location reason proto protocol devp dev ifindex netns sk sknet len mh nh th head data tail pt h0 h1 comm';
  const fields = fc.record(Object.fromEntries(names.split(' ').map((name) => [name, value])), {
    requiredKeys: [],
  });

  it('is read, and says nothing of a device that it does not know whole', () => {
    const reading = {
      reasons: new DropReasons(null),
      name: () => null,
      netnsName: (inum: number) => String(inum),
    };
    fc.assert(
      fc.property(fields, (some) => {
        const record: EventRecord = {
          kind: 'event',
          time: 1,
          cpu: 0,
          tid: 1,
          comm: null,
          name: 'drop',
          fields: some,
        };
        const drop = readDrop(record, reading);
        if (drop.dev !== null) expect(isNamespace(drop.netns)).toBe(true);
        else expect(drop.ifindex).toBeNull();
        expect(drop.netnsName).toBe(drop.netns === null ? null : String(drop.netns));
        if (drop.packetType !== null) expect(drop.packetType).toBeLessThan(8);
      }),
    );
  });
});
