import { release as runningRelease } from 'node:os';
import type { StapHeader } from '../../decode/stap-record.js';
import { UnavailableError } from '../../errors.js';
import type { DropCondition } from '../../model/drop-filter.js';
import { dropsScript } from '../../stap/drops-script.js';
import { readTemplate } from '../../stap/template.js';
import type { DropsOptions } from '../drops-options.js';
import type { WantedModule } from './modules.js';

type Wanted = Pick<DropsOptions, 'events' | 'by' | 'stack' | 'maxEvents'>;

/** Whether counts by place are enough, or single drops have to be told. */
export function wantsEvents(
  { events, by, stack, maxEvents }: Wanted,
  conditions: readonly DropCondition[],
): boolean {
  return (
    events ||
    stack ||
    maxEvents !== null ||
    by.some((field) => !COUNTED.has(field)) ||
    conditions.some(({ field }) => !COUNTED.has(field))
  );
}

/** What the script's table has. */
const COUNTED: ReadonlySet<string> = new Set(['location', 'reason', 'dev', 'netns']);

/**
 * The module for a run. What is filtered is filtered by kwho, so that few different modules have to be built on a host.
 */
export function dropsModule(events: boolean, stack: boolean): WantedModule {
  const script = dropsScript(readTemplate('drops'), {
    release: runningRelease(),
    events,
    intervalMs: TABLE_MS,
    stackDepth: stack ? STACK_DEPTH : 0,
    by: ['location', 'reason', 'dev', 'netns'],
    dev: null,
    netns: null,
    reasons: [],
    hosts: [],
    ports: [],
  });
  const name = stack ? 'kwho_drops_paths' : events ? 'kwho_drops_events' : 'kwho_drops_counts';
  return { command: 'drops', name, script };
}

/** Also how late a count may come. */
const TABLE_MS = 250;
const STACK_DEPTH = 24;

/**
 * Holds what a module says of itself against what is wanted of it.
 * @throws UnavailableError where another one has to be built
 */
export function checkDropsHeader(header: StapHeader, events: boolean, stack: boolean): void {
  if (header.script !== 'drops') throw unfit(`its script is for kwho ${header.script}`, '');
  if (events && !header.events)
    throw unfit('it counts drops, and single ones are needed for what was asked for', ' --events');
  if (stack && header.stackDepth === 0) throw unfit('it tells no kernel paths', ` --stack ${STACK_DEPTH}`);
}

function unfit(why: string, options: string): UnavailableError {
  return new UnavailableError(`this SystemTap module does not fit: ${why}`, {
    code: 'stap-wrong-module',
    hint: `build one that does: kwho probe drops${options} --compile -o kwho_drops_events.ko`,
  });
}
