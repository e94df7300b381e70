import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BufferOffsets, decodeFlow, type Flow } from '../../src/decode/packet.js';
import { ipv6Text } from '../../src/decode/packet-address.js';
import { wordsToBytes } from '../../src/decode/packet-words.js';
import {
  type BuiltPacket,
  buildArp,
  buildIpv4,
  buildIpv6,
  EIGHTS,
  icmp,
  inFrame,
  type Layer,
  ipv6Text as otherIpv6Text,
  PORT_PROTOCOLS,
  ports,
  tcp,
} from './packet-builder.js';

const u8 = fc.nat(0xff);
const port = fc.nat(0xffff);
const address = (length: number) => fc.array(u8, { minLength: length, maxLength: length });
const sixteen = fc.array(fc.constantFrom([0, 0], [0, 0], [0xff, 0xff], [0x0d, 0xb8], [0, 1], [0xab, 0xcd]), {
  minLength: 8,
  maxLength: 8,
});

const ipv4Options = fc.record({
  ttl: u8,
  src: address(4),
  dst: address(4),
  options: fc.nat(10),
  id: port,
  offset: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(0x1fff)),
  more: fc.boolean(),
});
const ipv6Options = fc.record({ ttl: u8, src: sixteen.map(flat), dst: sixteen.map(flat) });

const transport: fc.Arbitrary<Layer> = fc.oneof(
  fc.tuple(port, port, fc.nat(0x1ff)).map(([sport, dport, flags]) => tcp(sport, dport, flags)),
  fc
    .tuple(fc.constantFrom(...PORT_PROTOCOLS), port, port)
    .map(([protocol, sport, dport]) => ports(protocol, sport, dport)),
  u8.map((code) => icmp(1, 8, code, null)),
  u8.map((code) => icmp(58, 128, code, null)),
  fc.constant<Layer>({ protocol: 253, bytes: [1, 2, 3, 4], flow: { proto: '253' } }),
);

const extension = fc.oneof(
  fc.record({ protocol: fc.constantFrom(...EIGHTS), length: fc.nat(3) }),
  fc.record({ protocol: fc.constant(51), length: fc.nat(5) }),
);

const plainIpv4 = fc.tuple(ipv4Options, transport).map(([options, upper]) => buildIpv4(options, upper));
const plainIpv6 = fc
  .tuple(ipv6Options, fc.array(extension, { maxLength: 4 }), transport)
  .map(([options, extensions, upper]) => buildIpv6(options, extensions, upper));

const error4 = fc
  .tuple(ipv4Options, fc.constantFrom(3, 4, 5, 11, 12), u8, plainIpv4)
  .map(([options, type, code, quoted]) => buildIpv4(options, icmp(1, type, code, quoted)));
const error6 = fc
  .tuple(ipv6Options, fc.constantFrom(1, 2, 3, 4), u8, plainIpv6)
  .map(([options, type, code, quoted]) => buildIpv6(options, [], icmp(58, type, code, quoted)));

const arp = fc
  .tuple(fc.constantFrom(1, 2), address(4), address(4))
  .map(([op, sender, target]) => buildArp(op, sender, target));

const packet: fc.Arbitrary<{ type: number; built: BuiltPacket }> = fc.oneof(
  plainIpv4.map((built) => ({ type: 0x0800, built })),
  plainIpv6.map((built) => ({ type: 0x86dd, built })),
  error4.map((built) => ({ type: 0x0800, built })),
  error6.map((built) => ({ type: 0x86dd, built })),
  arp.map((built) => ({ type: 0x0806, built })),
);

const tag = fc.record({
  type: fc.constantFrom(0x8100, 0x88a8),
  id: fc.nat(0xfff),
  priority: fc.nat(7),
});

/** A packet in a buffer, with what the buffer says of it, and what it is. */
interface Buffered {
  head: Uint8Array;
  at: BufferOffsets;
  flow: Flow;
}

/** Received: what comes before the network header is another matter. */
const bare: fc.Arbitrary<Buffered> = fc
  .tuple(
    packet,
    fc.integer({ min: 1, max: 80 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([{ type, built }, headroom, trailer, isSet, hasTail]) => ({
    ...place(built.bytes, headroom, trailer),
    flow: built.flow,
    at: {
      network: isSet ? headroom : 0,
      transport: 0xffff,
      mac: 0xffff,
      data: headroom,
      protocol: type,
      length: built.bytes.length,
      tail: hasTail ? headroom + built.bytes.length : null,
    },
  }));

/** With an Ethernet header: to be sent, received, or fresh from the driver. */
const framed: fc.Arbitrary<Buffered> = fc
  .tuple(
    packet,
    fc.array(tag, { maxLength: 3 }),
    fc.integer({ min: 1, max: 80 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom('sent', 'at-first-tag', 'fresh'),
  )
  .map(([{ type, built }, tags, headroom, trailer, stage]) => {
    const frame = inFrame(type, built, tags);
    const data = stage === 'sent' ? headroom : headroom + 14;
    const network = stage === 'sent' ? headroom + frame.network : stage === 'fresh' ? 0 : data;
    const protocol = tags[0]?.type ?? type;
    const length = headroom + frame.bytes.length - data;
    return {
      ...place(frame.bytes, headroom, trailer),
      flow: frame.flow,
      at: { network, transport: null, mac: headroom, data, protocol, length },
    };
  });

const sound = fc.oneof(bare, framed);

describe('a sound packet', () => {
  it('is told as it was built, wherever it is in its buffer', () => {
    fc.assert(
      fc.property(sound, ({ head, at, flow }) => {
        expect(decodeFlow(head, at)).toEqual(flow);
      }),
      { numRuns: 1000 },
    );
  });

  it('cut short, says less but nothing else', () => {
    fc.assert(
      fc.property(sound, fc.nat(200), fc.boolean(), ({ head, at, flow }, cut, byTail) => {
        const end = Math.max(0, head.length - cut);
        // The kernel knows where the network header is also when its bytes are not here.
        fc.pre(at.network !== 0);
        const less = byTail
          ? decodeFlow(head, { ...at, tail: Math.min(end, at.tail ?? end) })
          : decodeFlow(head.subarray(0, end), at);
        expect(less).not.toBeNull();
        expectPartOf(less!, flow);
      }),
      { numRuns: 1000 },
    );
  });
});

const anyOffset = fc.oneof(
  fc.constantFrom(null, 0, 0xffff, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY, 2 ** 40),
  fc.nat(100),
  fc.nat(0xffff),
);
const anyProtocol = fc.oneof(fc.constantFrom(0, 4, 0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8), port);
const offsets: fc.Arbitrary<BufferOffsets> = fc.record({
  network: anyOffset,
  transport: anyOffset,
  mac: anyOffset,
  data: anyOffset,
  protocol: anyProtocol,
  length: anyOffset,
  tail: fc.option(anyOffset, { nil: undefined }) as fc.Arbitrary<number | null>,
});

/** Bytes that are nothing, and packets with some bytes and some of the buffer's words changed. */
const anything: fc.Arbitrary<{ head: Uint8Array; at: BufferOffsets }> = fc.oneof(
  fc.record({ head: fc.uint8Array({ maxLength: 160 }), at: offsets }),
  fc
    .tuple(
      sound,
      fc.array(fc.tuple(fc.nat(150), u8), { maxLength: 6 }),
      offsets,
      fc.subarray(['network', 'mac', 'data', 'protocol', 'length', 'tail'] as const),
    )
    .map(([{ head, at }, changes, wrong, names]) => {
      const changed = head.slice();
      for (const [index, value] of changes) if (index < changed.length) changed[index] = value;
      const lies = Object.fromEntries(names.map((name) => [name, wrong[name]]));
      return { head: changed, at: { ...at, ...lies } };
    }),
);

describe('any bytes and any offsets', () => {
  it('are read within the bytes, and within what belongs to the packet', () => {
    fc.assert(
      fc.property(anything, ({ head, at }) => {
        const flow = decodeFlow(guarded(head, endOf(head, at)), at);
        if (flow !== null) expect(['ipv4', 'ipv6', 'arp', 'other']).toContain(flow.family);
      }),
      { numRuns: 4000 },
    );
  });

  it('say the same whatever lies behind the packet', () => {
    fc.assert(
      fc.property(anything, fc.uint8Array({ minLength: 1, maxLength: 64 }), ({ head, at }, garbage) => {
        const end = Math.ceil(endOf(head, at));
        const other = new Uint8Array(head.length + garbage.length);
        other.set(head);
        for (let index = end; index < other.length; index += 1)
          other[index] = garbage[index % garbage.length]!;
        const bounded = { ...at, tail: end };
        expect(decodeFlow(other, bounded)).toEqual(decodeFlow(head, bounded));
      }),
      { numRuns: 2000 },
    );
  });

  it('leave what they were given as it was', () => {
    fc.assert(
      fc.property(anything, ({ head, at }) => {
        const before = head.slice();
        decodeFlow(head, at);
        expect(head).toEqual(before);
      }),
    );
  });
});

it('IPv6 addresses: the same text as another writer of RFC 5952', () => {
  fc.assert(
    fc.property(fc.oneof(sixteen.map(flat), address(16)), (bytes) => {
      expect(ipv6Text(Uint8Array.from(bytes), 0)).toBe(otherIpv6Text(bytes));
    }),
    { numRuns: 2000 },
  );
});

it('words: the bytes that a probe took them from', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(4 as const, 8 as const), (memory, size) => {
      const whole = memory.subarray(0, memory.length - (memory.length % size));
      const view = new DataView(whole.buffer, whole.byteOffset, whole.length);
      const words = Array.from({ length: whole.length / size }, (_, index) => {
        const word =
          size === 4 ? BigInt(view.getUint32(index * 4, true)) : view.getBigUint64(index * 8, true);
        return word <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(word) : word;
      });
      expect(wordsToBytes(words, size)).toEqual(whole);
    }),
  );
});

/** Everything that is said is said of the whole packet too. */
function expectPartOf(less: Flow, whole: Flow): void {
  for (const [name, value] of Object.entries(less)) {
    if (value === null || name === 'family') continue;
    if (name === 'inner') expectPartOf(value as Flow, whole.inner!);
    else if (name === 'vlan') expect(whole.vlan!.slice(0, value.length)).toEqual(value);
    else expect(whole[name as keyof Flow], name).toEqual(value);
  }
}

/** Throws where something else than its first `end` bytes is read. */
function guarded(bytes: Uint8Array, end: number): Uint8Array {
  return new Proxy(bytes, {
    get(target, key) {
      if (key === 'length') return target.length;
      const index = Number(String(key));
      if (!Number.isInteger(index) || index < 0 || index >= end)
        throw new Error(`read [${String(key)}] of ${end}`);
      return target[index];
    },
  });
}

function endOf(head: Uint8Array, { data, length, tail }: BufferOffsets): number {
  const ends = [head.length];
  if (typeof tail === 'number' && tail >= 0) ends.push(tail);
  if (data !== null && length !== null && data >= 0 && length >= 0) ends.push(data + length);
  return Math.min(...ends);
}

function place(bytes: Uint8Array, headroom: number, trailer: Uint8Array): { head: Uint8Array } {
  return { head: Uint8Array.from([...new Array(headroom).fill(0x45), ...bytes, ...trailer]) };
}

function flat(groups: readonly (readonly number[])[]): number[] {
  return groups.flat();
}
