import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recogniseForeign } from '../../src/decode/recording-foreign.js';
import { sniffRecording } from '../../src/decode/recording-sniff.js';
import { fileHead } from './recording-builder.js';

describe('trace text', () => {
  it.each([
    '5.10/A-all-dmesg-S-c.trace.txt',
    '6.1/B-drop-udp-closed-port.trace.txt',
    '6.12/A-unknown-comm.trace_pipe.txt',
    '6.12/A-lost-events-live.trace_pipe.txt',
    '6.12/A-lost-events.trace-file.txt',
    '6.12/A-variant-noirqinfo-recordtgid.trace.txt',
    '6.12/B-kfree_skb-default.trace.txt',
    '6.12/capture-log/stack/trace.txt',
    '7.2/A-all-dmesg-C.trace.txt',
    '7.2/A-funcargs-dmesg-S-c.trace.txt',
    '7.2/A-sys_enter_syslog-used-buffer.trace.txt',
  ])('%s', (name) => {
    const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'latin1');
    expect(sniffRecording(Buffer.from(text, 'latin1'))).toBe('trace-pipe');
    const records = text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n');
    expect(sniffRecording(Buffer.from(records, 'latin1'))).toBe('trace-pipe');
  });
});

describe.each(['6.1', '6.12'])('what trace-cmd and perf printed on Linux %s', (kernel) => {
  const folder = new URL(`../fixtures/${kernel}/foreign/`, import.meta.url);
  it.each(readdirSync(folder))('%s', (name) => {
    const text = readFileSync(new URL(name, folder), 'latin1');
    const kind = name.startsWith('perf') ? 'perf-script' : 'trace-cmd';
    expect(sniffRecording(Buffer.from(text, 'latin1'))).toBe(kind);
    const records = text.split('\n').filter((line) => !/^#|^cpus=|^CPU /.test(line));
    expect(sniffRecording(Buffer.from(records.join('\n'), 'latin1'))).toBe(kind);
    expect(sniffRecording(Buffer.from(records.map((line) => line.trim()).join('\n'), 'latin1'))).toBe(kind);
    const cut = records.slice(0, 2).join('\n').slice(0, -30);
    expect(sniffRecording(Buffer.from(cut, 'latin1'))).toBe(kind);
  });
});

describe('others', () => {
  it('a recording of kwho, whole or not', () => {
    expect(sniffRecording(fileHead())).toBe('kwho');
    expect(sniffRecording(fileHead(9).subarray(0, 8))).toBe('kwho');
  });

  it('a problem says what the file is', () => {
    expect(sniffRecording(Buffer.from('PERFILE2h\0\0\0\0\0\0\0'))).toEqual({
      problem: 'a perf.data',
      hint: 'perf script -i FILE | kwho replay -',
    });
    expect(sniffRecording(Buffer.alloc(0))).toMatchObject({ problem: 'empty' });
    expect(sniffRecording(Buffer.from('[    1.0] usb 1-1: new device\n'))).toMatchObject({
      problem: 'text, but neither of trace_pipe nor of trace-cmd report or perf script',
    });
  });

  it('any bytes give an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const kind = sniffRecording(bytes);
        if (typeof kind === 'object') expect(kind.problem).not.toBe('');
        expect(recogniseForeign(bytes).what).not.toBe('');
      }),
    );
  });
});
