import { UsageError } from '../../errors.js';
import type { LogFileFormat } from '../../klog/text-source.js';
import type { DmesgTimeFormat } from '../../output/dmesg-time.js';
import type { OptionValues } from '../command.js';
import { settleTimes } from './time-formats.js';

/** Where messages are read from; `auto` is /dev/kmsg, or syslog(2) where that is closed. */
export type KmsgDoor = 'auto' | 'kmsg' | 'proc' | 'syslog';

/** What `kwho kmsg` was asked to print. */
export interface KmsgOptions {
  door: KmsgDoor;
  file: { path: string; format: LogFileFormat } | null;
  /** Records that a clear hides too. */
  all: boolean;
  follow: boolean;
  /** Only what comes from now on. */
  onlyNew: boolean;
  readClear: boolean;
  /** Bytes for syslog(2) READ_ALL. */
  bufferSize: number | null;
  levels: ReadonlySet<number> | null;
  facilities: ReadonlySet<number> | null;
  /** Microseconds since 1970. */
  since: number | null;
  until: number | null;
  /** dmesg's lines, dmesg's JSON document, or kwho's events. */
  form: 'lines' | 'dmesg-json' | 'events';
  times: readonly DmesgTimeFormat[];
  decode: boolean;
  raw: boolean;
  forcePrefix: boolean;
  color: 'auto' | 'always' | 'never';
  pager: boolean;
  netfilter: boolean;
  symbols: boolean;
  /** A System.map in the place of /proc/kallsyms. */
  map: string | null;
  /** Appended to, in the place of standard output. */
  output: string | null;
  readyFile: string | null;
}

/** @throws UsageError for what does not go together */
export function kmsgOptions(values: OptionValues): KmsgOptions {
  const has = (name: string) => values[name] === true;
  for (const group of EXCLUSIVE) {
    const given = group.filter((name) => name in values);
    if (given.length > 1) throw new UsageError(`--${given.join(' and --')} do not go together`);
  }
  const path = (values['kmsg-file'] ?? values.file) as string | undefined;
  const form = has('json') ? 'events' : has('dmesg-json') ? 'dmesg-json' : 'lines';
  const onlyNew = has('follow-new');
  return {
    door: has('syslog') ? 'syslog' : ((values.source as KmsgDoor | undefined) ?? 'auto'),
    file: path === undefined ? null : { path, format: 'kmsg-file' in values ? 'kmsg' : 'syslog' },
    all: has('all'),
    follow: has('follow') || onlyNew,
    onlyNew,
    readClear: has('read-clear'),
    bufferSize: (values['buffer-size'] as number | undefined) ?? null,
    levels: (values.level as ReadonlySet<number> | undefined) ?? null,
    facilities: facilitiesOf(values),
    since: (values.since as number | undefined) ?? null,
    until: (values.until as number | undefined) ?? null,
    form,
    times: form === 'lines' ? settleTimes(timesOf(values), has('show-delta')) : ['raw'],
    decode: has('decode'),
    raw: form === 'lines' && has('raw'),
    forcePrefix: form === 'lines' && has('force-prefix'),
    color: (values.color as KmsgOptions['color'] | undefined) ?? 'auto',
    pager: has('human') && !has('nopager') && !has('follow') && !onlyNew && form === 'lines',
    netfilter: has('decode-netfilter'),
    symbols: !has('no-symbols'),
    map: (values.map as string | undefined) ?? null,
    output: (values.output as string | undefined) ?? null,
    readyFile: (values['ready-file'] as string | undefined) ?? null,
  };
}

/** Of each row at most one. */
const EXCLUSIVE = [
  ['json', 'dmesg-json', 'raw'],
  ['file', 'kmsg-file', 'source', 'syslog'],
  ['file', 'kmsg-file', 'all'],
  ['file', 'kmsg-file', 'follow', 'follow-new'],
  ['file', 'kmsg-file', 'read-clear'],
  ['oneshot', 'follow', 'follow-new', 'read-clear'],
  ['map', 'no-symbols'],
  ...['human', 'ctime', 'reltime', 'notime', 'show-delta', 'time-format', 'decode'].map((name) => [
    'raw',
    name,
  ]),
];

/** In the order of the command line, which is the order in which they stand. */
function timesOf(values: OptionValues): DmesgTimeFormat[] {
  return Object.keys(values).flatMap((name) =>
    name === 'time-format' ? (values[name] as DmesgTimeFormat[]) : (TIME_OPTIONS.get(name) ?? []),
  );
}

const TIME_OPTIONS = new Map<string, DmesgTimeFormat>([
  ['human', 'reltime'],
  ['reltime', 'reltime'],
  ['ctime', 'ctime'],
  ['notime', 'notime'],
]);

function facilitiesOf(values: OptionValues): ReadonlySet<number> | null {
  const listed = values.facility as ReadonlySet<number> | undefined;
  if (listed === undefined && values.kernel !== true && values.userspace !== true) return null;
  const facilities = new Set(listed);
  if (values.kernel === true) facilities.add(KERN);
  if (values.userspace === true)
    for (let facility = 1; facility < FACILITIES; facility++) facilities.add(facility);
  return facilities;
}

const KERN = 0;
/** Bits of a priority for the facility, less the kernel's: everything but it is a program's. */
const FACILITIES = 128;
