import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommandResult } from '../../src/host/command.js';
import type { NetWorld } from '../../src/host/net-world.js';
import type { NetworkNamespace } from '../../src/host/netns.js';

const BOOT = '6b5f1f4e-0000-4000-8000-abcdefabcdef\n';

/** Folders with the files of /proc and /sys that the network side reads, and programs that answer from a table. */
export class FakeNet {
  readonly root = mkdtempSync(join(tmpdir(), 'kwho-net-'));
  /** What was run, in order. */
  readonly asked: string[][] = [];
  /** Standard output by command line, without nsenter; or the whole result. What is not here is not installed. */
  readonly answers: Record<string, string | CommandResult> = {};
  /** What the world's clock says. */
  now = 0;
  /** How much later it is at each look at the clock. */
  tick = 0;
  readonly world: NetWorld = {
    proc: join(this.root, 'proc'),
    sys: join(this.root, 'sys'),
    run: join(this.root, 'run'),
    modules: join(this.root, 'modules'),
    command: async (file, args) => {
      this.asked.push([file, ...args]);
      const words = file === 'nsenter' ? args.slice(2) : [file, ...args];
      if (words[0] === 'cat') return this.#cat(words.slice(2));
      const answer = this.answers[words.join(' ')];
      if (answer === undefined) return { outcome: 'missing' };
      return typeof answer === 'string' ? { outcome: 'done', stdout: answer, stderr: '', status: 0 } : answer;
    },
    now: () => {
      this.now += this.tick;
      return this.now;
    },
  };
  #inside: Record<string, string> | null = null;

  constructor() {
    for (const folder of ['proc', 'sys', 'run', 'modules']) mkdirSync(join(this.root, folder));
    this.put('sys/kernel/osrelease', '6.12.107\n');
    this.put('sys/kernel/random/boot_id', BOOT);
    this.putAt('modules/6.12.107/modules.builtin', 'kernel/fs/ext4/ext4.ko\n');
  }

  /** A file below /proc. */
  put(path: string, text: string): void {
    this.putAt(join('proc', path), text);
  }

  putAt(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text, 'latin1');
  }

  /** What a cat inside of a namespace finds below /proc; without, it does not come back. */
  answerCat(files: Record<string, string>): void {
    this.#inside = files;
  }

  own(): NetworkNamespace {
    return { inum: 1, name: null, pid: 1, path: join(this.world.proc, 'self/ns/net'), own: true };
  }

  named(name: string): NetworkNamespace {
    return { inum: 2, name, pid: null, path: `${this.world.run}/netns/${name}`, own: false };
  }

  living(pid: number, inum: number): NetworkNamespace {
    this.move(pid, inum);
    return { inum, name: null, pid, path: join(this.world.proc, `${pid}/ns/net`), own: false };
  }

  move(pid: number, inum: number): void {
    const link = join(this.world.proc, `${pid}/ns/net`);
    rmSync(link, { force: true });
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(`net:[${inum}]`, link);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  #cat(files: readonly string[]): CommandResult {
    if (this.#inside === null) return { outcome: 'timeout' };
    const known: Record<string, string> = { ...this.#inside, 'sys/kernel/random/boot_id': BOOT };
    const stdout = files.map((file) => known[file.replace(/^\/proc\//, '')] ?? '').join('');
    return { outcome: 'done', stdout, stderr: '', status: 1 };
  }
}
