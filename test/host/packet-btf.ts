import { BtfBuilder } from './btf-builder.js';

export interface Shape {
  /** Leaves this member of this structure out. */
  without?: string;
  /** Bits from the start of its byte, and their number; null for one that is no bit field. */
  packetType?: [bit: number, width: number] | null;
}

/**
 * The structures nested as Linux 6.12 has them: `dev` in a union in a structure in a union, the headers in a
 * group, the net behind a typedef; members have the places of Debian's build of it.
 */
export function packetBtf({ without = '', packetType = [0, 3] }: Shape = {}): Uint8Array {
  const types = new BtfBuilder();
  const [u8, u16, u32, u64] = [
    types.int('u8', 1),
    types.int('u16', 2),
    types.int('u32', 4),
    types.int('u64', 8),
  ];
  const pointer = types.pointer(u8);
  type Member = [string, number, number, number?];
  const keep = (struct: string, members: Member[]) =>
    members.filter(([name]) => `${struct}.${name}` !== without);
  const ns = types.struct('ns_common', 24, keep('ns_common', [['inum', u32, 128]]));
  const net = types.struct(
    'net',
    4096,
    keep('net', [
      ['passive', u32, 0],
      ['ns', ns, 120 * 8],
    ]),
  );
  const possible = types.typedef('possible_net_t', types.struct('', 8, [['net', types.pointer(net), 0]]));
  types.struct(
    'net_device',
    2496,
    keep('net_device', [
      ['name', types.array(u8, 16), 304 * 8],
      ['ifindex', u32, 224 * 8],
      ['nd_net', possible, 280 * 8],
    ]),
  );
  const common = types.struct('sock_common', 136, keep('sock_common', [['skc_net', possible, 48 * 8]]));
  types.struct('sock', 760, keep('sock', [['__sk_common', common, 0]]));
  const device = types.union(
    '',
    8,
    keep('sk_buff', [
      ['dev', pointer, 0],
      ['dev_scratch', u64, 0],
    ]),
  );
  const list = types.struct('', 24, [
    ['next', pointer, 0],
    ['prev', pointer, 64],
    ['', device, 128],
  ]);
  const queue = types.union('', 24, [
    ['', list, 0],
    ['rbnode', types.array(u64, 3), 0],
  ]);
  const [bit, width] = packetType ?? [0, 0];
  const type: Member = packetType === null ? ['pkt_type', u8, bit] : ['pkt_type', u8, bit, width];
  const headers = types.struct(
    '',
    100,
    keep('sk_buff', [
      type,
      ['protocol', u16, 52 * 8],
      ['transport_header', u16, 54 * 8],
      ['network_header', u16, 56 * 8],
      ['mac_header', u16, 58 * 8],
    ]),
  );
  const group = types.union('', 100, [
    ['', headers, 0],
    ['headers', headers, 0],
  ]);
  const count = types.typedef('refcount_t', types.struct('refcount_struct', 4, [['refs', u32, 0]]));
  types.struct(
    'sk_buff',
    232,
    keep('sk_buff', [
      ['', queue, 0],
      ['sk', pointer, 24 * 8],
      ['len', u32, 112 * 8],
      ['', group, 128 * 8],
      ['tail', u32, 188 * 8],
      ['end', u32, 192 * 8],
      ['head', pointer, 200 * 8],
      ['data', pointer, 208 * 8],
      ['truesize', u32, 216 * 8],
      ['users', count, 220 * 8],
    ]),
  );
  return types.build();
}
