import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recall } from '../../src/commands/recall.js';
import { isNotice } from '../../src/commands/recorded-notice.js';
import {
  isFlag,
  isList,
  isMap,
  isNumber,
  isObject,
  isOneOf,
  isText,
  orNull,
  ShapeError,
} from '../../src/commands/recorded-shape.js';

const isAll = isObject({
  text: isText,
  number: isNumber,
  flag: isFlag,
  list: isList(isNumber),
  word: isOneOf('a', 'b'),
  none: orNull(isText),
  map: isMap(isFlag),
});
const GOOD = { text: 'x', number: 1, flag: true, list: [1, 2], word: 'a', none: null, map: { m: true } };

describe('what a recording may hold', () => {
  it('is taken as it is where it has the shape, and nothing else with it', () => {
    expect(isAll({ ...GOOD, more: 'left out' })).toEqual({ ...GOOD, map: new Map([['m', true]]) });
    expect(isAll({ ...GOOD, none: undefined }).none).toBeNull();
  });

  it.each([
    ['text', 1, 'expected text, got 1'],
    ['number', '1', 'expected a number, got "1"'],
    ['flag', 0, 'expected true or false, got 0'],
    ['list', [1, null], 'expected a number, got null'],
    ['word', 'c', 'expected a or b, got "c"'],
    ['none', 1, 'expected text, got 1'],
    ['map', [], 'expected an object, got []'],
    ['text', { long: 'y'.repeat(100) }, /^expected text, got \{"long":"y{51}…$/],
  ])('%s: %j is refused', (field, value, message) => {
    expect(() => isAll({ ...GOOD, [field]: value })).toThrow(message);
    expect(() => isAll({ ...GOOD, [field]: value })).toThrow(ShapeError);
  });

  it('anything at all is taken or refused, and leaves no trace beyond', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const check of [isAll, isNotice, isList(isMap(isText))]) {
          try {
            check(value as never);
          } catch (error) {
            if (!(error instanceof ShapeError) && !(error instanceof TypeError)) throw error;
          }
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
    );
    isObject({ x: isText })(JSON.parse('{"__proto__": {"polluted": 1}, "x": ""}'));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('a notice, with what may stand in it', () => {
    const more = { hint: 'h', details: { anything: [1] }, strange: 1 };
    expect(isNotice(['code', 'warning', 'text', more])).toEqual([
      ...['code', 'warning', 'text'],
      { time: null, hint: 'h', details: { anything: [1] } },
    ]);
    expect(() => isNotice(['code', 'loud', 'text'])).toThrow('expected info or warning or error, got "loud"');
  });
});

describe('look-ups that a recording has', () => {
  it('the newest answer; none where nobody asked', () => {
    const recall = new Recall();
    const look = recall.look<number, string>('symbol', isText);
    expect(look(1)).toBeNull();
    recall.learn({ name: 'symbol', key: '1', value: 'kmsg_read' });
    expect(look(1)).toBe('kmsg_read');
    expect(look(2)).toBeNull();
    recall.learn({ name: 'symbol', key: '1', value: null });
    expect(look(1)).toBeNull();
    recall.learn({ name: 'other', key: '2', value: 'x' });
    expect(look(2)).toBeNull();
  });

  it('an answer of the wrong shape is refused when it is asked for', () => {
    const recall = new Recall();
    recall.learn({ name: 'symbol', key: '1', value: 7 });
    expect(() => recall.look<number, string>('symbol', isText)(1)).toThrow(ShapeError);
    expect(() => recall.learn({ name: 'symbol', key: 1 })).toThrow(ShapeError);
  });
});
