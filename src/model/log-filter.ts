import type { DoorName } from '../decode/log-doors.js';
import type { LogAccessEvent } from './events.js';

/** Which accesses are told; an empty list lets everything through. */
export interface LogFilter {
  actions: readonly string[];
  doors: readonly DoorName[];
  comms: readonly string[];
  /** Process or thread ids. */
  pids: readonly number[];
}

export function passes(
  filter: LogFilter,
  { action, door, comm, process, pid, tid }: LogAccessEvent,
): boolean {
  const { actions, doors, comms, pids } = filter;
  return (
    (actions.length === 0 || (action !== null && actions.includes(action))) &&
    (doors.length === 0 || doors.includes(door)) &&
    (comms.length === 0 || comms.some((name) => name === comm || name === process?.comm)) &&
    (pids.length === 0 || pids.some((id) => id === pid || id === tid))
  );
}
