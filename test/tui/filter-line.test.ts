import { afterEach, describe, expect, it } from 'vitest';
import { OpenScreen } from './open-screen.js';

let open: OpenScreen | null = null;

afterEach(() => {
  open?.screen.close();
  open = null;
});

const rows = (shown: OpenScreen) => Number(/(\d+) rows? · by time/.exec(shown.text)?.[1]);

describe('a filter', () => {
  it('works while it is typed, and Esc shows everything again', () => {
    open = new OpenScreen({ size: [120, 40] });
    const all = rows(open);
    open.type('/', ...'klogd');
    expect(rows(open)).toBe(1);
    expect(open.footer).toMatch(/^ filter: klogd_ OK/);
    open.type('\x1b');
    expect(rows(open)).toBe(all);
  });

  it('is kept by Enter, named in the title, and cleared by Esc in the pane', () => {
    open = new OpenScreen({ size: [120, 40] });
    const all = rows(open);
    open.type('/', ...'klogd', '\r');
    expect(open.text).toContain('filter "klogd": 1 row');
    open.type('\x1b');
    expect(rows(open)).toBe(all);
  });

  it('may be inverted', () => {
    open = new OpenScreen({ size: [120, 40] });
    const all = rows(open);
    open.type('/', ...'!klogd');
    expect(rows(open)).toBe(all - 1);
  });

  it('that is none says so, changes nothing and is not kept', () => {
    open = new OpenScreen({ size: [120, 40] }).type('/', ...'klogd', ' ', 'n', 'o', '=', 'x');
    expect(open.footer).toMatch(/WRONG: /);
    expect(open.type('\r').footer).toMatch(/^ filter: klogd no=x_/);
  });

  it('takes letters that are commands elsewhere, and wide ones', () => {
    open = new OpenScreen({ size: [120, 40] }).type('/', 'q', '?', '1', '漢', '👍', '\x7f');
    expect(open.footer).toMatch(/^ filter: q\?1漢_/);
    expect(open.asked).toEqual([]);
  });
});
