import { beforeAll, describe, expect, it } from 'vitest';
import { Agent } from './drop-cases/agent.js';
import { ALL_CASES } from './drop-cases/all-cases.js';
import { type Claim, problemsOf, type SeenDrop, totalsOf } from './drop-cases/check.js';
import { DROP_SOURCES, DropWatch, dropsOf } from './drop-cases/drop-source.js';
import { writeFixtures } from './drop-cases/fixtures.js';
import { runningKernel, valueOn } from './drop-cases/kernels.js';
import { type CaseRun, removeNamespaces, runCase } from './drop-cases/run-case.js';
import { Witness } from './drop-cases/witness.js';
import { leftovers, NOTHING } from './kwho-run.js';

const kernel = runningKernel();
/**
 * All of them take a guest seven minutes: KWHO_DROP_CASES=all, or their names with commas between. Otherwise some of each
 * sort, by three ways of looking.
 */
const wanted = process.env.KWHO_DROP_CASES ? process.env.KWHO_DROP_CASES.split(',') : null;
const everything = wanted !== null;
const OFTEN = new Set(
  [
    'udp-closed-port udp6-closed-port udp-receive-buffer-full udp-socket-filter tcp-closed-port tcp-bad-checksum',
    'tcp-old-data ip-bad-checksum ip-unknown-protocol forward-no-route forwarding-off ttl-expired rp-filter-strict',
    'nft-input nft-forward tc-ingress-drop netem-loss other-hosts-mac unknown-ethertype',
    'noise-unix-closed-with-unread-data healthy-tcp-transfer healthy-udp-echo healthy-namespace-deleted',
  ].flatMap((line) => line.split(' ')),
);
const OFTEN_BY = new Set(['event, text', 'fields, pages', 'hist']);
const cases = ALL_CASES.filter(({ unavailable }) => (unavailable?.(kernel) ?? null) === null).filter(
  ({ name }) => (wanted === null ? OFTEN.has(name) : wanted[0] === 'all' || wanted.includes(name)),
);
const names = cases.map(({ name }) => [name] as const);
/** Tables of skb:kfree_skb need 5.17. With KWHO_WITNESS_ALONE only the cases themselves are put to the test. */
const sources =
  process.env.KWHO_WITNESS_ALONE === undefined
    ? DROP_SOURCES.filter(({ name }) => everything || OFTEN_BY.has(name)).filter(
        ({ name }) => name !== 'hist' || kernel !== '5.10',
      )
    : [];
const WITNESSED = new Set<Claim>(['time', 'reason', 'dev', 'netns', 'protocol', 'flow']);

const runs = new Map<string, CaseRun | Error>();
const seen = new Map<string, SeenDrop[] | Error>();

beforeAll(async () => {
  const agent = new Agent();
  const witness = new Witness(kernel);
  const watches = sources.map((source) => new DropWatch(source));
  for (const watch of watches) await watch.ready();
  for (const dropCase of cases)
    runs.set(dropCase.name, await runCase(agent, dropCase).catch((error: Error) => error));
  // At its end kwho looks into every namespace there is, and here are hundreds.
  await removeNamespaces(agent, done());
  for (const watch of watches) {
    const run = await watch.stop();
    seen.set(watch.source.name, run instanceof Error ? run : dropsOf(run.events));
  }
  const lines = witness.lines();
  seen.set('witness', witness.drops(lines));
  const fixtures = process.env.KWHO_FIXTURES;
  if (fixtures !== undefined) writeFixtures(fixtures, witness, lines, done());
  witness.stop();
  agent.stop();
}, 3_600_000);

describe('ways to lose a packet', () => {
  it.each(names)('%s', (name) => {
    const run = found(runs, name);
    expect(problemsOf(run, found(seen, 'witness'), WITNESSED, kernel)).toEqual([]);
    const unseen = valueOn(run.dropCase.unseen ?? null, kernel);
    if (unseen === null) return;
    const { side, counter, count } = unseen;
    expect({ [counter]: run.moved.get(side)?.get(counter) }).toEqual({ [counter]: count });
  });
});

describe.each(sources)('kwho drops by $name', ({ name: source, claims }) => {
  it.each(names)('%s', (name) => {
    expect(problemsOf(found(runs, name), found(seen, source), claims, kernel)).toEqual([]);
  });

  it('counts as many as there were', () => {
    const witnessed = totalsOf(done(), found(seen, 'witness'), kernel);
    expect(others(totalsOf(done(), found(seen, source), kernel))).toEqual(others(witnessed));
  });
});

it('nothing of kwho is left in the kernel', () => {
  expect(leftovers()).toEqual(NOTHING);
});

/** Without the datagrams that each kwho sends itself to a closed port when it starts: the others see them or not. */
function others(totals: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(totals).filter(([kind]) => !/^(__udp4_lib_rcv|udp_rcv)\b/.test(kind)),
  );
}

function done(): CaseRun[] {
  return [...runs.values()].filter((run): run is CaseRun => !(run instanceof Error));
}

/** @throws what went wrong there */
function found<T>(results: ReadonlyMap<string, T | Error>, name: string): T {
  const result = results.get(name);
  if (result === undefined || result instanceof Error) throw result ?? new Error(`${name} did not run`);
  return result;
}
