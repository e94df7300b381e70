import { readFileSync } from 'node:fs';

/** A file of /proc/net or the output of a program, as a 6.12 guest gave it, in latin1. */
export function netFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/6.12/net/${name}`, import.meta.url), 'latin1');
}
