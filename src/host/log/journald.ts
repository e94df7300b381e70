import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type JournaldConfig,
  parseJournaldConfig,
  parseLevel,
} from '../../decode/log-config/journald-conf.js';
import { parseBootOptions } from '../../decode/log-config/printk-settings.js';
import type { JournaldFacts } from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { exists, type LogWorld, readText } from './log-world.js';

/** journald's settings, how far it has read, and what journalctl shows of this boot's kernel messages. */
export async function readJournald(
  world: LogWorld,
  daemon: JournaldFacts['daemon'],
  text: ByteString | null,
): Promise<JournaldFacts> {
  const config = withBootOption(world, parseJournaldConfig(journaldFragments(world)));
  const next = kernelPosition(world);
  const hasJournal = journalFolders(world).length > 0;
  const facts: JournaldFacts = {
    daemon,
    config,
    next,
    stored: null,
    missed: [],
    matches: null,
    refused: null,
    hasJournal,
  };
  // Without a journal, journalctl has nothing to tell; asking takes a second.
  if (daemon === null && !hasJournal) return facts;
  const [stored, missed] = await Promise.all([
    ask(world, ['-k', '-n', String(MOST), '--output-fields=_SOURCE_MONOTONIC_TIMESTAMP,MESSAGE']),
    ask(world, [MISSED, '--output-fields=MESSAGE']),
  ]);
  if (typeof stored === 'string') return { ...facts, refused: stored };
  const times = stored.flatMap((entry) => seconds(entry._SOURCE_MONOTONIC_TIMESTAMP));
  facts.stored = {
    oldest: times.length === 0 || stored.length === MOST ? null : Math.min(...times),
    newest: times.length === 0 ? null : Math.max(...times),
    count: stored.length,
  };
  if (typeof missed !== 'string') {
    facts.missed = missed.flatMap(({ MESSAGE, __MONOTONIC_TIMESTAMP }) => {
      const count = /^Missed (\d+) kernel messages/.exec(messageOf(MESSAGE))?.[1];
      return count === undefined
        ? []
        : seconds(__MONOTONIC_TIMESTAMP).map((time) => ({ time, count: Number(count) }));
    });
  }
  if (text !== null) facts.matches = stored.filter(({ MESSAGE }) => messageOf(MESSAGE).includes(text)).length;
  return facts;
}

/**
 * Looks for a marker among the newest kernel messages of the journal.
 * @returns how long journald took for it, in milliseconds; null where it is not there
 */
export async function findCanaryEntry(
  world: LogWorld,
  marker: string,
): Promise<{ delay: number | null } | null> {
  const entries = await ask(world, [
    ...['-k', '-n', '500'],
    '--output-fields=MESSAGE,_SOURCE_MONOTONIC_TIMESTAMP',
  ]);
  if (typeof entries === 'string') return null;
  const entry = entries.find(({ MESSAGE }) => messageOf(MESSAGE).includes(marker));
  if (entry === undefined) return null;
  const [printed] = seconds(entry._SOURCE_MONOTONIC_TIMESTAMP);
  const [received] = seconds(entry.__MONOTONIC_TIMESTAMP);
  return { delay: printed === undefined || received === undefined ? null : 1000 * (received - printed) };
}

/** What the kernel was started with goes over what the files say (systemd-journald.service(8)). */
function withBootOption(world: LogWorld, config: JournaldConfig): JournaldConfig {
  const word = parseBootOptions(readText(world, '/proc/cmdline') ?? '').journaldMaxLevelStore;
  const level = word === null ? null : parseLevel(word);
  if (level === null) return config;
  return { ...config, maxLevelStore: level, from: { ...config.from, maxLevelStore: '/proc/cmdline' } };
}

/** SD_MESSAGE_JOURNAL_MISSED (systemd, sd-messages.h). */
const MISSED = 'MESSAGE_ID=e9bf28e6e834481bb6f48f548ad13606';
const MOST = 20_000;

/** The main file and the drop-ins as journald reads them: by name, a folder further up hiding the same name below. */
export function journaldFragments(world: LogWorld): { path: ByteString; text: ByteString }[] {
  const main = FOLDERS.map((folder) => `${folder}/journald.conf`).find((path) => exists(world, path));
  const dropIns = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const name of list(world, `${folder}/journald.conf.d`))
      if (name.endsWith('.conf') && !dropIns.has(name))
        dropIns.set(name, `${folder}/journald.conf.d/${name}`);
  }
  const paths = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [...(main === undefined ? [] : [main]), ...paths].flatMap((path) => {
    const text = readText(world, path);
    return text === null ? [] : [{ path, text }];
  });
}

const FOLDERS = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'];

function list({ root }: LogWorld, path: string): string[] {
  try {
    return readdirSync(join(root, path), 'latin1');
  } catch {
    return [];
  }
}

/** A 64-bit number that journald keeps for its own restarts; as old as the last message it has read. */
function kernelPosition({ root }: LogWorld): number | null {
  try {
    const bytes = readFileSync(join(root, '/run/systemd/journal/kernel-seqnum'));
    return bytes.length === 8 ? Number(bytes.readBigUInt64LE()) : null;
  } catch {
    return null;
  }
}

function journalFolders(world: LogWorld): string[] {
  return ['/var/log/journal', '/run/log/journal'].flatMap((folder) =>
    list(world, folder).filter((id) => list(world, `${folder}/${id}`).length > 0),
  );
}

type JournalEntry = Record<string, unknown>;

/** @returns the entries, or in words why there are none to be had */
async function ask({ command }: LogWorld, args: readonly string[]): Promise<JournalEntry[] | string> {
  const answer = await command('journalctl', ['-b', '-o', 'json', '-q', '--no-pager', ...args]);
  if (answer.outcome === 'missing') return 'journalctl is not installed';
  if (answer.outcome === 'timeout') return 'journalctl did not answer in time';
  if (answer.outcome === 'failed') return `journalctl: ${answer.why}`;
  const entries = answer.stdout.split('\n').flatMap((line): JournalEntry[] => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as JournalEntry];
    } catch {
      return [];
    }
  });
  if (answer.status === 0 || entries.length > 0) return entries;
  // No entry fits: status 1 and silence.
  return answer.stderr === '' ? [] : `journalctl: ${answer.stderr.trim().split('\n')[0]}`;
}

/** Bytes that are no text come as an array of numbers; null for what is too long. */
function messageOf(value: unknown): ByteString {
  // The command's output was taken as bytes already.
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? Buffer.from(value as number[]).toString('latin1') : '';
}

function seconds(value: unknown): number[] {
  return typeof value === 'string' && /^\d+$/.test(value) ? [Number(value) / 1e6] : [];
}
