import { UsageError } from '../errors.js';
import { openStandardOutput } from '../output/channel.js';
import type { Command, OptionValues } from './command.js';
import { CLEAR_HINT, demandYes, runAction } from './kmsg/actions.js';
import { parseConsoleLevel, parseFacilities, parseLevels } from './kmsg/name-list.js';
import { type KmsgOptions, kmsgOptions } from './kmsg/options.js';
import { parsePointInTime } from './kmsg/point-in-time.js';
import { runKmsg } from './kmsg/run.js';
import { TIME_FORMATS } from './kmsg/time-formats.js';
import { parseChoice } from './option-values.js';

export const kmsg: Command = {
  name: 'kmsg',
  summary: 'the kernel log as dmesg prints it, through every door, with what was lost on the way',
  options: {
    source: {
      value: 'DOOR',
      parse: parseChoice(['kmsg', 'syslog', 'proc']),
      help: 'kmsg (/dev/kmsg, default), syslog (syslog(2)), proc (/proc/kmsg: takes the messages away; --yes)',
    },
    all: { help: 'also the messages that a clear hides' },
    follow: { short: 'w', help: 'go on with new messages' },
    'follow-new': { short: 'W', help: 'new messages only' },
    level: {
      short: 'l',
      value: 'LIST',
      parse: parseLevels,
      help: 'only these levels: err,warn; 3; err+ (that and worse); +err (that and milder)',
    },
    facility: {
      short: 'f',
      value: 'LIST',
      parse: parseFacilities,
      help: 'only these facilities: kern,daemon',
    },
    kernel: { short: 'k', help: 'only messages of the kernel' },
    userspace: { short: 'u', help: 'only messages of programs' },
    since: {
      value: 'TIME',
      parse: (text, option) => parsePointInTime(text, option),
      help: "only after: '2026-11-22 16:34', 16:34, yesterday, -10min, '1h ago', @EPOCH",
    },
    until: { value: 'TIME', parse: (text, option) => parsePointInTime(text, option), help: 'only before' },
    decode: { short: 'x', help: 'facility and level as names before each message' },
    ctime: { short: 'T', help: 'the time of day (after a suspend, older ones are late)' },
    reltime: { short: 'e', help: 'the time of day and what has passed since' },
    'show-delta': { short: 'd', help: 'what has passed since the message before' },
    notime: { short: 't', help: 'no time' },
    'time-format': {
      value: 'FORMAT',
      multiple: true,
      parse: parseChoice(TIME_FORMATS),
      help: `${TIME_FORMATS.join(', ')}; several stand side by side`,
    },
    human: { short: 'H', help: 'as --reltime, with a pager' },
    nopager: { short: 'P', help: 'no pager' },
    color: {
      short: 'L',
      value: 'WHEN',
      parse: parseChoice(['auto', 'always', 'never']),
      help: 'auto, always, never',
    },
    'force-prefix': { short: 'p', help: 'time and names before every line of a message' },
    raw: { short: 'r', help: 'as syslog(2) gives them: <6>[    1.139333] text' },
    'dmesg-json': { short: 'J', help: "dmesg's JSON document" },
    json: { help: 'one JSON object a line; kwho schema describes them' },
    'decode-netfilter': { help: 'what a LOG rule told of a packet in plain words below its message' },
    'no-symbols': { help: "leave kernel addresses in messages unnamed (klogd's -x)" },
    map: { value: 'FILE', help: "name them by this System.map, not by /proc/kallsyms (klogd's -k)" },
    file: { short: 'F', value: 'FILE', help: 'read this file, as dmesg --raw writes it' },
    'kmsg-file': { short: 'K', value: 'FILE', help: 'read this file, as cat /dev/kmsg writes it' },
    output: {
      value: 'FILE',
      help: "append to this file (klogd's -f); following, SIGTSTP stops, SIGCONT goes on, SIGUSR1 reads symbols again",
    },
    oneshot: { help: "print what is there and end: the default (klogd's -o)" },
    syslog: { short: 'S', help: "the same as --source syslog (klogd's -s)" },
    'buffer-size': {
      short: 's',
      value: 'BYTES',
      parse: parseBytes,
      help: 'with syslog(2): only the newest that fit',
    },
    'read-clear': { short: 'c', help: 'print, then hide everything as --clear does; --yes' },
    clear: { short: 'C', help: 'hide everything in the log from dmesg and syslog(2); --yes' },
    'console-level': {
      short: 'n',
      value: 'LEVEL',
      parse: parseConsoleLevel,
      help: "which messages reach the console: 1 (emerg) to 8, or a name (klogd's -c)",
    },
    'console-off': { short: 'D', help: 'no messages on the console' },
    'console-on': { short: 'E', help: 'messages on the console again' },
    levels: { help: 'print the four levels of /proc/sys/kernel/printk' },
    size: { help: 'print the size of the log in bytes' },
    unread: { help: 'print how many bytes wait for a reader of /proc/kmsg or syslog(2) READ' },
    yes: { help: 'do what hides or takes away messages' },
    'ready-file': { value: 'FILE', help: 'create this file once the log is open' },
  },
  examples: [
    {
      line: 'kwho kmsg -T --level err+',
      what: 'errors and worse, with the time of day; all options of dmesg are there',
    },
    { line: 'kwho kmsg --all', what: 'also what somebody has cleared' },
    { line: 'kwho kmsg -W --json', what: 'new messages as events, losses included' },
    {
      line: 'kwho kmsg -w --output /var/log/kernel.log',
      what: 'as klogd does, but nothing is taken from other readers',
    },
    { line: 'kwho kmsg --unread', what: 'bytes that a reader of /proc/kmsg would get' },
  ],
  async run(values) {
    const options = kmsgOptions(values);
    const answer = runAction(values);
    if (answer !== null) return print(answer);
    demandConsent(values, options);
    return runKmsg(options);
  },
};

/** Reading can take messages away from others, or hide them. */
function demandConsent(values: OptionValues, { door, follow, readClear }: KmsgOptions): void {
  if (readClear) {
    demandYes(values, '--read-clear prints the log and hides it from dmesg and from syslog(2)', CLEAR_HINT);
  }
  const takes = door === 'proc' ? '/proc/kmsg' : door === 'syslog' && follow ? 'syslog(2) READ' : null;
  if (takes === null) return;
  demandYes(
    values,
    `${takes} gives each message to one reader only: what kwho reads there, klogd or rsyslogd will not get`,
    'kwho kmsg reads the same messages from /dev/kmsg and takes nothing away. To do it: --yes',
  );
}

function parseBytes(text: string, option: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || bytes > MOST_BYTES)
    throw new UsageError(`${option} wants a number of bytes up to ${MOST_BYTES}, and '${text}' came`);
  return Math.max(bytes, LEAST_BYTES);
}

/** What dmesg(1) takes at least. */
const LEAST_BYTES = 4096;
const MOST_BYTES = 1 << 30;

async function print(text: string): Promise<number> {
  const out = openStandardOutput();
  out.write(text);
  await out.drain(DRAIN_MS);
  return 0;
}

const DRAIN_MS = 5000;
