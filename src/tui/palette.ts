import type { Style } from './styled-line.js';

export type Colors = 'none' | '16' | '256';

/** Looks for styles, as blessed keeps them in its cells: flags << 18 | foreground << 9 | background. */
export class Palette {
  readonly colors: Colors;
  readonly #attributes: ReadonlyMap<Style, number>;

  constructor(colors: Colors) {
    this.colors = colors;
    this.#attributes = new Map(
      Object.entries(LOOKS).map(([style, look]) => [style as Style, attribute(look, colors)]),
    );
  }

  attribute(style: Style): number {
    return this.#attributes.get(style)!;
  }

  /** The same, in the selected row. */
  selected(style: Style): number {
    return this.attribute(style) | (INVERSE << 18);
  }

  /** Colour of a line in a chart: its number; null without colours. */
  chart(style: Style): number | null {
    const { few, many } = LOOKS[style];
    return this.colors === '256' ? many : this.colors === '16' ? few : null;
  }
}

/** Neither colour is set: the terminal's own. */
export const PLAIN_ATTRIBUTE = (0x1ff << 9) | 0x1ff;

const BOLD = 1;
const UNDERLINE = 2;
const INVERSE = 8;

interface Look {
  flags: number;
  /** Of the 16 colours, and of the 256; null is the terminal's own. */
  few: number | null;
  many: number | null;
}

/** Okabe and Ito's colours, which people who see few colours can tell apart, in the 256 of xterm. */
const [VERMILLION, ORANGE, SKY_BLUE, GREEN, GREY] = [166, 214, 74, 36, 245];

const LOOKS: Record<Style, Look> = {
  plain: { flags: 0, few: null, many: null },
  strong: { flags: BOLD, few: null, many: null },
  faint: { flags: 0, few: null, many: GREY },
  loud: { flags: BOLD, few: 9, many: VERMILLION },
  warn: { flags: 0, few: 3, many: ORANGE },
  good: { flags: 0, few: 6, many: GREEN },
  title: { flags: BOLD, few: 6, many: SKY_BLUE },
  chosen: { flags: BOLD | UNDERLINE, few: null, many: null },
  suspect: { flags: BOLD, few: 9, many: VERMILLION },
  policy: { flags: 0, few: 3, many: ORANGE },
  noise: { flags: 0, few: 4, many: SKY_BLUE },
};

function attribute({ flags, few, many }: Look, colors: Colors): number {
  const color = colors === '256' ? many : colors === '16' ? few : null;
  return (flags << 18) | ((color ?? 0x1ff) << 9) | 0x1ff;
}
