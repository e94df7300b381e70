import { describe, expect, it } from 'vitest';
import { Btf } from '../../src/host/btf.js';
import { packetOffsets } from '../../src/host/packet-offsets.js';
import { BtfBuilder } from './btf-builder.js';
import { packetBtf, type Shape } from './packet-btf.js';

const kernel = (shape?: Shape): Btf => Btf.parse(packetBtf(shape));

it('what a probe needs, through unions and groups', () => {
  expect(packetOffsets(kernel())).toEqual({
    dev: 16,
    sk: 24,
    len: 112,
    protocol: 180,
    macHeader: 186,
    networkHeader: 184,
    transportHeader: 182,
    head: 200,
    data: 208,
    tail: 188,
    users: 220,
    packetType: 128,
    name: 304,
    ifindex: 224,
    deviceNet: 280,
    inum: 136,
    socketNet: 48,
  });
});

describe('a kernel that lacks one of them', () => {
  it.each([
    'sk_buff.dev',
    'sk_buff.network_header',
    'sk_buff.users',
    'net_device.nd_net',
    'net.ns',
    'ns_common.inum',
    'sock.__sk_common',
    'sock_common.skc_net',
  ])('%s: no offsets at all', (without) => {
    expect(packetOffsets(kernel({ without }))).toBeNull();
  });

  it('no types at all', () => {
    expect(packetOffsets(Btf.parse(new BtfBuilder().build()))).toBeNull();
  });
});

describe('the packet type', () => {
  it('is left out where it is not the three lowest bits of a byte', () => {
    expect(packetOffsets(kernel({ packetType: [1, 3] }))?.packetType).toBeNull();
    expect(packetOffsets(kernel({ packetType: [0, 4] }))?.packetType).toBeNull();
    expect(packetOffsets(kernel({ packetType: null }))?.packetType).toBeNull();
  });

  it('is not what the others hang on', () => {
    const offsets = packetOffsets(kernel({ without: 'sk_buff.pkt_type' }));
    expect(offsets).toMatchObject({ dev: 16, packetType: null });
  });
});
