import { basename } from 'node:path';
import type { ByteString } from '../decode/trace-record.js';

/** What a kernel module's file says of itself. */
export interface ModuleFile {
  /** Kernel release it was built for. */
  release: ByteString;
  /** The name that it has inside. */
  name: ByteString;
}

/**
 * Reads what is needed of a 64-bit ELF file: that it is whole, and what its `.modinfo` section says
 * (include/linux/module.h MODULE_INFO: `vermagic=6.1.0-56-amd64 SMP …`, `name=…`).
 * @returns why it is no module that could be loaded, in a few words
 */
export function readModuleFile(bytes: Uint8Array): ModuleFile | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0) !== ELF_MAGIC) return 'it is no ELF file';
  if (bytes[4] !== CLASS_64) return 'it is not for a 64-bit kernel';
  const isLittle = bytes[5] === LITTLE_ENDIAN;
  const table = Number(view.getBigUint64(40, isLittle));
  const entry = view.getUint16(58, isLittle);
  const count = view.getUint16(60, isLittle);
  if (table === 0 || table + entry * count > bytes.length) return 'it is cut short';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const magic = /\bvermagic=([^ \0]+) /.exec(text);
  const release = magic?.[1];
  const around = text.slice(
    Math.max(0, (magic?.index ?? 0) - MODINFO_BYTES),
    (magic?.index ?? 0) + MODINFO_BYTES,
  );
  const name = /\0name=([^\0]+)\0/.exec(around)?.[1];
  if (release === undefined || name === undefined) return 'it is no kernel module';
  return { release, name };
}

/** The name under which staprun looks for a module's contents: that of its file. */
export function moduleNameOf(path: string): string {
  return basename(path).replace(/\.ko$/, '');
}

/**
 * The name under which staprun loads it with -R, which puts its process id behind it and keeps the length: a short name
 * would lose what it is known by, and stays as it is.
 * @returns null where the name has no room
 */
export function renamedModule(name: string, pid: number): string | null {
  const kept = name.length - `_${pid}`.length;
  return kept > PREFIX.length ? `${name.slice(0, kept)}_${pid}` : null;
}

/** Whether there is room for any process id. */
export function hasRoom(name: string): boolean {
  return renamedModule(name, MOST_PIDS) !== null;
}

/** What kwho's modules begin with. */
const PREFIX = 'kwho_';
/** PID_MAX_LIMIT (include/linux/threads.h). */
const MOST_PIDS = 4_194_304;
const HEADER_BYTES = 64;
const ELF_MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
/** The section is a few lines of text. */
const MODINFO_BYTES = 4096;
