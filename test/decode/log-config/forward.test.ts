import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseForwardAction,
  parseForwardHost,
  parseForwardWord,
} from '../../../src/decode/log-config/forward.js';

it.each([
  ['@log.example', { to: 'log.example', transport: 'udp', port: 514, plain: true }],
  ['@@log.example:6514', { to: 'log.example:6514', transport: 'tcp', port: 6514, plain: true }],
  ['@(z9)10.0.0.5', { to: '10.0.0.5', transport: 'udp', port: 514, plain: false }],
  ['@@(o,z5)[2001:db8::1]:10514', { to: '[2001:db8::1]:10514', transport: 'tcp', port: 10514, plain: false }],
  ['@2001:db8::1', { to: '2001:db8::1', transport: 'udp', port: 514, plain: true }],
  ['@host:99999', { to: 'host:99999', transport: 'udp', port: 514, plain: true }],
  ['@', null],
  ['/var/log/syslog', null],
])('%s', (word, forward) => {
  expect(parseForwardWord(word)).toEqual(forward);
});

describe('action(type="omfwd")', () => {
  it.each([
    ['type="omfwd" target="a"', { to: 'a', transport: 'udp', port: 514, plain: true }],
    ['target="a" port="1514" protocol="TCP"', { to: 'a', transport: 'tcp', port: 1514, plain: true }],
    ['Target="a" ziplevel="4"', { to: 'a', transport: 'udp', port: 514, plain: false }],
    [
      'target="a" protocol="tcp" StreamDriverMode="1"',
      { to: 'a', transport: 'tcp', port: 514, plain: false },
    ],
    ['type="omfwd"', null],
    ['target=""', null],
  ])('%s', (parameters, forward) => {
    expect(parseForwardAction(parameters)).toEqual(forward);
  });
});

it('BusyBox', () => {
  expect(parseForwardHost('log:5140')).toEqual({ to: 'log:5140', transport: 'udp', port: 5140, plain: true });
});

it('any words at all: a forward has a port that exists', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const forward of [
        parseForwardWord(`@${text}`),
        parseForwardAction(text),
        parseForwardHost(text),
      ]) {
        if (forward === null) continue;
        expect(forward.port).toBeGreaterThan(0);
        expect(forward.port).toBeLessThan(65_536);
      }
    }),
  );
});
