import { arch } from 'node:os';
import type { LimitPlace } from '../decode/limit-hooks.js';
import { systemCode } from '../errors.js';
import { type DynamicEvents, lastProbeError, type ProbeDefinition } from './dynamic-events.js';
import type { TraceInstance } from './instance.js';

export interface RatelimitTracing {
  hooks: { asked: Map<string, LimitPlace>; said: Map<string, LimitPlace>; printed: string };
  /** Events switched on, as `group/name`. */
  events: string[];
  /** Why a place cannot be watched, in words. */
  refusals: Map<LimitPlace, string>;
}

/**
 * Watches who asks rate limits and what they say. `___ratelimit(rs, func)` of lib/ratelimit.c is the one that all of
 * them come to; where the kernel lets nobody probe it, the limits with functions of their own are watched.
 */
export function traceRatelimits(instance: TraceInstance, probes: DynamicEvents): RatelimitTracing {
  const hooks: RatelimitTracing['hooks'] = { asked: new Map(), said: new Map(), printed: PRINTED.name };
  const tracing: RatelimitTracing = { hooks, events: [], refusals: new Map() };
  const attempt = (place: LimitPlace, ...definitions: ProbeDefinition[]): boolean => {
    try {
      for (const definition of definitions) probes.define(definition);
      // All of a place or none: one without the other would count calls that it cannot judge.
      for (const definition of definitions) {
        probes.enable(definition);
        tracing.events.push(`${instance.group}/${definition.name}`);
      }
      hooks.asked.set(`limit_ask_${place}`, place);
      hooks.said.set(`limit_say_${place}`, place);
      return true;
    } catch (error) {
      if (systemCode(error) === null) throw error;
      tracing.refusals.set(place, lastProbeError(instance.tracefs) ?? systemCode(error) ?? '');
      return false;
    }
  };
  if (attempt('___ratelimit', ...probesOf('___ratelimit', 'func=+0($arg2):string comm=$comm')))
    return tracing;
  attempt('__printk_ratelimit', ...probesOf('__printk_ratelimit', 'func=+0($arg1):string'));
  // Elsewhere the return address is in no place that a probe can name.
  attempt('net_ratelimit', ...probesOf('net_ratelimit', arch() === 'x64' ? 'from=$stack0:x64' : ''));
  attempt('devkmsg_write', ...probesOf('devkmsg_write', 'comm=$comm'), PRINTED);
  return tracing;
}

/** The return is defined first: the probe that is defined last runs first, and finds the caller still on the stack. */
function probesOf(place: LimitPlace, args: string): ProbeDefinition[] {
  const type = place === 'devkmsg_write' ? 's64' : 's32';
  return [
    { kind: 'r', name: `limit_say_${place}`, symbol: place, args: `ret=$retval:${type}` },
    { kind: 'p', name: `limit_ask_${place}`, symbol: place, args },
  ];
}

/** What every message comes through, a program's too. */
const PRINTED: ProbeDefinition = { kind: 'p', name: 'limit_printed', symbol: 'vprintk_emit', args: '' };
