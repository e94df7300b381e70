import { afterEach, describe, expect, it } from 'vitest';
import type { KwhoEvent } from '../../src/model/events.js';
import { type Command, KEYS, type KeyPlace, keysAt } from '../../src/tui/keys.js';
import { hostileEvents } from './hostile-events.js';
import { OpenScreen, type ScreenOptions } from './open-screen.js';

let open: OpenScreen | null = null;

afterEach(() => {
  open?.screen.close();
  open = null;
});

function screen(options: ScreenOptions = {}): OpenScreen {
  open?.screen.close();
  open = new OpenScreen({ size: [80, 24], ...options });
  return open;
}

/** What a terminal sends for a key, by blessed's name of it. */
function bytesOf(name: string): string {
  const named: Record<string, string> = {
    f1: '\x1bOP',
    escape: '\x1b',
    enter: '\r',
    linefeed: '\n',
    space: ' ',
    tab: '\t',
    'S-tab': '\x1b[Z',
    down: '\x1b[B',
    up: '\x1b[A',
    pagedown: '\x1b[6~',
    pageup: '\x1b[5~',
    home: '\x1b[H',
    end: '\x1b[F',
    backspace: '\x7f',
  };
  if (name in named) return named[name];
  if (name.startsWith('C-')) return String.fromCharCode(name.charCodeAt(2) - 96);
  return name.startsWith('S-') ? name.slice(2).toUpperCase() : name;
}

/** The keys with which one gets there. */
const WAYS: Record<KeyPlace, string[]> = {
  log: ['1'],
  drops: ['2'],
  charts: ['3'],
  messages: ['4'],
  detail: ['1', 'k', '\r'],
  help: ['?'],
  filter: ['1', '/', 'x'],
  small: [],
};

function at(place: KeyPlace): OpenScreen {
  if (place === 'small') return screen({ size: [59, 14] });
  const size: [number, number] = place === 'detail' || place === 'help' ? [80, 24] : [120, 40];
  return screen({ size, events: [...hostileEvents(), ...manyRows()] }).type(...WAYS[place]);
}

/** More drops and more messages than fit. */
function manyRows(): KwhoEvent[] {
  return Array.from({ length: 30 }, (_, i) => i).flatMap((i) => [
    { ...DROPS, key: { location: { symbol: `f${i}`, offset: 0, module: null, address: null } } },
    { ...MESSAGE, seq: 5000 + i, text: `neighbour: eth${i}: neighbor table overflow!` },
  ]);
}

const DROPS = hostileEvents().find((event) => event.type === 'drop-count')!;
const MESSAGE = hostileEvents().find((event) => event.type === 'kernel-message')!;

type Check = (shown: OpenScreen, press: () => void) => void;

/** Something on the screen becomes what it was not. */
function becomes(look: (shown: OpenScreen) => unknown, value: unknown): Check {
  return (shown, press) => {
    expect(look(shown)).not.toEqual(value);
    press();
    expect(look(shown)).toEqual(value);
  };
}

/** What the screen shows is another thing afterwards; nothing else is known of it. */
function changes(look: (shown: OpenScreen) => unknown): Check {
  return (shown, press) => {
    const before = look(shown);
    press();
    expect(look(shown)).not.toEqual(before);
  };
}

function asks(what: string): Check {
  return becomes(({ asked }) => asked.at(-1), what);
}

const body = ({ terminal }: OpenScreen) => terminal.lines.slice(0, -1).join('\n');
const has = (text: string) => (shown: OpenScreen) => shown.text.includes(text);
/** A page over the panes. */
const PAGE = /══ (help|kernel log|dropped packets|kernel message)(:| ═)/;
/** Of the panes that are to be seen. */
const titles = ({ text }: OpenScreen) => text.match(/[─═]{2} [1-4] [A-Za-z ]+ [─═]/g) ?? [];
const focused = ({ text }: OpenScreen) => /══ (\d [A-Z ]+) ═/.exec(text)?.[1];
const title = (text: string) => becomes(has(text), true);

const CHECKS: Record<Command, Check> = {
  help: title('help: Esc goes back'),
  quit: asks('quit'),
  back: (shown, press) => {
    const isPage = PAGE.test(shown.text);
    if (!isPage) shown.type('f');
    expect(titles(shown)).toHaveLength(isPage ? 0 : 1);
    press();
    expect(titles(shown).length).toBeGreaterThan(1);
  },
  'next-pane': changes(focused),
  'previous-pane': changes(focused),
  pane: (shown, press) => {
    press();
    expect(shown.text).toMatch(/ 1 KERNEL LOG| 2 DROPPED| 3 CHARTS| 4 KERNEL MESS|there are panes 1 to 4/);
  },
  down: (shown, press) => {
    shown.type('g');
    changes(body)(shown, press);
  },
  up: (shown, press) => {
    shown.type('G');
    changes(body)(shown, press);
  },
  'page-down': (shown, press) => {
    shown.type('g');
    changes(body)(shown, press);
  },
  'page-up': (shown, press) => {
    shown.type('G');
    changes(body)(shown, press);
  },
  first: (shown, press) => {
    shown.type('G');
    changes(body)(shown, press);
  },
  last: (shown, press) => {
    shown.type('g');
    changes(body)(shown, press);
  },
  detail: becomes(({ text }) => PAGE.test(text), true),
  filter: title(' filter: _'),
  'sort-right': changes(({ text }) => /by (\w+)[^\n]*══\n/.exec(text)?.[1]),
  'sort-left': changes(({ text }) => /by (\w+)[^\n]*══\n/.exec(text)?.[1]),
  invert: title(', inverted'),
  group: title('drops by location'),
  pause: title('PAUSED +0'),
  acknowledge: changes((shown) => shown.model.incidents().filter(({ acknowledged }) => acknowledged).length),
  full: (shown, press) => {
    press();
    expect(titles(shown)).toHaveLength(1);
    press();
    expect(titles(shown).length).toBeGreaterThan(1);
  },
  time: changes(body),
  longer: asks('interval 2000'),
  shorter: asks('interval 500'),
  record: (shown, press) => {
    asks('record true')(shown, press);
    expect(shown.text).toContain('REC web-1.kwho');
    asks('record false')(shown, press);
    expect(shown.text).not.toContain('REC ');
  },
  export: (shown, press) => {
    press();
    expect([...shown.saved.keys()]).toEqual([
      expect.stringMatching(/^kwho-(log|drops)-\d{8}-\d{6}\.ndjson$/),
      expect.stringMatching(/^kwho-(log|drops)-\d{8}-\d{6}\.txt$/),
    ]);
    for (const text of shown.saved.values()) expect(text.split('\n').length).toBeGreaterThan(3);
    expect(shown.footer).toContain('wrote kwho-');
  },
  copy: (shown, press) => {
    press();
    const [, copied] = /\x1b\]52;c;([A-Za-z0-9+/=]+)\x07/.exec(shown.terminal.output.bytes) ?? [];
    expect(Buffer.from(copied, 'base64').toString('utf8')).toMatch(/\w+/);
    expect(shown.footer).toContain('clipboard');
  },
  stacks: (shown, press) => {
    asks('stacks true')(shown, press);
    asks('stacks false')(shown, press);
  },
  hidden: title('a hidden record'),
  redraw: (shown, press) => {
    const { text, terminal } = shown;
    terminal.output.clear();
    press();
    shown.wait(200);
    expect(shown.text.split('\n').slice(0, -1)).toEqual(text.split('\n').slice(0, -1));
  },
  suspend: (shown, press) => {
    press();
    expect(shown.asked).toEqual(['stop, raw false']);
    shown.screen.resume();
  },
  'keep-filter': (shown, press) => {
    press();
    expect(shown.text).toContain('filter "x":');
    expect(shown.footer).not.toContain('filter:');
  },
  'clear-filter': (shown, press) => {
    press();
    expect(shown.text).not.toContain('filter "x"');
    expect(shown.footer).not.toContain('filter:');
  },
  erase: title(' filter: _'),
  'erase-all': title(' filter: _'),
};

describe('every key does what the table says', () => {
  // Other names of a key are tried where it works first.
  const cases = KEYS.flatMap(({ names: [name, ...others], where, does }) => [
    ...where.map((place) => ({ name, place, does })),
    ...others.map((other) => ({ name: other, place: where[0], does })),
  ]);

  it.each(cases)('$name in $place: $does', ({ name, place, does }) => {
    const shown = at(place);
    CHECKS[does](shown, () => void shown.type(bytesOf(name)));
  });
});

describe('the table', () => {
  const everything = new Set(['record', 'stacks', 'interval', 'recover'] as const);

  it.each(['log', 'drops', 'charts', 'messages', 'detail', 'help', 'filter', 'small'] as const)(
    'has one meaning for a key in %s',
    (place) => {
      const names = keysAt(place, everything).flatMap((key) => key.names);
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    },
  );

  it('leaves out what the run cannot do, and the help says so', () => {
    const shown = screen({
      size: [200, 60],
      actions: { record: null, stacks: null, interval: null, recover: null },
    }).type('2');
    expect(shown.footer).not.toMatch(/record|stacks|interval|hidden/);
    shown.type('r', 's', '+', 'h');
    expect(shown.asked).toEqual([]);
    shown.type('?');
    expect(shown.text).toMatch(/record what .* \(not in this run\)/);
  });

  it('the footer begins with the way to the help and the way out', () => {
    for (const key of ['1', '2', '3', '4'])
      expect(screen().type(key).footer).toMatch(/^ \? F1 help {2}q quit/);
  });
});
