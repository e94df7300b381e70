import { describe, expect, it } from 'vitest';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';
import type { Check } from '../../src/explain/drop-check.js';
import { btfReasons, formatReasons, readFixture, readProbe } from './drop-kernels.js';

interface Entry {
  name: string;
  symbols: string[];
  subsystem?: string;
  since: string;
  until: string | null;
  numbers?: string[];
  what?: string;
  next?: string;
  checks?: Check[];
  here?: Record<string, Entry>;
}

const REASONS = readProbe('drop-reasons') as Entry[];
const FUNCTIONS = readProbe('drop-functions') as Entry[];
const TEXTS = [...REASONS, ...FUNCTIONS].flatMap((entry) => [entry, ...Object.values(entry.here ?? {})]);

describe('sentences', () => {
  const sentences = TEXTS.flatMap(({ what, next }) => [what, next]).filter((text) => text !== undefined);

  it('are many', () => expect(sentences.length).toBeGreaterThan(800));

  it('begin large, end with a full stop, and are one', () => {
    const odd = sentences.filter(
      (text) => !/^[A-Z][^\n]*[^. ]\.$/.test(text) || / {2}| $|\.\s+[A-Z]/.test(text),
    );
    expect(odd).toEqual([]);
  });

  it('fit a line or two of a terminal', () => {
    expect(sentences.filter((text) => text.length > 165)).toEqual([]);
  });

  it('are plain ASCII', () => {
    expect(sentences.filter((text) => !/^[ -~]+$/.test(text))).toEqual([]);
  });
});

describe('checks', () => {
  const checks = TEXTS.flatMap(({ checks }) => checks ?? []);
  const names = (kind: Check['kind']) =>
    new Set(checks.flatMap((check) => (check.kind === kind && 'names' in check ? check.names : [])));

  it('name counters as nstat and IPsec do', () => {
    const known = new Set(
      [readFixture('7.2', 'nstat-asz.txt'), readFixture('6.12', 'xfrm_stat.txt')].flatMap((text) =>
        text.split('\n').map((line) => line.split(/\s/)[0]),
      ),
    );
    expect([...names('counter')].filter((name) => !known.has(name))).toEqual([]);
    expect(names('counter').size).toBeGreaterThan(60);
  });

  it('name settings that exist', () => {
    const known = new Set(readFixture('7.2', 'sysctl-names.txt').split('\n'));
    const unknown = [...names('sysctl')].filter((name) => !known.has(name.replace('{dev}', 'lo')));
    expect(unknown).toEqual([]);
    expect(names('sysctl').size).toBeGreaterThan(30);
  });
});

describe('releases', () => {
  it('are releases of Linux that had reasons', () => {
    const odd = REASONS.filter(
      ({ since, until }) => release(since) < 517 || release(until ?? since) < release(since),
    );
    expect(odd).toEqual([]);
  });

  const core = REASONS.filter(({ subsystem }) => subsystem === undefined);
  it.each(['6.1', '6.12', '7.2'] as const)('what %s should have, it has', (kernel) => {
    const has = new Set(formatReasons(kernel));
    const missing = core.filter(
      ({ name, since, until }) =>
        release(since) <= release(kernel) && release(until ?? '7.2') >= release(kernel) && !has.has(name),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('what 7.2 has not lost has no end', () => {
    const has = new Set([...formatReasons('7.2'), ...btfReasons('7.2').keys()]);
    expect(
      REASONS.filter(({ name, until }) => has.has(name) !== (until === null)).map(({ name }) => name),
    ).toEqual([]);
  });
});

describe('numbers', () => {
  it.each(['6.12', '7.2'] as const)('of subsystems are those of %s', (kernel) => {
    for (const { name, subsystem, numbers = [] } of REASONS) {
      const number = btfReasons(kernel).get(name);
      // A queue discipline's reason never leaves it: the packet is freed with QDISC_DROP.
      if (subsystem === undefined || subsystem === 'qdisc' || number === undefined) continue;
      expect([name, numbers]).toEqual([name, expect.arrayContaining([`0x${number.toString(16)}`])]);
    }
  });
});

describe('what is wrong in the data is told', () => {
  const good = { name: 'X', since: '6.0', until: null, verdict: 'noise', what: 'A.', next: 'B.', checks: [] };

  it.each([
    [null, 'drop-reasons.json: expected a list, got null'],
    [[7], 'drop-reasons.json, entry 0: expected an object, got 7'],
    [[{ ...good, name: '' }], 'drop-reasons.json, entry 0: expected name to be a text, got ""'],
    [
      [{ ...good, verdict: 'bad' }],
      'drop-reasons.json, entry 0 (X): expected verdict to be suspect, policy or noise, got "bad"',
    ],
    [
      [{ ...good, what: undefined }],
      'drop-reasons.json, entry 0 (X): expected what to be a text, got nothing',
    ],
    [
      [{ ...good, checks: [{ kind: 'x' }] }],
      'drop-reasons.json, entry 0 (X): expected checks to name a known kind, got "x"',
    ],
    [
      [{ ...good, packets: { x: 'noise' } }],
      'drop-reasons.json, entry 0 (X): expected packets to name a known kind, got "x"',
    ],
    [
      [{ ...good, numbers: ['x'] }],
      'drop-reasons.json, entry 0 (X): expected numbers to be integers, got "x"',
    ],
    [[good, good], 'drop-reasons.json: X is there twice'],
  ])('reasons %#', (reasons, message) => {
    expect(() => DropCatalogue.of(reasons, [])).toThrow(message);
  });

  it.each([
    [
      [{ symbols: [], reason: null }],
      'drop-functions.json, entry 0: expected symbols to be a list of texts, got []',
    ],
    [
      [{ symbols: ['f'], reason: 'Y' }],
      'drop-functions.json, entry 0 (f): expected reason to be in drop-reasons.json, got "Y"',
    ],
    [
      [{ symbols: ['f'], reason: null }],
      'drop-functions.json, entry 0 (f): expected verdict to be suspect, policy or noise, got nothing',
    ],
    [[{ symbols: ['f', 'f'], reason: 'X' }], 'drop-functions.json: f is there twice'],
  ])('functions %#', (functions, message) => {
    expect(() => DropCatalogue.of([good], functions)).toThrow(message);
  });
});

/** 6.12 → 612. */
function release(text: string): number {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  return Number(major) * 100 + Number(minor);
}
