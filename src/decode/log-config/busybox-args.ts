import type { ByteString } from '../trace-record.js';
import { parseLevel } from './journald-conf.js';

/** Where BusyBox syslogd puts what it gets (sysklogd/syslogd.c). */
export interface SyslogdArgs {
  /** null where it writes none: a buffer in memory, or only another host. */
  file: ByteString | null;
  /** Messages of this number and above are left out; 8 leaves out none. */
  below: number;
  /** `-R` */
  forward: ByteString | null;
  /** `-C`: a buffer that logread reads. */
  buffer: boolean;
}

/** @param args the words behind the name of the program */
export function parseSyslogdArgs(args: readonly ByteString[]): SyslogdArgs {
  const options = shortOptions(args, 'ORslbfC');
  const forward = options.get('R') ?? null;
  const buffer = options.has('C');
  const level = Number(options.get('l') ?? 8);
  const local = forward === null || options.has('L');
  return {
    file: options.get('O') ?? (buffer || !local ? null : '/var/log/messages'),
    below: level >= 1 && level <= 8 ? level : 8,
    forward,
    buffer,
  };
}

/** `klogd -c N`: the console level it sets; null where it sets none. */
export function parseKlogdLevel(args: readonly ByteString[]): number | null {
  const level = shortOptions(args, 'c').get('c');
  return level === undefined ? null : parseLevel(level);
}

/** @param valued the letters that take a value, joined to them or as the next word */
function shortOptions(args: readonly ByteString[], valued: string): Map<string, ByteString> {
  const found = new Map<string, ByteString>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!word.startsWith('-') || word.startsWith('--')) continue;
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      if (!valued.includes(letter)) {
        found.set(letter, '');
        continue;
      }
      const rest = word.slice(at + 1);
      // -C takes its size only joined to it.
      found.set(letter, rest !== '' || letter === 'C' ? rest : (args[++i] ?? ''));
      break;
    }
  }
  return found;
}
