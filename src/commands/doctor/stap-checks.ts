import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandFinding } from '../../model/host-report.js';
import { STAP_LIMITS } from '../../stap/compile.js';
import { explainStapFailure, stapMissing } from '../../stap/failure.js';
import { stapRunner } from '../../stap/run-stap.js';
import { scriptOf } from '../probe.js';
import { probeOptions } from '../probe-options.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';
import { checkBackend } from './stap-backend.js';

/** SystemTap: what it takes to build a module here, and to run one. Nothing of it is needed to print a script. */
export async function checkSystemTap(host: CheckedHost): Promise<CheckResult> {
  const found = new Findings('SystemTap');
  const stap = await checkProgram(found, host, 'stap', ['--version']);
  const staprun = await checkProgram(found, host, 'staprun', ['-V']);
  const headers = checkHeaders(found, host);
  const compiler = await checkCompiler(found, host);
  if (!stap || !headers) found.unknown('trial parse', 'not tried without stap and the headers', null);
  else await tryParsing(found, host);
  const parsed = found.list.at(-1)?.verdict === 'ok';
  const builds = parsed && compiler;
  for (const command of ['drops', 'log'] as const)
    checkBackend(found, host, command, { builds, runs: staprun });
  return { findings: found.list, commands: [probeFinding(builds, staprun)] };
}

async function checkProgram(
  found: Findings,
  { run }: CheckedHost,
  program: 'stap' | 'staprun',
  args: readonly string[],
): Promise<boolean> {
  const result = await run(program, args);
  if (result.outcome !== 'done') {
    if (result.outcome === 'missing') found.failed(program, stapMissing(program), 'install systemtap');
    else {
      const why = result.outcome === 'timeout' ? 'it gave no answer in time' : result.why;
      found.unknown(program, why, `see what ${program} ${args.join(' ')} says`);
    }
    return false;
  }
  const version = /version [^\s,]+/.exec(`${result.stdout}${result.stderr}`)?.[0];
  const permitted = program === 'stap' || result.status === 0;
  if (permitted) found.ok(program, version ?? 'installed');
  else {
    const run = { program, status: result.status, stderr: result.stderr, release: 'this kernel' } as const;
    found.failed(program, explainStapFailure(run), 'run it as root');
  }
  return permitted;
}

/** Pass 1 looks for this file too. */
function checkHeaders(found: Findings, { modules, release }: CheckedHost): boolean {
  const file = join(modules, release, 'build/.config');
  if (existsSync(file)) {
    found.ok('headers', `those of ${release} are installed`);
    return true;
  }
  found.no(
    'headers',
    `those of ${release} are not installed (${file})`,
    `install linux-headers-${release} (Debian, Ubuntu) or kernel-devel-${release} (Fedora, RHEL), or build on another host: -r ${release}`,
  );
  return false;
}

async function checkCompiler(found: Findings, { run }: CheckedHost): Promise<boolean> {
  const missing: string[] = [];
  let version = '';
  for (const program of ['gcc', 'make']) {
    const result = await run(program, ['--version']);
    if (result.outcome === 'missing') missing.push(program);
    else if (program === 'gcc' && result.outcome === 'done') version = result.stdout.split('\n')[0] ?? '';
  }
  if (missing.length === 0)
    found.ok('compiler', version === '' ? 'gcc and make are installed' : `${version}, and make`);
  else {
    found.no(
      'compiler',
      `${missing.join(' and ')} not installed`,
      `install ${missing.join(' and ')}, in the version that /proc/version names`,
    );
  }
  return missing.length === 0;
}

/** `stap -p1`: reads the scripts and builds nothing. Its cache is a folder of our own, gone afterwards. */
async function tryParsing(found: Findings, { release }: CheckedHost): Promise<void> {
  const name = 'trial parse';
  const folder = mkdtempSync(join(tmpdir(), 'kwho-doctor-'));
  try {
    const stap = stapRunner({ timeout: PARSE_MS, env: { SYSTEMTAP_DIR: folder } });
    for (const which of ['drops', 'log']) {
      const script = scriptOf(probeOptions({ SCRIPT: which }), release);
      const result = await stap(['-p1', '-r', release, ...STAP_LIMITS, '-'], script, folder);
      if (result.outcome === 'done' && result.status === 0) continue;
      if (result.outcome === 'done') {
        const { status, stderr } = result;
        found.failed(
          name,
          explainStapFailure({ program: 'stap', status, stderr, release }),
          'see stap -v -p1',
        );
      } else {
        const why =
          result.outcome === 'timeout' ? `stap was not done after ${PARSE_MS / 1000} s` : result.outcome;
        found.unknown(name, why, `kwho probe ${which} | stap -v -p1 - tells more`);
      }
      return;
    }
    found.ok(name, 'stap -p1 takes the scripts of kwho probe drops and kwho probe log');
  } catch (error) {
    found.unknown(name, wordsOf(error).text, null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PARSE_MS = 30_000;

function probeFinding(compiles: boolean, runs: boolean): CommandFinding {
  const lacking = [
    ...(compiles ? [] : ['--compile: see SystemTap above']),
    ...(runs ? [] : ['modules cannot be run here: staprun is missing or refuses']),
  ];
  return {
    command: 'probe',
    verdict: 'ok',
    backends: ['print', ...(compiles ? ['compile'] : []), ...(runs ? ['staprun'] : [])],
    blindSpots: compiles ? ['whether a module builds: the scripts were only parsed'] : [],
    why: lacking.length === 0 ? null : lacking.join('; '),
    remedy: null,
  };
}
