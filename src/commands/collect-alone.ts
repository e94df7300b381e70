import { setFlagsFromString } from 'node:v8';

/**
 * At the start: V8 is to collect young garbage with this thread alone. Of the records that kwho decodes none lives
 * until the next collection, so helpers find nothing to do and cost more to wake than they save: without them whole
 * runs of decoding take a tenth less time, and the host in trouble keeps its other processors.
 */
export function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
