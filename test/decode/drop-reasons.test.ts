import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { parseEventFormat } from '../../src/decode/event-format.js';

const fixture = (kernel: string, name: string) =>
  readFileSync(new URL(`../fixtures/${kernel}/${name}`, import.meta.url), 'latin1');

const reasonsOf = (kernel: string) =>
  new DropReasons(parseEventFormat(fixture(kernel, 'format-skb-kfree_skb.txt')));

describe.each(['6.1', '6.12', '7.2'])('the drop reasons of Linux %s', (kernel) => {
  const reasons = reasonsOf(kernel);
  /** `{ 3, "NO_SOCKET" }`, by another way than the code's. */
  const printed = [...fixture(kernel, 'format-skb-kfree_skb.txt').split('REC->reason,')[1]!.split('}')]
    .map((piece) => /(\d+), "(\w+)"/.exec(piece))
    .flatMap((match) => (match === null ? [] : [[Number(match[1]), match[2]!] as const]));

  it('are those of its own event', () => {
    expect(printed.length).toBeGreaterThan(60);
    expect(reasons.names).toEqual(printed.map(([, name]) => name));
    for (const [number, name] of printed) {
      expect(reasons.name(number)).toBe(name);
      expect(reasons.number(name)).toBe(number);
    }
  });

  it('are found in any case, with the prefix of the source, or by number', () => {
    const number = reasons.number('NO_SOCKET');
    expect(number).toBeTypeOf('number');
    expect(reasons.number('no_socket')).toBe(number);
    expect(reasons.number('SKB_DROP_REASON_NO_SOCKET')).toBe(number);
    expect(reasons.number('skb_drop_reason_no_socket')).toBe(number);
    expect(reasons.number(String(number))).toBe(number);
  });
});

it('are numbered differently on every kernel', () => {
  expect(['6.1', '6.12', '7.2'].map((kernel) => reasonsOf(kernel).number('NETFILTER_DROP'))).toEqual([
    7, 11, 12,
  ]);
});

it('a kernel without reasons has none', () => {
  for (const none of [new DropReasons(null), reasonsOf('5.10')]) {
    expect(none.names).toEqual([]);
    expect(none.number('NO_SOCKET')).toBeNull();
    expect(none.name(3)).toBe('3');
  }
});

it('a reason that has no name stays a number, and does not become a name', () => {
  const reasons = reasonsOf('6.12');
  const names = reasons.names.length;
  expect(reasons.name(0)).toBe('0');
  expect(reasons.name(0x1_0002)).toBe('65538');
  // mac80211 and openvswitch number theirs from the high half on, the kernel prints them signed.
  expect(reasons.name(-65_534)).toBe('4294901762');
  expect(reasons.names).toHaveLength(names);
  expect(reasons.number('NO_SUCH')).toBeNull();
  expect(reasons.number('99999999999')).toBeNull();
});

it('numbers in hexadecimal, as some kernels print an enumeration', () => {
  const format = parseEventFormat(
    fixture('6.12', 'format-skb-kfree_skb.txt').replace('{ 3, "NO_SOCKET" }', '{0x3, "NO_SOCKET" }'),
  );
  expect(new DropReasons(format).number('NO_SOCKET')).toBe(3);
});

it('any number has a name that leads back to it', () => {
  const reasons = reasonsOf('7.2');
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), (number) => {
      expect(reasons.number(reasons.name(number))).toBe(number);
    }),
  );
});

it('any print format is read', () => {
  const format = parseEventFormat(fixture('6.12', 'format-skb-kfree_skb.txt'));
  fc.assert(
    fc.property(fc.string(), (text) => {
      const reasons = new DropReasons({ ...format, printFormat: `REC->reason, ${text}` });
      for (const name of reasons.names) expect(name).toMatch(/^\w+$/);
    }),
  );
});
