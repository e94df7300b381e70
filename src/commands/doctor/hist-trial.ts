import { parseHistTable } from '../../decode/hist-table.js';
import type { DropField } from '../../model/drop-by.js';
import type { CountTables, DropEventFacts } from '../../tracefs/drop-tracing.js';
import { readHist } from '../../tracefs/hist-trigger.js';
import { TraceInstance } from '../../tracefs/instance.js';
import { setUpDrops } from '../drops-setup.js';
import { dropsOptionsOf } from '../record-options.js';
import type { CheckedHost } from './check.js';
import type { Findings } from './finding.js';

interface Site {
  tracefs: string;
  facts: DropEventFacts;
  host: CheckedHost;
}

/** The tables that `kwho drops --by` has the kernel keep, started and read once. */
export function tryTables(found: Findings, name: string, by: readonly DropField[], site: Site): void {
  const { journal } = site.host;
  if (!site.facts.syntax.hist) {
    found.no(
      name,
      'this kernel has no hist triggers (CONFIG_HIST_TRIGGERS)',
      'none is needed: kwho counts what it reads, and says what was lost on the way',
    );
    return;
  }
  try {
    const instance = new TraceInstance(site.tracefs, process.pid, journal);
    instance.set('tracing_on', '0');
    const { count, refusals, blindSpots } = setUp(instance, by, site);
    const tables = count?.();
    if (tables === undefined) {
      found.no(name, refusals.join('; '), 'see type information: a probe has to fetch these keys');
      return;
    }
    const [wanted, read] = readBack(instance, tables);
    const words = `${wanted} ${wanted === 1 ? 'table' : 'tables'} taken`;
    const blind = blindSpots.length === 0 ? '' : `; not seen: ${blindSpots.join('; ')}`;
    if (read === wanted) found.ok(name, `${words} and read${blind}`);
    else found.no(name, `${words}, ${read} read back`, INSTEAD);
  } catch (error) {
    found.failed(name, error, INSTEAD);
  } finally {
    journal.undo();
  }
}

const INSTEAD = 'kwho drops --backend fields counts what it reads';
const INTERVAL_MS = 5000;

function setUp(instance: TraceInstance, by: readonly DropField[], { facts, host }: Site) {
  const options = { ...dropsOptionsOf({}, INTERVAL_MS), by };
  const { journal, sys } = host;
  return setUpDrops({ instance, journal, facts, sys, options, conditions: [], reader: 'pages' });
}

/** How many tables there are to be, and how many there are. */
function readBack(instance: TraceInstance, tables: CountTables): [number, number] {
  const { total, devices, names, sockets, extra } = tables;
  const wanted = [total, devices, names, ...sockets, extra].filter((table) => table !== null);
  const events = [...new Set(wanted.map(({ event }) => event))];
  const read = events.map((event) => parseHistTable(readHist(instance, event)).tables.length);
  return [wanted.length, read.reduce((sum, count) => sum + count, 0)];
}
