import type { KwhoEvent } from '../../../../src/model/events.js';
import { KwhoRun } from '../kwho-run.js';
import type { Claim, SeenDrop } from './check.js';

/** A way of kwho's to look at drops, and what it says it can tell. */
export interface DropSource {
  name: string;
  args: readonly string[];
  claims: ReadonlySet<Claim>;
}

const EVENT = new Set<Claim>(['time', 'reason', 'protocol']);
const FIELDS = new Set<Claim>(['time', 'reason', 'dev', 'netns', 'protocol', 'flow', 'verdict']);
const COUNTS = new Set<Claim>(['reason', 'dev', 'netns']);

export const DROP_SOURCES: readonly DropSource[] = [
  source('event, pages', EVENT, '--events', '--backend', 'event', '--reader', 'pages'),
  source('event, text', EVENT, '--events', '--backend', 'event', '--reader', 'text'),
  source('fields, pages', FIELDS, '--events', '--backend', 'fields', '--reader', 'pages'),
  source('fields, text', FIELDS, '--events', '--backend', 'fields', '--reader', 'text'),
  source('hist', COUNTS, '--backend', 'hist', '--interval', '2s'),
];

function source(name: string, claims: ReadonlySet<Claim>, ...args: string[]): DropSource {
  return { name, claims, args: ['drops', '--json', ...args] };
}

/** One of them at work. What keeps it from working is told by the tests that need it. */
export class DropWatch {
  readonly source: DropSource;
  readonly #run: Promise<KwhoRun | Error>;

  constructor(source: DropSource) {
    this.source = source;
    this.#run = KwhoRun.start(...source.args).catch((error: Error) => error);
  }

  async ready(): Promise<void> {
    await this.#run;
  }

  async stop(): Promise<KwhoRun | Error> {
    const run = await this.#run;
    if (!(run instanceof Error)) await run.stop();
    return run;
  }
}

/** Drops and counts of drops among what a run told. */
export function dropsOf(events: readonly KwhoEvent[]): SeenDrop[] {
  return events.flatMap((event): SeenDrop[] => {
    if (event.type === 'drop') {
      const { time, location, reason, dev, netns, protocol, flow, verdict } = event;
      return [{ time, count: 1, symbol: location.symbol, reason, dev, netns, protocol, flow, verdict }];
    }
    if (event.type !== 'drop-count') return [];
    const { location, reason = null, dev = null, netns = null, protocol = null, flow = null } = event.key;
    const symbol = location?.symbol ?? null;
    return [
      { time: null, count: event.count, symbol, reason, dev, netns, protocol, flow, verdict: event.verdict },
    ];
  });
}
