import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SideOrder } from '../../src/commands/replay-order.js';
import type { KwhoEvent } from '../../src/model/events.js';
import type { EventSink } from '../../src/output/sink.js';

/** What two sinks were given, as one list. */
function listen() {
  const player = { now: 0, progress: { counted: 0, detailed: 0 } };
  const order = new SideOrder(player);
  const told: string[] = [];
  const sink = (side: string): EventSink => ({
    event: (event) =>
      told.push(
        `${side} ${event.type === 'notice' ? event.text : event.type} ${order.moment.progress.counted}`,
      ),
    tick: () => told.push(`${side} tick ${order.moment.now}`),
    end: () => told.push(`${side} end`),
  });
  return { player, order, told, log: order.sink(sink('log')), drops: order.sink(sink('drops')) };
}

function notice(time: number | null, text = String(time)): KwhoEvent {
  return {
    type: 'notice',
    time,
    backend: 'kwho',
    level: 'info',
    code: 'test',
    text,
    hint: null,
  } as KwhoEvent;
}

describe('both sides in one order', () => {
  it('what the drop side told of a round waits for what the log side tells of it later', () => {
    const { player, order, told, log, drops } = listen();
    player.progress.counted = 7;
    drops.event(notice(5));
    drops.tick();
    // A round ended at 6, and what it had read of the log comes with the next two.
    order.round('log', 6);
    order.round('drops', 6);
    player.progress.counted = 9;
    log.event(notice(4));
    order.round('log', 8);
    order.round('drops', 8);
    expect(told).toEqual([]);
    order.round('log', 10);
    // With the totals of that time.
    expect(told).toEqual(['log 4 9', 'drops 5 7', 'drops tick 0']);
  });

  it('where the log side has nothing to read, nothing waits', () => {
    const { order, told, drops } = listen();
    order.round('log', 1);
    drops.event(notice(5));
    order.round('drops', 6);
    expect(told).toEqual(['drops 5 0']);
  });

  it('what was before any moment, and what ends a side, comes at once', () => {
    const { told, log, drops } = listen();
    log.event(notice(null, 'watching'));
    expect(told).toEqual(['log watching 0']);
    drops.event(notice(3));
    drops.event(notice(null, 'about 3'));
    log.event(notice(2));
    expect(told).toHaveLength(1);
    log.end();
    drops.end();
    expect(told.slice(1)).toEqual(['log 2 0', 'drops 3 0', 'drops about 3 0', 'log end', 'drops end']);
  });
});

it('whatever comes: nothing is left out, and no side is told in another order', () => {
  const step = fc.oneof(
    fc.record({ side: fc.constantFrom('log', 'drops'), after: fc.nat(5) }),
    fc.record({ round: fc.constantFrom('log', 'drops'), after: fc.nat(5) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { order, told, log, drops } = listen();
      const sides: Record<string, EventSink> = { log, drops };
      const given: Record<string, string[]> = { log: [], drops: [] };
      let time = 0;
      for (const each of steps) {
        time += each.after;
        if ('round' in each) {
          order.round(each.round, time);
          continue;
        }
        const text = `${time}.${given[each.side]!.length}`;
        given[each.side]!.push(`${each.side} ${text} 0`);
        sides[each.side]!.event(notice(time, text));
      }
      log.end();
      drops.end();
      for (const side of ['log', 'drops'])
        expect(told.filter((line) => line.startsWith(side) && !line.endsWith('end'))).toEqual(given[side]);
    }),
  );
});
