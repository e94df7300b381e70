import { KwhoError } from '../errors.js';

/** Macros by name: `EVENTS`, or `PORT_WANTED(port)` for one that takes arguments. */
export type Macros = ReadonlyMap<string, string>;

/**
 * Puts macros into the template's parameter block. The block is the only part of a script that is ever written; every
 * macro in it must be given, and no other.
 * @param template text of probes/drops.stp or probes/log.stp
 * @throws KwhoError where template and macros do not fit: the installation is broken
 */
export function fillParameters(template: string, macros: Macros): string {
  const start = template.indexOf(BEGIN);
  const end = template.indexOf(END);
  if (start < 0 || end < start) throw broken('it has no parameter block');
  const from = template.indexOf('\n', start + 1) + 1;
  const names = namesIn(template.slice(from, end));
  const missing = names.filter((name) => !macros.has(name));
  const strange = [...macros.keys()].filter((name) => !names.includes(name));
  if (missing.length > 0) throw broken(`nothing is known for ${missing.join(', ')}`);
  if (strange.length > 0) throw broken(`it has no ${strange.join(', ')}`);
  const block = names.map((name) => `@define ${name} %( ${macros.get(name)} %)\n`).join('');
  return template.slice(0, from) + block + template.slice(end);
}

const BEGIN = '\n#> parameters';
const END = '#< parameters\n';

function namesIn(block: string): string[] {
  return [...block.matchAll(/^@define (\w+(?:\([\w, ]+\))?) %\( .* %\)$/gm)].map(([, name]) => name!);
}

function broken(why: string): KwhoError {
  return new KwhoError(`the SystemTap template does not fit this kwho: ${why}`, {
    code: 'stap-template',
    hint: 'install kwho again',
  });
}
