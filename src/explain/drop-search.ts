import type { Finding } from './drop-finding.js';
import type { FunctionEntry, FunctionList } from './drop-function-list.js';
import { mayGive, readReasonNumber, subsystemWords } from './drop-number.js';
import { kernelsOf, type ReasonEntry, type ReasonList } from './drop-reason-list.js';
import type { DropView } from './drop-view.js';

/** The reason that is none (include/net/dropreason-core.h). */
export const NOT_SPECIFIED = 'NOT_SPECIFIED';

/** A reason says more than the function that gave it, except where the catalogue knows better. Always finds something. */
export function lookUpDrop(
  reasons: ReasonList,
  functions: FunctionList,
  reason: string | null,
  symbol: string | null,
): Finding {
  const place = symbol === null ? null : functions.find(symbol);
  const number = reason === null ? null : readReasonNumber(reason);
  // 0 is SKB_NOT_DROPPED_YET: as good as none.
  if (reason === null || reason === NOT_SPECIFIED || number?.number === 0) {
    return withoutReason(reason, symbol, place, reasons.find(NOT_SPECIFIED) ?? UNKNOWN);
  }

  const entry = number === null ? reasons.find(reason) : worst(reasons.numbered(number.number), symbol);
  if (entry !== null) {
    return { title: entry.name, kernels: kernelsOf(entry), view: place?.here.get(entry.name) ?? entry };
  }
  const what =
    number === null
      ? `The kernel gave the reason ${reason}, which this catalogue does not know.`
      : `The kernel gave the reason number ${reason}, of ${subsystemWords(number.subsystem)}.`;
  return { title: reason, kernels: 'not known', view: { ...UNKNOWN, checks: place?.checks ?? [], what } };
}

function withoutReason(
  reason: string | null,
  symbol: string | null,
  place: FunctionEntry | null,
  unspecified: DropView,
): Finding {
  if (symbol === null) return { title: NOT_SPECIFIED, kernels: 'every kernel', view: unspecified };
  const title = `${symbol}()`;
  const kernels =
    reason === null ? 'Linux before 5.17, or wherever it gives no reason' : 'wherever Linux gives no reason';
  if (place === null) {
    const what = `The kernel function ${symbol} dropped the packet without giving a reason, and this catalogue does not know it.`;
    return { title, kernels, view: { ...unspecified, what } };
  }
  return { title, kernels, view: reason === null ? place : (place.here.get(NOT_SPECIFIED) ?? place) };
}

/** Numbers move between releases: of all that this one has stood for, the worst. */
function worst(candidates: readonly ReasonEntry[], symbol: string | null): ReasonEntry | null {
  const may = candidates.filter(({ subsystem }) => mayGive(subsystem, symbol));
  const of = (wanted: string) => may.find(({ verdict }) => verdict === wanted);
  return of('suspect') ?? of('policy') ?? of('noise') ?? null;
}

const UNKNOWN: DropView = {
  verdict: 'suspect',
  packets: [],
  what: 'The kernel dropped the packet, and this catalogue does not know why.',
  next: 'Record again with stacks to see how the packet got there, and compare the counters of nstat before and after.',
  checks: [],
};
