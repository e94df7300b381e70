/** Colours for a terminal, never the only carrier of a meaning. Words are padded to one width, so that columns stand. */
export class Paint {
  static readonly WIDTH = 10;
  readonly #on: boolean;

  constructor(on: boolean) {
    this.#on = on;
  }

  loud(word: string): string {
    return this.#sgr('1;31', word.padEnd(Paint.WIDTH));
  }

  warn(word: string): string {
    return this.#sgr('33', word.padEnd(Paint.WIDTH));
  }

  plain(word: string): string {
    return word.padEnd(Paint.WIDTH);
  }

  bold(word: string): string {
    return this.#sgr('1', word.padEnd(Paint.WIDTH));
  }

  strong(text: string): string {
    return this.#sgr('1', text);
  }

  faint(word: string): string {
    return this.#sgr('2', word);
  }

  #sgr(code: string, text: string): string {
    return this.#on ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

/** Colour where a person looks at a terminal that has it, unless told otherwise (no-color.org). */
export function wantsColor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
}
