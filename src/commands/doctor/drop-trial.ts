import { systemCode } from '../../errors.js';
import { locateTracefs } from '../../host/tracefs-mount.js';
import type { DropField } from '../../model/drop-by.js';
import { PACKET_FIELDS } from '../../tracefs/drop-probe.js';
import {
  DROP_EVENT,
  type DropEventFacts,
  enableDrops,
  readDropEvent,
  usableProbes,
} from '../../tracefs/drop-tracing.js';
import { DynamicEvents, dynamicEvents, lastProbeError } from '../../tracefs/dynamic-events.js';
import { TraceInstance } from '../../tracefs/instance.js';
import { readOffsets } from '../drops-setup.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, SWITCHED_OFF } from './finding.js';
import { tryTables } from './hist-trial.js';

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
    const facts = readDropEvent(tracefs, host.proc);
    tryEvent(found, tracefs, facts, host);
    tryProbes(found, tracefs, facts, host);
    for (const [name, by] of TABLES) tryTables(found, name, by, { tracefs, facts, host });
  } catch (error) {
    found.failed('skb:kfree_skb', error, 'a kernel built with CONFIG_NET and CONFIG_TRACEPOINTS');
  } finally {
    host.journal.undo();
  }
  return { findings: found.list };
}

/** Every kind of table that `kwho drops --by` can ask for. */
const TABLES: readonly [name: string, by: readonly DropField[]][] = [
  ['hist by place', ['location', 'reason', 'dev', 'netns']],
  ['hist by process', ['comm']],
  ['hist by path', ['stack']],
];

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
  const offsets = readOffsets(sys);
  const wanted = [...PACKET_FIELDS, 'comm' as const];
  const instance = new TraceInstance(tracefs, process.pid, journal);
  instance.set('tracing_on', '0');
  const probes = new DynamicEvents(instance, journal);
  const outcome = new Map<string, string | null>();
  for (const probe of usableProbes({ facts, offsets, arch }, 'trial', wanted)) {
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
    else if (refusal === undefined && kind !== 'e' && facts.switchedOff !== null)
      found.no(name, ...SWITCHED_OFF);
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
