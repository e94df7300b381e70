import { afterEach, describe, expect, it } from 'vitest';
import { bytes, HOSTILE_NAMES } from './hostile-events.js';
import { OpenScreen, type ScreenOptions } from './open-screen.js';

let open: OpenScreen | null = null;

afterEach(() => {
  open?.screen.close();
  open = null;
});

function screen(options: ScreenOptions = {}): OpenScreen {
  open = new OpenScreen(options);
  return open;
}

const SIZES: [number, number][] = [
  [80, 24],
  [120, 40],
  [200, 60],
  [60, 15],
  [59, 14],
  [40, 10],
];

describe('whole screens', () => {
  it.each(SIZES)('%ix%i', async (columns, rows) => {
    const { text } = screen({ size: [columns, rows] });
    await expect(text).toMatchFileSnapshot(`screens/${columns}x${rows}.txt`);
  });

  it('in ASCII', async () => {
    const { text } = screen({ size: [120, 40], options: { ascii: true, color: '16' } });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    await expect(text).toMatchFileSnapshot('screens/120x40-ascii.txt');
  });

  it.each(['3', '4', '?'])('with key %s', async (key) => {
    const { text } = screen({ size: [80, 24] }).type(key);
    await expect(text).toMatchFileSnapshot(`screens/80x24-key-${key === '?' ? 'help' : key}.txt`);
  });

  it('with a clear above what came after it, until it is acknowledged', () => {
    const shown = screen({ size: [80, 24] });
    const strip = () => shown.terminal.lines.slice(3, 5).map((line) => line.split(/ +/)[1]);
    expect(strip()).toEqual(['LOST', 'CLEAR']);
    expect(shown.type('a').terminal.lines[3]).toMatch(/^12:00:15\.500 {2}CLEAR/);
    shown.type('a', 'a');
    expect(shown.text).not.toMatch(/^12:00:15\.500 {2}CLEAR/m);
    expect(shown.type('a').footer).toContain('no incident to acknowledge');
  });

  it('of a replay that has ended, frozen, with a recording', () => {
    const shown = screen({ size: [120, 24], host: { replay: 'host\x1b[2J.kwho' } }).type('r', ' ');
    shown.model.finish();
    shown.model.event({
      type: 'lost',
      time: 1018,
      backend: 'hist',
      where: 'table',
      count: null,
      cpu: null,
      what: 'drops',
    });
    const [first] = shown.wait(200).terminal.lines;
    expect(first).toContain('REPLAY of host\\x1b[2J.kwho');
    expect(first).toContain('REC web-1.kwho');
    expect(first).toContain('PAUSED +1');
  });

  it.each([60, 80])('that are narrow still say what is going on, on %i columns', (columns) => {
    const long = { replay: `/var/tmp/${'incident-'.repeat(12)}.kwho`, recording: () => 'r'.repeat(60) };
    const shown = screen({ size: [columns, 24], host: long });
    shown.model.finish();
    const [first] = shown.type(' ').terminal.lines;
    expect(first).toMatch(/^ kwho .*… {2}ENDED {2}REC {2}PAUSED \+0$/);
  });
});

describe('names that draw', () => {
  it.each(['usual', 'all narrow', 'all wide'] as const)('columns stand straight, widths %s', (widths) => {
    const { terminal } = screen({ size: [120, 60], widths });
    const heading = terminal.lines.findIndex((line) => line.includes('process'));
    const door = terminal.lines[heading].indexOf('door');
    const process = terminal.lines[heading].indexOf('process');
    const found = HOSTILE_NAMES.map((_, i) => terminal.column(heading + 1 + i, door - 1, door + 10));
    expect(found).toEqual(HOSTILE_NAMES.map(() => ' syslog    '));
    expect(HOSTILE_NAMES.map((_, i) => terminal.column(heading + 1 + i, process - 1, process))).toEqual(
      HOSTILE_NAMES.map(() => ' '),
    );
  });

  it('stay straight when rows move over each other', () => {
    const moved = screen({ size: [120, 60], widths: 'all wide' });
    for (const key of ['<', 'I', '>', '\x1b[H', 'G', 'I']) moved.type(key);
    const fresh = screen({ size: [120, 60], widths: 'all wide' });
    for (const key of ['<', 'I', '>', '\x1b[H', 'G', 'I']) fresh.type(key);
    // Draws everything again: what changed bit by bit must look the same.
    fresh.type('\x0c');
    expect(moved.text).toBe(fresh.text);
  });

  it('arrive as text: tags as they are, bytes that steer the terminal escaped', () => {
    const { text, terminal } = screen({ size: [120, 60] });
    expect(text).toContain('{red-fg}x{/}[2000]');
    expect(text).toContain('\\x1b[31;1mred[2001]');
    expect(text).toContain('two\\x0alines');
    expect(text).toContain('漢字かな[2004]');
    expect(text).toContain('\\xff\\xfe\\x80[2011]');
    expect(text).toContain('\\x1b[2J');
    expect(terminal.output.bytes).not.toContain('\x1b]0;');
    expect(terminal.output.bytes).not.toContain(bytes('\u202e'));
  });
});

it('forgets a recording that ended by itself', () => {
  const shown = screen().type('r');
  expect(shown.text).toContain('REC web-1.kwho');
  shown.recording = null;
  expect(shown.wait(1100).text).not.toContain('REC ');
  shown.type('r');
  expect(shown.asked).toEqual(['record true', 'record true']);
});

describe('colours', () => {
  it('none: no colour is ever sent', () => {
    const { terminal } = screen({ size: [120, 40], options: { color: 'none' } }).type('?', 'q', '3');
    expect(
      [...terminal.output.used].filter((code) => /(^|;)[3-4][0-8]|(^|;)9\d|(^|;)10\d/.test(code)),
    ).toEqual([]);
  });

  it('16: none of the 256', () => {
    const { terminal } = screen({ size: [120, 40], options: { color: '16' } });
    expect([...terminal.output.used].filter((code) => code.includes('8;5'))).toEqual([]);
    expect([...terminal.output.used].some((code) => code.includes('91'))).toBe(true);
  });

  it('words say what colours say', () => {
    const { text } = screen({ size: [120, 60], options: { color: 'none' } });
    for (const word of ['CLEARS', 'STEALS', 'REFUSED', 'SUSPECT', 'policy', 'noise', 'LOST', 'CLEAR']) {
      expect(text).toContain(word);
    }
  });
});

describe('drawing', () => {
  it('happens when something changed, at most ten times a second', () => {
    const { terminal, model, screen: shown } = screen();
    const written = () => terminal.output.bytes.length;
    const before = written();
    shown.step();
    expect(written()).toBe(before);
    model.pause(true);
    shown.step();
    expect(written()).toBe(before);
    open!.wait(100);
    expect(written()).toBeGreaterThan(before);
  });

  it('answers a key at once', () => {
    const { terminal } = screen().wait(500);
    const { length } = terminal.output.bytes;
    terminal.type('?');
    expect(terminal.output.bytes.length).toBeGreaterThan(length);
  });

  it('waits while the terminal does not take what was sent', () => {
    const { terminal } = screen();
    const { length } = terminal.output.bytes;
    Object.defineProperty(terminal.output, 'writableLength', { value: 1 << 20, configurable: true });
    open!.type('?');
    expect(terminal.output.bytes.length).toBe(length);
    Object.defineProperty(terminal.output, 'writableLength', { value: 0, configurable: true });
    open!.wait(200);
    expect(open!.text).toContain('help');
  });

  it('keeps the selection through a resize and through a screen that is too small', () => {
    const shown = screen({ size: [120, 40] }).type('k', 'k');
    const before = shown.selected?.split(/ {2,}/).slice(0, 3);
    expect(before).toBeDefined();
    for (const [columns, rows] of [
      [40, 10],
      [80, 24],
      [120, 40],
    ]) {
      shown.terminal.resize(columns, rows);
      shown.wait(200);
    }
    expect(shown.selected?.split(/ {2,}/).slice(0, 3)).toEqual(before);
  });

  it('a chart has the size of its screen after a resize', () => {
    const shown = screen({ size: [200, 60] });
    shown.terminal.resize(120, 40);
    shown.wait(200);
    const fresh = new OpenScreen({ size: [120, 40] });
    expect(shown.text).toBe(fresh.text);
    fresh.screen.close();
  });
});
