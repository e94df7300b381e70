import { readFileSync } from 'node:fs';

/** The text of probes/drops.stp or probes/log.stp, as it is installed. */
export function readTemplate(name: 'drops' | 'log'): string {
  return readFileSync(new URL(`../../probes/${name}.stp`, import.meta.url), 'utf8');
}
