import { createRequire } from 'node:module';

/**
 * The parts of blessed that are used, as they are: its published types leave out what draws. Loaded only when a screen
 * is opened: the packages take 0.1 s, and a run that prints text needs none of them.
 */
export function loadBlessed(): Blessed {
  return require('blessed');
}

/** The line chart alone: the package as a whole loads maps, pictures and Markdown. */
export function loadLineChart(): (options: object) => LineChart {
  return require('blessed-contrib/lib/widget/charts/line');
}

export interface Blessed {
  program(options: object): BlessedProgram;
  screen(options: object): BlessedScreen;
  box(options: object): BlessedElement;
  Program: Record<string, unknown>;
  Screen: Record<string, unknown>;
}

export interface BlessedProgram {
  cols: number;
  rows: number;
  tput: { unicode: boolean; brokenACS: boolean };
  on(event: 'keypress', listener: (character: string | undefined, key: BlessedKey) => void): void;
  write(text: string): void;
  flush(): void;
}

export interface BlessedKey {
  /** `C-c`, `S-g`, `pageup`, or the character itself. */
  full: string;
}

/** What stands in a column: how it looks, and the bytes that put it there. */
export type BlessedCell = [attribute: number, text: string];
export type BlessedRow = BlessedCell[] & { dirty: boolean };

export interface BlessedScreen {
  /** What is to be shown, and what the terminal shows. */
  lines: BlessedRow[];
  olines: BlessedRow[];
  append(element: BlessedElement): void;
  remove(element: BlessedElement): void;
  alloc(): void;
  render(): void;
  enter(): void;
  leave(): void;
  destroy(): void;
}

export interface BlessedElement {
  render(): void;
}

export interface LineChart extends BlessedElement {
  options: { maxY: number };
  setData(data: readonly object[]): void;
}

const require = createRequire(import.meta.url);
