import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHost } from '../../../src/commands/doctor/host-checks.js';
import { packetBtf } from '../../host/packet-btf.js';
import { FakeCheckedHost, told } from './checked-host.js';

let host: FakeCheckedHost;
beforeEach(() => {
  host = new FakeCheckedHost();
  host.put('proc/self/status', 'CapEff:\t000001ffffffffff\n');
  host.put('proc/self/uid_map', '         0          0 4294967295\n');
  host.put('proc/kallsyms', 'ffffffff81000000 T _stext\nffffffff81000010 T do_one\n');
  host.put('proc/sys/kernel/kptr_restrict', '0\n');
  host.put('proc/sys/kernel/perf_event_paranoid', '3\n');
  host.put('sys/kernel/security/lockdown', '[none] integrity confidentiality\n');
  host.put('sys/kernel/btf/vmlinux', packetBtf());
});
afterEach(() => host.remove());

const of = (name: string) => told(checkHost(host), name);

describe('who we are', () => {
  it('root', () => expect(of('root')).toBe('ok: uid 0 with every capability that kwho can use'));

  it('somebody else', () => {
    host.uid = 65534;
    expect(of('root')).toBe('no: uid 65534, not root | run it as root: sudo kwho doctor');
  });

  it('root of a container: capabilities are gone', () => {
    host.put('proc/self/status', 'CapEff:\t00000000a80425fb\n');
    expect(of('root')).toMatch(
      /^no: uid 0 without CAP_NET_ADMIN, CAP_SYS_MODULE, .*CAP_SYSLOG, as in a container/,
    );
  });

  it('root of a user namespace', () => {
    host.put('proc/self/uid_map', '         0       1000          1\n');
    expect(of('root')).toMatch(/^no: root of a user namespace only/);
  });
});

describe('lockdown', () => {
  it.each([
    ['[none] integrity confidentiality', /^ok: none$/],
    ['none [integrity] confidentiality', /^ok: integrity: tracing works/],
    ['none integrity [confidentiality]', /^no: confidentiality: .* \| boot without lockdown=confidentiality/],
  ])('%s', (text, words) => {
    host.put('sys/kernel/security/lockdown', `${text}\n`);
    expect(of('lockdown')).toMatch(words);
  });
});

describe('what the kernel hides', () => {
  it('addresses are there', () => {
    expect(of('addresses')).toBe(
      'ok: /proc/kallsyms shows them; kernel.kptr_restrict is 0, kernel.perf_event_paranoid 3',
    );
  });

  it.each([
    ['2', 'sysctl kernel.kptr_restrict=1'],
    ['1', 'run kwho as root'],
  ])('kptr_restrict=%s', (value, remedy) => {
    host.put('proc/kallsyms', '0000000000000000 T _stext\n');
    host.put('proc/sys/kernel/kptr_restrict', `${value}\n`);
    expect(of('addresses')).toMatch(
      new RegExp(`^no: /proc/kallsyms hides .*restrict is ${value}.*\\| .*${remedy}`),
    );
  });

  it('no kallsyms at all', () => {
    const bare = new FakeCheckedHost();
    expect(told(checkHost(bare), 'addresses')).toMatch(/^no: \/proc\/kallsyms cannot be read \(ENOENT\)/);
    expect(told(checkHost(bare), 'type information')).toMatch(/^no: .*vmlinux cannot be read \(ENOENT\)/);
    bare.remove();
  });

  it('type information that lacks something, or is none', () => {
    expect(of('type information')).toMatch(/does not tell where .*command lines are/);
    host.put('sys/kernel/btf/vmlinux', 'not BTF');
    expect(of('type information')).toMatch(/^no: .*cannot be read/);
  });
});
