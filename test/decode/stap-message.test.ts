import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseStapMessage } from '../../src/decode/stap-message.js';

it.each([
  [
    'WARNING: Number of errors: 2, skipped probes: 57',
    [
      { kind: 'lost', count: 2, what: 'probe hits that ended in an error', inAccount: false },
      { kind: 'lost', count: 57, what: 'probe hits that SystemTap skipped', inAccount: false },
    ],
  ],
  [
    'WARNING: Number of errors: 0, skipped probes: 57',
    [{ kind: 'lost', count: 57, what: 'probe hits that SystemTap skipped', inAccount: false }],
  ],
  [
    'WARNING: Skipped due to reentrancy: 3',
    [{ kind: 'notice', level: 'info', text: 'skipped because of reentrancy: 3' }],
  ],
  [
    'WARNING: Skipped due to missed kretprobe/1 on \'kprobe.function("do_syslog").return?\': 4',
    [{ kind: 'lost', count: 4, what: 'hits of a kernel probe that could not be taken', inAccount: false }],
  ],
  [
    "WARNING: Skipped due to global 'drops' lock timeout: 9",
    [{ kind: 'notice', level: 'info', text: "skipped because of global 'drops' lock timeout: 9" }],
  ],
  [
    'WARNING: There were 12 transport failures. Try stap -s to increase the buffer size from 8192.',
    [
      {
        kind: 'lost',
        count: 12,
        what: 'pieces of output that found no room in the buffer of SystemTap',
        inAccount: true,
      },
    ],
  ],
  [
    'WARNING: There were 2 lost messages, 100 lost bytes, and 0 unexpected sequences.',
    [{ kind: 'lost', count: 2, what: 'messages of a SystemTap module', inAccount: true }],
  ],
  [
    'ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.',
    [
      {
        kind: 'notice',
        level: 'error',
        text: 'ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.',
      },
    ],
  ],
  [
    '\x1b[00;33mWARNING:\x1b[m\x1b[K something else',
    [{ kind: 'notice', level: 'warning', text: 'WARNING: something else' }],
  ],
  ['Tip: /usr/share/doc/systemtap/README.Debian should help you get started.', []],
  ['', []],
])('%s', (line, told) => {
  expect(parseStapMessage(line)).toEqual(told);
});

it('every line that is not empty tells something, or is a known pointer to more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 100 }), (text) => {
      const told = parseStapMessage(`WARNING: ${text}x`);
      expect(told.length).toBeGreaterThan(0);
    }),
  );
});
