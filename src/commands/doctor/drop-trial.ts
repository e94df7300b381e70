import { parseHistTable } from '../../decode/hist-table.js';
import { systemCode } from '../../errors.js';
import { locateTracefs } from '../../host/tracefs-mount.js';
import type { DropField } from '../../model/drop-by.js';
import { dropProbes, PACKET_FIELDS } from '../../tracefs/drop-probe.js';
import { DROP_EVENT, type DropEventFacts, enableDrops, readDropEvent } from '../../tracefs/drop-tracing.js';
import { DynamicEvents, dynamicEvents, lastProbeError } from '../../tracefs/dynamic-events.js';
import { readHist } from '../../tracefs/hist-trigger.js';
import { TraceInstance } from '../../tracefs/instance.js';
import { readOffsets, setUpDrops } from '../drops-setup.js';
import { dropsOptionsOf } from '../record-options.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings } from './finding.js';

/** The drop side's event, probes and tables, each set up as `kwho drops` does, in an instance of our own. */
export function tryDropTracing(host: CheckedHost): CheckResult {
  const found = new Findings('drop events');
  let tracefs: string;
  try {
    tracefs = locateTracefs(host.proc);
  } catch {
    for (const name of ['skb:kfree_skb', 'probes', 'hist'])
      found.unknown(name, 'not tried: tracefs cannot be used', null);
    return { findings: found.list };
  }
  try {
    const facts = readDropEvent(tracefs);
    tryEvent(found, tracefs, facts, host);
    tryProbes(found, tracefs, facts, host);
    tryTables(found, tracefs, facts, host);
  } catch (error) {
    found.failed('skb:kfree_skb', error, 'a kernel built with CONFIG_NET and CONFIG_TRACEPOINTS');
  } finally {
    host.journal.undo();
  }
  return { findings: found.list };
}

function tryEvent(found: Findings, tracefs: string, facts: DropEventFacts, { journal }: CheckedHost): void {
  const name = 'skb:kfree_skb';
  try {
    const instance = new TraceInstance(tracefs, process.pid, journal);
    instance.set('tracing_on', '0');
    enableDrops(instance, DROP_EVENT, null);
    const reasons = facts.hasReason
      ? `names ${facts.reasons.names.length} reasons`
      : 'names no reasons (Linux 5.17 and later do)';
    const socket = facts.hasSocket ? ', and the receiving socket' : '';
    found.ok(name, `taken in the instance; ${reasons}${socket}`);
  } catch (error) {
    found.failed(name, error, 'see instance');
  } finally {
    journal.undo();
  }
}

/** Each kind on its own: `kwho drops` takes the first that is accepted. */
function tryProbes(found: Findings, tracefs: string, facts: DropEventFacts, host: CheckedHost): void {
  const { journal, sys, arch } = host;
  const { hasReason: reason, hasSocket: socket, syntax } = facts;
  const offsets = readOffsets(sys);
  const wanted = [...PACKET_FIELDS, 'comm' as const];
  const instance = new TraceInstance(tracefs, process.pid, journal);
  instance.set('tracing_on', '0');
  const probes = new DynamicEvents(instance, journal);
  const outcome = new Map<string, string | null>();
  for (const probe of dropProbes({ name: 'trial', reason, socket, offsets, arch, wanted, syntax })) {
    const own = { ...probe, name: `trial_${probe.kind}` };
    try {
      probes.define(own);
      probes.enable(own);
      outcome.set(probe.kind, null);
    } catch (error) {
      const words = lastProbeError(tracefs);
      outcome.set(probe.kind, `${systemCode(error) ?? error}${words === null ? '' : ` (${words})`}`);
    }
  }
  journal.undo();
  const used = [...outcome].find(([, refusal]) => refusal === null)?.[0];
  for (const [kind, name, what, absent] of kindsOf(facts, dynamicEvents(tracefs))) {
    const refusal = outcome.get(kind);
    if (refusal === null)
      found.ok(name, `${what}: taken with ${wanted.length} fields${kind === used ? '' : ', not needed'}`);
    else if (used !== undefined && used !== kind)
      found.no(name, refusal ?? absent, `none is needed: kwho uses ${used}: here`);
    else {
      const remedy = 'without it kwho knows no interface, namespace and flow of a single drop';
      found.no(name, refusal ?? (offsets === null ? 'there is no type information' : absent), remedy);
    }
  }
}

type ProbeKind = [kind: string, name: string, what: string, absent: string];

function kindsOf({ hasReason }: DropEventFacts, others: string): ProbeKind[] {
  const taken = /^t\d*:\S+ kfree_skb\b/m.test(others);
  return [
    [
      't',
      'tracepoint probe (t:)',
      'the kernel itself knows the members',
      taken
        ? 'somebody else has one on kfree_skb, and up to 6.12 a tracepoint takes one'
        : 'this kernel has none that know members (Linux 6.9 and later do)',
    ],
    ['e', 'event probe (e:)', 'members by offset', 'this kernel has none (Linux 5.15 and later do)'],
    // Where the event tells a reason, kwho asks for no probe on the function.
    ...(hasReason
      ? []
      : [
          [
            'p',
            'kprobe (p:)',
            'on kfree_skb(), members by offset',
            'not known how on this machine',
          ] satisfies ProbeKind,
        ]),
  ];
}

/** Every kind of table that `kwho drops --by` can ask for. */
const TABLES: readonly [name: string, by: readonly DropField[]][] = [
  ['hist by place', ['location', 'reason', 'dev', 'netns']],
  ['hist by process', ['comm']],
  ['hist by path', ['stack']],
];

function tryTables(
  found: Findings,
  tracefs: string,
  facts: DropEventFacts,
  { journal, sys }: CheckedHost,
): void {
  for (const [name, by] of TABLES) {
    if (!facts.syntax.hist) {
      found.no(
        name,
        'this kernel has no hist triggers (CONFIG_HIST_TRIGGERS)',
        'none is needed: kwho counts what it reads, and says what was lost on the way',
      );
      continue;
    }
    try {
      const instance = new TraceInstance(tracefs, process.pid, journal);
      instance.set('tracing_on', '0');
      const setup = setUpDrops({
        ...{ instance, journal, facts, sys },
        options: { ...dropsOptionsOf({}, INTERVAL_MS), by },
        conditions: [],
        reader: 'pages',
      });
      const tables = setup.count?.();
      if (tables === undefined) {
        found.no(name, setup.refusals.join('; '), 'see type information: a probe has to fetch these keys');
        continue;
      }
      const wanted = [tables.total, tables.devices, tables.names, ...tables.sockets, tables.extra].filter(
        (table) => table !== null,
      );
      const events = [...new Set(wanted.map(({ event }) => event))];
      const read = events.reduce(
        (sum, event) => sum + parseHistTable(readHist(instance, event)).tables.length,
        0,
      );
      const blind = setup.blindSpots.length === 0 ? '' : `; not seen: ${setup.blindSpots.join('; ')}`;
      if (read === wanted.length)
        found.ok(name, `${read} ${read === 1 ? 'table' : 'tables'} taken and read${blind}`);
      else
        found.no(
          name,
          `${wanted.length} tables taken, ${read} read back`,
          'kwho drops --backend fields counts what it reads',
        );
    } catch (error) {
      found.failed(name, error, `kwho drops --backend fields counts what it reads`);
    } finally {
      journal.undo();
    }
  }
}

const INTERVAL_MS = 5000;
