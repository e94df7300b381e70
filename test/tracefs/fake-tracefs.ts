import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TraceInstance } from '../../src/tracefs/instance.js';
import { KernelJournal } from '../../src/tracefs/journal.js';
import { kernelMedium } from '../../src/tracefs/medium.js';

/**
 * A folder that looks like tracefs: control files are plain files that keep what was written. What a kernel would
 * refuse is a file that is not there (ENOENT instead of EINVAL or EPERM).
 */
export class FakeTracefs {
  readonly path = mkdtempSync(join(tmpdir(), 'kwho-tracefs-'));
  readonly journal = new KernelJournal(kernelMedium);

  constructor(files: readonly string[] = []) {
    mkdirSync(join(this.path, 'instances'));
    for (const file of files) this.put(file);
  }

  put(file: string, text = ''): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    writeFileSync(join(this.path, file), text);
  }

  add(file: string, text: string): void {
    appendFileSync(join(this.path, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'latin1');
  }

  lines(file: string): string[] {
    return this.read(file)
      .split('\n')
      .filter((line) => line !== '');
  }

  has(file: string): boolean {
    return existsSync(join(this.path, file));
  }

  /** The instance `kwho-PID`, with these control files in it, as the kernel makes them with the folder. */
  instance(pid: number, files: readonly string[] = []): TraceInstance {
    const instance = new TraceInstance(this.path, pid, this.journal);
    for (const file of files) this.put(`instances/kwho-${pid}/${file}`);
    return instance;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
