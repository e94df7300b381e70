import type { ByteString } from '../trace-record.js';

/** What of journald's settings decides whether a kernel message is kept (journald.conf(5)). */
export interface JournaldConfig {
  readKmsg: boolean;
  storage: 'auto' | 'persistent' | 'volatile' | 'none';
  /** 0 to 7: messages of a greater number are not stored. */
  maxLevelStore: number;
  /** Who set each of them: the file, for those that are not the default. */
  from: Partial<Record<'readKmsg' | 'storage' | 'maxLevelStore', ByteString>>;
}

/**
 * Lays configuration fragments over the defaults, the last one wins; an empty value goes back to the default, a value
 * that journald would not take is passed over, as it does. Total.
 * @param fragments the main file and the drop-ins, in the order in which journald reads them
 */
export function parseJournaldConfig(
  fragments: readonly { path: ByteString; text: ByteString }[],
): JournaldConfig {
  const config: JournaldConfig = { ...DEFAULTS, from: {} };
  for (const { path, text } of fragments) {
    let section = '';
    for (const raw of text.replace(/\\\r?\n/g, ' ').split('\n')) {
      const line = raw.trim();
      if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
      if (line.startsWith('[')) section = line;
      else if (section === '[Journal]') set(config, line, path);
    }
  }
  return config;
}

const DEFAULTS: Omit<JournaldConfig, 'from'> = { readKmsg: true, storage: 'auto', maxLevelStore: 7 };

function set(config: JournaldConfig, line: string, path: ByteString): void {
  const at = line.indexOf('=');
  if (at === -1) return;
  const name = line.slice(0, at).trim();
  const value = line.slice(at + 1).trim();
  const note = (key: keyof JournaldConfig['from']) => {
    if (value === '') delete config.from[key];
    else config.from[key] = path;
  };
  if (name === 'ReadKMsg') {
    const flag = value === '' ? DEFAULTS.readKmsg : parseBoolean(value);
    if (flag === null) return;
    config.readKmsg = flag;
    note('readKmsg');
  } else if (name === 'Storage') {
    const storage = value === '' ? DEFAULTS.storage : STORAGES.find((word) => word === value);
    if (storage === undefined) return;
    config.storage = storage;
    note('storage');
  } else if (name === 'MaxLevelStore') {
    const level = value === '' ? DEFAULTS.maxLevelStore : parseLevel(value);
    if (level === null) return;
    config.maxLevelStore = level;
    note('maxLevelStore');
  }
}

const STORAGES = ['auto', 'persistent', 'volatile', 'none'] as const;

function parseBoolean(word: string): boolean | null {
  const lower = word.toLowerCase();
  if (['1', 'yes', 'y', 'true', 't', 'on'].includes(lower)) return true;
  return ['0', 'no', 'n', 'false', 'f', 'off'].includes(lower) ? false : null;
}

/** syslog(3)'s priorities, by number or by any of their names; null for none of them. */
export function parseLevel(word: string): number | null {
  if (/^[0-7]$/.test(word)) return Number(word);
  const level = LEVELS.get(word.toLowerCase());
  return level ?? null;
}

const LEVELS = new Map([
  ['emerg', 0],
  ['panic', 0],
  ['alert', 1],
  ['crit', 2],
  ['err', 3],
  ['error', 3],
  ['warning', 4],
  ['warn', 4],
  ['notice', 5],
  ['info', 6],
  ['debug', 7],
]);
