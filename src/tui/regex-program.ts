import type { RegexNode } from './regex-syntax.js';

/** States by number; the first one is where matching begins. */
export type Program = readonly State[];

export interface State {
  /** Whether it takes a character; null for a state that takes none. */
  takes: ((character: number) => boolean) | null;
  /** What must hold where it stands. */
  holds: (text: string, at: number) => boolean;
  /** Where it goes on; nowhere is the end. */
  to: number[];
}

/** Repetitions with numbers are written out. */
export function compile(tree: RegexNode): Program | { problem: string } {
  const states: State[] = [];
  const add = (state: Partial<State>): number =>
    states.push({ takes: null, holds: always, to: [], ...state }) - 1;
  const start = add({});
  const ends = build(tree, [start], { states, add });
  if (states.length > MOST_STATES) return { problem: 'the expression is too large' };
  const end = add({});
  for (const state of ends) states[state]!.to.push(end);
  return states;
}

interface Builder {
  states: State[];
  add: (state: Partial<State>) => number;
}

/** @param from the states that lead into it @returns the states that lead out of it */
function build(node: RegexNode, from: number[], builder: Builder): number[] {
  const { states, add } = builder;
  // What is too large is not built to its end.
  if (states.length > MOST_STATES) return from;
  const enter = (state: Partial<State>) => {
    const number = add(state);
    for (const before of from) states[before]!.to.push(number);
    return number;
  };
  switch (node.kind) {
    case 'character':
      return [enter({ takes: node.takes })];
    case 'place':
      return [enter({ holds: node.holds })];
    case 'sequence':
      return node.parts.reduce((ends, part) => build(part, ends, builder), from);
    case 'choice':
      return node.options.flatMap((option) => build(option, [enter({})], builder));
    case 'repeat':
      return repeat(node, from, builder);
  }
}

function repeat(
  { part, least, most }: RegexNode & { kind: 'repeat' },
  from: number[],
  builder: Builder,
): number[] {
  const { states, add } = builder;
  let ends = from;
  for (let i = 0; i < least; i++) ends = build(part, ends, builder);
  if (most === null) {
    const loop = add({});
    for (const before of ends) states[before]!.to.push(loop);
    for (const last of build(part, [loop], builder)) states[last]!.to.push(loop);
    return [loop];
  }
  const ways = [...ends];
  for (let i = least; i < most; i++) {
    ends = build(part, ends, builder);
    ways.push(...ends);
  }
  return [...new Set(ways)];
}

function always(): boolean {
  return true;
}

const MOST_STATES = 250;
