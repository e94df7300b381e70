import { describe, expect, it } from 'vitest';
import { type DropCondition, dropPasses, isCountable } from '../../src/model/drop-filter.js';
import { seenDrop } from './drops.js';

const PASSING: [string, DropCondition][] = [
  ['reason', { field: 'reason', names: ['X', 'NO_SOCKET'], not: false }],
  ['interface', { field: 'dev', names: ['s0'], not: false }],
  ['namespace', { field: 'netns', inums: [4026532208], not: false }],
  ['EtherType', { field: 'proto', etherTypes: [0x0800], transports: [], not: false }],
  ['transport', { field: 'proto', etherTypes: [], transports: ['udp'], not: false }],
  ['either of both', { field: 'proto', etherTypes: [0x0806], transports: ['udp'], not: false }],
  ['source', { field: 'host', addresses: ['10.1.1.1'], not: false }],
  ['destination', { field: 'host', addresses: ['10.1.1.2'], not: false }],
  ['port', { field: 'port', ports: [9], not: false }],
];

describe.each(PASSING)('%s', (_, condition) => {
  it('holds for the drop, and its opposite does not', () => {
    expect(dropPasses([condition], seenDrop())).toBe(true);
    expect(dropPasses([{ ...condition, not: true }], seenDrop())).toBe(false);
  });

  it('what is not known fulfils no condition, only its opposite', () => {
    const unknown = seenDrop({ reason: null, dev: null, netns: null, protocol: null, flow: null });
    expect(dropPasses([condition], unknown)).toBe(false);
    expect(dropPasses([{ ...condition, not: true }], unknown)).toBe(true);
  });
});

it('all conditions must hold', () => {
  const other: DropCondition = { field: 'port', ports: [10], not: false };
  expect(dropPasses([PASSING[0]![1], other], seenDrop())).toBe(false);
});

it('the kernel’s tables know no headers', () => {
  const countable = PASSING.filter(([, condition]) => isCountable(condition)).map(([name]) => name);
  expect(countable).toEqual(['reason', 'interface', 'namespace', 'EtherType']);
});
