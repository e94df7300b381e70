import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect, it } from 'vitest';

/**
 * Data flows one way: source → decode → model → output. A decoder opens no file, the model formats nothing, an output
 * does not touch the kernel. The types that travel along count as much as the code.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  decode: ['decode', 'errors'],
  explain: ['explain'],
  model: ['model', 'decode', 'explain'],
  host: ['host', 'decode', 'errors', 'grouped'],
  klog: ['klog', 'host', 'decode', 'errors', 'quote'],
  stap: ['stap', 'host', 'decode', 'errors', 'quote'],
  tracefs: ['tracefs', 'host', 'decode', 'errors', 'quote'],
  output: ['output', 'model', 'explain', 'decode', 'errors', 'grouped'],
  tui: ['tui', 'output', 'model', 'explain', 'decode', 'errors', 'grouped'],
  commands: [
    'commands',
    'tui',
    'output',
    'stap',
    'tracefs',
    'klog',
    'host',
    'model',
    'explain',
    'decode',
    'errors',
    'quote',
    'grouped',
  ],
  cli: [
    'commands',
    'tui',
    'output',
    'stap',
    'tracefs',
    'klog',
    'host',
    'model',
    'explain',
    'decode',
    'errors',
    'quote',
    'grouped',
  ],
  errors: [],
  quote: [],
  grouped: [],
};

/** What a decoder, the model or an explanation has no business with; types are none of these. */
const NO_WORLD = new Set(['decode', 'model', 'explain']);
const WORLD = [
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'node:net',
  'node:process',
  'node:worker_threads',
];

const SRC = new URL('../src', import.meta.url).pathname;
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]));

it('finds the imports', () => {
  expect(FILES.length).toBeGreaterThan(50);
  expect(IMPORTS.get('cli.ts')).toContain('errors.ts');
  expect(IMPORTS.get('model/events.ts')).toContain('decode/trace-record.ts');
});

it('every folder has its rule', () => {
  expect([...new Set(FILES.map(folderOf))].filter((folder) => !Object.hasOwn(MAY_IMPORT, folder))).toEqual(
    [],
  );
});

it('no arrow goes the wrong way', () => {
  const wrong = [...IMPORTS].flatMap(([file, imports]) =>
    imports
      .filter((target) => !target.startsWith('node:') && !isPackage(target))
      .filter((target) => !MAY_IMPORT[folderOf(file)]?.includes(folderOf(target)))
      .map((target) => `${file} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

it('every import is a file of ours, or of Node, or a dependency', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const known = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  const strange = [...IMPORTS].flatMap(([file, imports]) =>
    imports
      .filter((target) =>
        isPackage(target) ? !known.has(target) : !target.startsWith('node:') && !FILES.includes(target),
      )
      .map((target) => `${file} → ${target}`),
  );
  expect(strange).toEqual([]);
});

it('decoders, model and explanations open nothing', () => {
  const wrong = [...IMPORTS]
    .filter(([file]) => NO_WORLD.has(folderOf(file)))
    .flatMap(([file, imports]) =>
      imports.filter((target) => WORLD.includes(target)).map((target) => `${file} → ${target}`),
    );
  expect(wrong).toEqual([]);
});

it('no file imports itself by a detour', () => {
  expect([...new Set(FILES.flatMap(cycleThrough))]).toEqual([]);
});

/** Static, type-only, re-exporting and dynamic imports, as paths below src/ or as they stand. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*'([^']+)'|import\s*\(?\s*'([^']+)'/g,
  );
  return [...found].map(([, from, bare]) => {
    const target = (from ?? bare) as string;
    return target.startsWith('.') ? normalize(join(file, '..', target)).replace(/\.js$/, '.ts') : target;
  });
}

function isPackage(target: string): boolean {
  return !target.startsWith('node:') && !target.endsWith('.ts');
}

function folderOf(file: string): string {
  const [first] = file.split('/');
  return first.replace(/\.ts$/, '');
}

/** The shortest way from a file back to itself, as text that is the same wherever on it one starts. */
function cycleThrough(start: string): string[] {
  const from = new Map<string, string>();
  const queue = [start];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const target of IMPORTS.get(file) ?? []) {
      if (target === start) {
        const way = [file];
        for (let at = file; at !== start; way.unshift(at)) at = from.get(at) as string;
        return [[...way].sort().join(', ')];
      }
      if (from.has(target)) continue;
      from.set(target, file);
      queue.push(target);
    }
  }
  return [];
}
