import type { DoorName } from '../decode/log-doors.js';

/** What `kwho log` was asked for. */
export interface LogOptions {
  json: boolean;
  all: boolean;
  stack: boolean;
  actions: readonly string[];
  doors: readonly DoorName[];
  comms: readonly string[];
  pids: readonly number[];
  forMs: number | null;
  maxEvents: number | null;
  bufferKib: number | null;
  reader: 'auto' | 'pages' | 'text';
  readyFile: string | null;
}
