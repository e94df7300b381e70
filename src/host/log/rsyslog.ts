import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RsyslogConfig, readRsyslog, splitRsyslog } from '../../decode/log-config/rsyslog-conf.js';
import type { DaemonMark } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { type LogWorld, readText } from './log-world.js';

/** The configuration with its includes put in their places; null where there is none. */
export function readRsyslogConfig(world: LogWorld, daemon: DaemonMark | null): RsyslogConfig | null {
  const main = configPath(daemon);
  const lines = linesOf(world, main, new Set());
  return lines === null ? null : readRsyslog(lines);
}

export const RSYSLOG_CONF = '/etc/rsyslog.conf';

/** `rsyslogd -f FILE`, `rsyslogd -fFILE` */
function configPath(daemon: DaemonMark | null): string {
  const args = daemon?.cmdline ?? [];
  const at = args.findIndex((word) => word.startsWith('-f'));
  if (at === -1) return RSYSLOG_CONF;
  return args[at] === '-f' ? (args[at + 1] ?? RSYSLOG_CONF) : args[at]!.slice(2);
}

/** @param seen files on the way here: a file that includes itself is read once */
function linesOf(
  world: LogWorld,
  path: string,
  seen: Set<string>,
): { line: ByteString; source: ByteString }[] | null {
  const text = seen.has(path) || seen.size > MOST_FILES ? null : readText(world, path);
  if (text === null) return null;
  seen.add(path);
  return splitRsyslog(text).flatMap((statement) =>
    statement.kind === 'line'
      ? [{ line: statement.line, source: path }]
      : expand(world, statement.pattern).flatMap((file) => linesOf(world, file, seen) ?? []),
  );
}

const MOST_FILES = 500;

/** glob(3) in the last part of the path; a folder stands for all of its files. Sorted, as rsyslog takes them. */
function expand({ root }: LogWorld, pattern: string): string[] {
  const folder = pattern.endsWith('/') ? pattern.slice(0, -1) : dirname(pattern);
  const wanted = pattern.endsWith('/') ? '*' : pattern.slice(folder.length + 1);
  try {
    return readdirSync(join(root, folder), 'latin1')
      .filter((name) => !name.startsWith('.') && globFits(wanted, name))
      .sort()
      .map((name) => `${folder}/${name}`)
      .filter((path) => statSync(join(root, path)).isFile());
  } catch {
    return [];
  }
}

function globFits(pattern: string, name: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`).test(name);
}
