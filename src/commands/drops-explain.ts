import { UsageError } from '../errors.js';
import { explainText, suggestNames } from '../explain/drop-catalogue.js';
import { openStandardOutput } from '../output/channel.js';
import { openCatalogue } from './catalogue.js';

/**
 * `kwho drops --explain NAME`: what a drop reason, or a function of the kernel that drops packets, means. Needs no
 * kernel and no rights.
 * @throws UsageError for a name that the catalogue does not have
 */
export async function explainDrop(name: string, json: boolean): Promise<number> {
  const catalogue = openCatalogue();
  const text = explainText(catalogue, name);
  if (text === null) {
    const near = suggestNames(catalogue, name);
    throw new UsageError(
      `--explain: '${name}' is no drop reason and no function that the catalogue knows`,
      near.length === 0
        ? 'names are those of the column reason or location'
        : `did you mean ${near.join(', ')}?`,
    );
  }
  const out = openStandardOutput();
  out.write(json ? `${JSON.stringify(catalogue.lookUp(name))}\n` : `${text.trimEnd()}\n`);
  await out.drain(DRAIN_MS);
  return 0;
}

const DRAIN_MS = 5000;
