import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DropReasons } from '../decode/drop-reasons.js';
import { parseEventFormat } from '../decode/event-format.js';
import { systemCode, UnavailableError } from '../errors.js';
import { ftraceSwitchedOff } from '../host/ftrace-switch.js';
import type { PacketOffsets } from '../host/packet-offsets.js';
import { POINTERS } from './drop-event-filter.js';
import { type DropField, type DropProbe, dropProbes, type TraceSyntax, traceSyntax } from './drop-probe.js';
import { type DynamicEvents, dynamicEvents, lastProbeError, type ProbeDefinition } from './dynamic-events.js';
import { type HistDefinition, startHist } from './hist-trigger.js';
import type { TraceInstance } from './instance.js';
import type { KernelJournal } from './journal.js';

export const DROP_EVENT = 'skb/kfree_skb';

/** What this kernel's drop event offers, before anything is switched on. */
export interface DropEventFacts {
  /** Its `format` file, as the kernel prints it. */
  format: string;
  reasons: DropReasons;
  hasReason: boolean;
  /** It names the socket that was to receive the packet (6.11 and later). */
  hasSocket: boolean;
  /** Its text has a hash for the location (5.17 to 6.8). */
  hashed: boolean;
  syntax: TraceSyntax;
  /** Why no function may be hooked; null where it may. */
  switchedOff: string | null;
}

/** @throws UnavailableError where the kernel has no such event */
export function readDropEvent(tracefs: string, proc: string): DropEventFacts {
  const path = join(tracefs, 'events', DROP_EVENT, 'format');
  try {
    const text = readFileSync(path, 'latin1');
    const format = parseEventFormat(text);
    const hasReason = format.fields.some(({ name }) => name === 'reason');
    return {
      format: text,
      reasons: new DropReasons(hasReason ? format : null),
      hasReason,
      hasSocket: format.fields.some(({ name }) => name === 'rx_sk'),
      hashed: /location=%p[ "]/.test(format.printFormat) && existsSync(join(tracefs, 'options/hash-ptr')),
      syntax: traceSyntax(readFileSync(join(tracefs, 'README'), 'latin1'), dynamicEvents(tracefs)),
      switchedOff: ftraceSwitchedOff(proc),
    };
  } catch (cause) {
    throw new UnavailableError(
      `the event skb:kfree_skb cannot be read (${systemCode(cause) ?? String(cause)})`,
      {
        code: 'no-drop-event',
        hint: 'the kernel may be built without CONFIG_NET or CONFIG_TRACEPOINTS',
        cause,
      },
    );
  }
}

export interface DropProbeSite {
  facts: DropEventFacts;
  offsets: PacketOffsets | null;
  arch: string;
  probes: DynamicEvents;
  instance: TraceInstance;
}

/** A probe event that the kernel has accepted; not yet switched on. */
export interface DefinedProbe {
  definition: ProbeDefinition;
  /** `group/name` */
  event: string;
  filter: string | null;
}

/**
 * Defines the best probe that this kernel takes.
 * @returns the probe, or the kernel's reasons for refusing each
 */
export function defineDropProbe(
  site: DropProbeSite,
  name: string,
  wanted: readonly DropField[],
): DefinedProbe | string[] {
  const refusals: string[] = [];
  const { facts, offsets, probes, instance } = site;
  for (const probe of usableProbes(site, name, wanted)) {
    try {
      probes.define(probe);
      return { definition: probe, event: `${instance.group}/${name}`, filter: probe.filter };
    } catch (error) {
      const words = lastProbeError(instance.tracefs);
      refusals.push(`${probe.kind}: probe: ${systemCode(error)}${words === null ? '' : ` (${words})`}`);
    }
  }
  if (facts.switchedOff !== null) refusals.push(facts.switchedOff);
  if (offsets === null) refusals.push('there is no type information: /sys/kernel/btf/vmlinux cannot be read');
  return refusals;
}

/** The probes to try, best first. Only an event probe does without a hook on a function. */
export function usableProbes(
  { facts, offsets, arch }: Pick<DropProbeSite, 'facts' | 'offsets' | 'arch'>,
  name: string,
  wanted: readonly DropField[],
): DropProbe[] {
  const { hasReason: reason, hasSocket: socket, syntax, switchedOff } = facts;
  const probes = dropProbes({ name, reason, socket, offsets, arch, wanted, syntax });
  return switchedOff === null ? probes : probes.filter(({ kind }) => kind === 'e');
}

/** What the kernel's tables count by; each is printed under its number. */
export interface CountTables {
  /** `group/name` of the event that has the tables, and which one it is there. */
  total: TableRef;
  /** location × reason × device, where the key probe runs. */
  devices: TableRef | null;
  /** device → name and namespace. */
  names: TableRef | null;
  /** location × reason × namespace of the socket, of packets without a device. */
  sockets: TableRef[];
  /** The table of an unusual key (`--by comm`, `--by stack`), where one was asked for. */
  extra: TableRef | null;
}

export interface TableRef {
  event: string;
  index: number;
}

export interface CountOptions {
  /** The key probe; null where the kernel takes none. */
  keys: DefinedProbe | null;
  hasReason: boolean;
  hasSocket: boolean;
  /** The same conditions for the plain event and for the key probe, which names fields differently. */
  filter: { plain: string | null; probe: string | null };
  /** The conditions are on fields that only the key probe has: the total is counted there too. */
  totalOnProbe: boolean;
  extra: 'comm' | 'stack' | null;
}

/**
 * Starts the tables. Three keys a table are the most, so that location × reason × interface × namespace takes two: a
 * device's address in memory stands for both its name and its namespace.
 * @throws the system call's error where the kernel has no hist triggers
 */
export function startCounting(
  instance: TraceInstance,
  journal: KernelJournal,
  { keys, hasReason, hasSocket, filter, totalOnProbe, extra }: CountOptions,
): CountTables {
  const counts = new Map<string, number>();
  const start = (definition: HistDefinition): TableRef => {
    startHist(instance, journal, definition);
    const index = counts.get(definition.event) ?? 0;
    counts.set(definition.event, index + 1);
    return { event: definition.event, index };
  };
  const reason = hasReason ? ['reason'] : [];
  const onProbe = keys !== null && totalOnProbe;
  const counted = onProbe
    ? { event: keys.event, size: TABLE_ROWS, filter: both(keys.filter, filter.probe) }
    : { event: DROP_EVENT, size: TABLE_ROWS, filter: filter.plain };
  const total = start({
    ...counted,
    keys: onProbe ? ['loc.sym-offset', ...reason, 'proto'] : ['location.sym-offset', ...reason, 'protocol'],
  });
  const tables: CountTables = { total, devices: null, names: null, sockets: [], extra: null };
  if (keys !== null) {
    const probe = { event: keys.event, size: TABLE_ROWS, filter: both(keys.filter, filter.probe) };
    tables.devices = start({ ...probe, keys: ['loc.sym-offset', ...reason, 'devp.hex'] });
    tables.names = start({ ...probe, keys: ['devp.hex', 'dev', 'netns'] });
    const owners = [['sknet', `devp < ${POINTERS} && sk >= ${POINTERS}`]];
    if (hasSocket) owners.push(['rxnet', `devp < ${POINTERS} && sk < ${POINTERS} && rxsk >= ${POINTERS}`]);
    for (const [netns, condition] of owners) {
      const ofSocket = { ...probe, filter: both(probe.filter, condition!) };
      tables.sockets.push(start({ ...ofSocket, keys: ['loc.sym-offset', ...reason, netns!] }));
    }
    if (extra === 'comm') tables.extra = start({ ...probe, keys: ['comm'] });
  }
  if (extra === 'stack') tables.extra = start({ ...counted, keys: ['stacktrace'] });
  return tables;
}

/** Some thousand places in the kernel free packets; a host has some hundred interfaces. */
const TABLE_ROWS = 8192;

function both(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return `(${one}) && (${other})`;
}

/** Sets an event's filter in the instance and switches the event on. */
export function enableDrops(instance: TraceInstance, event: string, filter: string | null): void {
  if (filter !== null) instance.set(join('events', event, 'filter'), filter);
  instance.enable(event);
}
