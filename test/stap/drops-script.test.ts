import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KwhoError, UsageError } from '../../src/errors.js';
import { DROPS_KEYS, type DropsScript, dropsScript } from '../../src/stap/drops-script.js';
import { logScript } from '../../src/stap/log-script.js';

const template = (name: string) => readFileSync(new URL(`../../probes/${name}.stp`, import.meta.url), 'utf8');
const DROPS = template('drops');
const LOG = template('log');

const PLAIN: DropsScript = {
  release: '6.1.0-56-amd64',
  events: false,
  intervalMs: 5000,
  stackDepth: 0,
  by: ['location', 'reason', 'dev', 'netns'],
  dev: null,
  netns: null,
  reasons: [],
  hosts: [],
  ports: [],
};

/** The lines in which two scripts differ, as the second has them. */
function changed(before: string, after: string): string[] {
  const old = before.split('\n');
  const lines = after.split('\n');
  expect(lines).toHaveLength(old.length);
  return lines.filter((line, index) => line !== old[index]);
}

describe('dropsScript', () => {
  it('is the template but for what was asked for', () => {
    expect(changed(DROPS, dropsScript(DROPS, PLAIN))).toEqual(['@define RELEASE %( "6.1.0-56-amd64" %)']);
  });

  it('writes every parameter', () => {
    const script = dropsScript(DROPS, {
      release: null,
      events: true,
      intervalMs: 1000,
      stackDepth: 16,
      by: ['protocol'],
      dev: 'we"ird',
      netns: 4026532208,
      reasons: [3, 0x20001],
      hosts: ['10.0.0.1', '2001:db8::1', '10.0.0.2'],
      ports: [53, 443],
    });
    expect(changed(DROPS, script)).toEqual([
      '@define EVENTS %( 1 %)',
      '@define INTERVAL_MS %( 1000 %)',
      '@define STACK_DEPTH %( 16 %)',
      '@define NARROW %( 1 %)',
      '@define BY_LOCATION %( 0 %)',
      '@define BY_REASON %( 0 %)',
      '@define BY_PROTOCOL %( 1 %)',
      '@define BY_DEVICE %( 0 %)',
      '@define BY_NETNS %( 0 %)',
      '@define ONLY_DEVICE %( "we\\042ird" %)',
      '@define ONLY_NETNS %( 4026532208 %)',
      '@define REASON_WANTED(reason) %( ((@reason == 3) || (@reason == 131073)) %)',
      '@define READ_FLOW %( 1 %)',
      '@define HOST4_WANTED(address) %( ((@address == 167772161) || (@address == 167772162)) %)',
      '@define HOST6_WANTED(a, b, c, d) %( ((@a == 536939960 && @b == 0 && @c == 0 && @d == 1)) %)',
      '@define PORT_WANTED(port) %( ((@port == 53) || (@port == 443)) %)',
    ]);
  });

  it('an address of one family leaves no packet of the other', () => {
    const script = dropsScript(DROPS, { ...PLAIN, hosts: ['::1'] });
    expect(script).toContain('@define HOST4_WANTED(address) %( 0 %)');
  });

  it.each<[string, Partial<DropsScript>]>([
    ['a port above 65535', { ports: [65536] }],
    ['half a port', { ports: [0.5] }],
    ['a reason below zero', { reasons: [-1] }],
    ['a reason that is none', { reasons: [Number.NaN] }],
    ['an endless interval', { intervalMs: Number.POSITIVE_INFINITY }],
    ['no interval', { intervalMs: 0 }],
    ['a deep stack', { stackDepth: 65 }],
    ['a namespace beyond 32 bits', { netns: 2 ** 32 }],
    ['no name', { dev: '' }],
    ['a long name', { dev: 'x'.repeat(16) }],
    ['a name of two lines', { dev: 'a\nb' }],
    ['a name with a NUL', { dev: 'a\0' }],
    ['a host that is none', { hosts: ['1) || (1'] }],
  ])('refuses %s', (_, wrong) => {
    expect(() => dropsScript(DROPS, { ...PLAIN, ...wrong })).toThrow(UsageError);
  });

  it('whatever is typed, only the parameter block changes, and there only numbers and escaped strings', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 15 }),
      fc
        .array(fc.constantFrom('"', '\\', '%{', '%)', '\n', '}', '@', '$', 'ä', '\0', '#<', 'a'), {
          maxLength: 6,
        })
        .map((parts) => parts.join('')),
    );
    const script = fc.record({
      release: fc.option(nasty),
      events: fc.boolean(),
      intervalMs: fc.oneof(fc.integer({ min: 10, max: 10_000 }), fc.double()),
      stackDepth: fc.integer({ min: -1, max: 65 }),
      by: fc.subarray([...DROPS_KEYS]),
      dev: fc.option(nasty),
      netns: fc.option(fc.nat()),
      reasons: fc.array(fc.nat(), { maxLength: 3 }),
      hosts: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), nasty), { maxLength: 2 }),
      ports: fc.array(fc.nat(70_000), { maxLength: 2 }),
    });
    const isSafe = (line: string) =>
      /^@define [A-Z0-9_]+(\([a-z, ]+\))? %\( (\d+|"(?:[A-Za-z0-9_.-]|\\[0-7]{3})*"|[()@a-z0-9 =|&]+) %\)$/.test(
        line,
      );
    let made = 0;
    fc.assert(
      fc.property(script, (wanted) => {
        let text: string;
        try {
          text = dropsScript(DROPS, wanted);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          return;
        }
        made += 1;
        expect(changed(DROPS, text).filter((line) => !isSafe(line))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
    expect(made).toBeGreaterThan(20);
  });
});

describe('logScript', () => {
  it('is the template but for what was asked for', () => {
    expect(changed(LOG, logScript(LOG, { release: null, stackDepth: 0 }))).toEqual([]);
    expect(changed(LOG, logScript(LOG, { release: '%{"', stackDepth: 8 }))).toEqual([
      '@define RELEASE %( "\\045\\173\\042" %)',
      '@define STACK_DEPTH %( 8 %)',
    ]);
  });

  it('refuses what cannot be', () => {
    expect(() => logScript(LOG, { release: null, stackDepth: -1 })).toThrow(UsageError);
    expect(() => logScript(LOG, { release: '\0', stackDepth: 0 })).toThrow(UsageError);
  });
});

describe('a template that does not fit', () => {
  const log = (text: string) => () => logScript(text, { release: null, stackDepth: 0 });

  it.each([
    ['has no block', 'probe begin { }\n', 'no parameter block'],
    ['lacks a parameter', LOG.replace(/^@define STACK_DEPTH .*\n/m, ''), 'it has no STACK_DEPTH'],
    [
      'wants another',
      LOG.replace('#< parameters', '@define MORE %( 1 %)\n#< parameters'),
      'nothing is known for MORE',
    ],
  ])('%s', (_, text, message) => {
    expect(log(text)).toThrow(message);
    expect(log(text)).toThrow(KwhoError);
  });
});

describe('the templates', () => {
  it.each(['drops', 'log'])('%s resolves no symbol inside the kernel', (name) => {
    const code = template(name).replace(/#.*$/gm, '');
    expect(code).not.toMatch(/\b(symname|modname|symdata|sprint_backtrace|print_backtrace|probefunc)\b/);
    expect(code).not.toContain('%{');
  });
});
