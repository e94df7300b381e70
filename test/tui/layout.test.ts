import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, PANES } from '../../src/tui/layout.js';

describe('layout', () => {
  it('fills every size exactly, and shows the pane with the keys once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 300 }),
        fc.integer({ min: 15, max: 120 }),
        fc.constantFrom(...PANES),
        fc.boolean(),
        fc.integer({ min: 0, max: 50 }),
        (columns, rows, focus, full, incidents) => {
          const layout = layoutOf(columns, rows, focus, full, incidents)!;
          const { header, strip, main } = layout;
          const height = main.reduce((sum, row) => sum + row[0].height, 0);
          expect(header + strip + height + 1).toBe(rows);
          for (const row of main) {
            expect(row.at(-1)!.left + row.at(-1)!.width).toBe(columns);
            expect(new Set(row.map((place) => place.height)).size).toBe(1);
          }
          expect(main.flat().filter(({ pane }) => pane === focus)).toHaveLength(1);
        },
      ),
    );
  });

  it.each([
    [59, 15],
    [60, 14],
    [1, 1],
  ])('%ix%i is too small', (columns, rows) => {
    expect(layoutOf(columns, rows, 'log', false, 0)).toBeNull();
  });

  it('shows both tables on a usual terminal, and the charts too on a tall one', () => {
    const panes = (columns: number, rows: number) =>
      layoutOf(columns, rows, 'log', false, 1)!.main.map((row) => row.map(({ pane }) => pane));
    expect(panes(80, 24)).toEqual([['log'], ['drops']]);
    expect(panes(120, 40)).toEqual([['log'], ['drops'], ['charts']]);
    expect(panes(200, 60)).toEqual([['log'], ['drops'], ['charts', 'messages']]);
  });
});
