import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../errors.js';
import { Btf, BtfError } from '../../host/btf.js';
import { missingCapabilities, ownsWholeHost } from '../../host/own-rights.js';
import { packetOffsets } from '../../host/packet-offsets.js';
import { lockdownMode } from '../../host/tracefs-mount.js';
import { kernelOffsets } from '../log-tracing.js';
import { readAddresses } from '../trace-reader.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings } from './finding.js';

/** The kernel, who we are, and what the kernel hides. */
export function checkHost(host: CheckedHost): CheckResult {
  const found = new Findings('host');
  checkKernel(found, host);
  checkRights(found, host);
  checkLockdown(found, join(host.sys, 'kernel/security/lockdown'));
  checkTypes(found, host.sys);
  checkSymbols(found, host.proc);
  return { findings: found.list };
}

function checkKernel(found: Findings, { release, arch }: CheckedHost): void {
  const text = `Linux ${release} on ${arch}`;
  if (arch === 'x64' || arch === 'arm64') found.ok('kernel', text);
  else {
    found.unknown(
      'kernel',
      `${text}: where this architecture keeps the arguments of a call is not known`,
      'none: the events of system calls and trace text serve; the other lines tell how far',
    );
  }
}

function checkRights(found: Findings, { uid, proc }: CheckedHost): void {
  if (uid !== 0) {
    found.no('root', `uid ${uid ?? '?'}, not root`, 'run it as root: sudo kwho doctor');
    return;
  }
  if (!ownsWholeHost(proc)) {
    found.no(
      'root',
      'root of a user namespace only, as in a rootless container: tracefs belongs to the root outside',
      'run kwho on the host',
    );
    return;
  }
  const missing = missingCapabilities(proc);
  if (missing.length === 0) found.ok('root', 'uid 0 with every capability that kwho can use');
  else {
    found.no(
      'root',
      `uid 0 without ${missing.join(', ')}, as in a container`,
      'run kwho on the host, or give the container these capabilities',
    );
  }
}

/** kernel_lockdown(7) */
function checkLockdown(found: Findings, file: string): void {
  const mode = lockdownMode(file);
  if (mode === 'none') found.ok('lockdown', 'none');
  else if (mode === 'integrity') {
    found.ok('lockdown', 'integrity: tracing works; modules must be signed, those of SystemTap too');
  } else if (mode === 'confidentiality') {
    found.no(
      'lockdown',
      'confidentiality: the kernel has switched tracing off',
      'boot without lockdown=confidentiality (and see whether Secure Boot sets it)',
    );
  } else {
    found.unknown(
      'lockdown',
      mode === null ? `${file} is not there or closed to us` : mode,
      'none is needed where the trials below succeed; mount -t securityfs nodev /sys/kernel/security shows it',
    );
  }
}

function checkTypes(found: Findings, sys: string): void {
  const file = join(sys, 'kernel/btf/vmlinux');
  const name = 'type information';
  const without = 'without it kwho knows no interface, namespace and flow of a drop, and no users';
  const remedy = `a kernel built with CONFIG_DEBUG_INFO_BTF has it; ${without}`;
  try {
    const packet = packetOffsets(Btf.parse(readFileSync(file)));
    const { credential, memory } = kernelOffsets(sys);
    const missing = [
      ...(packet === null ? ['packets'] : []),
      ...(credential === null ? ['credentials'] : []),
      ...(memory === null ? ['command lines'] : []),
    ];
    if (missing.length === 0) found.ok(name, `${file} tells where packets, users and command lines are`);
    else found.no(name, `${file} does not tell where ${missing.join(' and ')} are`, remedy);
  } catch (error) {
    if (!(error instanceof BtfError) && systemCode(error) === null) throw error;
    found.no(name, `${file} cannot be read (${systemCode(error) ?? (error as Error).message})`, remedy);
  }
}

function checkSymbols(found: Findings, proc: string): void {
  const [restrict, paranoid] = ['kptr_restrict', 'perf_event_paranoid'].map(
    (name) => readSetting(join(proc, 'sys/kernel', name)) ?? 'not readable',
  );
  // The second one counts where the first is 0 and we lack CAP_SYSLOG (kernel/ksyms_common.c kallsyms_show_value()).
  const settings = `kernel.kptr_restrict is ${restrict}, kernel.perf_event_paranoid ${paranoid}`;
  try {
    const [address] = readAddresses(proc, new Set(['_stext'])).get('_stext') ?? [];
    if (address !== undefined && address !== 0n)
      found.ok('addresses', `/proc/kallsyms shows them; ${settings}`);
    else {
      found.no(
        'addresses',
        `/proc/kallsyms hides them from us; ${settings}`,
        `${restrict === '2' ? 'as root: sysctl kernel.kptr_restrict=1' : 'run kwho as root, with CAP_SYSLOG'}; ` +
          'until then kwho reads trace text, which names can forge',
      );
    }
  } catch (error) {
    const why = systemCode(error) ?? 'no addresses';
    found.no(
      'addresses',
      `/proc/kallsyms cannot be read (${why}); ${settings}`,
      'a kernel built with CONFIG_KALLSYMS has it',
    );
  }
}

function readSetting(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return null;
  }
}
