#!/usr/bin/env node
// Brings a checkout to where kwho runs: installs the packages, compiles src to dist. Says what it does on
// standard error, skips what is up to date, and needs nothing installed beforehand.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);

const MINIMUM = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  fail(`Node.js ${MINIMUM.join('.')} or newer is needed, this is ${process.versions.node}`);
}
installPackages();
compile();

function installPackages() {
  const stamp = 'node_modules/.kwho-setup';
  const wanted = fingerprint(['package.json', 'package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing packages (npm ci)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

function compile() {
  const stamp = 'dist/.kwho-setup';
  const sources = readdirSync('src', { recursive: true })
    .map((name) => join('src', name))
    .filter((name) => name.endsWith('.ts'));
  const newest = Math.max(...['tsconfig.json', 'src', ...sources].map((name) => statSync(name).mtimeMs));
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return;
  say('compiling src to dist (tsc)');
  run('node_modules/.bin/tsc', ['-p', 'tsconfig.json']);
  writeFileSync(stamp, '');
}

/** What the installed packages depend on: the manifests and the Node release that native parts were chosen for. */
function fingerprint(files) {
  const hash = createHash('sha256').update(`${process.versions.modules} ${process.arch}`);
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function run(command, args) {
  // npm runs this script with its own settings in the environment; the child must not inherit `--prefix` and the like.
  const result = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (result.error) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0)
    fail(`${[command, ...args].join(' ')} ended with status ${result.status ?? result.signal}`);
}

function say(text) {
  process.stderr.write(`kwho setup: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`kwho setup: ${text}\n`);
  process.exit(1);
}
