import type { ByteString } from '../decode/trace-record.js';

/**
 * The innermost systemd unit of a control group path, as `systemctl status` takes it except that `\xNN` is resolved:
 * `nginx.service`, `session-3.scope`, `user@1000.service`. null outside of any; slices only group units.
 */
export function unitOf(cgroupPath: ByteString): string | null {
  const unit = components(cgroupPath).findLast((name) =>
    UNIT_SUFFIXES.some((suffix) => isUnit(name, suffix)),
  );
  // systemd puts a _ before names that could be taken for the kernel's own files (cg_escape()).
  return unit === undefined ? null : unescapeUnit(unit.startsWith('_') ? unit.slice(1) : unit);
}

/**
 * The container of a control group path as `runtime:short-id` or `runtime:name`: `docker:0123456789ab`, `lxc:web`. Of
 * nested ones the outermost, because that is the one this host's own tools know. null outside of any.
 */
export function containerOf(cgroupPath: ByteString): string | null {
  const names = components(cgroupPath);
  for (const [i, name] of names.entries()) {
    const container = prefixed(name) ?? named(name, names[i - 1]) ?? bareId(name, names.slice(0, i));
    if (container !== null) return container;
  }
  return null;
}

const UNIT_SUFFIXES = ['.service', '.scope', '.mount', '.swap', '.socket'];

/** `docker-<id>.scope` and its like: systemd's cgroup driver; podman leaves out the suffix under cgroupfs. */
const PREFIXES: readonly (readonly [prefix: string, runtime: string])[] = [
  ['docker-', 'docker'],
  ['cri-containerd-', 'containerd'],
  ['nerdctl-', 'containerd'],
  ['crio-', 'crio'],
  ['libpod-payload-', 'podman'],
  ['libpod-', 'podman'],
];

/** A dead group keeps its processes' paths with this behind them (kernel/cgroup/cgroup.c proc_cgroup_show()). */
const DELETED = ' (deleted)';

function components(cgroupPath: ByteString): ByteString[] {
  const path = cgroupPath.endsWith(DELETED) ? cgroupPath.slice(0, -DELETED.length) : cgroupPath;
  return path.split('/').filter((name) => name !== '');
}

function isUnit(name: ByteString, suffix: string): boolean {
  return name.length > suffix.length && name.endsWith(suffix);
}

function unescapeUnit(name: ByteString): string {
  return name.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function prefixed(name: ByteString): string | null {
  const stem = name.endsWith('.scope') ? name.slice(0, -'.scope'.length) : name;
  for (const [prefix, runtime] of PREFIXES) {
    if (stem.startsWith(prefix) && isId(stem.slice(prefix.length)))
      return short(runtime, stem.slice(prefix.length));
  }
  // `kubepods-burstable-pod….slice:cri-containerd:<id>`: a runtime told a slice by one driver and using the other.
  const [id, runtime, ...slice] = stem.split(':').reverse();
  if (slice.length === 0 || id === undefined || runtime === undefined || !isId(id)) return null;
  return short(runtime === 'cri-containerd' ? 'containerd' : runtime, id);
}

function named(name: ByteString, parent: ByteString | undefined): string | null {
  if (name.startsWith('lxc.payload.')) return `lxc:${name.slice('lxc.payload.'.length)}`;
  if (parent === 'lxc' || parent === 'lxc.payload') return `lxc:${name}`;
  if (name === 'payload' && parent?.startsWith('systemd-nspawn@') && parent.endsWith('.service')) {
    return `nspawn:${unescapeUnit(parent.slice('systemd-nspawn@'.length, -'.service'.length))}`;
  }
  // machined registers virtual machines likewise; their processes are the host's own.
  const machine =
    name.startsWith('machine-') && name.endsWith('.scope') ? name.slice(8, -'.scope'.length) : '';
  return machine === '' || machine.startsWith('qemu\\x2d') ? null : `nspawn:${unescapeUnit(machine)}`;
}

/** `/docker/<id>`, `/kubepods/besteffort/pod…/<id>`: the cgroupfs driver. */
function bareId(name: ByteString, parents: readonly ByteString[]): string | null {
  if (name.length !== 64 || !isId(name)) return null;
  if (parents.some((parent) => parent.startsWith('kubepods'))) return short('kubernetes', name);
  return short(parents.at(-1) === 'docker' ? 'docker' : 'container', name);
}

function isId(text: string): boolean {
  return /^[0-9a-f]{12,64}$/.test(text);
}

function short(runtime: string, id: string): string {
  return `${runtime}:${id.slice(0, 12)}`;
}
