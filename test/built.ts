import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('..', import.meta.url).pathname;

/** kwho compiled into a folder of its own, for tests that need a process: `dist/` may be old or not there. */
export class Built {
  readonly path = mkdtempSync(join(tmpdir(), 'kwho-built-'));

  constructor() {
    const compiler = join(ROOT, 'node_modules/.bin/tsc');
    // Types are what `npm run check` looks at.
    const options = ['-p', join(ROOT, 'tsconfig.json'), '--outDir', join(this.path, 'dist'), '--noCheck'];
    execFileSync(compiler, options, { stdio: 'pipe' });
    cpSync(join(ROOT, 'package.json'), join(this.path, 'package.json'));
    for (const part of ['node_modules', 'probes']) symlinkSync(join(ROOT, part), join(this.path, part));
  }

  /** A compiled file: `cli.js`. */
  file(name: string): string {
    return join(this.path, 'dist', name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
