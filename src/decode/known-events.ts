import { type EventFormat, parseEventFormat } from './event-format.js';

/**
 * The events kwho reads most, for text that comes without the format files of the kernel that printed it. Only what
 * differs in print is here more than once. The number of an event is each kernel's own: 0 stands for it.
 */
export function knownFormats(event: string): readonly EventFormat[] {
  return KNOWN.filter(([name]) => name === event).map(([name, body]) =>
    parseEventFormat(`name: ${name}\nID: 0\nformat:\n${body}`),
  );
}

const KNOWN: readonly (readonly [name: string, body: string])[] = [
  // 5.10 to 6.12; 7.2 prints the same from strings without a bound.
  [
    'sched_process_fork',
    `
	field:char parent_comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t parent_pid;	offset:24;	size:4;	signed:1;
	field:char child_comm[16];	offset:28;	size:16;	signed:0;
	field:pid_t child_pid;	offset:44;	size:4;	signed:1;

print fmt: "comm=%s pid=%d child_comm=%s child_pid=%d", REC->parent_comm, REC->parent_pid, REC->child_comm, REC->child_pid`,
  ],
  [
    'sched_process_exec',
    `
	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:pid_t old_pid;	offset:16;	size:4;	signed:1;

print fmt: "filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid`,
  ],
  // 7.2
  [
    'sched_process_exit',
    `
	field:char comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t pid;	offset:24;	size:4;	signed:1;
	field:int prio;	offset:28;	size:4;	signed:1;
	field:bool group_dead;	offset:32;	size:1;	signed:0;

print fmt: "comm=%s pid=%d prio=%d group_dead=%s", REC->comm, REC->pid, REC->prio, REC->group_dead ? "true" : "false"`,
  ],
  // 5.10 to 6.12
  [
    'sched_process_exit',
    `
	field:char comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t pid;	offset:24;	size:4;	signed:1;
	field:int prio;	offset:28;	size:4;	signed:1;

print fmt: "comm=%s pid=%d prio=%d", REC->comm, REC->pid, REC->prio`,
  ],
  [
    'task_newtask',
    `
	field:pid_t pid;	offset:8;	size:4;	signed:1;
	field:char comm[16];	offset:12;	size:16;	signed:0;
	field:unsigned long clone_flags;	offset:32;	size:8;	signed:0;
	field:short oom_score_adj;	offset:40;	size:2;	signed:1;

print fmt: "pid=%d comm=%s clone_flags=%lx oom_score_adj=%hd", REC->pid, REC->comm, REC->clone_flags, REC->oom_score_adj`,
  ],
  [
    'task_rename',
    `
	field:pid_t pid;	offset:8;	size:4;	signed:1;
	field:char oldcomm[16];	offset:12;	size:16;	signed:0;
	field:char newcomm[16];	offset:28;	size:16;	signed:0;
	field:short oom_score_adj;	offset:44;	size:2;	signed:1;

print fmt: "pid=%d oldcomm=%s newcomm=%s oom_score_adj=%hd", REC->pid, REC->oldcomm, REC->newcomm, REC->oom_score_adj`,
  ],
  // include/trace/events/cgroup.h DECLARE_EVENT_CLASS(cgroup_migrate)
  [
    'cgroup_attach_task',
    `
	field:int dst_root;	offset:8;	size:4;	signed:1;
	field:int dst_level;	offset:12;	size:4;	signed:1;
	field:u64 dst_id;	offset:16;	size:8;	signed:0;
	field:int pid;	offset:24;	size:4;	signed:1;
	field:__data_loc char[] dst_path;	offset:28;	size:4;	signed:0;
	field:__data_loc char[] comm;	offset:32;	size:4;	signed:0;

print fmt: "dst_root=%d dst_id=%llu dst_level=%d dst_path=%s pid=%d comm=%s", REC->dst_root, REC->dst_id, REC->dst_level, __get_str(dst_path), REC->pid, __get_str(comm)`,
  ],
  [
    'sys_enter',
    `
	field:long id;	offset:8;	size:8;	signed:1;
	field:unsigned long args[6];	offset:16;	size:48;	signed:0;

print fmt: "NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)", REC->id, REC->args[0], REC->args[1], REC->args[2], REC->args[3], REC->args[4], REC->args[5]`,
  ],
  // 6.11 on. The words for reasons are each kernel's own: they stay words.
  [
    'kfree_skb',
    `
	field:void * skbaddr;	offset:8;	size:8;	signed:0;
	field:void * location;	offset:16;	size:8;	signed:0;
	field:void * rx_sk;	offset:24;	size:8;	signed:0;
	field:unsigned short protocol;	offset:32;	size:2;	signed:0;
	field:__data_loc char[] reason;	offset:36;	size:4;	signed:0;

print fmt: "skbaddr=%p rx_sk=%p protocol=%u location=%pS reason: %s", REC->skbaddr, REC->rx_sk, REC->protocol, REC->location, __get_str(reason)`,
  ],
  // 5.17 to 6.10; before 6.5 the location is a number.
  ...['%pS', '%p'].map((location): [string, string] => [
    'kfree_skb',
    `
	field:void * skbaddr;	offset:8;	size:8;	signed:0;
	field:void * location;	offset:16;	size:8;	signed:0;
	field:unsigned short protocol;	offset:24;	size:2;	signed:0;
	field:__data_loc char[] reason;	offset:28;	size:4;	signed:0;

print fmt: "skbaddr=%p protocol=%u location=${location} reason: %s", REC->skbaddr, REC->protocol, REC->location, __get_str(reason)`,
  ]),
  // 5.10 to 5.16
  [
    'kfree_skb',
    `
	field:void * skbaddr;	offset:8;	size:8;	signed:0;
	field:void * location;	offset:16;	size:8;	signed:0;
	field:unsigned short protocol;	offset:24;	size:2;	signed:0;

print fmt: "skbaddr=%p protocol=%u location=%p", REC->skbaddr, REC->protocol, REC->location`,
  ],
  // include/trace/events/syscalls.h
  [
    'sys_exit',
    `
	field:long id;	offset:8;	size:8;	signed:1;
	field:long ret;	offset:16;	size:8;	signed:1;

print fmt: "NR %ld = %ld", REC->id, REC->ret`,
  ],
  [
    'sys_enter_syslog',
    `
	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:int type;	offset:16;	size:8;	signed:0;
	field:char * buf;	offset:24;	size:8;	signed:0;
	field:int len;	offset:32;	size:8;	signed:0;

print fmt: "type: 0x%08lx, buf: 0x%08lx, len: 0x%08lx", ((unsigned long)(REC->type)), ((unsigned long)(REC->buf)), ((unsigned long)(REC->len))`,
  ],
  [
    'sys_exit_syslog',
    `
	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:long ret;	offset:16;	size:8;	signed:1;

print fmt: "0x%lx", REC->ret`,
  ],
  [
    'console',
    `
	field:__data_loc char[] msg;	offset:8;	size:4;	signed:0;

print fmt: "%s", __get_str(msg)`,
  ],
];
