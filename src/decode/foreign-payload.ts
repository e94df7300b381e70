import type { Dialect } from './foreign-head.js';
import type { ByteString } from './trace-record.js';

/** What a line says behind its head; null where it names no event. */
export type ForeignPayload =
  | null
  | { kind: 'lost'; count: number | null }
  /** One of perf's own records, about a program that was started or ended. */
  | { kind: 'aside' }
  /** The frames follow on lines of their own. */
  | { kind: 'stack' }
  /** The same as trace text says it, and the event's name where that text cannot carry it. */
  | { kind: 'text'; text: ByteString; name: string | null };

/**
 * Turns the payload of a foreign line into that of trace text. Both come from the same `print fmt`; what differs is
 * what the kernel prints in a way of its own: functions, system calls, and events whose format it alone knows.
 */
export function readForeignPayload(rest: ByteString, dialect: Dialect): ForeignPayload {
  if (dialect === 'perf-script' && rest.startsWith(PERF_OWN)) {
    const lost = PERF_LOST.exec(rest);
    return lost === null ? { kind: 'aside' } : { kind: 'lost', count: Number(lost[1]) };
  }
  const match = NAMED.exec(rest);
  if (match === null) return null;
  const name = match[1]!;
  const payload = rest.slice(match[0].length);
  if (name === 'kernel_stack') return { kind: 'stack' };
  if (name === 'function') return asText(payload.replace(' <-- ', ' <-'));
  if (payload.startsWith(UNPARSED)) return asList(name, payload.slice(UNPARSED.length));
  if (payload.startsWith(RAW_SYSCALL)) return asList(name, payload);
  if (name === 'kfree_skb') return asList(name, payload.replace(' reason: ', ' reason='));
  if (name.startsWith('sys_enter_')) return asText(`sys_${name.slice('sys_enter_'.length)}(${payload})`);
  if (name.startsWith('sys_exit_')) return asText(`sys_${name.slice('sys_exit_'.length)} -> ${payload}`);
  return asText(`${name}: ${payload}`);
}

function asText(text: ByteString): ForeignPayload {
  return { kind: 'text', text, name: null };
}

/** `name=value name=value …`: the way a probe's fields are printed, which needs no format to be read. */
function asList(name: string, fields: ByteString): ForeignPayload {
  return { kind: 'text', text: `list: () ${fields.trimEnd().replaceAll('=(nil)', '=0x0')}`, name };
}

/** `kfree_skb:            `, `skb:kfree_skb: ` */
const NAMED = /^ *(?:[\w.-]{1,64}:)?([A-Za-z_][\w.-]{0,63}): */;
/** `trace-cmd report -R`: the fields as they are. */
const RAW_SYSCALL = '__syscall_nr=';
/** libtraceevent's words where it does not understand a `print fmt`; the fields follow as they are. */
const UNPARSED = '[FAILED TO PARSE] ';
const PERF_OWN = 'PERF_RECORD_';
const PERF_LOST = /^PERF_RECORD_LOST(?:_SAMPLES)? lost (\d{1,15})/;
