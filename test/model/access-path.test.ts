import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logDoorOf } from '../../src/decode/log-doors.js';
import type { StackRecord, TraceRecord } from '../../src/decode/trace-record.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';
import { accessPath } from '../../src/model/access-path.js';

describe.each(['5.10', '6.1', '6.12', '7.2'])('Linux %s', (kernel) => {
  it('the path of every access begins at a door of the log', () => {
    const file = new URL(`../fixtures/${kernel}/capture-log/stack/trace.txt`, import.meta.url);
    const stacks: StackRecord[] = [];
    let before: TraceRecord | null = null;
    const decoder = new TraceTextDecoder({
      emit: (record) => {
        if (record.kind === 'stack' && before?.kind === 'function') stacks.push(record);
        before = record;
      },
    });
    decoder.push(readFileSync(file));
    decoder.end();
    expect(stacks.length).toBeGreaterThan(1);
    for (const { frames } of stacks) {
      const [first = ''] = accessPath(frames);
      expect(logDoorOf(first.split('+')[0] ?? ''), frames.join(' < ')).not.toBeNull();
    }
  });
});

it('a path without a door stays as it is', () => {
  expect(accessPath(['ftrace_call+0x5'])).toEqual(['ftrace_call+0x5']);
  expect(accessPath([])).toEqual([]);
});
