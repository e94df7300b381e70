import { describe, expect, it } from 'vitest';
import { type BlockLog, Tap } from '../../src/commands/tap.js';

type Block = Parameters<BlockLog['block']>[0];

function written(): { log: BlockLog; blocks: Block[]; told: () => string[] } {
  const blocks: Block[] = [];
  const log = { block: (block: Block) => void blocks.push(block) };
  const told = () =>
    blocks.splice(0).map(({ kind, head }) => {
      const { method, name, key, value, buffer } = (head ?? {}) as Record<string, unknown>;
      return [kind, method ?? buffer, name, key, value].filter((part) => part !== undefined).join(' ');
    });
  return { log, blocks, told };
}

function begun(...calls: [string][]): { tap: Tap } & ReturnType<typeof written> {
  const tap = new Tap('side');
  tap.begin(() => ({ head: { a: 1 }, calls }));
  return { tap, ...written() };
}

describe('a tap', () => {
  it('writes nothing before the sources are live, and nothing while nothing is recorded', () => {
    const tap = new Tap('side');
    const { log, told } = written();
    tap.record(log);
    tap.call('early');
    tap.look('name', () => 'x')(1);
    tap.endRound(1);
    expect(told()).toEqual([]);
    tap.begin(() => ({ head: {}, calls: [] }));
    tap.record(null);
    tap.call('late');
    tap.endRound(2);
    expect(told()).toEqual(['begin']);
  });

  it('begins with what came about before: at once, so that no later answer comes in between', () => {
    const { tap, log, told } = begun(['baseline'], ['notice']);
    tap.record(log);
    tap.look('table', () => 'new')('hist');
    tap.call('interval');
    tap.endRound(7);
    expect(told()).toEqual([
      'begin',
      'call baseline',
      'call notice',
      'look table hist new',
      'call interval',
      'round',
    ]);
  });

  it('answers stand before the bytes of the round that asks for them', () => {
    const { tap, log, told, blocks } = begun();
    const look = tap.look('name', (key: number) => `n${key}`);
    tap.record(log);
    const buffer = tap.buffer('pages');
    const bytes = Buffer.from([0, 1, 2, 3]).subarray(1);
    buffer.bytes(1, bytes);
    bytes.fill(9);
    expect(look(5)).toBe('n5');
    buffer.endRound();
    tap.endRound(3.5);
    expect(blocks.find(({ kind }) => kind === 'bytes')).toMatchObject({
      ...{ stream: 'side', time: 3.5, head: { buffer: 'pages', cpu: 1 } },
      bytes: Uint8Array.of(1, 2, 3),
    });
    expect(told()).toEqual(['begin', 'look name 5 n5', 'bytes pages', 'read pages', 'round']);
  });

  it('writes an answer again when it has changed, and not when it has not', () => {
    const { tap, log, told } = begun();
    let answer: unknown = { a: 1 };
    const look = tap.look('process', () => answer);
    tap.record(log);
    for (const next of [{ a: 1 }, { a: 1 }, { a: 2 }, null, null]) {
      answer = next;
      look(1);
    }
    expect(told().slice(1)).toHaveLength(3);
  });

  it('a recording that begins later has the answers nobody asks for again, and starts from there', () => {
    const { tap, log, told } = begun();
    const symbol = tap.lookOnce('symbol', (address: number) => (address === 1 ? 'kmsg_read' : null));
    const other = tap.look('other', () => 'x');
    tap.record(log);
    symbol(1);
    symbol(2);
    other(1);
    told();
    tap.record(null);
    const second = written();
    tap.record(second.log);
    expect(second.told()).toEqual(['look symbol 1 kmsg_read', 'begin']);
    expect(told()).toEqual([]);
  });

  it('tells the end of a round of reading as long as it means something', () => {
    const { tap, log, told } = begun();
    tap.record(log);
    const buffer = tap.buffer('pages');
    buffer.bytes(0, Uint8Array.of(1));
    for (let round = 0; round < 4; round++) buffer.endRound();
    buffer.finish();
    tap.endRound(1);
    expect(told()).toEqual(['begin', 'bytes pages', 'read pages', 'read pages', 'drained pages', 'round']);
  });
});
