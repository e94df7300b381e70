import type { DropKey, LogAccessEvent } from '../model/events.js';
import { flowText, keyWords, locationText } from '../output/drop-words.js';
import { printable } from '../output/escape.js';
import { effectWord, whoWords } from '../output/log-words.js';
import type { DropRow, LogRow } from './shown.js';

/** The names of what a row may be asked for. */
export const ROW_FIELDS = [
  'comm',
  'pid',
  'door',
  'action',
  'effect',
  'unit',
  'reason',
  'dev',
  'netns',
  'location',
  'kind',
  'flow',
] as const;
export type RowField = (typeof ROW_FIELDS)[number];

/**
 * The printable text of a row's columns; `-` is not known. Times, counts and rates are left out: what is shown must
 * not change by itself.
 */
export interface RowWords {
  all: string;
  fields: Readonly<Partial<Record<RowField, string>>>;
}

export function logRowWords({ event }: LogRow): RowWords {
  return remembered(LOG, event, () => {
    const { comm, pid, tid, door, action, errno, process } = event;
    const unit = [process?.unit, process?.container]
      .filter((word) => word != null)
      .map(printable)
      .join(' ');
    const fields = {
      comm: comm === null ? '-' : printable(comm),
      pid: String(pid ?? tid),
      door,
      action: action === null ? '-' : printable(action),
      effect: effectWord(event),
      unit: unit === '' ? '-' : unit,
    };
    const { effect } = fields;
    return {
      all: `${whoWords(event)} ${fields.unit} ${door} ${fields.action} ${effect} ${errno ?? ''}`.trimEnd(),
      fields,
    };
  });
}

/** @param host network namespace that is called host */
export function dropRowWords({ key, verdict }: DropRow, host: number | null): RowWords {
  const known = DROP[verdict] ?? DROP.suspect;
  return remembered(known, key, () => {
    const { all, fields } = ofKey(key, host);
    return { all: `${all} ${verdict}`, fields: { ...fields, kind: verdict } };
  });
}

function ofKey(key: DropKey, host: number | null): RowWords {
  const { location, reason, dev, netns, netnsName = null, flow, comm } = key;
  const fields: Partial<Record<RowField, string>> = {};
  if (location !== undefined) fields.location = locationText(location);
  if (reason !== undefined) fields.reason = printable(reason ?? '-');
  if (dev !== undefined) fields.dev = dev === null ? '-' : printable(dev);
  if (netns !== undefined) fields.netns = keyWords({ netns, netnsName }, host)[0] ?? '-';
  if (flow !== undefined) fields.flow = flowText(flow, null);
  if (comm !== undefined) fields.comm = comm === null ? '-' : printable(comm);
  return { all: keyWords(key, host).join(' '), fields };
}

/** Rows are filtered and sorted with every drawing; what they are made of does not change. */
const LOG = new WeakMap<LogAccessEvent, RowWords>();
const DROP: Readonly<Record<DropRow['verdict'], WeakMap<DropKey, RowWords>>> = {
  suspect: new WeakMap(),
  policy: new WeakMap(),
  noise: new WeakMap(),
};

function remembered<Of extends object>(known: WeakMap<Of, RowWords>, of: Of, make: () => RowWords): RowWords {
  const words = known.get(of) ?? make();
  known.set(of, words);
  return words;
}
