import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { systemCode, UnavailableError, UsageError } from '../errors.js';
import { Btf, BtfError } from '../host/btf.js';
import { type PacketOffsets, packetOffsets } from '../host/packet-offsets.js';
import { type DropCondition, isCountable } from '../model/drop-filter.js';
import { eventFilter, type KernelCondition } from '../tracefs/drop-event-filter.js';
import { type DropField, KEY_FIELDS, PACKET_FIELDS } from '../tracefs/drop-probe.js';
import {
  type CountTables,
  type DefinedProbe,
  DROP_EVENT,
  type DropEventFacts,
  defineDropProbe,
  startCounting,
} from '../tracefs/drop-tracing.js';
import { DynamicEvents } from '../tracefs/dynamic-events.js';
import type { TraceInstance } from '../tracefs/instance.js';
import type { KernelJournal } from '../tracefs/journal.js';
import { kernelConditions } from './drops-conditions.js';
import { otherKey } from './drops-keys.js';
import type { DropsOptions } from './drops-options.js';

export interface DropsSetupSite {
  instance: TraceInstance;
  journal: KernelJournal;
  facts: DropEventFacts;
  options: DropsOptions;
  conditions: readonly DropCondition[];
  /** What the reader of the ring buffer is: to a text reader no name of a process may be sent. */
  reader: 'pages' | 'text';
  sys: string;
}

/** What of this kernel's tracing is used, and for what. Nothing is switched on yet but the kernel's own tables. */
export interface DropsSetup {
  /** The event that shows single drops; null where only counts are wanted. */
  detail: StreamEvent | null;
  /** Starts the kernel's tables; null where drops are counted as they are read. */
  count: (() => CountTables) | null;
  /** The total is counted by kwho's own probe, whose protocol is in network order. */
  totalByProbe: boolean;
  /** A second event, for counting alone, where the kernel has no tables. */
  counting: StreamEvent | null;
  backends: string[];
  blindSpots: string[];
  /** What the kernel refused, in its own words. */
  refusals: string[];
}

export interface StreamEvent {
  /** `group/name` */
  event: string;
  /** What a hit must fulfil to be a drop at all. */
  base: string | null;
  /** `base` and what was asked for. */
  filter: string | null;
  kind: 'fields' | 'event';
}

/**
 * @throws UnavailableError where a backend was asked for that this kernel does not have
 * @throws UsageError where it cannot know what was asked for
 */
export function setUpDrops(site: DropsSetupSite): DropsSetup {
  const { options, facts } = site;
  const filters = filtersOf(site);
  const probes = new DynamicEvents(site.instance, site.journal);
  const offsets = readOffsets(site.sys);
  const define = (name: string, wanted: readonly DropField[]) =>
    defineDropProbe({ facts, offsets, arch: arch(), probes, instance: site.instance }, name, wanted);
  const setup: DropsSetup = {
    detail: null,
    count: null,
    totalByProbe: false,
    counting: null,
    backends: [],
    blindSpots: [],
    refusals: [],
  };
  const accept = (probe: DefinedProbe | string[]): DefinedProbe | null => {
    if (!Array.isArray(probe)) return probe;
    setup.refusals.push(...probe);
    return null;
  };

  const { backend } = options;
  const uncountable = whatIsNotCountable(site);
  let keys: DefinedProbe | null = null;
  if (backend === 'hist' && uncountable !== null) throw noTables(`the kernel cannot count ${uncountable}`);
  // What rows are by must be known of every drop that is counted: those of a sample would be told too small.
  const counts =
    uncountable === null && (facts.syntax.hist || options.events || otherKey(options.by) === null);
  if ((backend === 'auto' && counts) || backend === 'hist') {
    const named = options.by.includes('comm') && facts.syntax.hist;
    keys = accept(define('keys', named ? [...KEY_FIELDS, 'comm'] : KEY_FIELDS));
    const plain = filters.plain;
    const onProbe = plain === undefined;
    const tables = () =>
      startCounting(site.instance, site.journal, {
        keys,
        hasReason: facts.hasReason,
        hasSocket: facts.hasSocket,
        filter: { plain: plain ?? null, probe: filters.probe },
        totalOnProbe: onProbe,
        extra: options.by.includes('comm') ? 'comm' : options.by.includes('stack') ? 'stack' : null,
      });
    const blind = keys === null && (onProbe || options.by.includes('comm'));
    if (facts.syntax.hist && !blind) {
      setup.count = tables;
      setup.totalByProbe = onProbe;
      setup.backends.push('hist');
    } else if (backend === 'hist') {
      throw noTables(whyNoTables(site, setup));
    }
    if (keys === null) setup.blindSpots.push('the interface and network namespace of counted drops');
  }
  if (backend === 'hist') {
    setup.blindSpots.push('flows, lengths and processes: the backend hist only counts');
    return setup;
  }

  if (backend !== 'event') {
    const names: readonly DropField[] = site.reader === 'text' ? [] : ['comm'];
    const packet = accept(define('drop', [...PACKET_FIELDS, ...names]));
    if (packet !== null) {
      setup.detail = streamOf(packet, 'fields', filters.probe);
      if (setup.count === null && keys !== null) {
        setup.counting = streamOf(keys, 'event', filters.probe);
        setup.backends.push('event');
      }
      setup.backends.push('fields');
      return setup;
    }
    if (backend === 'fields') {
      throw new UnavailableError(`the backend fields cannot run: ${setup.refusals.join('; ')}`, {
        code: 'no-fields',
        hint: 'leave --backend out: kwho then uses what this kernel has',
      });
    }
  }
  if (filters.plain === undefined) {
    throw new UsageError(
      '--dev and --netns need the backend fields or hist: the plain event does not know the interface',
      backend === 'event' ? 'leave --backend out' : `this kernel refuses them: ${setup.refusals.join('; ')}`,
    );
  }
  const place =
    site.reader === 'text' && facts.hashed ? accept(define('place', ['loc', 'reason', 'proto'])) : null;
  setup.detail =
    place === null
      ? { event: DROP_EVENT, base: null, filter: filters.plain, kind: 'event' }
      : streamOf(place, 'event', filters.probe);
  setup.backends.push('event');
  setup.blindSpots.push(
    'interface, network namespace, flow and length of single drops: only the plain event is used',
  );
  return setup;
}

/** What keeps the kernel from counting; null where it can, if it has tables at all. */
function whatIsNotCountable({ options, conditions }: DropsSetupSite): string | null {
  if (!conditions.every(isCountable)) return 'by transport protocol, host or port';
  if (!options.events && options.by.includes('flow')) return 'by flow';
  return options.events && options.maxEvents !== null ? 'single drops that are told' : null;
}

function noTables(why: string): UnavailableError {
  return new UnavailableError(`the backend hist cannot run: ${why}`, {
    code: 'no-hist',
    hint: 'leave --backend out: kwho then counts what it reads',
  });
}

function whyNoTables({ facts, options }: DropsSetupSite, { refusals }: DropsSetup): string {
  if (!facts.syntax.hist) return 'this kernel has no hist triggers (CONFIG_HIST_TRIGGERS)';
  const wanted = options.by.includes('comm') ? '--by comm needs' : '--dev and --netns need';
  return `${wanted} a probe, and the kernel takes none: ${refusals.join('; ')}`;
}

function streamOf(probe: DefinedProbe, kind: StreamEvent['kind'], filter: string | null): StreamEvent {
  const all = [probe.filter, filter].filter((one) => one !== null);
  return {
    event: probe.event,
    base: probe.filter,
    filter: all.length === 0 ? null : all.map((one) => `(${one})`).join(' && '),
    kind,
  };
}

/** `undefined` for the plain event where it lacks a field. */
function filtersOf({ conditions, facts }: DropsSetupSite): {
  plain: string | null | undefined;
  probe: string | null;
} {
  const wanted: KernelCondition[] = kernelConditions(conditions, facts.reasons);
  return {
    plain: eventFilter(wanted, 'plain'),
    probe: eventFilter(wanted, 'probe', facts.hasSocket) ?? null,
  };
}

export function readOffsets(sys: string): PacketOffsets | null {
  try {
    return packetOffsets(Btf.parse(readFileSync(join(sys, 'kernel/btf/vmlinux'))));
  } catch (error) {
    if (error instanceof BtfError || systemCode(error) !== null) return null;
    throw error;
  }
}
