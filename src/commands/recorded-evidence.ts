import { rowId } from '../model/drop-table.js';
import type { DropKey, KwhoEvent } from '../model/events.js';
import { isList, isObject, isText } from './recorded-shape.js';

/** What the host of a recording said of its drops when it was made: of the top suspect, at the end of the run. */
export class RecordedEvidence {
  readonly #lines = new Map<string, string[]>();

  note(event: KwhoEvent): void {
    if (event.type !== 'notice' || event.code !== 'top-suspect') return;
    try {
      const { evidence } = isObject({ evidence: isList(isText) })(event.details);
      this.#lines.set(rowId(event.details?.key as DropKey), evidence);
    } catch {
      // The notice itself is shown as it is.
    }
  }

  of(key: DropKey): string[] {
    return (
      this.#lines.get(rowId(key)) ?? ['not in the recording: a replay cannot look at the host it was made on']
    );
  }
}
