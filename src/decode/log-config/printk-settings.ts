/** The four numbers of /proc/sys/kernel/printk (Documentation/admin-guide/sysctl/kernel.rst). */
export interface PrintkLevels {
  /** Messages of a number below it reach the console. */
  console: number;
  /** The level of messages that name none. */
  standard: number;
  minimum: number;
  /** What the console level is after `dmesg -E`. */
  boot: number;
}

/** @returns null for text of another shape */
export function parsePrintkLevels(text: string): PrintkLevels | null {
  const numbers = text.trim().split(/\s+/).map(Number);
  const [console, standard, minimum, boot] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isSafeInteger)) return null;
  return { console: console!, standard: standard!, minimum: minimum!, boot: boot! };
}

/** What a kernel was started with that bears on its console and its log. */
export interface BootOptions {
  quiet: boolean;
  ignoreLoglevel: boolean;
  /** The last `loglevel=`; null where there is none. */
  loglevel: number | null;
  /** Every `console=`, without what follows a comma: `ttyS0`. */
  consoles: string[];
  /** As it stands: `1M`. */
  logBufLen: string | null;
  /** `printk.devkmsg=`, which also locks the sysctl. */
  devkmsg: string | null;
  /** `systemd.journald.max_level_store=` */
  journaldMaxLevelStore: string | null;
}

/** Reads /proc/cmdline as the kernel does: blanks part words, double quotes hold them together. Total. */
export function parseBootOptions(cmdline: string): BootOptions {
  const options: BootOptions = {
    quiet: false,
    ignoreLoglevel: false,
    loglevel: null,
    consoles: [],
    logBufLen: null,
    devkmsg: null,
    journaldMaxLevelStore: null,
  };
  for (const word of cmdline.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []) {
    // Everything behind it is for the first process.
    if (word === '--') break;
    const [name, value] = splitOnce(word.replaceAll('"', ''), '=');
    if (name === 'quiet') options.quiet = true;
    else if (name === 'ignore_loglevel') options.ignoreLoglevel = true;
    else if (name === 'loglevel' && /^\d+$/.test(value)) options.loglevel = Number(value);
    else if (name === 'console' && value !== '') options.consoles.push(value.split(',')[0] ?? value);
    else if (name === 'log_buf_len') options.logBufLen = value;
    else if (name === 'printk.devkmsg') options.devkmsg = value;
    else if (name === 'systemd.journald.max_level_store') options.journaldMaxLevelStore = value;
  }
  return options;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** One line of /proc/consoles (fs/proc/consoles.c): `ttyS0                -W- (EC  p a)    4:64`. */
export interface ConsoleLine {
  name: string;
  /** Whether it takes messages (CON_ENABLED); a suspended one does not. */
  enabled: boolean;
}

export function parseConsoles(text: string): ConsoleLine[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\S+)\s+\S+\s+\(([^)]*)\)/.exec(line);
    return match === null ? [] : [{ name: match[1]!, enabled: match[2]!.includes('E') }];
  });
}
