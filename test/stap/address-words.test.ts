import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ipv4Text, ipv6Text } from '../../src/decode/packet-address.js';
import { UsageError } from '../../src/errors.js';
import { addressWords } from '../../src/stap/address-words.js';

it.each([
  ['10.1.2.3', [0x0a010203]],
  ['255.255.255.255', [0xffffffff]],
  ['::', [0, 0, 0, 0]],
  ['::1', [0, 0, 0, 1]],
  ['fe80::', [0xfe800000, 0, 0, 0]],
  ['2001:db8::5:6', [0x20010db8, 0, 0, 0x50006]],
  ['1:2:3:4:5:6:7:8', [0x10002, 0x30004, 0x50006, 0x70008]],
  ['::ffff:1.2.3.4', [0, 0, 0xffff, 0x01020304]],
  ['64:ff9b::1.2.3.4', [0x64ff9b, 0, 0, 0x01020304]],
  ['1:2:3:4:5:6:1.2.3.4', [0x10002, 0x30004, 0x50006, 0x01020304]],
])('%s', (text, words) => {
  expect(addressWords(text)).toEqual(words);
});

it('reads what the packet decoder writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const words = [0, 4, 8, 12].map((at) => view.getUint32(at));
      expect(addressWords(ipv6Text(bytes, 0))).toEqual(words);
      expect(addressWords(ipv4Text(bytes, 0))).toEqual(words.slice(0, 1));
    }),
  );
});

it.each(['', 'eth0', '1.2.3', '1.2.3.4.5', 'fe80::1%eth0', '::1) || (1', '1:2:3', '10.0.0.1 || 1'])(
  'refuses %j',
  (text) => {
    expect(() => addressWords(text)).toThrow(UsageError);
  },
);
