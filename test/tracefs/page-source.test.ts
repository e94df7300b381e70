import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listCpus, PageSource, readLosses } from '../../src/tracefs/page-source.js';
import { FakeTracefs } from './fake-tracefs.js';

let tracefs: FakeTracefs;
beforeEach(() => {
  tracefs = new FakeTracefs();
});
afterEach(() => tracefs.remove());

it('CPUs are listed by number, not by name', () => {
  for (const cpu of [10, 2, 0, 1]) mkdirSync(join(tracefs.path, `per_cpu/cpu${cpu}`), { recursive: true });
  expect(listCpus(tracefs.path)).toEqual([0, 1, 2, 10]);
});

describe('losses', () => {
  it.each(['5.10', '6.1', '6.12', '7.2'])('an overwritten buffer of %s', (kernel) => {
    const overruns = [0, 1].map((cpu): [number, number] => {
      const path = new URL(`../fixtures/${kernel}/capture-log/lost/cpu${cpu}.stats`, import.meta.url);
      const stats = readFileSync(path, 'latin1');
      tracefs.put(`per_cpu/cpu${cpu}/stats`, stats);
      return [cpu, Number(/^overrun: (\d+)$/m.exec(stats)?.[1])];
    });
    expect(Math.max(...overruns.map(([, count]) => count))).toBeGreaterThan(0);
    expect(readLosses(tracefs.path)).toEqual(new Map(overruns));
  });

  // kernel/trace/trace.c tracing_stats_read(); with overwrite=0 the kernel drops what comes, else what was there.
  it('every kind of loss counts, bytes and read events do not', () => {
    const stats =
      'entries: 9\noverrun: 100\ncommit overrun: 20\nbytes: 5000\noldest event ts:     3.1\nnow ts:     4.2\ndropped events: 3\nread events: 700\n';
    for (const cpu of [0, 1]) tracefs.put(`per_cpu/cpu${cpu}/stats`, stats);
    expect(readLosses(tracefs.path)).toEqual(
      new Map([
        [0, 123],
        [1, 123],
      ]),
    );
  });
});

describe('pages', () => {
  const PAGE = 4096;

  it('are handed over by CPU, all that is there', () => {
    const pages = (first: number, count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.alloc(PAGE, first + i)));
    tracefs.put('per_cpu/cpu0/trace_pipe_raw', pages(1, 2).toString('latin1'));
    tracefs.put('per_cpu/cpu1/trace_pipe_raw', pages(10, 1).toString('latin1'));
    const seen: [number, number, number][] = [];
    const source = new PageSource(tracefs.path, { pageSize: PAGE }, (cpu, page) =>
      seen.push([cpu, page[0], page.length]),
    );
    expect(source.poll()).toBe(true);
    expect(seen).toEqual([
      [0, 1, PAGE],
      [0, 2, PAGE],
      [1, 10, PAGE],
    ]);
    expect(source.poll()).toBe(false);
    source.close();
    source.close();
  });

  it('are handed over in rounds no longer than wanted', () => {
    tracefs.put('per_cpu/cpu0/trace_pipe_raw', Buffer.alloc(5 * PAGE, 7).toString('latin1'));
    tracefs.put('per_cpu/cpu1/trace_pipe_raw', '');
    let pages = 0;
    const source = new PageSource(tracefs.path, { pageSize: PAGE, pagesARound: 2 }, () => pages++);
    const rounds = [source.poll(), pages, source.poll(), pages, source.poll(), pages, source.poll()];
    expect(rounds).toEqual([true, 2, true, 4, true, 5, false]);
    source.close();
  });

  it('a CPU whose file cannot be opened is an error', () => {
    tracefs.put('per_cpu/cpu0/trace_pipe_raw');
    mkdirSync(join(tracefs.path, 'per_cpu/cpu1'));
    expect(() => new PageSource(tracefs.path, { pageSize: PAGE }, () => {})).toThrow(/ENOENT/);
  });
});
