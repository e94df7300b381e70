import { asciiOnly } from './ascii-only.js';

/** The marks of a screen, and how a text gets onto it. */
export interface Look {
  ascii: boolean;
  /** Stands where a text was cut. */
  cut: string;
  /** Of the title line of a pane, and of the one that has the keys. */
  rule: string;
  focusedRule: string;
  bar: string;
  /** Printable text as this terminal can show it. */
  show: (text: string) => string;
}

export function lookOf(ascii: boolean): Look {
  return ascii
    ? { ascii, cut: '~', rule: '-', focusedRule: '=', bar: '#', show: asciiOnly }
    : { ascii, cut: '…', rule: '─', focusedRule: '═', bar: '█', show: (text) => text };
}
