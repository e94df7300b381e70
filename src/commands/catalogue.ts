import { readFileSync } from 'node:fs';
import { DropCatalogue } from '../explain/drop-catalogue.js';

/** The catalogue of drop reasons and functions that comes with kwho. */
export function openCatalogue(): DropCatalogue {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));
  return DropCatalogue.of(read('drop-reasons'), read('drop-functions'));
}
