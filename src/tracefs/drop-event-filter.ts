import type { ByteString } from '../decode/trace-record.js';

/** A condition that an event filter can express; numbers as the running kernel numbers them. */
export interface KernelCondition {
  field: 'reason' | 'protocol' | 'dev' | 'netns';
  values: readonly (number | ByteString)[];
  not: boolean;
}

/**
 * The filter in the language of Documentation/trace/events.rst ("Event filtering"), for the plain event or for kwho's
 * probe; null where there is no condition, undefined where the plain event lacks a field.
 * @param receiver the probe also fetches the socket that was to receive the packet
 * @throws RangeError for a name that the filter language cannot quote
 */
export function eventFilter(
  conditions: readonly KernelCondition[],
  event: 'plain' | 'probe',
  receiver = false,
): string | null | undefined {
  if (conditions.length === 0) return null;
  if (event === 'plain' && conditions.some(({ field }) => field === 'dev' || field === 'netns'))
    return undefined;
  return conditions.map((condition) => clause(condition, event, receiver)).join(' && ');
}

function clause(
  { field, values, not }: KernelCondition,
  event: 'plain' | 'probe',
  receiver: boolean,
): string {
  const [operator, join] = not ? ['!=', ' && '] : ['==', ' || '];
  const name = field === 'protocol' && event === 'probe' ? 'proto' : field;
  const terms = values.map((value) => `${name} ${operator} ${literal(field, value, event)}`);
  const all = terms.length === 1 ? terms[0]! : `(${terms.join(join)})`;
  if (field !== 'dev' && field !== 'netns') return all;
  // Where there is no device, the probe's fields hold what an earlier packet left there.
  if (not) return `(devp < ${POINTERS} || ${all})`;
  const ofDevice = `(devp >= ${POINTERS} && ${all})`;
  if (field === 'dev') return ofDevice;
  const ofSocket = all.replaceAll('netns', 'sknet');
  const ofReceiver = receiver
    ? ` || (devp < ${POINTERS} && sk < ${POINTERS} && rxsk >= ${POINTERS} && ${all.replaceAll('netns', 'rxnet')})`
    : '';
  return `(${ofDevice} || (devp < ${POINTERS} && sk >= ${POINTERS} && ${ofSocket})${ofReceiver})`;
}

/** The kernel's half of the address space. */
export const POINTERS = '0xff00000000000000';

function literal(
  field: KernelCondition['field'],
  value: number | ByteString,
  event: 'plain' | 'probe',
): string {
  if (typeof value === 'string') {
    if (!/^[^"\\*?[\]\s]{1,15}$/.test(value))
      throw new RangeError(`'${value}' is no name that a filter can hold`);
    return `"${value}"`;
  }
  // The probe reads the type as it stands in the packet, in network order.
  const swap = field === 'protocol' && event === 'probe';
  return String(swap ? ((value & 0xff) << 8) | (value >>> 8) : value);
}
