import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CheckedHost, CheckResult } from '../../../src/commands/doctor/check.js';
import type { CommandResult } from '../../../src/host/command.js';
import { KernelJournal } from '../../../src/tracefs/journal.js';
import { kernelMedium } from '../../../src/tracefs/medium.js';

/** A host made of files, whose programs answer what they are told to. */
export class FakeCheckedHost implements CheckedHost {
  readonly path = mkdtempSync(join(tmpdir(), 'kwho-checked-'));
  readonly proc = join(this.path, 'proc');
  readonly sys = join(this.path, 'sys');
  readonly devKmsg = join(this.path, 'kmsg');
  readonly modules = join(this.path, 'modules');
  readonly release = '6.1.0-56-amd64';
  arch = 'x64';
  uid: number | null = 0;
  readonly journal = new KernelJournal(kernelMedium);
  /** What a program with its arguments gives; missing where it does not stand here. */
  readonly programs = new Map<string, CommandResult>();
  readonly asked: string[] = [];
  lastStapFailure: CheckedHost['lastStapFailure'] = () => null;

  readonly run = async (file: string, args: readonly string[]): Promise<CommandResult> => {
    const line = [file, ...args].join(' ');
    this.asked.push(line);
    return this.programs.get(line) ?? { outcome: 'missing' };
  };

  put(file: string, text: string | Uint8Array): void {
    const path = join(this.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function done(stdout: string, { status = 0, stderr = '' } = {}): CommandResult {
  return { outcome: 'done', stdout, stderr, status };
}

/** The verdict and the words of one thing that was looked at. */
export function told(result: CheckResult, name: string): string {
  const findings = (result.findings ?? []).filter((finding) => finding.name === name);
  if (findings.length === 0)
    throw new Error(`nothing is told of ${name}: ${JSON.stringify(result.findings)}`);
  return findings
    .map(({ verdict, text, remedy }) => `${verdict}: ${text}${remedy === null ? '' : ` | ${remedy}`}`)
    .join('\n');
}
