/*
 * The opponent: the same full decode of the same text, written by hand for exactly this set of events (6.12 format,
 * five flags, built-in layouts), as one writes it for speed: big reads into one buffer, pointers along each line,
 * nothing allocated or copied, names told apart by their bytes. It reads every line as if it had never seen one like
 * it; what remembering earlier lines gives is in familiar.c. Every record becomes one struct that is handed to a
 * consumer behind a function pointer, which takes all of it into a checksum.
 * Two things are easier for it, as they are for any C program: the record and its texts are good until the consumer
 * returns instead of being the consumer's to keep, and lines in other columns or of other kinds (stacks, comments,
 * other options of the trace), of which this text has none, are malformed.
 *   tuned FILE [check]
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef const unsigned char *bytes;
typedef struct { bytes at; int length; } text; /* at == NULL: not known */

enum kind { FUNCTION, LOST, MALFORMED, SYSCALL_ENTER, SYSCALL_EXIT, PROBE, RETURN_PROBE, NEWTASK, EXEC, EXIT, RENAME, EXEC_PROBE };

struct record {
	enum kind kind;
	int cpu, tid;
	double time;
	text comm, name;
	union {
		text parent;
		struct { int64_t count; } lost;
		struct { uint64_t type, buf, len; } enter;
		struct { int64_t ret; } exit;
		struct { int type, source; } probe;
		struct { int pid, oom_score_adj; uint64_t clone_flags; text comm; } newtask;
		struct { int pid, old_pid; text filename; } exec;
		struct { int pid, prio; text comm; } exited;
		struct { int pid, oom_score_adj; text oldcomm, newcomm; } rename;
		struct { text f, a[4]; } execve;
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
	case NEWTASK: numbers += (double)r->newtask.pid + (double)r->newtask.clone_flags + r->newtask.oom_score_adj; add(r->newtask.comm); break; \
	case EXEC: numbers += r->exec.pid + r->exec.old_pid; add(r->exec.filename); break; \
	case EXIT: numbers += r->exited.pid + r->exited.prio; add(r->exited.comm); break; \
	case RENAME: numbers += r->rename.pid + r->rename.oom_score_adj; add(r->rename.oldcomm); add(r->rename.newcomm); break; \
	case EXEC_PROBE: add(r->execve.f); for (int i = 0; i < 4; i++) add(r->execve.a[i]); break; \
	default: break; \
	} \
}
CONSUMER(consume_lengths, lengths)
CONSUMER(consume_every_byte, every_byte)
static void (*volatile consumer)(const struct record *);

static int is_digit(unsigned char c) { return (unsigned char)(c - '0') <= 9; }

/* These return the position behind what they read, or NULL where that does not stand. */
static bytes decimal(bytes p, int *value)
{
	int negative = *p == '-';
	p += negative;
	bytes from = p;
	uint64_t v = 0;
	for (; is_digit(*p); p++) v = v * 10 + *p - '0';
	if (p == from || p - from > 19 || v > INT32_MAX) return NULL; /* ours checks the range of a field, too */
	*value = negative ? -(int)v : (int)v;
	return p;
}

static signed char hex_digit[256];
static bytes hexadecimal(bytes p, uint64_t *value)
{
	bytes from = p;
	int digit;
	uint64_t v = 0;
	for (; (digit = hex_digit[*p]) >= 0; p++) v = v << 4 | digit;
	*value = v;
	return p == from || p - from > 16 ? NULL : p;
}

/* Text up to a literal, on this line; the position behind the literal. */
#define UP_TO(p, t, literal) up_to(p, t, literal, sizeof(literal) - 1)
static inline bytes up_to(bytes p, text *t, const char *literal, int n)
{
	for (bytes from = p; *p != '\n'; p++) {
		if (*p != (unsigned char)literal[0] || memcmp(p, literal, n)) continue;
		*t = (text){ from, p - from };
		return p + n;
	}
	return NULL;
}

#define SKIP(p, literal) (!memcmp(p, literal, sizeof(literal) - 1) ? p + sizeof(literal) - 1 : NULL)
#define MUST(x) do { if (!(p = (x))) return NULL; } while (0)

static inline bytes quoted(bytes p, text *t, const char *behind, int n)
{
	if (*p == '(') {
		*t = (text){ NULL, 0 };
		p = SKIP(p, "(fault)");
		return p && !memcmp(p, behind, n) ? p + n : NULL;
	}
	if (*p++ != '"') return NULL;
	for (bytes from = p; *p != '\n'; p++) {
		if (*p != '"' || memcmp(p + 1, behind, n)) continue;
		*t = (text){ from, p - from };
		return p + 1 + n;
	}
	return NULL;
}

static bytes place(bytes p)
{
	while (*p != ')') if (*p++ == '\n') return NULL;
	return p + 1;
}

/* The events, from behind their names on, up to and with the newline. */
static bytes syscall_enter(bytes p, struct record *r)
{
	r->kind = SYSCALL_ENTER;
	MUST(SKIP(p, "type: ")); MUST(hexadecimal(p, &r->enter.type));
	MUST(SKIP(p, ", buf: ")); MUST(hexadecimal(p, &r->enter.buf));
	MUST(SKIP(p, ", len: ")); MUST(hexadecimal(p, &r->enter.len));
	return SKIP(p, ")\n");
}

static bytes syscall_exit(bytes p, struct record *r)
{
	r->kind = SYSCALL_EXIT;
	MUST(SKIP(p, "0x")); MUST(hexadecimal(p, (uint64_t *)&r->exit.ret));
	return SKIP(p, "\n");
}

static bytes probe(bytes p, struct record *r)
{
	r->kind = PROBE;
	MUST(place(p));
	MUST(SKIP(p, " type=")); MUST(decimal(p, &r->probe.type));
	MUST(SKIP(p, " source=")); MUST(decimal(p, &r->probe.source));
	return SKIP(p, "\n");
}

static bytes return_probe(bytes p, struct record *r)
{
	int ret;
	r->kind = RETURN_PROBE;
	MUST(place(p));
	MUST(SKIP(p, " ret=")); MUST(decimal(p, &ret));
	r->exit.ret = ret;
	return SKIP(p, "\n");
}

static bytes newtask(bytes p, struct record *r)
{
	r->kind = NEWTASK;
	MUST(SKIP(p, "pid=")); MUST(decimal(p, &r->newtask.pid));
	MUST(SKIP(p, " comm=")); MUST(UP_TO(p, &r->newtask.comm, " clone_flags="));
	MUST(hexadecimal(p, &r->newtask.clone_flags));
	MUST(SKIP(p, " oom_score_adj=")); MUST(decimal(p, &r->newtask.oom_score_adj));
	return SKIP(p, "\n");
}

static bytes process_exec(bytes p, struct record *r)
{
	r->kind = EXEC;
	MUST(SKIP(p, "filename=")); MUST(UP_TO(p, &r->exec.filename, " pid=")); MUST(decimal(p, &r->exec.pid));
	MUST(SKIP(p, " old_pid=")); MUST(decimal(p, &r->exec.old_pid));
	return SKIP(p, "\n");
}

static bytes process_exit(bytes p, struct record *r)
{
	r->kind = EXIT;
	MUST(SKIP(p, "comm=")); MUST(UP_TO(p, &r->exited.comm, " pid=")); MUST(decimal(p, &r->exited.pid));
	MUST(SKIP(p, " prio=")); MUST(decimal(p, &r->exited.prio));
	return SKIP(p, "\n");
}

static bytes renamed(bytes p, struct record *r)
{
	r->kind = RENAME;
	MUST(SKIP(p, "pid=")); MUST(decimal(p, &r->rename.pid));
	MUST(SKIP(p, " oldcomm=")); MUST(UP_TO(p, &r->rename.oldcomm, " newcomm="));
	MUST(UP_TO(p, &r->rename.newcomm, " oom_score_adj=")); MUST(decimal(p, &r->rename.oom_score_adj));
	return SKIP(p, "\n");
}

static bytes exec_probe(bytes p, struct record *r)
{
	r->kind = EXEC_PROBE;
	MUST(place(p));
	MUST(SKIP(p, " f=")); MUST(quoted(p, &r->execve.f, " a0=", 4));
	MUST(quoted(p, &r->execve.a[0], " a1=", 4)); MUST(quoted(p, &r->execve.a[1], " a2=", 4));
	MUST(quoted(p, &r->execve.a[2], " a3=", 4)); return quoted(p, &r->execve.a[3], "\n", 1);
}

/* `name: `, by length first. */
static bytes event(bytes p, struct record *r)
{
#define EVENT(word, read) if (!memcmp(r->name.at, word, sizeof(word) - 1)) return read(p, r); break
	switch (r->name.length) {
	case 4: EVENT("exec", exec_probe);
	case 9: EVENT("do_syslog", probe);
	case 11: EVENT("task_rename", renamed);
	case 12: EVENT("task_newtask", newtask);
	case 13: EVENT("do_syslog_ret", return_probe);
	case 18:
		if (!memcmp(r->name.at, "sched_process_exec", 18)) return process_exec(p, r);
		EVENT("sched_process_exit", process_exit);
	}
	return NULL;
}

static int is_name(unsigned char c) { return c > ' ' && c != '(' && c != '+' && c != ':'; }

static bytes payload(bytes p, struct record *r)
{
	bytes from = p, next = NULL;
	while (is_name(*p)) p++;
	r->name = (text){ from, p - from };
	if (*p == ':') return p[1] == ' ' ? event(p + 2, r) : NULL;
	if (*p == '(' || ((next = SKIP(p, " -> ")))) {
		static const unsigned char enter[] = "sys_enter_syslog", leave[] = "sys_exit_syslog";
		if (r->name.length != 10 || memcmp(from, "sys_syslog", 10)) return NULL;
		r->name = *p == '(' ? (text){ enter, sizeof enter - 1 } : (text){ leave, sizeof leave - 1 };
		return *p == '(' ? syscall_enter(p + 1, r) : syscall_exit(next, r);
	}
	r->kind = FUNCTION;
	MUST(SKIP(p, " <-"));
	for (from = p; is_name(*p);) p++;
	r->parent = (text){ from, p - from };
	return *p == '\n' ? p + 1 : NULL;
}

/* `           dmesg-176     [001] ...1.     6.110431: `; the name has 16 columns, the pid 7 and more. */
static bytes header(bytes p, struct record *r)
{
	int seconds, microseconds;
	bytes name = p, flags, dot;
	if (p[0] != ' ' || p[16] != '-' || p[25] != '[') return NULL;
	while (name < p + 16 && *name == ' ') name++;
	r->comm = (text){ name, p + 16 - name };
	if (r->comm.length == 5 && !memcmp(name, "<...>", 5)) r->comm.at = NULL;
	MUST(decimal(p + 17, &r->tid));
	while (*p == ' ') p++;
	if (*p++ != '[') return NULL;
	MUST(decimal(p, &r->cpu));
	MUST(SKIP(p, "] "));
	for (flags = p; *p > ' ' && *p < 127;) p++;
	if (p != flags + 5) return NULL;
	while (*p == ' ') p++;
	MUST(decimal(p, &seconds));
	if (*p != '.') return NULL;
	dot = p;
	MUST(decimal(p + 1, &microseconds));
	if (p != dot + 7) return NULL;
	r->time = seconds * 1e9 + microseconds * 1e3;
	return SKIP(p, ": ");
}

static bytes lost_line(bytes p, struct record *r)
{
	int count;
	r->kind = LOST;
	MUST(SKIP(p, "CPU:")); MUST(decimal(p, &r->cpu));
	MUST(SKIP(p, " [LOST ")); MUST(decimal(p, &count));
	r->lost.count = count;
	return SKIP(p, " EVENTS]\n");
}

#define SIZE (256 * 1024)
static unsigned char buffer[SIZE + 256]; /* the last line may be compared beyond its end */

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	long used = 0, n;
	if (fd < 0) { perror("tuned FILE [check]"); return 1; }
	consumer = argc > 2 ? consume_every_byte : consume_lengths;
	memset(hex_digit, -1, sizeof hex_digit);
	for (int i = 0; i < 16; i++) hex_digit[(unsigned char)"0123456789abcdef"[i]] = i;
	while ((n = read(fd, buffer + used, SIZE - used)) > 0) {
		used += n;
		/* Records are decoded up to the last newline, which ends every scan; the cut line waits. */
		bytes p = buffer, end = memrchr(buffer, '\n', used), next;
		if (!end) continue;
		for (end++; p < end; p = next) {
			struct record r;
			next = header(p, &r);
			next = next ? payload(next, &r) : lost_line(p, &r);
			if (!next) {
				r.kind = MALFORMED;
				next = (bytes)memchr(p, '\n', end - p) + 1;
			}
			consumer(&r);
		}
		used -= end - buffer;
		memmove(buffer, end, used);
	}
	printf("functions %lu events %lu stacks %lu lost %lu malformed %lu numbers %.0f times %.0f text %u\n", functions, events, stacks, lost, malformed, numbers, times, sum);
	return 0;
}
