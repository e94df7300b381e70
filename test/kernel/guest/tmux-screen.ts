import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** A shell in a terminal of tmux's, with a server of its own: what is typed and what is seen are real. */
export class TmuxScreen {
  readonly #socket: string;
  #size: { columns: number; rows: number };

  private constructor(socket: string, size: { columns: number; rows: number }) {
    this.#socket = socket;
    this.#size = size;
  }

  /** @param folder where the shell is */
  static open(folder: string, columns: number, rows: number): TmuxScreen {
    const screen = new TmuxScreen(`kwho-${process.pid}-${opened++}`, { columns, rows });
    const shell = "env PS1='shell> ' HISTFILE= bash --norc --noprofile -i";
    screen.#tmux(
      ...['start-server', ';', 'set-option', '-g', 'default-terminal', 'screen-256color', ';'],
      ...['new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', folder, shell],
    );
    return screen;
  }

  /** What stands on the screen, without blanks at the ends of lines. */
  get lines(): string[] {
    return this.#tmux('capture-pane', '-p').split('\n').slice(0, this.#size.rows);
  }

  /** The same with the sequences for the looks of it. */
  get painted(): string {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  /** Whether a program has the screen to itself, and whether the cursor is to be seen. */
  get state(): { alternate: boolean; cursor: boolean } {
    const flags = this.#tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim().split(' ');
    return { alternate: flags[0] === '1', cursor: flags[1] === '1' };
  }

  /** @param keys as tmux names them: `Space`, `Escape`, `C-s`; others are typed as they are */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Types a line into the shell. */
  enter(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The line of the screen that matches, as soon as there is one. @throws Error with the screen as it is instead */
  async line(pattern: RegExp, seconds = PATIENCE_S): Promise<string> {
    let found: string | undefined;
    await this.until(
      () => {
        found = this.lines.find((line) => pattern.test(line));
        return found !== undefined;
      },
      `${pattern}`,
      seconds,
    );
    return found!;
  }

  /** @throws Error with the screen as it is when it takes too long */
  async until(condition: () => boolean, what: string, seconds = PATIENCE_S): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!condition()) {
      if (performance.now() > end)
        throw new Error(`waited ${seconds} s in vain for ${what}; the screen:\n${this.lines.join('\n')}`);
      await sleep(POLL_MS);
    }
  }

  /** The terminal goes away, as when a connection breaks. */
  close(): void {
    spawnSync('tmux', ['-L', this.#socket, 'kill-server'], { encoding: 'utf8' });
  }

  #tmux(...args: string[]): string {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' };
    const command = ['-u', '-L', this.#socket, '-f', '/dev/null', ...args];
    const { status, stdout, stderr } = spawnSync('tmux', command, { encoding: 'utf8', env });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  }
}

let opened = 0;
/** An emulated guest on a busy machine. */
const PATIENCE_S = 60;
const POLL_MS = 150;
