import { printable } from '../output/escape.js';
import type { DetailLine } from './detail-line.js';
import { KEYS, type Key, type KeyPlace, type Need } from './keys.js';
import { Page } from './page.js';
import { ROW_FIELDS } from './row-words.js';
import type { Health } from './shown.js';

/** Every key that works here, and what the screen's words mean. */
export function helpPage(can: ReadonlySet<Need>, health: () => Health): Page {
  return new Page('help', 'help: Esc goes back', () => [
    ...keyLines(can),
    line(''),
    ...WORDS,
    line(''),
    ...blindLines(health()),
  ]);
}

const SECTIONS: readonly { title: string; has: (key: Key) => boolean }[] = [
  { title: 'Keys of every pane', has: ({ where }) => panesOf(where).length === 4 },
  {
    title: 'Keys of lists',
    has: ({ where }) => panesOf(where).length > 0 && panesOf(where).length < 4,
  },
  { title: 'While a filter is typed', has: ({ where }) => where.length === 1 && where[0] === 'filter' },
];

function panesOf(where: readonly KeyPlace[]): KeyPlace[] {
  return where.filter((place) => PANES.has(place));
}

const PANES: ReadonlySet<KeyPlace> = new Set(['log', 'drops', 'charts', 'messages']);
const NAMES: Partial<Record<KeyPlace, string>> = {
  log: 'log',
  drops: 'drops',
  charts: 'charts',
  messages: 'messages',
};

function keyLines(can: ReadonlySet<Need>): DetailLine[] {
  return SECTIONS.flatMap(({ title, has }) => [
    line(title, 'title'),
    ...KEYS.filter(has).map((key) => line(`  ${key.label.padEnd(LABEL)} ${key.what}${limits(key, can)}`)),
    line(''),
  ]);
}

const LABEL = 10;

/** In which panes, and that it does not work in this run. */
function limits({ where, needs }: Key, can: ReadonlySet<Need>): string {
  const panes = panesOf(where);
  const only =
    panes.length > 0 && panes.length < 4 ? ` (${panes.map((pane) => NAMES[pane]).join(', ')})` : '';
  return needs !== undefined && !can.has(needs) ? `${only} (not in this run)` : only;
}

const WORDS: readonly DetailLine[] = [
  line('A filter', 'title'),
  line('  word           anywhere in a row; case never counts; several words: all of them'),
  line('  !word          not in the row; a ! of its own in front inverts the whole'),
  line(`  field=word     in that column: ${ROW_FIELDS.join(' ')}`),
  line('  "two words"    with a blank; /expression/ is a regular expression'),
  line(''),
  line('Words', 'title'),
  line('  CLEARS     the log was cleared: what it held before is hidden from dmesg, and can still be read'),
  line('  STEALS     records were taken by one reader: no other reader of /proc/kmsg or syslog(2) gets them'),
  line('  REFUSED    somebody tried and may not'),
  line('  SUSPECT    packets that should have arrived'),
  line('  policy     packets that a rule of this host refuses'),
  line('  noise      what every healthy host drops'),
  line('  lost       what the kernel or kwho could not keep: seen and lost together are all there was'),
];

function blindLines({ backends, blindSpots }: Health): DetailLine[] {
  return [
    line('Watching with', 'title'),
    ...(backends.length === 0
      ? [line('  nothing yet', 'faint')]
      : backends.map((text) => line(`  ${printable(text)}`))),
    line(''),
    line('Not seen', 'title'),
    ...(blindSpots.length === 0
      ? [line('  nothing that is known of', 'good')]
      : blindSpots.map((text) => line(`  ${printable(text)}`))),
  ];
}

function line(text: string, style: DetailLine['style'] = 'plain'): DetailLine {
  return { text, style };
}
