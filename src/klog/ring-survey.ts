import type { RecordMark, RingFacts, RingRecord } from '../decode/log-facts.js';
import { parseSuppression } from '../decode/suppression.js';
import { SyslogTextReader } from '../decode/syslog-text.js';
import type { ByteString } from '../decode/trace-record.js';
import { KwhoError, systemCode } from '../errors.js';
import { chooseDoor, syslogAnswers, tryDevice } from './choose-door.js';
import { KmsgDevice, readFirstVisible } from './kmsg-device.js';
import { callSyslog } from './syslog-call.js';

/**
 * Reads the whole ring once, through a reader of its own that takes nothing from anybody; where /dev/kmsg is closed,
 * what syslog(2) shows of it.
 * @param text the message sought, as bytes; null for none
 * @param now seconds on printk's clock
 */
export function surveyRing(text: ByteString | null, now: number, path = '/dev/kmsg'): RingFacts {
  const survey = new Survey(text, now);
  const device = tryDevice(path);
  if (device.works) return surveyDevice(survey, path);
  survey.facts.error = device.fault instanceof KwhoError ? null : systemCode(device.fault);
  if (chooseDoor(device, syslogAnswers) === 'syslog') surveyShown(survey);
  return survey.facts;
}

function surveyDevice(survey: Survey, path: string): RingFacts {
  survey.facts.door = '/dev/kmsg';
  try {
    const device = new KmsgDevice(path);
    try {
      // Writers may be as fast as we are: what came after the start is not ours to read.
      for (let n = 0, read = device.read(); read.kind !== 'end' && n < MOST; read = device.read(), n++)
        if (read.kind === 'record') survey.note(read.record);
    } finally {
      device.close();
    }
  } catch (error) {
    if (systemCode(error) === null) throw error;
    survey.facts.error = systemCode(error);
  }
  if (survey.facts.error === null) markHidden(survey.facts, path);
  else survey.facts.door = null;
  return survey.facts;
}

/** What READ_ALL gives: the messages that no clear hides, without their numbers. */
function surveyShown(survey: Survey): void {
  const size = callSyslog('SIZE_BUFFER');
  if (size === null || 'error' in size) return;
  // Prefixes make the text longer than the buffer that the kernel keeps it in.
  const shown = callSyslog('READ_ALL', TEXT_PER_BYTE * size.result);
  if (shown === null || 'error' in shown) return;
  survey.facts.door = 'syslog';
  const reader = new SyslogTextReader(({ microseconds, level, facility, text }) => {
    // printk.time=0 leaves out when.
    if (microseconds === null) return;
    survey.note({ seq: null, time: microseconds / 1e6, level: level ?? 4, facility: facility ?? 0, text });
  });
  reader.push(Buffer.from(shown.bytes, 'latin1'));
  reader.flush();
}

const TEXT_PER_BYTE = 4;

const MOST = 1_000_000;

/**
 * Asks syslog(2) for the sizes that /dev/kmsg does not tell.
 * @returns errno's name where it refuses, `unknown` where nothing here can call it, null where it answered
 */
export function measureRing(facts: RingFacts): string | null {
  const size = callSyslog('SIZE_BUFFER');
  if (size === null) return 'unknown';
  if ('error' in size) return size.error;
  facts.size = size.result;
  const unread = callSyslog('SIZE_UNREAD');
  if (unread !== null && 'result' in unread) facts.unread = unread.result;
  return null;
}

class Survey {
  readonly facts: RingFacts = {
    door: null,
    error: null,
    first: null,
    last: null,
    records: 0,
    missing: 0,
    hidden: 0,
    hiddenUntil: null,
    visibleFrom: null,
    hiddenUnknown: null,
    size: null,
    unread: null,
    recent: { seconds: 0, records: 0, bytes: 0 },
    suppressed: [],
    cut: [],
    matches: [],
    matchCount: 0,
    sample: [],
  };
  readonly #text: ByteString | null;
  readonly #now: number;

  constructor(text: ByteString | null, now: number) {
    this.#text = text;
    this.#now = now;
  }

  note({ seq, time, level, facility, text }: RingRecord): void {
    const { facts } = this;
    const bytes = ringBytes(text.length);
    if (facts.records === 0)
      facts.recent.seconds = Math.max(0.001, Math.min(RECENT_SECONDS, this.#now - time));
    if (seq !== null) {
      facts.first ??= { seq, time };
      if (facts.last !== null) facts.missing += Math.max(0, seq - facts.last.seq - 1);
      facts.last = { seq, time };
    }
    facts.records++;
    if (time > this.#now - RECENT_SECONDS) {
      facts.recent.records++;
      facts.recent.bytes += bytes;
    }
    const suppression = parseSuppression(text, facility);
    if (suppression !== null) keepNewest(facts.suppressed, { seq, time, ...suppression }, MOST_KEPT);
    if (facility === 0 && text.length >= LONGEST_TEXT) keepNewest(facts.cut, { seq, time }, MOST_KEPT);
    const record = { seq, time, level, facility, text };
    if (this.#text !== null && text.includes(this.#text)) {
      facts.matchCount++;
      keepNewest(facts.matches, record, MOST_MATCHES);
    }
    if (isPlain(text)) keepNewest(facts.sample, { ...record, text: text.trimEnd() }, MOST_SAMPLED);
  }
}

const RECENT_SECONDS = 60;
const MOST_KEPT = 500;
const MOST_MATCHES = 20;
const MOST_SAMPLED = 200;

/** LOG_LINE_MAX of kernel/printk/printk.c, less than which fits one record on every kernel from 5.10 on. */
const LONGEST_TEXT = 992;

function keepNewest<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}

/** One line that no collector escapes; blanks at its end are another matter. */
function isPlain(text: ByteString): boolean {
  return text.length >= 6 && text.length < 900 && /^[\x20-\x7e]*$/.test(text);
}

/** A text with its descriptor, in whole words (kernel/printk/printk_ringbuffer.c struct prb_data_block). */
function ringBytes(length: number): number {
  return 8 + 8 * Math.ceil(length / 8);
}

/** A clear erases nothing: SEEK_DATA goes to the marker that it moved. */
function markHidden(facts: RingFacts, path: string): void {
  const { first, last } = facts;
  if (first === null || last === null) return;
  try {
    const mark = readFirstVisible(path);
    if (mark.kind === 'record') {
      facts.hidden = Math.max(0, mark.record.seq - first.seq);
      facts.visibleFrom = mark.record.seq;
      if (facts.hidden > 0) facts.hiddenUntil = timeBefore(path, mark.record) ?? mark.record.time;
    } else if (mark.kind === 'end') {
      facts.hidden = last.seq - first.seq + 1 - facts.missing;
      facts.hiddenUntil = last.time;
    } else facts.visibleFrom = first.seq;
  } catch (error) {
    if (!(error instanceof KwhoError)) throw error;
    facts.hiddenUnknown = error.message;
  }
}

/** Time of the record before this one. */
function timeBefore(path: string, { seq }: RecordMark): number | null {
  const device = new KmsgDevice(path);
  try {
    let time: number | null = null;
    for (let read = device.read(); read.kind !== 'end'; read = device.read()) {
      if (read.kind !== 'record') continue;
      if (read.record.seq >= seq) return time;
      time = read.record.time;
    }
    return time;
  } finally {
    device.close();
  }
}
