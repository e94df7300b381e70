import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LogMessage } from '../../decode/log-message.js';
import { openKlogctl } from '../../klog/klogctl.js';
import { readFirstVisible } from '../../klog/kmsg-device.js';
import { KmsgSource } from '../../klog/kmsg-source.js';
import type { LogSource } from '../../klog/log-source.js';
import { printable } from '../../output/escape.js';
import { wantsColor } from '../../output/paint.js';
import { ReadyFile } from '../ready-file.js';
import { Stop } from '../stop.js';
import { AddressNames } from './address-names.js';
import { FollowSignals } from './follow-signals.js';
import { MessageWriter, type WriterWorld } from './message-writer.js';
import { openSource } from './open-source.js';
import type { KmsgOptions } from './options.js';
import { type KmsgOutput, openOutput } from './output.js';
import { noticesBefore, summaryOf } from './telling.js';
import { readWallClock } from './wall-clock.js';

/** Prints the messages of the kernel log. @returns the exit status */
export async function runKmsg(options: KmsgOptions): Promise<number> {
  const ready = new ReadyFile(options.readyFile);
  const clear = options.readClear ? openKlogctl() : null;
  const names = namesFor(options);
  const source = openSource(options, warn);
  const output = openOutput(options.output, options.pager && isatty(1));
  const writer = openWriter(options, source, { names, color: colored(options), warn });
  const stop = new Stop();
  const signals = options.follow && options.output !== null ? new FollowSignals(names, warn) : null;
  for (const notice of source instanceof KmsgSource ? noticesBefore(source) : []) {
    if (options.form === 'events') writer.event(notice);
    else warn(notice.hint === null ? notice.text : `${notice.text} (${notice.hint})`);
  }
  ready.announce();
  try {
    await pump(source, writer, output, {
      stop,
      follow: options.follow,
      paused: () => signals?.paused === true,
    });
    // syslog(2) READ_CLEAR has done it already.
    if (clear !== null && source instanceof KmsgSource && !stop.reached) {
      clear('CLEAR');
      takeWhatCameMeanwhile(source, writer);
    }
  } finally {
    source.close();
  }
  writer.end();
  if (options.form === 'events') writer.event(summaryOf(writer, source.name));
  output.channel.write(writer.take());
  await output.finish();
  return stop.status;
}

/** What turns the messages of this source into the text that was asked for, by this host's clocks. */
export function openWriter(
  options: KmsgOptions,
  source: LogSource,
  how: Pick<WriterWorld, 'names' | 'color' | 'warn'>,
): MessageWriter {
  return new MessageWriter(options, {
    ...how,
    backend: source.name,
    wallOffset: wallOffset(options, how.warn),
    callerWidth: callerWidth(source),
  });
}

interface Pump {
  stop: Stop;
  follow: boolean;
  paused: () => boolean;
}

async function pump(
  source: LogSource,
  writer: MessageWriter,
  { channel }: KmsgOutput,
  how: Pump,
): Promise<void> {
  const { stop, follow, paused } = how;
  while (!stop.reached && !channel.closed) {
    const more = !paused() && source.read(writer);
    channel.write(writer.take());
    // A pager that takes its time must not make the whole log wait in memory.
    while (channel.backlog > MOST_WAITING && !channel.closed && !stop.reached) await stop.wait(10);
    if (!more && !follow) return;
    // Signals want a turn too.
    if (more) await new Promise((resolve) => setImmediate(resolve));
    else await stop.wait(PAUSE_MS);
  }
}

const MOST_WAITING = 1 << 20;
/** Node cannot wait for a device to have something. */
const PAUSE_MS = 50;

/** Messages that came between the last read and the clear are hidden now, and were not printed. */
function takeWhatCameMeanwhile(source: LogSource, writer: MessageWriter): void {
  const mark = readFirstVisible();
  const until = mark.kind === 'record' ? mark.record.seq : Number.POSITIVE_INFINITY;
  const sink = {
    message: (message: LogMessage) => {
      if (message.seq === null || message.seq < until) writer.message(message);
    },
    lost: (count: number, what: string) => writer.lost(count, what),
  };
  while (source.read(sink)) {}
}

/** Addresses in a file are those of another boot, unless a map for it is given. */
function namesFor({ symbols, map, file, form, raw }: KmsgOptions): AddressNames | null {
  if (!symbols || raw || form === 'dmesg-json' || (file !== null && map === null)) return null;
  return new AddressNames(map);
}

function colored({ color, output, form, raw }: KmsgOptions): boolean {
  if (form !== 'lines' || raw || color === 'never') return false;
  return color === 'always' || (output === null && wantsColor(isatty(1), process.env));
}

/** The clocks are read only where a time of day is asked for. */
function wallOffset({ times, since, until, file }: KmsgOptions, warn: WriterWorld['warn']): number {
  const asked =
    since !== null || until !== null || times.some((format) => /^(?:ctime|reltime|iso)/.test(format));
  if (!asked) return 0;
  const { offset, suspended } = readWallClock();
  if (suspended > 1 && file === null)
    warn(`this host was suspended for ${Math.round(suspended)} s: times before that are as much too late`);
  return offset;
}

/** Columns that dmesg(1) gives the caller: as many as a thread id of this host, with its newline, or those of 16 bits. */
function callerWidth(source: LogSource): number {
  if (!(source instanceof KmsgSource)) return SHORT_CALLER;
  try {
    return readFileSync('/proc/sys/kernel/pid_max', 'latin1').length;
  } catch {
    return LONG_CALLER;
  }
}

const SHORT_CALLER = 5;
const LONG_CALLER = 11;

function warn(text: string): void {
  process.stderr.write(`kwho: ${printable(Buffer.from(text).toString('latin1'))}\n`);
}
