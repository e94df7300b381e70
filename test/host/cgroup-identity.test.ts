import { describe, expect, it } from 'vitest';
import { containerOf, unitOf } from '../../src/host/cgroup-identity.js';

const ID = '0123456789abcdef'.repeat(4);

describe('unitOf', () => {
  it.each([
    ['/system.slice/nginx.service', 'nginx.service'],
    ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
    ['/user.slice/user-1000.slice/user@1000.service', 'user@1000.service'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/app-term.scope', 'app-term.scope'],
    ['/system.slice/foo.service/payload', 'foo.service'],
    ['/system.slice/dev-disk\\x2dby.mount', 'dev-disk-by.mount'],
    ['/system.slice/_cpu.service', 'cpu.service'],
    ['/system.slice/nginx.service (deleted)', 'nginx.service'],
    ['/init.scope', 'init.scope'],
    ['/system.slice', null],
    ['/.service', null],
    ['/', null],
    ['', null],
    [`/docker/${ID}`, null],
  ])('%s: %s', (path, expected) => {
    expect(unitOf(path)).toBe(expected);
  });
});

describe('containerOf', () => {
  it.each([
    [`/system.slice/docker-${ID}.scope`, 'docker:0123456789ab'],
    [`/docker/${ID}`, 'docker:0123456789ab'],
    [`/docker/${ID} (deleted)`, 'docker:0123456789ab'],
    [`/docker/${ID}/system.slice/docker-${'f'.repeat(64)}.scope`, 'docker:0123456789ab'],
    [`/kubepods.slice/kubepods-pod7.slice/cri-containerd-${ID}.scope`, 'containerd:0123456789ab'],
    [`/kubepods.slice/kubepods-pod7.slice/crio-${ID}.scope`, 'crio:0123456789ab'],
    [`/kubepods/besteffort/pod7c0ffee/${ID}`, 'kubernetes:0123456789ab'],
    [`/system.slice/kubepods-burstable-pod7.slice:cri-containerd:${ID}`, 'containerd:0123456789ab'],
    [`/machine.slice/libpod-${ID}.scope/container`, 'podman:0123456789ab'],
    [`/libpod_parent/libpod-${ID}`, 'podman:0123456789ab'],
    [`/actions_job/${ID}`, 'container:0123456789ab'],
    ['/lxc.payload.web/system.slice/cron.service', 'lxc:web'],
    ['/lxc/web', 'lxc:web'],
    ['/lxc.monitor.web', null],
    ['/machine.slice/machine-deb\\x2d12.scope', 'nspawn:deb-12'],
    ['/machine.slice/systemd-nspawn@deb.service/payload/init.scope', 'nspawn:deb'],
    ['/machine.slice/systemd-nspawn@deb.service/supervisor', null],
    ['/machine.slice/machine-qemu\\x2d1\\x2dvm.scope', null],
    [`/machine.slice/libpod-conmon-${ID}.scope`, null],
    ['/system.slice/docker.service', null],
    ['/user.slice/user-0.slice/session-1.scope', null],
    ['/system.slice/docker-cleanup.scope', null],
    ['/', null],
  ])('%s: %s', (path, expected) => {
    expect(containerOf(path)).toBe(expected);
  });
});
