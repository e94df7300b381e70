import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findAddresses, nameAddresses } from '../../src/decode/kernel-address.js';

const nameOf = (digits: string) => (digits === 'ffffffff81234567' ? 'do_one+0x17' : null);

it.each([
  ['EIP is at [<ffffffff81234567>]', 'EIP is at [<ffffffff81234567>] (do_one+0x17)'],
  ['at <ffffffff81234567>, then', 'at <ffffffff81234567> (do_one+0x17), then'],
  ['ip 0xffffffff81234567!', 'ip 0xffffffff81234567 (do_one+0x17)!'],
  // The kernel has named it itself.
  [' [<ffffffff81234567>] ? do_one+0x17/0x30', ' [<ffffffff81234567>] ? do_one+0x17/0x30'],
  // No address of a function, or none of the kernel.
  ['0xffffffff81234568', '0xffffffff81234568'],
  ['0xffffffff812345670', '0xffffffff812345670'],
  ['[mem 0x0000000000100000-0x00000000ffffffff]', '[mem 0x0000000000100000-0x00000000ffffffff]'],
  ['ffffffff81234567', 'ffffffff81234567'],
])('%s', (text, expected) => {
  expect(nameAddresses(text, nameOf)).toBe(expected);
});

it('takes nothing away, and is bounded', () => {
  const part = fc.constantFrom('[<', 'ffffffff81234567', '>]', '<', '>', '0x', ' ', 'do_one', '\n');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 50 }), (parts) => {
      const text = parts.join('');
      expect(nameAddresses(text, nameOf).replaceAll(' (do_one+0x17)', '')).toBe(text);
    }),
  );
  expect(findAddresses('0xffffffff81234567 '.repeat(1000)).length).toBeLessThan(100);
});
