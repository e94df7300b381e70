import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListCursor } from '../../src/tui/list-cursor.js';

const list = (...ids: number[]) => ids.map((id) => ({ id }));

function cursorOn(follows: 'first' | 'last', rows: { id: number }[], height: number): ListCursor<number> {
  const cursor = new ListCursor<number>(() => follows);
  cursor.place(rows, height);
  return cursor;
}

describe('the selected row', () => {
  it('is the newest while nobody chooses', () => {
    const cursor = cursorOn('last', list(1, 2, 3), 2);
    expect([cursor.index, cursor.top]).toEqual([2, 1]);
    cursor.place(list(1, 2, 3, 4), 2);
    expect([cursor.index, cursor.top]).toEqual([3, 2]);
  });

  it('stays on its row, on the same line, as rows come and move', () => {
    const rows = list(1, 2, 3, 4, 5, 6, 7, 8);
    const cursor = cursorOn('first', rows, 4);
    cursor.move(rows, 2);
    cursor.place(rows, 4);
    expect([cursor.index, cursor.top]).toEqual([2, 0]);
    cursor.place(list(9, 10, ...rows.map(({ id }) => id)), 4);
    expect([cursor.index, cursor.top]).toEqual([4, 2]);
    cursor.place(list(8, 7, 6, 5, 4, 3, 2, 1), 4);
    expect(cursor.index).toBe(5);
  });

  it('follows again when it is moved to the end that grows', () => {
    const cursor = cursorOn('last', list(1, 2, 3), 5);
    cursor.move(list(1, 2, 3), -1);
    cursor.place(list(1, 2, 3, 4), 5);
    expect(cursor.index).toBe(1);
    cursor.last(list(1, 2, 3, 4));
    cursor.place(list(1, 2, 3, 4, 5), 5);
    expect(cursor.index).toBe(4);
  });

  it('stays at its place when its row is gone', () => {
    const cursor = cursorOn('first', list(1, 2, 3), 5);
    cursor.move(list(1, 2, 3), 1);
    cursor.place(list(1, 3), 5);
    expect(cursor.index).toBe(1);
    cursor.place([], 5);
    expect(cursor.index).toBe(-1);
  });

  it('is always to be seen, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ rows: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }) }),
      fc.record({ move: fc.integer({ min: -30, max: 30 }) }),
      fc.record({ height: fc.integer({ min: 1, max: 12 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom('first', 'last'), (steps, follows) => {
        const cursor = new ListCursor<number>(() => follows);
        let rows: { id: number }[] = [];
        let height = 5;
        for (const what of steps) {
          if ('rows' in what) rows = list(...what.rows);
          else if ('move' in what) cursor.move(rows, what.move);
          else height = what.height;
          cursor.place(rows, height);
          expect(cursor.index).toBeGreaterThanOrEqual(rows.length === 0 ? -1 : 0);
          expect(cursor.index).toBeLessThan(Math.max(rows.length, 1));
          if (rows.length === 0) continue;
          expect(cursor.index).toBeGreaterThanOrEqual(cursor.top);
          expect(cursor.index).toBeLessThan(cursor.top + height);
          expect(cursor.top).toBeLessThanOrEqual(Math.max(0, rows.length - height));
        }
      }),
    );
  });
});
