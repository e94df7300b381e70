/** What is wrong with a pattern, in words for whoever types it. */
export class PatternProblem extends Error {}

/** The text of a pattern, read from its beginning to its end. */
export class PatternText {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The character so many places on; empty behind the end. */
  peek(ahead = 0): string {
    return this.#text.charAt(this.#at + ahead);
  }

  next(): string {
    return this.#text.charAt(this.#at++);
  }

  /** Whether this character comes next; if so it is behind us. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#at++;
    return true;
  }

  /** What matches here. @param pattern begins with `^` */
  match(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.#text.slice(this.#at));
    if (found !== null) this.#at += found[0].length;
    return found;
  }
}
