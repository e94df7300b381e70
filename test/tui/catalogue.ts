import { readFileSync } from 'node:fs';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));
}

/** The one that kwho ships. */
export const CATALOGUE = DropCatalogue.of(read('drop-reasons'), read('drop-functions'));
