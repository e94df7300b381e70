import { accessSync, constants, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KwhoError, systemCode } from '../errors.js';

/** The file that tells scripts when the sources are live. One that an earlier run left is removed at once. */
export class ReadyFile {
  readonly #path: string | null;

  /** @throws KwhoError where the file cannot be made, before anything has been changed in the kernel */
  constructor(path: string | null) {
    this.#path = path;
    if (path === null) return;
    this.#attempt(() => {
      rmSync(path, { force: true });
      accessSync(dirname(path), constants.W_OK);
    });
  }

  /** The sources are live. The file holds our process id. */
  announce(): void {
    const path = this.#path;
    if (path !== null) this.#attempt(() => writeFileSync(path, `${process.pid}\n`));
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (cause) {
      throw new KwhoError(`--ready-file ${this.#path} cannot be created (${systemCode(cause)})`, {
        code: 'ready-file',
        hint: 'name a file in a folder that exists and can be written to',
        cause,
      });
    }
  }
}
