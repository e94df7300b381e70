import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkKernelLog } from '../../../src/commands/doctor/klog-checks.js';
import { FakeCheckedHost, told } from './checked-host.js';

let host: FakeCheckedHost;
beforeEach(() => {
  host = new FakeCheckedHost();
  host.put('proc/sys/kernel/dmesg_restrict', '1\n');
  host.put('proc/sys/kernel/printk_devkmsg', 'ratelimit\n');
});
afterEach(() => host.remove());

const commandOf = (name: string) => checkKernelLog(host).commands?.find(({ command }) => command === name);

describe('/dev/kmsg', () => {
  it('gives records', () => {
    host.put('kmsg', '6,41,1234567,-;a record\n');
    expect(told(checkKernelLog(host), host.devKmsg)).toBe(
      'ok: it can be read; the oldest record has number 41',
    );
    expect(told(checkKernelLog(host), 'dmesg_restrict')).toMatch(
      /^ok: .* only CAP_SYSLOG may read the log, and we do/,
    );
    expect(commandOf('kmsg')).toMatchObject({ verdict: 'ok', backends: ['/dev/kmsg'], blindSpots: [] });
  });

  it('is not there', () => {
    expect(told(checkKernelLog(host), host.devKmsg)).toMatch(
      /^no: it cannot be read \(ENOENT\) \| mknod \/dev\/kmsg c 1 11/,
    );
  });

  it('is a stand-in of a container', () => {
    host.put('kmsg', '');
    expect(told(checkKernelLog(host), host.devKmsg)).toMatch(
      /^no: .*\/kmsg opens and gives no record \(end\)/,
    );
  });

  it('is switched off', () => {
    host.put('proc/sys/kernel/printk_devkmsg', 'off\n');
    expect(told(checkKernelLog(host), 'printk_devkmsg')).toMatch(/^no: .* \| echo on >/);
  });
});

it('kwho why runs on whatever there is', () => {
  const why = commandOf('why');
  expect(why?.verdict).toBe('ok');
  expect(why?.backends.at(-1)).toBe('/proc');
});
