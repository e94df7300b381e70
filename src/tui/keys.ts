import type { PaneName } from './layout.js';

/** Where a key is pressed: in a pane, on a page over the panes, in the line of a filter, or on too small a screen. */
export type KeyPlace = PaneName | 'detail' | 'help' | 'filter' | 'small';

export type Command =
  | 'help'
  | 'quit'
  | 'back'
  | 'next-pane'
  | 'previous-pane'
  | 'pane'
  | 'down'
  | 'up'
  | 'page-down'
  | 'page-up'
  | 'first'
  | 'last'
  | 'detail'
  | 'filter'
  | 'sort-right'
  | 'sort-left'
  | 'invert'
  | 'group'
  | 'pause'
  | 'acknowledge'
  | 'full'
  | 'time'
  | 'longer'
  | 'shorter'
  | 'record'
  | 'export'
  | 'copy'
  | 'stacks'
  | 'hidden'
  | 'redraw'
  | 'suspend'
  | 'keep-filter'
  | 'clear-filter'
  | 'erase'
  | 'erase-all';

/** What the run must be able to do for a key to work. */
export type Need = 'record' | 'stacks' | 'interval' | 'recover';

export interface Key {
  /** As blessed names them: `C-c` with Ctrl, `S-g` is `G`. */
  names: readonly string[];
  label: string;
  /** For the help page. */
  what: string;
  /** For the footer, where it stands there. */
  short: string | null;
  where: readonly KeyPlace[];
  does: Command;
  needs?: Need;
}

const TABLES = ['log', 'drops', 'messages'] as const;
const PANES = ['log', 'drops', 'charts', 'messages'] as const;
const PAGES = ['detail', 'help'] as const;
const SCROLLED = [...TABLES, ...PAGES] as const;
const ALL = [...PANES, ...PAGES, 'small'] as const;
const EVERYWHERE = [...ALL, 'filter'] as const;

/** The one table of keys: what they do, the footer and the help page come from it. The footer keeps its order. */
export const KEYS: readonly Key[] = [
  key('?,f1', '? F1', 'this page', 'help', [...PANES, 'detail'], 'help'),
  key('q', 'q', 'quit; on a page: back', 'quit', PANES, 'quit'),
  key('q', 'q', 'back', null, PAGES, 'back'),
  key('q', 'q', 'quit', 'quit', ['small'], 'quit'),
  key('C-c', 'Ctrl-C', 'quit', null, EVERYWHERE, 'quit'),
  key('escape', 'Esc', 'back: out of a page, the full screen, a filter', null, [...PANES, 'help'], 'back'),
  key('escape', 'Esc', 'back', 'back', ['detail'], 'back'),
  key(
    'enter,linefeed',
    'Enter',
    'all about the selected row',
    'detail',
    ['log', 'drops', 'messages'],
    'detail',
  ),
  key('/', '/', 'filter; it works while you type', 'filter', ['log', 'drops'], 'filter'),
  key('space', 'Space', 'freeze what is shown; nothing is missed meanwhile', 'pause', PANES, 'pause'),
  key('a', 'a', 'acknowledge the first of the incidents above the panes', 'ack', PANES, 'acknowledge'),
  key('>,.', '>', 'sort by the next column', 'sort', ['log', 'drops'], 'sort-right'),
  key('<', '<', 'sort by the column before', null, ['log', 'drops'], 'sort-left'),
  key('S-i', 'I', 'sort the other way round', 'invert', ['log', 'drops'], 'invert'),
  key('b', 'b', 'group drops by something else', 'group', ['drops'], 'group'),
  key('f', 'f', 'one pane on the full screen', 'full', PANES, 'full'),
  key('tab', 'Tab', 'next pane', 'pane', PANES, 'next-pane'),
  key('S-tab', 'Shift-Tab', 'pane before', null, PANES, 'previous-pane'),
  key('1,2,3,4,5,6,7,8,9', '1-4', 'a pane by its number', null, PANES, 'pane'),
  key('t', 't', 'times: clock, seconds since boot, ago', 'time', PANES, 'time'),
  key('down,j', 'Down j', 'down', null, SCROLLED, 'down'),
  key('up,k', 'Up k', 'up', null, SCROLLED, 'up'),
  key('pagedown', 'PgDn', 'a page down', null, SCROLLED, 'page-down'),
  key('pageup', 'PgUp', 'a page up', null, SCROLLED, 'page-up'),
  key('g,home', 'g Home', 'first row', null, SCROLLED, 'first'),
  key('S-g,end', 'G End', 'last row', null, SCROLLED, 'last'),
  key('y', 'y', "copy to the terminal's clipboard (OSC 52)", 'copy', [...TABLES, 'detail'], 'copy'),
  key('C-s', 'Ctrl-S', 'write what is shown to files: NDJSON and text', 'export', ['log', 'drops'], 'export'),
  key('r', 'r', 'record what the kernel tells to a file; again: end it', 'record', PANES, 'record', 'record'),
  key('s', 's', 'record kernel paths (stacks) too; again: no longer', 'stacks', PANES, 'stacks', 'stacks'),
  key(
    'h',
    'h',
    'the records of the log that a clear hides',
    'hidden',
    [...PANES, 'detail'],
    'hidden',
    'recover',
  ),
  key('+,=', '+', 'count drops over longer intervals', 'interval', ['drops', 'charts'], 'longer', 'interval'),
  key('-', '-', 'count drops over shorter intervals', null, ['drops', 'charts'], 'shorter', 'interval'),
  key('C-l', 'Ctrl-L', 'draw everything again', null, EVERYWHERE, 'redraw'),
  key('C-z', 'Ctrl-Z', 'suspend; fg comes back', null, ALL, 'suspend'),
  key('enter,linefeed', 'Enter', 'keep the filter', 'keep', ['filter'], 'keep-filter'),
  key('escape', 'Esc', 'clear the filter', 'clear', ['filter'], 'clear-filter'),
  key('backspace', 'Backspace', 'take the last character back', null, ['filter'], 'erase'),
  key('C-u', 'Ctrl-U', 'take everything back', null, ['filter'], 'erase-all'),
];

/** @param can what the run behind the screen can do */
export function keysAt(place: KeyPlace, can: ReadonlySet<Need>): Key[] {
  return KEYS.filter(({ where, needs }) => where.includes(place) && (needs === undefined || can.has(needs)));
}

/** @param name as blessed names the key */
export function keyNamed(name: string, place: KeyPlace, can: ReadonlySet<Need>): Key | null {
  return keysAt(place, can).find(({ names }) => names.includes(name)) ?? null;
}

function key(
  names: string,
  label: string,
  what: string,
  short: string | null,
  where: readonly KeyPlace[],
  does: Command,
  needs?: Need,
): Key {
  const found = { names: names.split(','), label, what, short, where, does };
  return needs === undefined ? found : { ...found, needs };
}
