import { expect, it } from 'vitest';
import { parseOptions } from '../../../src/commands/command.js';
import { MessageWriter } from '../../../src/commands/kmsg/message-writer.js';
import { kmsgOptions } from '../../../src/commands/kmsg/options.js';
import { kmsg } from '../../../src/commands/kmsg.js';
import { parseSyslogMessage } from '../../../src/decode/syslog-text.js';

const PACKET =
  'rule: IN=v0 OUT= MAC= SRC=10.9.0.2 DST=10.9.0.1 LEN=29 TOS=0x00 PREC=0x00 TTL=64 ID=7781 DF PROTO=UDP SPT=34434 DPT=9999 LEN=9 ';

function writer(line: string, warnings: string[] = []): MessageWriter {
  const args = line.split(' ').filter((word) => word !== '');
  return new MessageWriter(kmsgOptions(parseOptions(kmsg, args)), {
    backend: '/dev/kmsg',
    color: false,
    wallOffset: 0,
    callerWidth: 5,
    names: null,
    warn: (text) => warnings.push(text),
  });
}

function message(text: string) {
  const bytes = Buffer.from(text, 'latin1');
  return parseSyslogMessage(bytes, 0, bytes.length);
}

it('a gap is a line of its own, where a program reads a warning beside the output', () => {
  const lines = writer('-t');
  lines.message(message('<6>[    1.000000] one'));
  lines.lost(7, 'overwritten');
  lines.message(message('<6>[    2.000000] two'));
  expect(lines.take()).toBe('one\n… 7 records lost (overwritten) …\ntwo\n');
  expect([lines.seen, lines.lostCount]).toEqual([2, 7]);

  for (const form of ['-r', '-J']) {
    const warnings: string[] = [];
    const raw = writer(form, warnings);
    raw.lost(7, 'overwritten');
    expect([raw.take(), warnings]).toEqual(['', ['7 records lost: overwritten']]);
  }

  const events = writer('--json');
  events.lost(7, 'overwritten');
  expect(JSON.parse(events.take())).toMatchObject({ type: 'lost', where: 'reader', count: 7 });
});

it("a packet of a LOG rule is told in plain words, but only the kernel's", () => {
  const words = writer('--decode-netfilter -t');
  words.message(message(`<4>[    1.000000] ${PACKET}`));
  words.message(message(`<12>[    1.000000] ${PACKET}`));
  expect(words.take().split('\n')).toEqual([
    PACKET,
    '               udp 10.9.0.2:34434 -> 10.9.0.1:9999, in v0, 29 bytes',
    PACKET,
    '',
  ]);

  const events = writer('--json');
  events.message(message(`<4>[    1.000000] ${PACKET}`));
  events.message(message(`<12>[    1.000000] ${PACKET}`));
  const [kernel, program] = events
    .take()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(kernel.netfilter.flow).toMatchObject({ proto: 'udp', dport: 9999 });
  expect(program.netfilter).toBeUndefined();
});

it('what is filtered out still counts for the next delta, as in dmesg', () => {
  const errors = writer('-d -l err');
  errors.message(message('<3>[    1.000000] one'));
  errors.message(message('<6>[    5.000000] between'));
  errors.message(message('<3>[    6.500000] two'));
  expect(errors.take()).toBe('[    1.000000 <    0.000000>] one\n[    6.500000 <    1.500000>] two\n');
});
