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
  /** How the doors are watched; where tracefs is closed, auto tries SystemTap. */
  backend: 'auto' | 'ftrace' | 'stap';
  /** A SystemTap module to run; null to build one. With auto it is preferred to tracefs. */
  module: string | null;
  forMs: number | null;
  maxEvents: number | null;
  bufferKib: number | null;
  reader: 'auto' | 'pages' | 'text';
  readyFile: string | null;
}
