import type { ByteString } from '../../decode/trace-record.js';
import type { RunCommand } from '../../host/command.js';
import type { CommandFinding, Finding } from '../../model/host-report.js';
import type { KernelJournal } from '../../tracefs/journal.js';

/** What a check gives: its part of the report. */
export interface CheckResult {
  findings?: Finding[];
  commands?: CommandFinding[];
  repaired?: ByteString[];
}

/**
 * One look or trial. It takes back all that it does to the kernel before it ends; what it forgets is taken back for it.
 * It may throw: that is told as not known.
 */
export type Check = (host: CheckedHost) => CheckResult | Promise<CheckResult>;

export interface CheckedHost {
  proc: string;
  sys: string;
  devKmsg: string;
  /** Where kernels have their modules and headers: `/lib/modules`. */
  modules: string;
  /** `uname -r` */
  release: string;
  arch: string;
  uid: number | null;
  run: RunCommand;
  /** Why the last try to build a SystemTap module for this kernel came to nothing; null where nothing is known. */
  lastStapFailure: (command: 'drops' | 'log') => string | null;
  journal: KernelJournal;
}
