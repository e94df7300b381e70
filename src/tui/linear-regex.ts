import { compile, type Program } from './regex-program.js';
import { parseRegex } from './regex-syntax.js';

/**
 * A regular expression typed by a user, matched in time that is linear in the length of the text: every state that
 * the text so far can lead to is followed at once (Thompson's construction), so that no pattern takes forever.
 * Letters match in either case.
 */
export class LinearRegex {
  readonly #program: Program;
  /** By state, when it was last reached: the number of a step, which no two steps share. */
  readonly #reached: Float64Array;
  #step = 0;

  /** @returns what is wrong with it, in words, where something is */
  static parse(pattern: string): LinearRegex | { problem: string } {
    const tree = parseRegex(pattern);
    if ('problem' in tree) return tree;
    const program = compile(tree);
    return 'problem' in program ? program : new LinearRegex(program);
  }

  private constructor(program: Program) {
    this.#program = program;
    this.#reached = new Float64Array(program.length);
  }

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    const lower = text.toLowerCase();
    let now: number[] = [];
    this.#step++;
    for (let at = 0; at <= lower.length; at++) {
      // It may begin to match anywhere.
      if (this.#follow(0, lower, at, now)) return true;
      // Behind the last character nothing can be taken.
      if (at === lower.length) break;
      const next: number[] = [];
      const character = lower.charCodeAt(at);
      this.#step++;
      for (const state of now) {
        const { takes, to } = this.#program[state]!;
        if (takes?.(character) === true && to.some((other) => this.#follow(other, lower, at + 1, next)))
          return true;
      }
      now = next;
    }
    return false;
  }

  /** Adds what can be reached without taking a character. @returns whether the end is among it */
  #follow(start: number, text: string, at: number, into: number[]): boolean {
    const waiting = [start];
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      if (this.#reached[state] === this.#step) continue;
      this.#reached[state] = this.#step;
      const { takes, holds, to } = this.#program[state]!;
      if (to.length === 0) return true;
      if (takes !== null) into.push(state);
      else if (holds(text, at)) waiting.push(...to);
    }
    return false;
  }
}
