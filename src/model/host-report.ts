import type { ByteString } from '../decode/trace-record.js';

/** What `kwho doctor` tells of a host. */
export interface HostReport {
  /** `uname -r` and Node's name of the machine: `x64`. */
  kernel: ByteString;
  machine: string;
  /** Effective user. */
  uid: number | null;
  /** What `--repair` did, a sentence each. */
  repaired: ByteString[];
  findings: Finding[];
  commands: CommandFinding[];
}

/** One thing that was looked at or tried. */
export interface Finding {
  group: FindingGroup;
  name: string;
  verdict: FindingVerdict;
  text: ByteString;
  /** What to do about it; null where nothing is to be done. */
  remedy: ByteString | null;
}

/** In the order in which they are told. */
export const FINDING_GROUPS = [
  'host',
  'tracing',
  'log events',
  'drop events',
  'kernel log',
  'SystemTap',
  'left behind',
] as const;
export type FindingGroup = (typeof FINDING_GROUPS)[number];

/** `unknown`: it could not be tried. */
export type FindingVerdict = 'ok' | 'no' | 'unknown';

/** Whether a command of kwho can run here, and how. */
export interface CommandFinding {
  command: string;
  verdict: FindingVerdict;
  /** The means that it would use: `function`, `probe`, `pages`. */
  backends: readonly string[];
  /** What it would not see, in words. */
  blindSpots: readonly ByteString[];
  /** Why it cannot, or with less than it might; null where there is nothing to say. */
  why: ByteString | null;
  remedy: ByteString | null;
}

/** Nothing that a command needs is missing. */
export function canRunEverything({ commands }: Pick<HostReport, 'commands'>): boolean {
  return commands.every(({ verdict }) => verdict === 'ok');
}
