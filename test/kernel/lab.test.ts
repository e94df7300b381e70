import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { buildStapModules } from './stap-modules.js';

/**
 * Boots each kernel of the lab, runs test/kernel/guest inside it and reports every test of it as one here.
 * Without the lab they are skipped, loudly; with KWHO_KERNEL_TESTS=1 that is a failure.
 */
const ROOT = new URL('../..', import.meta.url).pathname;
const LAB = join(ROOT, 'scripts/lab');
const GUESTS_AT_ONCE = 2;
const everything = process.env.KWHO_DROP_CASES === 'all';
/** Parameters of a kernel that prints more than its ring holds until it is up; the length is one that it ignores. */
const OVERFLOWING = 'log_buf_len=4096 initcall_debug dyndbg="file lib/kobject* +p"';
const GUEST_SECONDS = everything ? 5400 : 2400;

interface GuestTest {
  fullName: string;
  status: string;
  failureMessages: string[];
}

interface Kernel {
  kernel: string;
  release: string;
}

interface GuestReport {
  kernel: string;
  /** Why nothing of SystemTap was tested; null where it was. */
  noStap: string | null;
  tests: GuestTest[];
  /** What a guest printed that gave no report; null where each gave one. */
  output: string | null;
}

const wanted = process.env.KWHO_KERNEL_TESTS;
const kernels = wanted === '0' ? [] : await installedKernels();

if (kernels.length === 0) {
  const why =
    wanted === '0'
      ? 'KWHO_KERNEL_TESTS=0'
      : 'QEMU or its kernels are not installed here; scripts/lab install (as root, on Debian) gets them';
  process.stderr.write(`\n*** KERNEL TESTS SKIPPED: ${why}\n\n`);
  it.skipIf(wanted !== '1')('kernel tests run', () => {
    expect.fail(`the kernel tests were asked for and cannot run: ${why}`);
  });
} else {
  const reports = await runAll(kernels);
  for (const report of reports) tell(report);
}

async function installedKernels(): Promise<Kernel[]> {
  const { stdout, exitCode } = await execa(LAB, ['list', '--json'], {
    reject: false,
  });
  if (exitCode !== 0) return [];
  const list = JSON.parse(stdout) as {
    kernel: string;
    release: string | null;
  }[];
  return list.flatMap(({ kernel, release }) => (release === null ? [] : [{ kernel, release }]));
}

async function runAll(all: readonly Kernel[]): Promise<GuestReport[]> {
  const queue = [...all];
  const names = all.map(({ kernel }) => kernel);
  const reports: GuestReport[] = [];
  const worker = async () => {
    for (let kernel = queue.shift(); kernel !== undefined; kernel = queue.shift())
      reports.push(await runIn(kernel));
  };
  await Promise.all(Array.from({ length: GUESTS_AT_ONCE }, worker));
  return reports.sort((a, b) => names.indexOf(a.kernel) - names.indexOf(b.kernel));
}

async function runIn({ kernel, release }: Kernel): Promise<GuestReport> {
  const stap = everything ? await buildStapModules(kernel, release) : null;
  const noStap = typeof stap === 'string' ? stap : null;
  if (noStap !== null) process.stderr.write(`\n*** SYSTEMTAP TESTS SKIPPED: ${noStap}\n\n`);
  const share = mkdtempSync(join(tmpdir(), `kwho-lab-${kernel}-`));
  const began = Date.now();
  process.stderr.write(`kernel ${kernel}: booting\n`);
  const boot = async (report: string, ...how: string[]) => {
    const { all } = await execa(
      LAB,
      [
        ...['run', kernel, '--timeout', String(GUEST_SECONDS), '--share', share, ...how],
        ...['--', 'env', `KWHO_DROP_CASES=${process.env.KWHO_DROP_CASES ?? ''}`],
        ...(stap === null || typeof stap === 'string'
          ? []
          : [
              ...[`KWHO_STAP_ROOT=${stap.root}`, `KWHO_STAP_MODULES=${stap.folder}`],
              ...(stap.own === null ? [] : [`KWHO_STAP_OWN_ROOT=${stap.own}`]),
            ]),
        ...['node_modules/.bin/vitest', 'run', '--config', 'test/kernel/vitest.guest.config.ts'],
        ...['--reporter=default', '--reporter=json', `--outputFile=/lab/${report}`],
      ],
      { cwd: ROOT, all: true, reject: false },
    );
    const file = join(share, report);
    return { output: all, tests: existsSync(file) ? testsOf(readFileSync(file, 'utf8')) : null };
  };
  const boots = [await boot('report.json')];
  if (everything) boots.push(await boot('wrapped.json', '--append', OVERFLOWING));
  const tests = boots.flatMap((each) => each.tests ?? []);
  const output = boots.find((each) => each.tests === null || each.tests.length === 0)?.output ?? null;
  rmSync(share, { recursive: true, force: true });
  process.stderr.write(
    `kernel ${kernel}: ${tests.length} tests in ${Math.round((Date.now() - began) / 1000)} s\n`,
  );
  return { kernel, noStap, tests, output };
}

function testsOf(report: string): GuestTest[] {
  const { testResults } = JSON.parse(report) as {
    testResults: {
      assertionResults: GuestTest[];
      message: string;
      name: string;
    }[];
  };
  return testResults.flatMap(({ assertionResults, message, name }) =>
    assertionResults.length > 0
      ? assertionResults
      : [{ fullName: name, status: 'failed', failureMessages: [message] }],
  );
}

function tell({ kernel, noStap, tests, output }: GuestReport): void {
  describe(`Linux ${kernel}`, () => {
    it('gave a report', () => {
      expect(output, `no test ran in a guest:\n${output?.slice(-4000)}`).toBeNull();
    });
    if (everything) {
      it.skipIf(noStap !== null && wanted !== '1')('SystemTap was tested', () => {
        expect(noStap).toBeNull();
      });
    }
    for (const { fullName, status, failureMessages } of tests) {
      it.skipIf(status === 'pending' || status === 'skipped')(fullName, () => {
        expect(status, failureMessages.join('\n')).toBe('passed');
      });
    }
  });
}
