import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRecord, FieldValue } from '../../src/decode/trace-record.js';
import { CommandWords } from '../../src/model/command-words.js';

const START = 0x7ffd_1234_5678;
const PER_EVENT = 64;

/** What the probe gives of a program whose arguments stand in these bytes. */
function events(memory: Buffer, size: number): EventRecord[] {
  return [0, 1].map((part) => {
    const fields: Record<string, FieldValue> = { s: START, e: START + size };
    for (let i = 0; i < PER_EVENT; i++) {
      const at = (part * PER_EVENT + i) * 8;
      // Behind the end stands whatever an earlier event left there.
      const word = at + 8 <= memory.length ? memory.readBigUInt64LE(at) : 0xdead_beefn;
      fields[`w${i}`] = word <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(word) : word;
    }
    return { kind: 'event', time: 1, cpu: 0, tid: 1, comm: null, name: `words${part}`, fields };
  });
}

function commandLine(args: readonly string[], order: readonly number[] = [0, 1]) {
  const bytes = Buffer.from(args.map((arg) => `${arg}\0`).join(''), 'latin1');
  const memory = Buffer.concat([bytes, Buffer.alloc(8)]);
  const parts = events(memory, bytes.length);
  const words = new CommandWords(parts[0]);
  for (const part of order) words.add(parts[part]);
  return words.commandLine();
}

describe('a command line in words', () => {
  it.each([
    [['dmesg', '-C']],
    [['']],
    [['a', '', 'b']],
    [['perl', '-e', 'syscall(103, 5, 0, 0)', '\xff\n']],
    [['sh', '-c', 'x'.repeat(600)]],
  ])('%j', (args) => {
    expect(commandLine(args)).toEqual({ args, cut: false });
    expect(commandLine(args, [1, 0])).toEqual({ args, cut: false });
  });

  it('that is longer than what was fetched is cut, and says so', () => {
    const line = commandLine(['a', 'b'.repeat(2000)]);
    expect(line).toEqual({ args: ['a', 'b'.repeat(1022)], cut: true });
  });

  it('without its beginning is not known', () => {
    expect(commandLine(['a', 'b'], [1])).toBeNull();
  });

  it('any arguments within the bound come back as they were', () => {
    const arg = fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((text) => Buffer.from(text).toString('latin1').replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(arg, { minLength: 1, maxLength: 8 }), fc.boolean(), (args, reversed) => {
        expect(commandLine(args, reversed ? [1, 0] : [0, 1])).toEqual({ args, cut: false });
      }),
    );
  });

  it('of another program is told apart by where it stands', () => {
    const [one] = events(Buffer.alloc(16), 4);
    const [other] = events(Buffer.alloc(16), 9);
    expect(new CommandWords(one).isOf(one)).toBe(true);
    expect(new CommandWords(one).isOf(other)).toBe(false);
  });
});
