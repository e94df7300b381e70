import type { SeenDrop } from './check.js';
import { flowOf } from './witness-flow.js';

/** One line of the witness's probe. */
export function readWitnessed(line: string, reasons: ReadonlyMap<number, string>): SeenDrop {
  const time = /\s(\d+\.\d{6}): drop: /.exec(line)?.[1];
  if (time === undefined) throw new Error(`no drop of the witness's: ${line}`);
  const field = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
  const number = (name: string) => Number(field(name));
  const reason = number('reason');
  // An interface's name is a word; anything else is what else skb->dev may hold. Numbers behind it are stale then.
  const dev = /^"([!-~]{1,15})"$/.exec(field('dev'))?.[1] ?? null;
  const swapped = number('proto');
  const protocol = ((swapped & 0xff) << 8) | (swapped >> 8);
  return {
    time: Number(time),
    count: 1,
    symbol: field('loc').replace(/\+0x.*$/, ''),
    reason: line.includes(' reason=') ? (reasons.get(reason) ?? String(reason)) : null,
    dev,
    netns: netnsOf(dev !== null, field),
    protocol,
    verdict: null,
    flow: flowOf(headOf(line), protocol, number('nh')),
  };
}

/** Of the device, else of the socket that sent it, else of the one that was to have it. */
function netnsOf(ofDevice: boolean, field: (name: string) => string): number | null {
  if (ofDevice) return Number(field('netns'));
  if (field('sk') !== '0x0') return Number(field('sknetns'));
  return ['', '0x0'].includes(field('rxsk')) ? null : Number(field('rxnetns'));
}

/** The names in a format file: `{ 2, "NOT_SPECIFIED" }`. */
export function readReasons(format: string): Map<number, string> {
  const pairs = format.matchAll(/\{ (\d+), "(\w+)" \}/g);
  return new Map([...pairs].map(([, number, name]) => [Number(number), name!]));
}

function headOf(line: string): Buffer {
  const words = /hd=\{(.*)\}/.exec(line)?.[1]?.split(',') ?? [];
  const bytes = Buffer.alloc(8 * words.length);
  for (const [i, word] of words.entries()) bytes.writeBigUInt64LE(BigInt(word), 8 * i);
  return bytes;
}
