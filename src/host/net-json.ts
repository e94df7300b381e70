import type { ByteString } from '../decode/trace-record.js';
import type { CommandResult } from './command.js';

/** The objects of the list that `ip -j` or `tc -j` printed; null where it printed none, or no JSON. */
export function jsonObjects(result: CommandResult): JsonObject[] | null {
  if (result.outcome !== 'done' || result.status !== 0) return null;
  // Of nothing to tell, `ip -j neigh` makes an empty list and other versions nothing at all.
  if (result.stdout.trim() === '') return [];
  try {
    const list: unknown = JSON.parse(result.stdout);
    return Array.isArray(list) ? list.filter(isObject) : null;
  } catch {
    return null;
  }
}

export type JsonObject = { readonly [name: string]: unknown };

/** Text of bytes; null for anything else, also for characters that only an escape can have made. */
export function textAt(object: JsonObject, name: string): ByteString | null {
  const value = object[name];
  return typeof value === 'string' && /^[\x20-\x7e\x80-\xff]*$/.test(value) ? value : null;
}

export function numberAt(object: JsonObject, name: string): number | null {
  const value = object[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function objectAt(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isObject(value) ? value : {};
}

export function textsAt(object: JsonObject, name: string): ByteString[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
