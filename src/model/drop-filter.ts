import type { ByteString } from '../decode/trace-record.js';
import type { SeenDrop } from './drop-record.js';

/** One thing a drop must be, or with `not` must not be: one of these values. */
export type DropCondition = { not: boolean } & (
  | { field: 'reason'; names: readonly string[] }
  | { field: 'dev'; names: readonly ByteString[] }
  | { field: 'netns'; inums: readonly number[] }
  | { field: 'proto'; etherTypes: readonly number[]; transports: readonly string[] }
  | { field: 'host'; addresses: readonly string[] }
  | { field: 'port'; ports: readonly number[] }
);

/** Every condition must hold. What a drop does not tell of itself fulfils no condition, only its opposite. */
export function dropPasses(conditions: readonly DropCondition[], drop: SeenDrop): boolean {
  return conditions.every((condition) => {
    const fulfilled = fulfils(condition, drop);
    return fulfilled === null ? condition.not : fulfilled !== condition.not;
  });
}

/** null where it cannot be known. */
function fulfils(condition: DropCondition, { reason, dev, netns, protocol, flow }: SeenDrop): boolean | null {
  switch (condition.field) {
    case 'reason':
      return reason === null ? null : condition.names.includes(reason);
    case 'dev':
      return dev === null ? null : condition.names.includes(dev);
    case 'netns':
      return netns === null ? null : condition.inums.includes(netns);
    case 'proto':
      if (protocol !== null && condition.etherTypes.includes(protocol)) return true;
      if (condition.transports.length === 0) return protocol === null ? null : false;
      return flow?.proto == null ? null : condition.transports.includes(flow.proto);
    case 'host':
      return flow === null ? null : oneOf(condition.addresses, flow.src, flow.dst);
    case 'port':
      return flow === null ? null : oneOf(condition.ports, flow.sport, flow.dport);
  }
}

function oneOf<T>(wanted: readonly T[], ...values: (T | null)[]): boolean {
  return values.some((value) => value !== null && wanted.includes(value));
}

/** Whether the kernel's tables can apply the condition: they know no headers. */
export function isCountable(condition: DropCondition): boolean {
  const { field } = condition;
  return field === 'proto' ? condition.transports.length === 0 : field !== 'host' && field !== 'port';
}
