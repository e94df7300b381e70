import { describe, expect, it } from 'vitest';
import { Paint, wantsColor } from '../../src/output/paint.js';

describe('words', () => {
  const METHODS = ['loud', 'warn', 'plain', 'bold', 'strong', 'faint'] as const;

  it.each(METHODS)('%s: without colour there is nothing but the word', (method) => {
    expect(new Paint(false)[method]('note').trimEnd()).toBe('note');
  });

  it.each(METHODS)('%s: with colour the same columns', (method) => {
    const bare = new Paint(true)[method]('note').replace(/\x1b\[[\d;]*m/g, '');
    expect(bare).toBe(new Paint(false)[method]('note'));
  });

  it.each(['loud', 'warn', 'plain', 'bold'] as const)('%s pads to a column', (method) => {
    expect(new Paint(false)[method]('LOST')).toBe('LOST      ');
    expect(new Paint(false)[method]('a longer word')).toBe('a longer word');
  });

  it.each(['loud', 'warn', 'bold', 'strong', 'faint'] as const)('%s ends what it begins', (method) => {
    expect(new Paint(true)[method]('x')).toMatch(/^\x1b\[[\d;]+mx *\x1b\[0m$/);
  });
});

it.each<[boolean, Record<string, string>, boolean]>([
  [true, {}, true],
  [true, { TERM: 'xterm-256color' }, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '0' }, false],
  // no-color.org: only when it is not empty.
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE: '1' }, false],
])('terminal %s, environment %j: %s', (terminal, env, expected) => {
  expect(wantsColor(terminal, env)).toBe(expected);
});
