import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { CanaryFacts } from '../../decode/canary-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { systemCode } from '../../errors.js';
import { findCanaryEntry } from '../../host/log/journald.js';
import { findLogFiles } from '../../host/log/log-files.js';
import { readText } from '../../host/log/log-world.js';
import { parseInetSockets, TCP_ESTABLISHED } from '../../host/socket-table.js';
import { KmsgDevice } from '../../klog/kmsg-device.js';
import { SentPackets } from '../../klog/sent-packets.js';
import { callSyslog } from '../../klog/syslog-call.js';
import { type CanaryForward, isCopyFor } from '../../model/why/canary-forwards.js';
import { HOST, kernelNow } from './gather.js';

export interface CanaryPlan {
  level: number;
  waitMs: number;
  /** Whether journald has a journal to look in. */
  journald: boolean;
  /** Files that collectors are set up to write; others of /var/log are looked at too. */
  files: readonly ByteString[];
  /** Other hosts that collectors are set up to send to. */
  forwards: readonly CanaryForward[];
  /** A collector runs of which nobody knows where it writes: only the end of the time tells. */
  patient: boolean;
}

/** Writes a marker to /dev/kmsg and looks for it in every place it should come to. The one thing it changes is the log. */
export async function flyCanary(plan: CanaryPlan): Promise<CanaryFacts> {
  const marker = `kwho-canary-${process.pid}-${randomBytes(5).toString('hex')}`;
  const facts: CanaryFacts = {
    marker,
    level: plan.level,
    refused: null,
    seq: null,
    ringDelay: null,
    readAll: null,
    oldestAfter: null,
    journald: plan.journald ? { found: false, delay: null } : null,
    files: [],
    sent: 'no collector here is set up to forward',
    connected: null,
    waited: 0,
  };
  const reader = openAtEnd();
  const growth = new FileGrowth(plan.files);
  const watch = plan.forwards.length > 0 || plan.patient ? SentPackets.open() : null;
  if (watch !== null) facts.sent = typeof watch === 'string' ? watch : { packets: [], missed: 0 };
  const packets = watch instanceof SentPackets ? watch : null;
  const wrote = kernelNow();
  const since = () => 1000 * (kernelNow() - wrote);
  facts.refused = write(marker, plan.level);
  if (facts.refused === null) {
    let nextJournal = 0;
    let asked = false;
    do {
      if (facts.seq === null && reader !== null) lookInRing(reader, facts, since);
      if (facts.seq !== null && !asked) facts.readAll = lookByReadAll(marker);
      asked = facts.seq !== null;
      for (const path of growth.find(marker)) facts.files.push({ path, delay: since() });
      if (packets !== null) lookAtPackets(packets, facts, since);
      if (facts.journald?.found === false && since() >= nextJournal) {
        facts.journald = await lookInJournal(marker, since);
        nextJournal = since() + JOURNAL_PAUSE_MS;
      }
      if (isThrough(facts, plan)) break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    } while (since() < plan.waitMs);
  }
  reader?.close();
  packets?.close();
  if (plan.forwards.some(({ transport }) => transport === 'tcp')) facts.connected = connectedPorts();
  facts.oldestAfter = oldestSequence();
  facts.waited = since();
  return facts;
}

const PAUSE_MS = 20;
/** Each look starts a program. */
const JOURNAL_PAUSE_MS = 500;

function openAtEnd(): KmsgDevice | null {
  try {
    const device = new KmsgDevice();
    for (let read = device.read(); read.kind !== 'end'; read = device.read()) {}
    return device;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return null;
  }
}

/** The kernel takes the level and makes the facility user: its own is not for programs (devkmsg_write()). */
function write(marker: string, level: number): string | null {
  try {
    const fd = openSync('/dev/kmsg', constants.O_WRONLY);
    try {
      writeSync(fd, `<${8 + level}>${marker}\n`);
    } finally {
      closeSync(fd);
    }
    return null;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return systemCode(error);
  }
}

function lookInRing(reader: KmsgDevice, facts: CanaryFacts, since: () => number): void {
  for (let read = reader.read(); read.kind !== 'end'; read = reader.read()) {
    if (read.kind !== 'record' || !read.record.text.includes(facts.marker)) continue;
    facts.seq = read.record.seq;
    facts.ringDelay = since();
    return;
  }
}

/** @returns null where nothing here can call it */
function lookByReadAll(marker: string): boolean | null {
  const answer = callSyslog('READ_ALL', READ_ALL_BYTES);
  return answer === null ? null : 'bytes' in answer && answer.bytes.includes(marker);
}

/** The newest so many bytes. */
const READ_ALL_BYTES = 1 << 20;

async function lookInJournal(marker: string, since: () => number): Promise<CanaryFacts['journald']> {
  const entry = await findCanaryEntry(HOST, marker);
  return entry === null ? { found: false, delay: null } : { found: true, delay: entry.delay ?? since() };
}

function lookAtPackets(watch: SentPackets, { marker, sent }: CanaryFacts, since: () => number): void {
  if (typeof sent === 'string') return;
  for (const packet of watch.find(marker)) {
    const { dst, transport, port } = packet;
    const isKnown = sent.packets.some(
      (one) => one.dst === dst && one.transport === transport && one.port === port,
    );
    if (!isKnown) sent.packets.push({ ...packet, delay: since() });
  }
  sent.missed = watch.missed();
}

/** Of established TCP connections, the other side's. */
function connectedPorts(): number[] | null {
  const ports = new Set<number>();
  for (const file of ['tcp', 'tcp6']) {
    const text = readText(HOST, `/proc/net/${file}`);
    if (text === null) continue;
    for (const { state, remote } of parseInetSockets(text).sockets)
      if (state === TCP_ESTABLISHED) ports.add(remote.port);
  }
  return [...ports];
}

function isThrough({ seq, journald, files, sent }: CanaryFacts, plan: CanaryPlan): boolean {
  const written = new Set(files.map(({ path }) => path));
  if (plan.patient || seq === null) return false;
  return (
    journald?.found !== false &&
    plan.files.every((path) => written.has(path)) &&
    (typeof sent === 'string' || plan.forwards.every((forward) => sent.packets.some(isCopyFor(forward))))
  );
}

function oldestSequence(): number | null {
  try {
    const device = new KmsgDevice();
    try {
      for (let read = device.read(); read.kind !== 'end'; read = device.read())
        if (read.kind === 'record') return read.record.seq;
      return null;
    } finally {
      device.close();
    }
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return null;
  }
}

/** Looks into what is added to files since it was made. */
class FileGrowth {
  readonly #sizes = new Map<ByteString, number>();
  readonly #named: readonly ByteString[];
  readonly #found = new Set<ByteString>();

  constructor(named: readonly ByteString[]) {
    this.#named = named;
    for (const path of this.#paths()) this.#sizes.set(path, sizeOf(path));
  }

  /** Files in which the marker has turned up since the last call. */
  find(marker: string): ByteString[] {
    return this.#paths().filter((path) => {
      const from = this.#sizes.get(path) ?? 0;
      const size = sizeOf(path);
      if (size === from || this.#found.has(path)) return false;
      // The marker may have come only half; a file that shrank begins anew.
      const start = size < from ? 0 : Math.max(0, from - marker.length);
      const has = readPart(path, start, Math.min(size - start, MOST_GROWTH)).includes(marker);
      this.#sizes.set(path, size);
      if (has) this.#found.add(path);
      return has;
    });
  }

  #paths(): ByteString[] {
    return [...new Set([...findLogFiles(HOST), ...this.#named])];
  }
}

const MOST_GROWTH = 16 << 20;

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readPart(path: string, start: number, length: number): ByteString {
  try {
    const fd = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(length);
      return buffer.toString('latin1', 0, readSync(fd, buffer, 0, length, start));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
