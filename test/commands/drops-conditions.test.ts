import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConditionHost, dropConditions, kernelConditions } from '../../src/commands/drops-conditions.js';
import { CONDITION_FIELDS, type WantedCondition } from '../../src/commands/drops-options.js';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { ipv6Text } from '../../src/decode/packet-address.js';
import { UsageError } from '../../src/errors.js';
import { dropPasses } from '../../src/model/drop-filter.js';
import { dropFormat } from '../model/drop-samples.js';
import { seenDrop } from '../model/drops.js';

const NAMESPACES = [
  { inum: 4026531840, name: null, pid: 1, path: '/proc/self/ns/net', own: true },
  { inum: 4026532208, name: 'server', pid: null, path: '/run/netns/server', own: false },
  { inum: 4026532300, name: 'docker:0123456789ab', pid: 7, path: '/proc/7/ns/net', own: false },
  { inum: 4026532400, name: '\xc3\xbc\x1b[31m', pid: null, path: '/run/netns/x', own: false },
  { inum: 4026532500, name: null, pid: 9, path: '/proc/9/ns/net', own: false },
];
const HOST: ConditionHost = {
  reasons: new DropReasons(dropFormat('6.12')),
  hasReason: true,
  namespaces: () => NAMESPACES,
};

type Field = WantedCondition['field'];
const only = (field: Field, ...values: string[]) =>
  dropConditions(
    values.map((value) => ({ field, value, not: false })),
    HOST,
  );

function errorOf(field: Field, value: string, host: Partial<ConditionHost> = {}): UsageError {
  try {
    dropConditions([{ field, value, not: false }], { ...HOST, ...host });
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${value} was taken`);
}

describe('a reason', () => {
  it('as this kernel spells it', () => {
    for (const word of ['NO_SOCKET', 'no_socket', 'SKB_DROP_REASON_NO_SOCKET', '3'])
      expect(only('reason', word)).toEqual([{ field: 'reason', names: ['NO_SOCKET'], not: false }]);
  });

  it('of a module is a number', () => {
    expect(only('reason', '131075')).toEqual([{ field: 'reason', names: ['131075'], not: false }]);
    expect(kernelConditions(only('reason', '131075'), HOST.reasons)).toEqual([
      { field: 'reason', values: [131075], not: false },
    ]);
  });

  it.each([
    ['NO_SOKET', 'did you mean NO_SOCKET?'],
    ['skb_drop_reason_netfilter_dorp', 'did you mean NETFILTER_DROP?'],
  ])('mistyped: %s', (word, hint) => {
    const error = errorOf('reason', word);
    expect(error.message).toBe(`--reason ${word}: this kernel has no such drop reason`);
    expect(error.hint).toBe(hint);
  });

  it('that is nothing like one: all are listed', () => {
    expect(errorOf('reason', 'zzzzzzzzzz').hint).toMatch(/^it has NOT_SPECIFIED, NO_SOCKET, /);
  });

  it('on a kernel that gives none', () => {
    const error = errorOf('reason', 'NO_SOCKET', { reasons: new DropReasons(null), hasReason: false });
    expect(error.message).toContain('this kernel gives no drop reasons (they came with 5.17)');
    expect(error.hint).toContain('location');
  });
});

describe('a network namespace', () => {
  it.each([
    ['server', 4026532208],
    ['host', 4026531840],
    ['docker:0123456789ab', 4026532300],
    ['ü\x1b[31m', 4026532400],
    ['4026532999', 4026532999],
  ])('%s', (name, inum) => {
    expect(only('netns', name)).toEqual([{ field: 'netns', inums: [inum], not: false }]);
  });

  it('that nobody knows', () => {
    const error = errorOf('netns', 'sever');
    expect(error.message).toBe('--netns sever: no network namespace of this name');
    expect(error.hint).toBe(
      'there are: host, server, docker:0123456789ab, ü\x1b[31m; or give its inode number',
    );
  });
});

describe('an address', () => {
  it.each([
    ['10.1.1.1', '10.1.1.1'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['fe80:0000::0001', 'fe80::1'],
    ['::ffff:10.1.1.1', '::ffff:10.1.1.1'],
    ['::FFFF:0a01:0101', '::ffff:10.1.1.1'],
    ['0:0:0:0:0:0:0:0', '::'],
  ])('%s is looked for as %s', (text, address) => {
    expect(only('host', text)).toEqual([{ field: 'host', addresses: [address], not: false }]);
  });

  it('in whatever form, is the one that packets are printed in', () => {
    const byte = fc.oneof(fc.constantFrom(0, 255), fc.nat(255));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), byte, fc.nat(16), (random, fill, from) => {
        const bytes = random.map((value, i) => (i < from ? fill : value));
        const long = [...bytes]
          .map((value) => value.toString(16).padStart(2, '0'))
          .join('')
          .replace(/....(?!$)/g, '$&:');
        expect(only('host', long)).toMatchObject([{ addresses: [ipv6Text(bytes, 0)] }]);
      }),
    );
  });

  it.each(['example.org', '10.1.1', '10.1.1.256', '10.0.0.0/8', '', ':::'])('%j is none', (text) => {
    expect(errorOf('host', text).hint).toBe('names are not looked up');
  });

  it('with an interface behind it', () => {
    expect(errorOf('host', 'fe80::1%eth0').hint).toBe('give the interface with --dev');
  });
});

describe('a protocol', () => {
  it.each([
    ['ipv4', [0x0800], []],
    ['IP', [0x0800], []],
    ['ip6', [0x86dd], []],
    ['arp', [0x0806], []],
    ['0x88cc', [0x88cc], []],
    ['35020', [35020], []],
    ['TCP', [], ['tcp']],
    ['icmpv6', [], ['icmpv6']],
    ['ospf', [], ['ospf']],
    ['6', [], ['tcp']],
    ['17', [], ['udp']],
    ['253', [], ['253']],
    ['0', [], ['0']],
  ])('%s', (text, etherTypes, transports) => {
    expect(only('proto', text)).toEqual([{ field: 'proto', etherTypes, transports, not: false }]);
  });

  it('several: either', () => {
    expect(only('proto', 'arp', 'udp')).toEqual([
      { field: 'proto', etherTypes: [0x0806], transports: ['udp'], not: false },
    ]);
  });

  it('a number is the protocol that packets are told by', () => {
    expect(dropPasses(only('proto', '17'), seenDrop())).toBe(true);
    expect(dropPasses(only('proto', '6'), seenDrop())).toBe(false);
  });

  it.each([
    ['udpp', 'did you mean udp?'],
    ['256', undefined],
    ['0x12345', undefined],
    ['70000', undefined],
  ])('%s is none', (text, hint) => {
    const error = errorOf('proto', text);
    expect(error.message).toMatch(/^--proto \w+: expected one of ipv4, ip, arp, ipv6, ip6, lldp, icmp, /);
    expect(error.hint).toBe(hint);
  });
});

describe('an interface', () => {
  it('by the bytes of its name', () => {
    expect(only('dev', 'eth0.100')).toMatchObject([{ names: ['eth0.100'] }]);
    expect(only('dev', 'ü')).toMatchObject([{ names: ['\xc3\xbc'] }]);
  });

  it.each(['', 'a b', '1234567890123456', 'üüüüüüüü', 'a/b', 'a:b', 'x" || 1', 'a*', 'a\\'])(
    '%j is none',
    (text) => {
      expect(errorOf('dev', text).message).toContain('--dev wants the name of an interface');
    },
  );
});

it('values of one field are alternatives, what is excluded stands apart', () => {
  const wanted: WantedCondition[] = [
    { field: 'port', value: '53', not: false },
    { field: 'dev', value: 'lo', not: true },
    { field: 'port', value: '80', not: false },
    { field: 'port', value: '22', not: true },
  ];
  expect(dropConditions(wanted, HOST)).toEqual([
    { field: 'port', ports: [53, 80], not: false },
    { field: 'dev', names: ['lo'], not: true },
    { field: 'port', ports: [22], not: true },
  ]);
});

it('the kernel gets what it can apply, in its own numbers', () => {
  const wanted: WantedCondition[] = [
    { field: 'reason', value: 'NETFILTER_DROP', not: true },
    { field: 'netns', value: 'server', not: false },
    { field: 'dev', value: 's0', not: false },
    { field: 'proto', value: 'ipv6', not: false },
    { field: 'host', value: '::1', not: false },
    { field: 'port', value: '53', not: false },
  ];
  expect(kernelConditions(dropConditions(wanted, HOST), HOST.reasons)).toEqual([
    { field: 'dev', values: ['s0'], not: false },
    { field: 'netns', values: [4026532208], not: false },
    { field: 'protocol', values: [0x86dd], not: false },
    { field: 'reason', values: [11], not: true },
  ]);
  expect(kernelConditions(only('proto', 'arp', 'tcp'), HOST.reasons)).toEqual([]);
});

it('any word is taken or refused in kwho’s own words', () => {
  const word = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9a-f:.%x]{1,20}$/),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...CONDITION_FIELDS), word, fc.boolean(), (field, value, not) => {
      if (field === 'port') return;
      try {
        const found = dropConditions([{ field, value, not }], HOST);
        expect(found).toHaveLength(1);
        dropPasses(found, seenDrop());
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
