import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseHistTable } from '../../src/decode/hist-table.js';
import { dropPath, withoutFreeing } from '../../src/model/drop-path.js';

// Linux 6.12: the stack option on an event probe.
const FRAMES = [
  'eprobe_trigger_func+0x13b',
  'event_triggers_call+0xe6',
  'trace_event_buffer_commit+0x19d',
  'trace_event_raw_event_kfree_skb+0x85',
  '__traceiter_kfree_skb+0x45',
  'sk_skb_reason_drop+0x94',
  '__udp4_lib_rcv+0x235',
  'ip_protocol_deliver_rcu+0xb7',
];
const PLACE = { symbol: '__udp4_lib_rcv', offset: 0x235, module: null, address: null };

it('begins at the place', () => {
  expect(dropPath(FRAMES, PLACE)).toEqual(['__udp4_lib_rcv+0x235', 'ip_protocol_deliver_rcu+0xb7']);
});

it('stays whole where the place is not in it', () => {
  expect(dropPath(FRAMES, { ...PLACE, offset: 0x236 })).toBe(FRAMES);
});

it('a counted path begins behind the functions that free, without sizes', () => {
  // 6.12: keys=stacktrace
  const frames = ['sk_skb_reason_drop+0x94/0x120', '__udp4_lib_rcv+0x235/0xd90', 'veth_xmit+0x1/0x20 [veth]'];
  expect(withoutFreeing(frames)).toEqual(['__udp4_lib_rcv+0x235', 'veth_xmit+0x1 [veth]']);
  expect(withoutFreeing([])).toEqual([]);
});

describe.each([
  ['6.1', '__udp4_lib_rcv+0x9a2'],
  ['6.12', '__udp4_lib_rcv+0x235'],
  ['7.2', 'udp_rcv+0x452'],
])('what Linux %s counts by', (kernel, place) => {
  // The table of the event itself, and that of a probe on it: an event probe on 6.1, then a tracepoint probe.
  it.each(['B-hist-stacktrace-key.txt', 'dev-stack.txt'])('%s begins at the place', (name) => {
    const path = new URL(`../fixtures/${kernel}/hist/${name}`, import.meta.url);
    const [table] = parseHistTable(readFileSync(path, 'latin1')).tables;
    const paths = table!.entries.map(({ keys }) => keys.at(-1) as readonly string[]);
    expect(paths.length).toBeGreaterThan(0);
    for (const frames of paths) expect(withoutFreeing(frames)[0]).toBe(place);
  });
});

it('a path of nothing but what frees stays whole', () => {
  expect(withoutFreeing(['kfree_skb_reason+0x7b/0xd0', '0xffffffffc030e0de'])).toEqual([
    'kfree_skb_reason+0x7b',
    '0xffffffffc030e0de',
  ]);
});
