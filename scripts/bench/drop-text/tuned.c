/*
 * The opponent: skb:kfree_skb in trace text (6.12 format, five flags), as one writes it by hand for speed. Big reads
 * into one buffer, memchr() for the newline, fixed columns up to the fields, pointers along these, nothing allocated
 * for a line, a hash of the bytes into an open table that grows. It reads every line as if it had never seen one like
 * it; what remembering earlier lines gives is in familiar.c.
 *
 * Two modes:
 *   count   drops by (location, reason)
 *   decode  every field of every line into one struct, handed to a consumer behind a function pointer, which takes
 *           all of it into a checksum. Texts stay where they were read, good until the consumer returns.
 * Lines in other columns or of other kinds, of which this text has none, are malformed.
 *   tuned FILE [check] [count|decode]
 * `check` prints a digest of every count by its text (count), or takes every byte of every text (decode).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MODE
#define MODE "count"
#endif
#define STANDS(p, literal) (!memcmp(p, literal, sizeof(literal) - 1))

typedef const unsigned char *bytes;
typedef struct { bytes at; int length; } text; /* at == NULL: not known */

static uint64_t seen, lost, malformed;

/* Count: what stands behind ` location=`, by a hash of its bytes (FNV-1a). */
struct key { uint64_t count; uint32_t hash, length; unsigned char *bytes; };
static struct key *keys;
static size_t key_count, mask;

static void grow(void)
{
	struct key *old = keys;
	size_t size = keys ? mask + 1 : 0, larger = size ? size * 2 : 4096;
	keys = calloc(larger, sizeof *keys);
	mask = larger - 1;
	for (size_t i = 0; i < size; i++) {
		size_t at = old[i].hash & mask;
		if (!old[i].bytes) continue;
		while (keys[at].bytes) at = (at + 1) & mask;
		keys[at] = old[i];
	}
	free(old);
}

static inline void add(bytes p, size_t length)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < length; i++) hash = (hash ^ p[i]) * 16777619u;
	for (size_t at = hash & mask;; at = (at + 1) & mask) {
		struct key *k = &keys[at];
		if (!k->bytes) {
			*k = (struct key){ 1, hash, length, memcpy(malloc(length), p, length) };
			if (++key_count > mask / 2) grow();
			return;
		}
		if (k->hash == hash && k->length == length && !memcmp(k->bytes, p, length)) {
			k->count++;
			return;
		}
	}
}

static int lost_line(bytes p, int *cpu, uint64_t *count)
{
	char *at;
	if (!STANDS(p, "CPU:")) return 0;
	*cpu = strtol((const char *)p + 4, &at, 10);
	if (!STANDS(at, " [LOST ")) return 0;
	*count = strtoull(at + 7, &at, 10);
	return STANDS(at, " EVENTS]\n");
}

static int is_digit(unsigned char c) { return (unsigned char)(c - '0') <= 9; }

/*
 *           <idle>-0       [000] ..s1.     6.110431: kfree_skb: skbaddr=00000000ea9c5e9f rx_sk=0000000000000000 protocol=
 * 0              16 17      25   31    37    42     49                  70              86     93              109
 */
static inline int is_drop(bytes p, bytes newline)
{
	return newline - p > 130 && p[0] == ' ' && p[16] == '-' && is_digit(p[17])
		&& p[25] == '[' && p[29] == ']' && p[30] == ' ' && p[36] == ' ' && p[42] == '.'
		&& STANDS(p + 49, ": kfree_skb: skbaddr=") && STANDS(p + 86, " rx_sk=") && STANDS(p + 109, " protocol=");
}

static void count(bytes p, bytes end)
{
	for (bytes newline; p < end; p = newline + 1) {
		newline = memchr(p, '\n', end - p);
		if (is_drop(p, newline)) {
			bytes at = p + 119;
			while (is_digit(*at)) at++;
			if (STANDS(at, " location=")) {
				at += 10;
				add(at, newline - at);
				seen++;
				continue;
			}
		}
		int cpu;
		uint64_t events;
		if (lost_line(p, &cpu, &events)) lost += events;
		else malformed++;
	}
}

/* Decode. */
struct drop {
	double time; /* nanoseconds */
	int cpu, tid;
	text comm, location, reason;
	unsigned char flags[5];
	uint64_t skb, socket;
	int protocol;
};

static double numbers, times;
static uint32_t pointers, sum;

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
static void consume(const struct drop *d) \
{ \
	seen++; \
	times += d->time; \
	numbers += d->cpu + d->tid + d->protocol; \
	pointers += (uint32_t)d->skb + (uint32_t)d->socket; \
	add(d->comm); add(d->location); add(d->reason); \
}
CONSUMER(consume_lengths, lengths)
CONSUMER(consume_every_byte, every_byte)
static void (*volatile consumer)(const struct drop *);

/* Both return the position behind the number, or NULL without one. */
static inline bytes decimal(bytes p, uint64_t *value)
{
	uint64_t v = 0;
	bytes from = p;
	for (; is_digit(*p); p++) v = v * 10 + *p - '0';
	*value = v;
	return p == from ? NULL : p;
}

static signed char hex_digit[256];
static inline bytes hex16(bytes p, uint64_t *value)
{
	uint64_t v = 0;
	int wrong = 0;
	for (int i = 0; i < 16; i++) {
		int digit = hex_digit[p[i]];
		wrong |= digit;
		v = v << 4 | (unsigned)digit;
	}
	*value = v;
	return wrong < 0 ? NULL : p + 16;
}

static inline int parse(bytes p, bytes newline, struct drop *d)
{
	uint64_t tid, cpu, seconds, microseconds, protocol;
	bytes at = p;
	if (!is_drop(p, newline)) return 0;
	while (at < p + 16 && *at == ' ') at++;
	d->comm = (text){ at, p + 16 - at };
	if (d->comm.length == 5 && STANDS(at, "<...>")) d->comm.at = NULL;
	if (!(at = decimal(p + 17, &tid))) return 0;
	while (at < p + 25) if (*at++ != ' ') return 0;
	if (decimal(p + 26, &cpu) != p + 29) return 0;
	memcpy(d->flags, p + 31, 5);
	for (at = p + 37; *at == ' ';) at++;
	if (decimal(at, &seconds) != p + 42 || decimal(p + 43, &microseconds) != p + 49) return 0;
	if (!hex16(p + 70, &d->skb) || !hex16(p + 93, &d->socket)) return 0;
	if (!(at = decimal(p + 119, &protocol)) || !STANDS(at, " location=")) return 0;
	d->tid = tid;
	d->cpu = cpu;
	d->time = seconds * 1e9 + microseconds * 1e3;
	d->protocol = protocol;
	/* A location may end in ` [module]`: it is over where ` reason: ` stands. */
	bytes from = at += 10;
	for (;;) {
		if (!(at = memchr(at, ' ', newline - at))) return 0;
		if (STANDS(at, " reason: ")) break;
		at++;
	}
	d->location = (text){ from, at - from };
	d->reason = (text){ at + 9, newline - at - 9 };
	return 1;
}

static void decode(bytes p, bytes end)
{
	for (bytes newline; p < end; p = newline + 1) {
		struct drop d;
		int cpu;
		uint64_t events;
		newline = memchr(p, '\n', end - p);
		if (parse(p, newline, &d)) {
			consumer(&d);
		} else if (lost_line(p, &cpu, &events)) {
			lost += events;
			numbers += cpu + (double)events;
		} else {
			malformed++;
		}
	}
}

static void print_counts(int check)
{
	FILE *digest = check ? popen("LC_ALL=C sort | sha256sum", "w") : NULL;
	for (size_t i = 0; digest && i <= mask; i++)
		if (keys[i].bytes) fprintf(digest, "%.*s %lu\n", (int)keys[i].length, keys[i].bytes, keys[i].count);
	if (digest) pclose(digest);
	printf("seen %lu lost %lu malformed %lu keys %zu\n", seen, lost, malformed, key_count);
}

#define SIZE (256 * 1024)
static unsigned char buffer[SIZE + 256]; /* the last line's columns may be compared beyond its end */

int main(int argc, char **argv)
{
	const char *mode = MODE;
	int check = 0, fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	long used = 0, n;
	if (fd < 0) { perror("tuned FILE [check] [count|decode]"); return 1; }
	for (int i = 2; i < argc; i++) if (!strcmp(argv[i], "check")) check = 1; else mode = argv[i];
	int counts = !strcmp(mode, "count");
	consumer = check ? consume_every_byte : consume_lengths;
	memset(hex_digit, -1, sizeof hex_digit);
	for (int i = 0; i < 16; i++) hex_digit[(unsigned char)"0123456789abcdef"[i]] = i;
	grow();
	while ((n = read(fd, buffer + used, SIZE - used)) > 0) {
		used += n;
		/* Lines are read up to the last newline; the cut one waits. */
		bytes end = memrchr(buffer, '\n', used);
		if (!end) continue;
		end++;
		if (counts) count(buffer, end); else decode(buffer, end);
		used -= end - buffer;
		memmove(buffer, end, used);
	}
	if (counts) print_counts(check);
	else printf("events %lu lost %lu malformed %lu numbers %.0f times %.0f pointers %u text %u\n", seen, lost, malformed, numbers, times, pointers, sum);
	return 0;
}
