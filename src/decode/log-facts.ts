import type { DebugSite } from './dynamic-debug.js';
import type { JournaldConfig } from './log-config/journald-conf.js';
import type { BootOptions, ConsoleLine, PrintkLevels } from './log-config/printk-settings.js';
import type { RsyslogConfig } from './log-config/rsyslog-conf.js';
import type { SyslogNgConfig } from './log-config/syslog-ng-conf.js';
import type { Suppression } from './suppression.js';
import type { ByteString } from './trace-record.js';

/**
 * What a host says about its kernel log: gathered once, judged by rules that open nothing. null is not known. Times are
 * seconds on the clock that printk stamps with.
 */
export interface LogFacts {
  now: number;
  /** Nothing before it is asked about; null asks about everything. */
  since: number | null;
  /** The message sought; null where none is. */
  text: ByteString | null;
  ring: RingFacts;
  settings: LogSettings;
  rights: LogRights;
  /** Who has the log open or waits in syslog(2) for it. */
  readers: LogReader[];
  /** Processes whose open files could not be looked at. */
  readersUnseen: number;
  journald: JournaldFacts;
  rsyslog: RsyslogFacts;
  syslogNg: SyslogNgFacts;
  busybox: BusyboxFacts;
  audit: AuditFacts | null;
  /** Places that print the text sought when dynamic debug is on there; null where the list cannot be read. */
  debugSites: DebugSite[] | null;
  /** Log files that have the text sought; null where none is sought. */
  hits: FileHits | null;
}

export interface RecordMark {
  seq: number;
  time: number;
}

/** A message; only /dev/kmsg tells its sequence number. */
export interface MessageMark {
  seq: number | null;
  time: number;
}

/** What a message is known by among those of one reading. */
export function messageKey({ seq, time }: MessageMark): number {
  return seq ?? time;
}

/** A message as far as the rules need it. */
export interface RingRecord extends MessageMark {
  level: number;
  facility: number;
  text: ByteString;
}

/** The ring as /dev/kmsg shows it, or what syslog(2) READ_ALL shows of it where that is closed to us. */
export interface RingFacts {
  /** What it was read through; null where nothing gives it. */
  door: '/dev/kmsg' | 'syslog' | null;
  /** errno's name where /dev/kmsg cannot be read. */
  error: string | null;
  first: RecordMark | null;
  last: RecordMark | null;
  records: number;
  /** Sequence numbers that are missing between records; all of them together. */
  missing: number;
  /** Records that a clear hides from dmesg. */
  hidden: number;
  /** Time of the last of them. */
  hiddenUntil: number | null;
  /** Sequence number of the first record that dmesg shows; null where it shows none. */
  visibleFrom: number | null;
  /** Why it could not be told whether the log was cleared. */
  hiddenUnknown: string | null;
  /** Bytes of the ring: syslog(2) SIZE_BUFFER. */
  size: number | null;
  /** Bytes that nobody has taken from /proc/kmsg: SIZE_UNREAD. */
  unread: number | null;
  /** Records and their bytes within the last minute, or since the oldest record where that is less. */
  recent: { seconds: number; records: number; bytes: number };
  suppressed: (MessageMark & Suppression)[];
  /** Kernel messages as long as a record can be: their ends are cut off. */
  cut: MessageMark[];
  /** Records that have the text sought, oldest first, and how many there are. */
  matches: RingRecord[];
  matchCount: number;
  /** The newest plain records, oldest first, to look for in other places. */
  sample: RingRecord[];
}

export interface LogSettings {
  levels: PrintkLevels | null;
  /** `on`, `off` or `ratelimit`. */
  devkmsg: string | null;
  dmesgRestrict: number | null;
  /** kernel.printk_ratelimit_burst and net.core.message_burst: 0 suppresses everything. */
  ratelimitBurst: number | null;
  netMessageBurst: number | null;
  ignoreLoglevel: boolean | null;
  boot: BootOptions | null;
  consoles: ConsoleLine[] | null;
}

export interface LogRights {
  uid: number;
  /** CAP_SYSLOG or CAP_SYS_ADMIN. */
  capSyslog: boolean | null;
  /** The mode of seccomp(2): 2 is a filter. */
  seccomp: number | null;
  container: ByteString | null;
  device: 'device' | 'missing' | 'no-device' | 'unknown';
  /** errno's name of opening /dev/kmsg for reading; null where it opened. */
  open: string | null;
  /** errno's name of syslog(2) SIZE_BUFFER; null where it answered; `unknown` where nothing here can call it. */
  syslog: string | null;
}

/** Who reads the kernel log. */
export interface LogReader {
  pid: number;
  comm: ByteString;
  cmdline: ByteString[] | null;
  door: '/dev/kmsg' | '/proc/kmsg' | 'syslog';
}

/** A daemon that collects messages, as a process. */
export interface DaemonMark {
  pid: number;
  cmdline: ByteString[];
  /** When it was started. */
  started: number;
  /** Stopped by a signal (`T`) or a debugger (`t`): alive and doing nothing. */
  halted: boolean;
}

/** Whether one place that a collector writes has what the ring has. */
export interface StoreCheck {
  path: ByteString;
  exists: boolean;
  /** Whether it was written since this boot. */
  fresh: boolean;
  /** Earliest printk time found in it; null where it shows none. */
  oldest: number | null;
  /** A record from before this may have gone with an older file, by rotation: it is not looked for here. */
  begins: number;
  /** By {@link messageKey}, what of the sample it has. */
  has: ReadonlySet<number>;
}

export interface JournaldFacts {
  daemon: DaemonMark | null;
  config: JournaldConfig;
  /** Sequence number it reads next (/run/systemd/journal/kernel-seqnum). */
  next: number | null;
  /** What journalctl shows of this boot; null where it could not be asked. */
  stored: { oldest: number | null; newest: number | null; count: number } | null;
  /** Entries by which it says that the ring wrapped over records it had not read. */
  missed: { time: number; count: number }[];
  /** Entries with the text sought; null where journalctl could not be asked. */
  matches: number | null;
  /** Why journalctl could not be asked. */
  refused: string | null;
  /** Whether a journal of this boot is on disk or in /run. */
  hasJournal: boolean;
}

export interface RsyslogFacts {
  daemon: DaemonMark | null;
  config: RsyslogConfig | null;
  stores: StoreCheck[];
}

export interface SyslogNgFacts {
  daemon: DaemonMark | null;
  config: SyslogNgConfig | null;
  stores: StoreCheck[];
}

export interface BusyboxFacts {
  klogd: DaemonMark | null;
  syslogd: DaemonMark | null;
  /** Whether anything listens on /dev/log. */
  devLog: boolean | null;
  stores: StoreCheck[];
}

/** `auditctl -s` */
export interface AuditFacts {
  lost: number;
  backlogLimit: number;
}

export interface FileHits {
  /** Files that have the text, and how often. */
  found: { path: ByteString; count: number; last: ByteString }[];
  searched: number;
  /** Files that could not be read, or not to their beginning. */
  partly: ByteString[];
}
