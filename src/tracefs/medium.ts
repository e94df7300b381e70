import { closeSync, constants, mkdirSync, openSync, rmdirSync, writeSync } from 'node:fs';
import { shellQuote } from '../quote.js';

/** One change to the kernel's state: what `echo`, `mkdir` and `rmdir` would do in tracefs. */
export type KernelWrite =
  | { kind: 'write'; path: string; text: string; append: boolean; unless?: FileContent }
  | { kind: 'mkdir'; path: string }
  | { kind: 'rmdir'; path: string };

/** What a file must not say for a change to be made. kwho looks before it makes it; a pasted line has to look itself. */
export interface FileContent {
  path: string;
  line: string;
}

/** Where changes go: into the kernel, or onto the screen as the shell lines that would make them. */
export interface KernelMedium {
  apply(write: KernelWrite): void;
}

/** Changes the kernel. */
export const kernelMedium: KernelMedium = {
  apply(write) {
    if (write.kind === 'mkdir') mkdirSync(write.path);
    else if (write.kind === 'rmdir') rmdirSync(write.path);
    else writeOnce(write.path, write.text, write.append);
  },
};

/** Says what would be changed, in the words of a shell, and changes nothing. */
export class ShellMedium implements KernelMedium {
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  apply(write: KernelWrite): void {
    if (write.kind === 'write') {
      const { unless } = write;
      const guard =
        unless === undefined ? '' : `grep -qxF ${shellQuote(unless.line)} ${shellQuote(unless.path)} || `;
      this.#say(
        `${guard}echo ${shellQuote(write.text)} ${write.append ? '>>' : '>'} ${shellQuote(write.path)}`,
      );
    } else {
      this.#say(`${write.kind} ${shellQuote(write.path)}`);
    }
  }
}

/**
 * One write(2) of the whole text, never with O_TRUNC: opening `set_ftrace_filter`, `dynamic_events` or
 * `kprobe_events` with it empties them before the text is even looked at. The other control files take a plain
 * write as a new value.
 */
function writeOnce(path: string, text: string, append: boolean): void {
  const fd = openSync(path, constants.O_WRONLY | (append ? constants.O_APPEND : 0));
  try {
    const bytes = Buffer.from(`${text}\n`, 'latin1');
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
}
