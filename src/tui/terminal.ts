import { type BlessedElement, type BlessedProgram, type BlessedScreen, loadBlessed } from './blessed.js';
import { leaveProcessAlone, openProgram, type TerminalStreams } from './blessed-program.js';
import { CellPainter, type Hole } from './cell-painter.js';
import type { Palette } from './palette.js';
import type { Line } from './styled-line.js';

export interface TerminalEvents {
  /** @param name as blessed calls the key; @param character what it types, if anything */
  key: (name: string, character: string | null) => void;
  resize: () => void;
  /** It hung up. May come more than once, and after the end. */
  gone: () => void;
}

/** blessed, and nothing of it that reaches for the process: no handlers, no exit, no look at the host's terminfo. */
export class Terminal {
  readonly #streams: TerminalStreams;
  readonly #program: BlessedProgram;
  readonly #screen: BlessedScreen;
  readonly #painter: CellPainter;
  readonly #onResize: () => void;
  readonly #canvas: BlessedElement;
  #lines: readonly Line[] = [];
  #hole: Hole | null = null;
  /** Whether elements under the lines must be drawn again. */
  #stale = true;
  #state: 'shown' | 'suspended' | 'closed' = 'shown';

  /** Takes the terminal over: alternate screen, raw mode, no cursor. */
  constructor(streams: TerminalStreams, palette: Palette, events: TerminalEvents) {
    const blessed = loadBlessed();
    this.#streams = streams;
    this.#program = openProgram(blessed, streams);
    this.#fit();
    this.#screen = blessed.screen({ program: this.#program, forceUnicode: true });
    leaveProcessAlone(blessed);
    // Lines are drawn with the characters themselves.
    this.#program.tput.brokenACS = true;
    this.#painter = new CellPainter(this.#screen, palette);
    this.#canvas = blessed.box({ screen: this.#screen, top: 0, left: 0, width: '100%', height: '100%' });
    this.#canvas.render = () => this.#painter.paint(this.#lines, this.#hole);
    this.#screen.append(this.#canvas);
    this.#program.on('keypress', (character, { full }) => events.key(full, character ?? null));
    this.#onResize = events.resize;
    // These stay: what was written last may fail when everything else is over.
    streams.output.on('error', events.gone);
    streams.input.on('error', events.gone);
    streams.input.on('end', events.gone);
    streams.output.on('resize', this.#onResize);
    this.#program.flush();
  }

  get columns(): number {
    return this.#program.cols;
  }

  get rows(): number {
    return this.#program.rows;
  }

  /** Whether what was drawn last is still on its way: a slow line gets fewer frames, not a queue of them. */
  get isBehind(): boolean {
    return this.#streams.output.writableLength > MOST_WAITING;
  }

  /** @param hole where an element of blessed's is seen through the lines */
  draw(lines: readonly Line[], hole: Hole | null): void {
    if (this.#state !== 'shown') return;
    this.#lines = lines;
    this.#hole = hole;
    this.#screen.render();
    this.#stale = false;
    this.#program.flush();
  }

  /** Takes the new size; everything is drawn again. */
  resize(): void {
    this.#fit();
    this.redraw();
  }

  /** Draws everything again, whatever stood there. */
  redraw(): void {
    this.#screen.alloc();
    this.#stale = true;
  }

  /** An element under the lines shows something else now: otherwise its cells stay as they are, which costs nothing. */
  changed(): void {
    this.#stale = true;
  }

  /** Puts an element under the lines. @param make with the options that tie it to this screen */
  append<Element extends BlessedElement>(make: (options: { screen: BlessedScreen }) => Element): Element {
    const element = make({ screen: this.#screen });
    const render = element.render.bind(element);
    element.render = () => {
      if (this.#stale) render();
    };
    this.#stale = true;
    this.#screen.append(element);
    this.#screen.append(this.#canvas);
    return element;
  }

  remove(element: BlessedElement): void {
    this.#screen.remove(element);
  }

  /** Sends a control sequence that draws nothing. */
  send(sequence: string): void {
    if (this.#state === 'shown') this.#program.write(sequence);
  }

  /** Gives the terminal back for a while. */
  suspend(): void {
    if (this.#state !== 'shown') return;
    this.#state = 'suspended';
    this.#program.write(PLAIN);
    this.#screen.leave();
    this.#program.flush();
    this.#streams.input.setRawMode?.(false);
    this.#streams.input.pause();
  }

  resume(): void {
    if (this.#state !== 'suspended') return;
    this.#state = 'shown';
    this.#streams.input.setRawMode?.(true);
    this.#streams.input.resume();
    this.#fit();
    this.#screen.enter();
    this.#stale = true;
    this.#program.flush();
  }

  /** Gives the terminal back as it was. Safe to call twice, and on a terminal that is gone. */
  close(): void {
    if (this.#state === 'closed') return;
    const wasShown = this.#state === 'shown';
    this.#state = 'closed';
    this.#streams.output.removeListener('resize', this.#onResize);
    try {
      if (wasShown) this.#program.write(PLAIN);
      this.#screen.destroy();
    } catch {
      // A terminal that hung up takes no settings (EIO); one whose drawing broke still gets its screen back.
      if (wasShown) this.#program.write(RESTORE);
    }
  }

  #fit(): void {
    const { columns, rows } = this.#streams.size();
    this.#program.cols = Math.max(1, columns);
    this.#program.rows = Math.max(1, rows);
  }
}

const MOST_WAITING = 64 * 1024;
const PLAIN = '\x1b[m';
/** Keypad, cursor and screen as terminals start with them. */
const RESTORE = '\x1b[m\x1b[?1l\x1b>\x1b[?25h\x1b[?1049l';
