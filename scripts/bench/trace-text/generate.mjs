// Trace text as `kwho log` sees it on a 6.12 kernel with four CPUs: mostly readers of /dev/kmsg, some system calls,
// probes and process events among them. The same seed gives the same bytes.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

export function generate(path, size) {
  const draft = `${path}.part`;
  const fd = openSync(draft, 'w');
  const buffer = Buffer.alloc(1 << 20);
  const random = generator(20);
  const processes = Array.from({ length: 200 }, (_, index) => newProcess(random, index));
  const running = [0, 1, 2, 3].map(() => pick(random, processes));
  let now = 6_110_431;
  let used = 0;
  let written = 0;
  while (written + used < size) {
    const cpu = Math.floor(random() * 4);
    // A process keeps its CPU for some thirty lines.
    if (random() < 0.03) running[cpu] = pick(random, processes);
    now += 1 + Math.floor(random() * 150);
    used += buffer.latin1Write(record(random, running[cpu], cpu, now), used);
    if (used > buffer.length - 4096) {
      written += writeSync(fd, buffer, 0, used);
      used = 0;
    }
  }
  writeSync(fd, buffer, 0, used);
  closeSync(fd);
  renameSync(draft, path);
}

/** The kernel's own formats of the probes in the text, for the decoder. */
export const probeFormats = [
  [
    'do_syslog',
    '\tfield:s32 type;\toffset:16;\tsize:4;\tsigned:1;\n\tfield:s32 source;\toffset:20;\tsize:4;\tsigned:1;',
    '"(%lx) type=%d source=%d", REC->__probe_ip, REC->type, REC->source',
  ],
  [
    'exec',
    strings(['f', 'a0', 'a1', 'a2', 'a3']),
    '"(%lx) f=\\"%s\\" a0=\\"%s\\" a1=\\"%s\\" a2=\\"%s\\" a3=\\"%s\\"", REC->__probe_ip, __get_str(f), __get_str(a0), __get_str(a1), __get_str(a2), __get_str(a3)',
  ],
]
  .map(
    ([name, fields, print]) =>
      `name: ${name}\nID: 1500\nformat:\n\n\tfield:unsigned long __probe_ip;\toffset:8;\tsize:8;\tsigned:0;\n${fields}\n\nprint fmt: ${print}\n`,
  )
  .concat(
    'name: do_syslog_ret\nID: 1501\nformat:\n\n\tfield:unsigned long __probe_func;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:unsigned long __probe_ret_ip;\toffset:16;\tsize:8;\tsigned:0;\n\tfield:s32 ret;\toffset:24;\tsize:4;\tsigned:1;\n\nprint fmt: "(%lx <- %lx) ret=%d", REC->__probe_func, REC->__probe_ret_ip, REC->ret\n',
  );

function strings(names) {
  return names
    .map((name, index) => `\tfield:__data_loc char[] ${name};\toffset:${16 + index * 4};\tsize:4;\tsigned:0;`)
    .join('\n');
}

function record(random, process, cpu, now) {
  if (random() < 0.00005) return `CPU:${cpu} [LOST ${1 + Math.floor(random() * 500)} EVENTS]\n`;
  const name = random() < 0.05 ? '<...>' : process.comm;
  const flags = random() < 0.8 ? '.....' : pick(random, FLAGS);
  const seconds = String(Math.floor(now / 1e6)).padStart(5);
  const micros = String(now % 1e6).padStart(6, '0');
  return `${name.padStart(16)}-${String(process.tid).padEnd(7)} [00${cpu}] ${flags} ${seconds}.${micros}: ${payload(random, process)}\n`;
}

function payload(random, process) {
  let dice = random();
  for (const [share, make] of KINDS) {
    if (dice < share) return make(random, process);
    dice -= share;
  }
  return pick(random, FUNCTIONS);
}

/** Shares of the lines; what is left, some 60 %, are function lines. */
const KINDS = [
  [
    0.08,
    (random) =>
      `sys_syslog(type: ${hex(random, 11)}, buf: ${random() < 0.5 ? '0' : `7f${hex(random, 2 ** 36).padStart(9, '0')}0`}, len: ${hex(random, 200000)})`,
  ],
  [0.08, (random) => `sys_syslog -> 0x${random() < 0.1 ? 'ffffffffffffffff' : hex(random, 140000)}`],
  [0.08, (random) => `do_syslog: (do_syslog+0x4/0x400) type=${below(random, 11)} source=${below(random, 2)}`],
  [
    0.06,
    (random) =>
      `do_syslog_ret: (__x64_sys_syslog+0x1a/0x30 <- do_syslog) ret=${random() < 0.1 ? -1 : below(random, 140000)}`,
  ],
  [
    0.03,
    (random, { comm }) =>
      `task_newtask: pid=${below(random, 99999)} comm=${comm} clone_flags=${pick(random, ['1200000', '3d0f00', '4111'])} oom_score_adj=0`,
  ],
  [
    0.03,
    (random) =>
      `sched_process_exec: filename=${pick(random, FILES)} pid=${below(random, 99999)} old_pid=${below(random, 99999)}`,
  ],
  [0.03, (_, { comm, tid }) => `sched_process_exit: comm=${comm} pid=${tid} prio=120`],
  [
    0.015,
    (random, { comm, tid }) =>
      `task_rename: pid=${tid} oldcomm=${comm} newcomm=${pick(random, NAMES)} oom_score_adj=${pick(random, [0, -1000])}`,
  ],
  [
    0.015,
    (random) =>
      `exec: (__x64_sys_execve+0x0/0x40) f="${pick(random, FILES)}" a0="${pick(random, NAMES)}" a1="--id=${below(random, 1e6)}" a2=(fault) a3=(fault)`,
  ],
];

const FUNCTIONS = [
  ...new Array(16).fill('devkmsg_read <-vfs_read'),
  'devkmsg_open <-chrdev_open',
  'devkmsg_write <-vfs_write',
  'kmsg_read <-vfs_read',
  '__x64_sys_syslog <-do_syscall_64',
  '__x64_sys_syslog <-do_syscall_64',
  'do_syslog <-__x64_sys_syslog',
  'do_syslog <-__x64_sys_syslog',
  'do_syslog <-kmsg_read',
];
const FLAGS = ['...1.', 'd..1.', '.N...', '..s1.', 'd.h2.'];
const NAMES = [
  'dmesg',
  'bash',
  'python3',
  'systemd-journal',
  'rsyslogd',
  'kworker/0:1',
  'sh',
  'cat',
  'in:imklog',
  'Web Content',
  'x [001] y',
];
const FILES = [
  '/usr/bin/dmesg',
  '/bin/bash',
  '/usr/bin/python3.12',
  '/usr/lib/systemd/systemd-executor',
  '/usr/sbin/runc',
  '/bin/cat',
  '/usr/bin/setpriv',
];

function newProcess(random, index) {
  const name = pick(random, NAMES);
  return {
    comm: index % 3 === 0 ? `${name.slice(0, 12)}${index}` : name,
    tid: 100 + below(random, 4_000_000),
  };
}

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

function below(random, limit) {
  return Math.floor(random() * limit);
}

function hex(random, limit) {
  return below(random, limit).toString(16);
}

/** Numbers in [0, 1) from a seed (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
