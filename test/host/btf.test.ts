import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Btf, BtfError } from '../../src/host/btf.js';
import { BtfBuilder } from './btf-builder.js';

describe('member', () => {
  it('finds members through embedded structures, typedefs and anonymous nesting', () => {
    const btf = Btf.parse(kernelLike().build());
    expect(btf.member('cred', 'uid')).toEqual({ offset: 8, size: 4, typeName: 'kuid_t' });
    expect(btf.member('cred', 'uid.val')).toEqual({ offset: 8, size: 4, typeName: 'unsigned int' });
    expect(btf.member('sk_buff', 'dev')).toEqual({ offset: 16, size: 8, typeName: 'struct net_device *' });
    expect(btf.member('sk_buff', 'dev_scratch')).toEqual({
      offset: 16,
      size: 8,
      typeName: 'long unsigned int',
    });
    expect(btf.member('sk_buff', 'cb')).toEqual({ offset: 40, size: 48, typeName: 'char[48]' });
    expect(btf.member('kuid_t', 'val')).toEqual({ offset: 0, size: 4, typeName: 'unsigned int' });
  });

  it('reads bit fields in the form with kind_flag, also inside anonymous structures', () => {
    const btf = Btf.parse(kernelLike().build());
    const typeName = 'unsigned char';
    expect(btf.member('sk_buff', 'pkt_type')).toEqual({
      offset: 128,
      size: 1,
      typeName,
      bitfield: { offset: 0, size: 3 },
    });
    expect(btf.member('sk_buff', 'nohdr')).toEqual({
      offset: 128,
      size: 1,
      typeName,
      bitfield: { offset: 5, size: 1 },
    });
    expect(btf.member('sk_buff', 'plain')).toEqual({ offset: 129, size: 1, typeName });
  });

  it('reads bit fields in the older form, where the integer type carries the width', () => {
    const builder = new BtfBuilder();
    const three = builder.int('unsigned int', 4, 3, 2);
    builder.struct('old', 8, [['bits', three, 35]]);
    const btf = Btf.parse(builder.build());
    expect(btf.member('old', 'bits')).toEqual({
      offset: 4,
      size: 4,
      typeName: 'unsigned int',
      bitfield: { offset: 5, size: 3 },
    });
  });

  it('gives a bit field of a packed structure that straddles its type the bytes it covers', () => {
    const builder = new BtfBuilder();
    const byte = builder.int('unsigned char', 1);
    builder.struct('packed', 2, [['split', byte, 6, 4]]);
    const expected = { offset: 0, size: 2, typeName: 'unsigned char', bitfield: { offset: 6, size: 4 } };
    expect(Btf.parse(builder.build()).member('packed', 'split')).toEqual(expected);
  });

  it('does not cross pointers and knows no names that are not there', () => {
    const btf = Btf.parse(kernelLike().build());
    for (const path of ['dev.name', 'nope', '', 'cb.x', '.dev', 'dev.']) {
      expect(btf.member('sk_buff', path), path).toBeNull();
    }
    expect(btf.member('no_such_struct', 'x')).toBeNull();
    expect(btf.member('', 'val')).toBeNull();
  });

  it('asks further structures of the same name when the first lacks the member', () => {
    const builder = new BtfBuilder();
    const int = builder.int('int', 4);
    builder.struct('twice', 4, [['a', int, 0]]);
    builder.struct('twice', 8, [['b', int, 32]]);
    expect(Btf.parse(builder.build()).member('twice', 'b')?.offset).toBe(4);
  });
});

describe('functions and enums', () => {
  it('lists parameters with their C types', () => {
    const btf = Btf.parse(kernelLike().build());
    expect(btf.functionParameters('do_syslog')).toEqual([
      { name: 'type', type: 'int' },
      { name: 'buf', type: 'char *' },
      { name: 'names', type: 'const char **' },
      { name: '', type: '...' },
    ]);
    expect(btf.functionParameters('tcp_drop')).toBeNull();
    expect([btf.hasFunction('do_syslog'), btf.hasFunction('tcp_drop'), btf.hasFunction('cred')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('reads enum values of both widths, signed only where marked', () => {
    const btf = Btf.parse(kernelLike().build());
    expect([...btf.enumValues('skb_drop_reason')!]).toEqual([
      ['SKB_CONSUMED', 1n],
      ['SKB_DROP_REASON_SUBSYS_MASK', 0xffff0000n],
    ]);
    expect([...btf.enumValues('signed_one')!]).toEqual([['MINUS', -1n]]);
    expect([...btf.enumValues('wide')!]).toEqual([['BIG', 0x1_0000_0002n]]);
    expect(btf.enumValues('cred')).toBeNull();
  });
});

describe('encodings', () => {
  it('reads the other byte order', () => {
    expect(Btf.parse(kernelLike().build({ little: false })).member('cred', 'uid.val')?.offset).toBe(8);
  });

  it('steps over kinds that a layout section describes, and refuses them without', () => {
    const builder = new BtfBuilder();
    builder.other(20, [1, 2, 3, 4, 5], 2);
    const int = builder.int('int', 4);
    builder.struct('later', 8, [['x', int, 32]]);
    const layout = Array.from({ length: 21 }, (_, kind): [number, number] => (kind === 20 ? [4, 8] : [0, 0]));
    expect(Btf.parse(builder.build({ layout })).member('later', 'x')?.offset).toBe(4);
    expect(() => Btf.parse(builder.build())).toThrow('type 1 is of kind 20, which nothing describes');
  });

  it('reads structures of more than 65535 members (Linux 7.1)', () => {
    const builder = new BtfBuilder();
    const int = builder.int('int', 4);
    builder.struct('huge', 4 * 70_000, [
      ...Array.from({ length: 69_999 }, (_, i): [string, number, number] => ['x', int, 32 * i]),
      ['last', int, 32 * 69_999],
    ]);
    expect(Btf.parse(builder.build()).member('huge', 'last')?.offset).toBe(4 * 69_999);
  });
});

describe('blobs that lie', () => {
  it.each([
    ['nothing', (blob: Uint8Array) => blob.subarray(0, 0), '0 bytes are less than a header'],
    [
      'another magic',
      (blob: Uint8Array) => changed(blob, 0, 0x7f),
      'begins with 7feb where the magic eb9f belongs',
    ],
    ['another version', (blob: Uint8Array) => changed(blob, 2, 2), 'version 2; kwho knows version 1'],
    ['a short header', (blob: Uint8Array) => changed(blob, 4, 8), 'a header of 8 bytes cannot be'],
    ['a cut', (blob: Uint8Array) => blob.subarray(0, -1), 'the string section ends at'],
    ['a type section too long', (blob: Uint8Array) => changed(blob, 15, 0x7f), 'the type section ends at'],
    [
      'a length too long',
      (blob: Uint8Array) => changed(blob, 30, 0xff),
      'reaches past the end of the type section',
    ],
  ])('%s', (_, spoil, message) => {
    const builder = new BtfBuilder();
    builder.struct('only', 4, [['x', 0, 0]]);
    const attempt = (): Btf => Btf.parse(spoil(builder.build()));
    expect(attempt).toThrow(BtfError);
    expect(attempt).toThrow(message);
  });

  it('ends on types that refer to each other in circles', () => {
    const builder = new BtfBuilder();
    builder.typedef('loop', 1);
    builder.pointer(2);
    const members = Array.from({ length: 60 }, (): [string, number, number] => ['', 3, 0]);
    builder.struct('deep', 4, members);
    builder.struct('holder', 4, [
      ['a', 1, 0],
      ['b', 2, 0],
      ['c', 99, 0],
    ]);
    const btf = Btf.parse(builder.build());
    expect(() => btf.member('holder', 'a')).toThrow(BtfError);
    expect(() => btf.member('holder', 'b')).toThrow(BtfError);
    expect(() => btf.member('holder', 'c')).toThrow('type 99 is referred to, but there are only 4');
    expect(() => btf.member('deep', 'x')).toThrow(BtfError);
    expect(() => btf.member('loop', 'x')).toThrow(BtfError);
  });

  it('never throws anything but BtfError, whatever bytes are changed', () => {
    const blob = kernelLike().build();
    const edits = fc.array(fc.tuple(fc.nat(blob.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(edits, fc.nat(blob.length), fc.boolean(), (changes, length, cut) => {
        const copy = blob.slice();
        for (const [at, byte] of changes) copy[at] = byte;
        interrogate(cut ? copy.subarray(0, length) : copy);
      }),
      { numRuns: 3000 },
    );
  });

  it('never reads what lies around its bytes', () => {
    const blob = kernelLike().build();
    const framed = new Uint8Array(blob.length + 64).fill(0x41);
    framed.set(blob, 32);
    expect(Btf.parse(framed.subarray(32, 32 + blob.length)).member('cred', 'uid.val')?.offset).toBe(8);
  });
});

const VMLINUX = '/sys/kernel/btf/vmlinux';

describe.runIf(existsSync(VMLINUX))('the running kernel', () => {
  const blob = existsSync(VMLINUX) ? readFileSync(VMLINUX) : Buffer.alloc(0);

  it('has the structures that kwho asks for', () => {
    const btf = Btf.parse(blob);
    expect(btf.member('cred', 'uid.val')).toMatchObject({ size: 4, typeName: 'unsigned int' });
    expect(btf.member('task_struct', 'comm')).toMatchObject({ size: 16, typeName: 'char[16]' });
    expect(btf.member('net_device', 'name')).toMatchObject({ size: 16, typeName: 'char[16]' });
    expect(btf.functionParameters('do_syslog')?.map((parameter) => parameter.name)).toEqual([
      'type',
      'buf',
      'len',
      'source',
    ]);
  });

  it('is refused or read when bytes are changed, never worse', () => {
    const edits = fc.array(fc.tuple(fc.nat(blob.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(edits, (changes) => {
        const copy = Uint8Array.from(blob);
        for (const [at, byte] of changes) copy[at] = byte;
        interrogate(copy);
      }),
      { numRuns: 15 },
    );
  });
});

function interrogate(bytes: Uint8Array): void {
  try {
    const btf = Btf.parse(bytes);
    for (const path of ['uid.val', 'dev', 'pkt_type', 'nohdr', 'cb', 'nope']) {
      for (const struct of ['cred', 'sk_buff', 'kuid_t']) {
        try {
          btf.member(struct, path);
        } catch (error) {
          expect(error).toBeInstanceOf(BtfError);
        }
      }
    }
    btf.functionParameters('do_syslog');
    for (const name of ['skb_drop_reason', 'signed_one', 'wide']) btf.enumValues(name);
  } catch (error) {
    expect(error).toBeInstanceOf(BtfError);
  }
}

function changed(blob: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = blob.slice();
  copy[at] = byte;
  return copy;
}

function kernelLike(): BtfBuilder {
  const builder = new BtfBuilder();
  const uint = builder.int('unsigned int', 4);
  const int = builder.int('int', 4);
  const ulong = builder.int('long unsigned int', 8);
  const byte = builder.int('unsigned char', 1);
  const char = builder.int('char', 1);
  const uidT = builder.typedef('uid_t', uint);
  const kuid = builder.typedef('kuid_t', builder.struct('', 4, [['val', uidT, 0]]));
  builder.struct('cred', 176, [
    ['usage', ulong, 0],
    ['uid', kuid, 64],
  ]);
  const dev = builder.pointer(builder.forward('net_device'));
  const flags = builder.struct('', 2, [
    ['pkt_type', byte, 0, 3],
    ['', byte, 3, 2],
    ['nohdr', byte, 5, 1],
    ['plain', byte, 8, 0],
  ]);
  builder.struct('sk_buff', 232, [
    [
      '',
      builder.union('', 8, [
        ['dev', dev, 0],
        ['dev_scratch', ulong, 0],
      ]),
      128,
    ],
    ['cb', builder.array(char, 48), 320],
    ['', flags, 1024],
  ]);
  const names = builder.pointer(builder.pointer(builder.constant(char)));
  builder.function('do_syslog', int, [
    ['type', int],
    ['buf', builder.pointer(char)],
    ['names', names],
    ['', 0],
  ]);
  builder.enum(
    'skb_drop_reason',
    [
      ['SKB_CONSUMED', 1],
      ['SKB_DROP_REASON_SUBSYS_MASK', 0xffff0000],
    ],
    false,
  );
  builder.enum('signed_one', [['MINUS', -1]], true);
  builder.enum64('wide', [['BIG', 0x1_0000_0002n]], false);
  return builder;
}
