/*
 * How fast C gets the way kwho goes: the same full decode of the same text, written by hand for exactly this set of
 * events (6.12 format, five flags, built-in layouts), each line expected to be like earlier ones. Big reads into one
 * buffer; headers and payloads seen before are recognised by comparing words, everything else is parsed in place;
 * names are interned, other strings copied; every record becomes one struct that is handed to a consumer behind a
 * function pointer, which takes all of it into a checksum. The record is written over by the next one; lines in other
 * columns or of other kinds, of which this text has none, are malformed.
 *   familiar FILE [check]
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

typedef struct { const unsigned char *at; int length; } text; /* interned; at == NULL: not known */
typedef struct { int length; unsigned char bytes[512]; } copied; /* outlives the buffer; length < 0: not known */

enum kind { FUNCTION, LOST, MALFORMED, SYSCALL_ENTER, SYSCALL_EXIT, PROBE, RETURN_PROBE, NEWTASK, EXEC, EXIT, RENAME, EXEC_PROBE };

struct record {
	enum kind kind;
	int cpu, tid;
	double time;
	text comm, name, parent;
	union {
		struct { int64_t count; } lost;
		struct { uint64_t type, buf, len; } enter;
		struct { int64_t ret; } exit;
		struct { int type, source; } probe;
		struct { int pid, oom_score_adj; uint64_t clone_flags; copied comm; } newtask;
		struct { int pid, old_pid; copied filename; } exec;
		struct { int pid, prio; copied comm; } exited;
		struct { int pid, oom_score_adj; copied oldcomm, newcomm; } rename;
		struct { copied f, a[4]; } execve;
	};
};

static uint64_t functions, events, stacks, lost, malformed;
static double numbers, times;
static uint32_t sum;

static inline void lengths(text t)
{
	sum += t.at ? (uint32_t)t.length * 16 : 1;
}

static void every_byte(text t)
{
	if (!t.at) { sum += 1; return; }
	for (int i = 0; i < t.length; i++) sum = sum * 31 + t.at[i];
}

static inline text view(const copied *c)
{
	return (text){ c->length < 0 ? NULL : c->bytes, c->length };
}

#define CONSUMER(consume, add) \
static void consume(const struct record *r) \
{ \
	switch (r->kind) { \
	case LOST: lost++; numbers += r->cpu + (double)r->lost.count; return; \
	case MALFORMED: malformed++; return; \
	case FUNCTION: functions++; break; \
	default: events++; \
	} \
	times += r->time; numbers += r->cpu + r->tid; add(r->comm); add(r->name); \
	switch (r->kind) { \
	case FUNCTION: add(r->parent); break; \
	case SYSCALL_ENTER: numbers += (double)r->enter.type + (double)r->enter.buf + (double)r->enter.len; break; \
	case SYSCALL_EXIT: case RETURN_PROBE: numbers += (double)r->exit.ret; break; \
	case PROBE: numbers += r->probe.type + r->probe.source; break; \
	case NEWTASK: numbers += (double)r->newtask.pid + (double)r->newtask.clone_flags + r->newtask.oom_score_adj; add(view(&r->newtask.comm)); break; \
	case EXEC: numbers += r->exec.pid + r->exec.old_pid; add(view(&r->exec.filename)); break; \
	case EXIT: numbers += r->exited.pid + r->exited.prio; add(view(&r->exited.comm)); break; \
	case RENAME: numbers += r->rename.pid + r->rename.oom_score_adj; add(view(&r->rename.oldcomm)); add(view(&r->rename.newcomm)); break; \
	case EXEC_PROBE: add(view(&r->execve.f)); for (int i = 0; i < 4; i++) add(view(&r->execve.a[i])); break; \
	default: break; \
	} \
}
CONSUMER(consume_lengths, lengths)
CONSUMER(consume_every_byte, every_byte)
static void (*volatile consumer)(const struct record *);

static inline uint32_t u32(const unsigned char *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t u64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return v; }

static const unsigned char *decimal(const unsigned char *p, int *value)
{
	int negative = *p == '-';
	p += negative;
	const unsigned char *from = p;
	unsigned digit = *p - '0';
	uint64_t v;
	if (digit > 9) return NULL;
	for (v = digit; (digit = *++p - '0') <= 9;) v = v * 10 + digit;
	if (v > INT32_MAX || p - from > 19) return NULL; /* ours checks the range of a field, too */
	*value = negative ? -(int)v : (int)v;
	return p;
}

static signed char hex_digit[256];
static const unsigned char *hexadecimal(const unsigned char *p, uint64_t *value)
{
	const unsigned char *from = p;
	int digit = hex_digit[*p];
	uint64_t v = 0;
	if (digit < 0) return NULL;
	do v = v << 4 | digit; while ((digit = hex_digit[*++p]) >= 0);
	if (p - from > 16) return NULL;
	*value = v;
	return p;
}

/* 32 bytes at a time; the buffer has room behind it, and so has the struct. */
static inline int copy(copied *c, const unsigned char *from, long length)
{
	if (length > (long)sizeof c->bytes - 32) return 0;
	for (long at = 0; at < length; at += 32) memcpy(c->bytes + at, from + at, 32);
	c->length = length;
	return 1;
}

/* Text up to a literal, on this line; returns the position behind the literal. */
#define UP_TO(p, c, literal) up_to(p, c, literal, sizeof(literal) - 1)
static inline const unsigned char *up_to(const unsigned char *p, copied *c, const char *literal, int n)
{
	for (const unsigned char *from = p;; p++) {
		if (*p == (unsigned char)literal[0] && !memcmp(p, literal, n)) return copy(c, from, p - from) ? p + n : NULL;
		if (*p == '\n' || !*p) return NULL;
	}
}

#define SKIP(p, literal) (!memcmp(p, literal, sizeof(literal) - 1) ? p + sizeof(literal) - 1 : NULL)
#define MUST(x) do { if (unlikely(!(p = (x)))) return NULL; } while (0)

static const unsigned char *quoted(const unsigned char *p, copied *c, const char *behind, int n)
{
	if (*p == '(') {
		c->length = -1;
		p = SKIP(p, "(fault)");
		return p && !memcmp(p, behind, n) ? p + n : NULL;
	}
	if (*p++ != '"') return NULL;
	for (const unsigned char *from = p;; p++) {
		if (*p == '"' && !memcmp(p + 1, behind, n)) return copy(c, from, p - from) ? p + 1 + n : NULL;
		if (*p == '\n' || !*p) return NULL;
	}
}

static const unsigned char *place(const unsigned char *p, const char *predicted, int n)
{
	if (likely(!memcmp(p, predicted, n))) return p + n;
	while (*p != ')') if (*p == '\n' || !*p++) return NULL;
	return p + 1;
}

/* The events, by what their lines begin with. Each returns the position behind the newline. */
static const unsigned char *syscall_enter(const unsigned char *p, struct record *r)
{
	r->kind = SYSCALL_ENTER;
	MUST(SKIP(p, "type: ")); MUST(hexadecimal(p, &r->enter.type));
	MUST(SKIP(p, ", buf: ")); MUST(hexadecimal(p, &r->enter.buf));
	MUST(SKIP(p, ", len: ")); MUST(hexadecimal(p, &r->enter.len));
	return SKIP(p, ")\n");
}

static const unsigned char *syscall_exit(const unsigned char *p, struct record *r)
{
	r->kind = SYSCALL_EXIT;
	MUST(SKIP(p, "0x")); MUST(hexadecimal(p, (uint64_t *)&r->exit.ret));
	return SKIP(p, "\n");
}

static const unsigned char *probe(const unsigned char *p, struct record *r)
{
	r->kind = PROBE;
	MUST(place(p, "(do_syslog+0x4/0x400)", 21));
	MUST(SKIP(p, " type=")); MUST(decimal(p, &r->probe.type));
	MUST(SKIP(p, " source=")); MUST(decimal(p, &r->probe.source));
	return SKIP(p, "\n");
}

static const unsigned char *return_probe(const unsigned char *p, struct record *r)
{
	int ret;
	r->kind = RETURN_PROBE;
	MUST(place(p, "(__x64_sys_syslog+0x1a/0x30 <- do_syslog)", 41));
	MUST(SKIP(p, " ret=")); MUST(decimal(p, &ret));
	r->exit.ret = ret;
	return SKIP(p, "\n");
}

static const unsigned char *newtask(const unsigned char *p, struct record *r)
{
	r->kind = NEWTASK;
	MUST(SKIP(p, "pid=")); MUST(decimal(p, &r->newtask.pid));
	MUST(SKIP(p, " comm=")); MUST(UP_TO(p, &r->newtask.comm, " clone_flags="));
	MUST(hexadecimal(p, &r->newtask.clone_flags));
	MUST(SKIP(p, " oom_score_adj=")); MUST(decimal(p, &r->newtask.oom_score_adj));
	return SKIP(p, "\n");
}

static const unsigned char *process_exec(const unsigned char *p, struct record *r)
{
	r->kind = EXEC;
	MUST(SKIP(p, "filename=")); MUST(UP_TO(p, &r->exec.filename, " pid=")); MUST(decimal(p, &r->exec.pid));
	MUST(SKIP(p, " old_pid=")); MUST(decimal(p, &r->exec.old_pid));
	return SKIP(p, "\n");
}

static const unsigned char *process_exit(const unsigned char *p, struct record *r)
{
	r->kind = EXIT;
	MUST(SKIP(p, "comm=")); MUST(UP_TO(p, &r->exited.comm, " pid=")); MUST(decimal(p, &r->exited.pid));
	MUST(SKIP(p, " prio=")); MUST(decimal(p, &r->exited.prio));
	return SKIP(p, "\n");
}

static const unsigned char *renamed(const unsigned char *p, struct record *r)
{
	r->kind = RENAME;
	MUST(SKIP(p, "pid=")); MUST(decimal(p, &r->rename.pid));
	MUST(SKIP(p, " oldcomm=")); MUST(UP_TO(p, &r->rename.oldcomm, " newcomm="));
	MUST(UP_TO(p, &r->rename.newcomm, " oom_score_adj=")); MUST(decimal(p, &r->rename.oom_score_adj));
	return SKIP(p, "\n");
}

static const unsigned char *exec_probe(const unsigned char *p, struct record *r)
{
	r->kind = EXEC_PROBE;
	MUST(place(p, "(__x64_sys_execve+0x0/0x40)", 27));
	MUST(SKIP(p, " f=")); MUST(quoted(p, &r->execve.f, " a0=", 4));
	MUST(quoted(p, &r->execve.a[0], " a1=", 4)); MUST(quoted(p, &r->execve.a[1], " a2=", 4));
	MUST(quoted(p, &r->execve.a[2], " a3=", 4)); return quoted(p, &r->execve.a[3], "\n", 1);
}

static const struct event {
	const char *opening, *name;
	const unsigned char *(*parse)(const unsigned char *, struct record *);
} known[] = {
	{ "sys_syslog(", "sys_enter_syslog", syscall_enter }, { "sys_syslog -> ", "sys_exit_syslog", syscall_exit },
	{ "do_syslog: ", "do_syslog", probe }, { "do_syslog_ret: ", "do_syslog_ret", return_probe },
	{ "task_newtask: ", "task_newtask", newtask }, { "sched_process_exec: ", "sched_process_exec", process_exec },
	{ "sched_process_exit: ", "sched_process_exit", process_exit }, { "task_rename: ", "task_rename", renamed },
	{ "exec: (_", "exec", exec_probe },
};

/* Openings seen before, by their first eight bytes: whole function lines and the constant part of events. */
static struct opening {
	uint64_t first;
	int length, skip;
	unsigned char bytes[96];
	text name, parent;
	const struct event *event;
	struct opening *next;
} openings[512], *table[256];
static int opening_count;
static inline unsigned hash(uint64_t first) { return first * 0x9e3779b97f4a7c15u >> 56; }

static int is_name(unsigned char c) { return c > ' ' && c != '(' && c != '+' && c != ':'; }

static struct opening *learn(const unsigned char *p, uint64_t first)
{
	if (opening_count == 512) return NULL;
	struct opening *o = &openings[opening_count];
	const unsigned char *newline = memchr(p, '\n', 8192);
	if (!newline) return NULL;
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
		int n = strlen(known[i].opening);
		if (memcmp(p, known[i].opening, n)) continue;
		o->event = &known[i];
		o->length = n;
		o->skip = known[i].parse == exec_probe ? 6 : n;
		o->name = (text){ (const unsigned char *)known[i].name, strlen(known[i].name) };
		goto keep;
	}
	const unsigned char *arrow = p, *end;
	while (is_name(*arrow)) arrow++;
	if (memcmp(arrow, " <-", 3) || newline + 1 - p > 96) return NULL;
	for (end = arrow + 3; is_name(*end); end++);
	if (*end != '\n') return NULL;
	o->length = o->skip = newline + 1 - p;
	o->name = (text){ o->bytes, arrow - p };
	o->parent = (text){ o->bytes + (arrow + 3 - p), end - arrow - 3 };
keep:
	memcpy(o->bytes, p, o->length);
	o->first = first;
	o->next = table[hash(first)];
	table[hash(first)] = o;
	opening_count++;
	return o;
}

static inline int same(const unsigned char *a, const unsigned char *b, int length)
{
	for (int at = 8; at < length - 8; at += 8) if (u64(a + at) != u64(b + at)) return 0;
	return u64(a + length - 8) == u64(b + length - 8);
}

static const unsigned char *payload(const unsigned char *p, struct record *r)
{
	uint64_t first = u64(p);
	struct opening *o;
	for (o = table[hash(first)]; o; o = o->next)
		if (o->first == first && same(o->bytes, p, o->length)) break;
	if (unlikely(!o) && !(o = learn(p, first))) return NULL;
	r->name = o->name;
	if (o->event) return o->event->parse(p + o->skip, r);
	r->kind = FUNCTION;
	r->parent = o->parent;
	return p + o->length;
}

/* Name, pid and CPU: 31 bytes. */
static int columns(const unsigned char *p, struct record *r)
{
	if (p[0] != ' ' || p[16] != '-' || p[25] != '[' || p[29] != ']' || p[30] != ' ') return 0;
	int from = 0, tid = 0, at = 17;
	while (from < 16 && p[from] == ' ') from++;
	r->comm = (text){ p + from, 16 - from };
	if (r->comm.length == 5 && !memcmp(r->comm.at, "<...>", 5)) r->comm.at = NULL;
	for (unsigned digit; (digit = p[at] - '0') <= 9; at++) tid = tid * 10 + digit;
	if (at == 17) return 0;
	for (; at < 25; at++) if (p[at] != ' ') return 0;
	unsigned a = p[26] - '0', b = p[27] - '0', c = p[28] - '0';
	if (a > 9 || b > 9 || c > 9) return 0;
	r->tid = tid;
	r->cpu = a * 100 + b * 10 + c;
	return 1;
}

/* Headers seen before: the 31 bytes and what they mean. */
static struct header { unsigned char bytes[32]; unsigned char comm[16]; int length, tid, cpu, known; } headers[2048];

static inline int header(const unsigned char *p, struct record *r)
{
	uint64_t name = u64(p + 8), tid = u64(p + 16), cpu = u64(p + 23);
	struct header *h = &headers[((name ^ (tid * 0x9e3779b97f4a7c15u >> 17) ^ cpu) * 0xff51afd7ed558ccdu) >> 53];
	if (unlikely(u64(h->bytes + 16) != tid || u64(h->bytes + 8) != name || u64(h->bytes + 23) != cpu || u64(h->bytes) != u64(p) || !h->known)) {
		if (!columns(p, r)) return 0;
		memcpy(h->bytes, p, 31);
		if (r->comm.at) memcpy(h->comm, r->comm.at, r->comm.length);
		h->length = r->comm.at ? r->comm.length : -1;
		h->tid = r->tid;
		h->cpu = r->cpu;
		h->known = 1;
	}
	r->comm = (text){ h->length < 0 ? NULL : h->comm, h->length };
	r->tid = h->tid;
	r->cpu = h->cpu;
	return 1;
}

/* ` ..... ` and ` 12345.123456: ` from behind the CPU on; returns the payload. */
static inline const unsigned char *stamp(const unsigned char *p, struct record *r)
{
	static uint64_t seconds_text;
	static int width;
	static double seconds;
	if ((((u32(p) - 0x21212121) | u32(p)) & 0x80808080) || p[4] <= ' ' || p[4] > 126 || p[5] != ' ') return NULL;
	p += 6;
	if (unlikely((u64(p) ^ seconds_text) & 0xffffffffffff)) {
		int at = 0;
		uint64_t v = 0;
		while (p[at] == ' ') at++;
		for (unsigned digit; (digit = p[at] - '0') <= 9; at++) v = v * 10 + digit;
		if (p[at] != '.') return NULL;
		seconds = v * 1e9;
		width = at;
		seconds_text = at == 5 ? u64(p) : 0;
	}
	p += width + 1;
	uint64_t v = u64(p) - 0x3030303030303030, digits = v & 0xffffffffffff;
	if (((digits + 0x767676767676) | digits) & 0x808080808080 || p[6] != ':' || p[7] != ' ') return NULL;
	digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff;
	r->time = seconds + (double)((digits & 255) * 10000 + (digits >> 16 & 255) * 100 + (digits >> 32 & 255)) * 1000;
	return p + 8;
}

static const unsigned char *lost_line(const unsigned char *p, struct record *r)
{
	int count;
	r->kind = LOST;
	MUST(SKIP(p, "CPU:")); MUST(decimal(p, &r->cpu));
	MUST(SKIP(p, " [LOST ")); MUST(decimal(p, &count));
	r->lost.count = count;
	return SKIP(p, " EVENTS]\n");
}

#define SIZE (256 * 1024)
static unsigned char buffer[SIZE + 8192 + 128];

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDONLY);
	long used = 0, n;
	if (fd < 0) { perror(argv[1]); return 1; }
	consumer = argc > 2 ? consume_every_byte : consume_lengths;
	memset(hex_digit, -1, sizeof hex_digit);
	for (int i = 0; i < 16; i++) hex_digit[(unsigned char)"0123456789abcdef"[i]] = hex_digit[(unsigned char)"0123456789ABCDEF"[i]] = i;
	while ((n = read(fd, buffer + used, SIZE - used)) > 0) {
		used += n;
		memset(buffer + used, 0, 128);
		/* Records are decoded up to the last newline; the cut one waits. */
		const unsigned char *p = buffer, *end = memrchr(buffer, '\n', used);
		if (!end) continue;
		end++;
		while (p < end) {
			struct record r;
			const unsigned char *next = NULL;
			if (likely(header(p, &r))) {
				next = stamp(p + 31, &r);
				if (likely(next != NULL)) next = payload(next, &r);
			} else {
				next = lost_line(p, &r);
			}
			if (unlikely(!next)) {
				r.kind = MALFORMED;
				next = memchr(p, '\n', end - p);
				next++;
			}
			consumer(&r);
			p = next;
		}
		used -= end - buffer;
		memmove(buffer, end, used);
	}
	printf("functions %lu events %lu stacks %lu lost %lu malformed %lu numbers %.0f times %.0f text %u\n", functions, events, stacks, lost, malformed, numbers, times, sum);
	return 0;
}
