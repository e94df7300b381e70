import { type Check, isObject, isText } from './recorded-shape.js';

/** The answers to look-ups that a recording holds, each the newest so far. */
export class Recall {
  readonly #answers = new Map<string, unknown>();

  /** Takes a `look` block's head. @throws ShapeError */
  learn(head: unknown): void {
    const { name, key } = isLook(head);
    if (this.#answers.size >= MOST) this.#answers.clear();
    this.#answers.set(`${name} ${key}`, (head as { value: unknown }).value);
  }

  /** The same look-up as when the recording was made; null where it was not made. */
  look<K extends string | number | bigint, V>(name: string, check: Check<V>): (key: K) => V | null {
    return (key) => {
      const answer = this.#answers.get(`${name} ${key}`);
      return answer === undefined || answer === null ? null : check(answer);
    };
  }
}

const isLook = isObject({ name: isText, key: isText });
const MOST = 1_000_000;
