import type { DropField } from '../model/drop-by.js';

/** What `kwho drops` was asked for. */
export interface DropsOptions {
  json: boolean;
  /** Single drops rather than a table. */
  events: boolean;
  stack: boolean;
  by: readonly DropField[];
  conditions: readonly WantedCondition[];
  backend: 'auto' | 'hist' | 'fields' | 'event' | 'stap';
  /** A SystemTap module to run; null to build one. With auto it is preferred to tracefs. */
  module: string | null;
  intervalMs: number;
  forMs: number | null;
  maxEvents: number | null;
  bufferKib: number | null;
  reader: 'auto' | 'pages' | 'text';
  readyFile: string | null;
}

/** A condition in the words of the command line; what they mean depends on the host. */
export interface WantedCondition {
  field: (typeof CONDITION_FIELDS)[number];
  value: string;
  not: boolean;
}

export const CONDITION_FIELDS = ['reason', 'dev', 'netns', 'proto', 'host', 'port'] as const;
