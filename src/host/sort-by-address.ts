/**
 * The order in which 64-bit numbers, given as unsigned halves, ascend; equal ones stay in the order given. What is in
 * order at the beginning (the kernel's own symbols) is left so; the rest (its modules') gets a radix sort of 16 bits a
 * round and is merged in, because a comparing sort would cost more than reading the symbols.
 */
export function sortByAddress(hi: Uint32Array, lo: Uint32Array): Uint32Array {
  const sorted = ascendingPrefix(hi, lo);
  const order = new Uint32Array(hi.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (sorted === hi.length) return order;
  let rest = order.slice(sorted);
  let other = new Uint32Array(rest.length);
  const rounds = [
    [lo, 0],
    [lo, 16],
    [hi, 0],
    [hi, 16],
  ] as const;
  for (const [half, shift] of rounds) if (sortRound(half, shift, rest, other)) [rest, other] = [other, rest];
  merge(order, sorted, rest, hi, lo);
  return order;
}

function ascendingPrefix(hi: Uint32Array, lo: Uint32Array): number {
  for (let i = 1; i < hi.length; i++) {
    if (hi[i]! < hi[i - 1]! || (hi[i] === hi[i - 1] && lo[i]! < lo[i - 1]!)) return i;
  }
  return hi.length;
}

/** One round from `from` into `to`; false, and nothing done, where all digits are equal. */
function sortRound(half: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array): boolean {
  const places = new Uint32Array(0x1_0000);
  for (let i = 0; i < from.length; i++) places[(half[from[i]!]! >>> shift) & 0xffff]!++;
  if (places[(half[from[0]!]! >>> shift) & 0xffff] === from.length) return false;
  let sum = 0;
  for (let digit = 0; digit < places.length; digit++) {
    const count = places[digit]!;
    places[digit] = sum;
    sum += count;
  }
  for (let i = 0; i < from.length; i++) {
    const item = from[i]!;
    to[places[(half[item]! >>> shift) & 0xffff]!++] = item;
  }
  return true;
}

/** Puts `rest` between the first `sorted` items of `order`, which holds just enough room, from its end downwards. */
function merge(
  order: Uint32Array,
  sorted: number,
  rest: Uint32Array,
  hi: Uint32Array,
  lo: Uint32Array,
): void {
  let first = sorted - 1;
  let second = rest.length - 1;
  for (let to = order.length - 1; second >= 0; to--) {
    const a = first < 0 ? -1 : order[first]!;
    const b = rest[second]!;
    const aIsLast = a !== -1 && (hi[a]! > hi[b]! || (hi[a] === hi[b] && lo[a]! > lo[b]!));
    order[to] = aIsLast ? a : b;
    if (aIsLast) first--;
    else second--;
  }
}
