import type { ByteString } from '../trace-record.js';

/** What of syslog-ng's configuration bears on kernel messages, as far as it can be told without running it. */
export interface SyslogNgConfig {
  /** Whether a source reads the kernel log: `system()`, or `file()` of /proc/kmsg or /dev/kmsg. */
  readsKernel: boolean;
  /** Files of its destinations that have a fixed name. */
  files: ByteString[];
}

export function parseSyslogNg(text: ByteString): SyslogNgConfig {
  const plain = text.replace(/^[ \t]*#.*$|[ \t]#[^"\n]*$/gm, '');
  const readsKernel = /\bsystem\s*\(\s*\)|\bfile\s*\(\s*"?\/(?:proc|dev)\/kmsg/.test(plain);
  const files = [...plain.matchAll(/\bdestination\b[^{;]*\{[^}]*?\bfile\s*\(\s*"([^"]+)"/g)].map(
    ([, path]) => path!,
  );
  return { readsKernel, files: [...new Set(files)].filter((path) => !path.includes('$')) };
}
