import { afterEach, describe, expect, it } from 'vitest';
import { OpenScreen } from './open-screen.js';

const EVENTS = ['uncaughtException', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'exit', 'SIGCONT', 'SIGTSTP'];
const handlers = () => EVENTS.map((event) => `${event} ${process.listenerCount(event)}`);

let open: OpenScreen | null = null;

afterEach(() => {
  open?.screen.close();
  open = null;
});

function expectGivenBack({ terminal }: OpenScreen): void {
  const { modes, attributes } = terminal.output;
  expect(terminal.input.isRaw).toBe(false);
  expect(terminal.input.isPaused()).toBe(true);
  expect(modes.get('?1049')).toBe(false);
  expect(modes.get('?25')).toBe(true);
  // Keys of the keypad, and the mouse in all its modes.
  for (const mode of ['?1', '?1000', '?1002', '?1003', '?1006']) expect(modes.get(mode) ?? false).toBe(false);
  expect(['', '0']).toContain(attributes);
}

describe('the terminal', () => {
  it('is taken: alternate screen, no cursor, every key at once', () => {
    open = new OpenScreen();
    const { modes } = open.terminal.output;
    expect(modes.get('?1049')).toBe(true);
    expect(modes.get('?25')).toBe(false);
    expect(open.terminal.input.isRaw).toBe(true);
  });

  it('is given back on close, which may come twice', () => {
    open = new OpenScreen();
    open.screen.close();
    expectGivenBack(open);
    const { length } = open.terminal.output.bytes;
    open.screen.close();
    open.screen.step();
    expect(open.terminal.output.bytes.length).toBe(length);
    expect(open.terminal.output.bytes).toMatch(/\x1b\[\?1049l$/);
  });

  it('is given back when drawing breaks, and the error goes on', () => {
    open = new OpenScreen();
    open.model.dropRows = () => {
      throw new Error('broken');
    };
    expect(() => open!.type('?', 'q')).toThrow('broken');
    expectGivenBack(open);
  });

  it('that hung up is given back as far as it goes', () => {
    open = new OpenScreen();
    open.terminal.input.setRawMode = () => {
      throw Object.assign(new Error('setRawMode EIO'), { code: 'EIO' });
    };
    expect(() => open!.screen.close()).not.toThrow();
    expect(open.terminal.output.modes.get('?1049')).toBe(false);
    expect(open.terminal.output.modes.get('?25')).toBe(true);
  });

  it('is given back while the process is stopped, and taken and drawn again after', () => {
    open = new OpenScreen();
    const before = open.text;
    open.type('\x1a');
    expect(open.asked).toEqual(['stop, raw false']);
    expectGivenBack(open);
    const { length } = open.terminal.output.bytes;
    open.wait(1000);
    expect(open.terminal.output.bytes.length).toBe(length);
    open.screen.resume();
    expect(open.terminal.output.modes.get('?1049')).toBe(true);
    expect(open.terminal.input.isRaw).toBe(true);
    expect(open.wait(200).text).toBe(before);
  });

  it('can be closed while it is given back', () => {
    open = new OpenScreen();
    open.screen.suspend();
    const { length } = open.terminal.output.bytes;
    open.screen.close();
    expectGivenBack(open);
    expect(open.terminal.output.bytes.slice(length)).not.toContain('1049');
  });
});

describe('the process', () => {
  it('gets no handlers: how it ends is not the business of a screen', () => {
    const before = handlers();
    open = new OpenScreen();
    expect(handlers()).toEqual(before);
    open.type('?');
    open.screen.close();
    expect(handlers()).toEqual(before);
  });

  it('is told of a terminal that hung up, also after the end', () => {
    open = new OpenScreen();
    const gone = () => Object.assign(new Error('write EIO'), { code: 'EIO' });
    open.terminal.output.emit('error', gone());
    open.terminal.input.emit('end');
    expect(open.asked).toEqual(['hang up', 'hang up']);
    open.screen.close();
    expect(() => open!.terminal.output.emit('error', gone())).not.toThrow();
    expect(() => open!.terminal.input.emit('error', gone())).not.toThrow();
  });

  it('is asked to end, not ended', () => {
    open = new OpenScreen().type('q', '\x03');
    expect(open.asked).toEqual(['quit', 'quit']);
  });

  it('keeps its environment', () => {
    process.env.TMUX = '/tmp/none,1,0';
    open = new OpenScreen();
    expect(process.env.TMUX).toBe('/tmp/none,1,0');
    delete process.env.TMUX;
  });
});
