import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatFits, parseDebugSite } from '../../src/decode/dynamic-debug.js';
import { parseSuppression } from '../../src/decode/suppression.js';

it.each([
  ['net_ratelimit: 17 callbacks suppressed', { kind: 'callbacks', name: 'net_ratelimit', count: 17 }],
  ['__ext4_warn: 3 callbacks suppressed', { kind: 'callbacks', name: '__ext4_warn', count: 3 }],
  [
    'printk: python3: 90 output lines suppressed due to ratelimiting',
    { kind: 'writer', name: 'python3', count: 90 },
  ],
  ['printk: a: b: 7 output lines suppressed due to ratelimiting', { kind: 'writer', name: 'a: b', count: 7 }],
  [
    'audit: audit_lost=3 audit_rate_limit=0 audit_backlog_limit=64',
    { kind: 'audit', name: 'audit', count: 3 },
  ],
  ['audit: backlog limit exceeded', { kind: 'audit', name: 'audit', count: null }],
  ['17 callbacks suppressed', null],
  ['audit: type=2000 audit(1.0:1): state=initialized', null],
])('%s', (text, expected) => {
  expect(parseSuppression(text, 0)).toEqual(expected);
});

it('a program that writes the same says nothing of the kernel', () => {
  expect(parseSuppression('net_ratelimit: 17 callbacks suppressed', 1)).toBeNull();
});

it('total', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.nat(),
      (text, facility) => void parseSuppression(text, facility),
    ),
  );
});

const SITE = 'init/main.c:1160 [main]initcall_blacklisted =_ "initcall %s blacklisted\\n"';

it('a place of dynamic debug, as 6.12 prints it', () => {
  expect(parseDebugSite(SITE)).toEqual({
    place: 'init/main.c:1160',
    module: 'main',
    function: 'initcall_blacklisted',
    on: false,
    format: 'initcall %s blacklisted\\n',
  });
  expect(parseDebugSite(SITE.replace('=_', '=pmf'))?.on).toBe(true);
  expect(parseDebugSite('# filename:lineno [module]function flags format')).toBeNull();
});

it.each([
  ['initcall %s blacklisted\\n', 'initcall foo blacklisted', true],
  ['initcall %s blacklisted\\n', 'blacklisted', true],
  ['initcall %s blacklisted\\n', 'initcall foo done', false],
  ['%s: %d\\n', 'anything: 1', false],
  ['%pI4 sent a \\"strange\\" packet to %pS\\n', 'sent a "strange" packet', true],
  ['IRQ %u\\012', 'IRQ', false],
  ['initcall level %s\\012', 'initcall level', true],
  ['100%% of %5.2lu pages are dirty\\n', 'pages are dirty', true],
])('%s may have given %s: %s', (format, text, fits) => {
  expect(formatFits(format, text)).toBe(fits);
});
