/*
 * How fast C gets the way kwho goes: skb:kfree_skb in trace text (6.12 format, five flags), each line expected to be
 * like earlier ones. Big reads into one buffer; everything that every line has stands at the same byte of it and is
 * compared as words; what follows ` rx_sk=…` (protocol, location, reason, newline) is looked for among what was seen
 * before by a hash of its first words and compared with it, so that no line's end is searched for. Only a new one is
 * taken apart and put into a table that grows.
 *
 * Two modes:
 *   count   drops by (location, reason)
 *   decode  every field of every line into one struct, handed to a consumer behind a function pointer, which takes
 *           all of it into a checksum; the struct is written over by the next line instead of being the consumer's
 *           to keep, as with any C program. Names, locations and reasons are interned.
 * Lines in other columns or of other kinds, of which this text has none, are malformed.
 *   familiar FILE [check] [count|decode]
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
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

typedef struct { const unsigned char *at; int length; } text; /* interned; at == NULL: not known */

struct drop {
	double time; /* nanoseconds */
	int cpu, tid;
	text comm, location, reason;
	unsigned char flags[5];
	uint64_t skb, socket;
	int protocol;
};

static inline uint32_t u32(const unsigned char *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t u64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return v; }
#define WORD(text) u64((const unsigned char *)text)

/* What was seen from ` protocol=` to the newline. */
struct key {
	struct key *next; /* of the same first words */
	uint64_t count;
	text location, reason;
	int length, protocol;
	unsigned char bytes[]; /* with room for a comparison by 16 bytes behind them */
};
static struct key **keys;
static size_t key_count, key_room, table_mask;
static struct key **table;

/* Enough of it to tell places apart: protocol, and location from its first byte to its 24th. Reasons share a chain. */
static inline uint64_t hash(const unsigned char *p)
{
	uint64_t h = u64(p + 8) ^ (u64(p + 24) * 0x9e3779b97f4a7c15u) ^ (u64(p + 32) * 0xc2b2ae3d27d4eb4fu) ^ (u64(p + 40) * 0x165667b19e3779f9u);
	h *= 0xff51afd7ed558ccdu;
	return h ^ h >> 32;
}

typedef long long vector __attribute__((vector_size(16), aligned(1)));

static inline int same(const unsigned char *a, const unsigned char *b, int length)
{
	int at = 0;
	for (; at < length - 16; at += 16) {
		vector x = *(const vector *)(a + at) ^ *(const vector *)(b + at);
		if (x[0] | x[1]) return 0;
	}
	vector x = *(const vector *)(a + length - 16) ^ *(const vector *)(b + length - 16);
	return !(x[0] | x[1]);
}

static void grow(void)
{
	size_t size = table ? (table_mask + 1) * 4 : 4096;
	table = realloc(table, size * sizeof *table);
	memset(table, 0, size * sizeof *table);
	table_mask = size - 1;
	for (size_t i = key_count; i-- > 0;) {
		struct key **bucket = &table[hash(keys[i]->bytes) & table_mask];
		keys[i]->next = *bucket;
		*bucket = keys[i];
	}
}

static struct key *learn(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *newline = memchr(p, '\n', end - p), *at = p + 10, *reason;
	unsigned digit, protocol = 0;
	struct key *k;

	if (!newline || memcmp(p, " protocol=", 10)) return NULL;
	while ((digit = *at - '0') <= 9) protocol = protocol * 10 + digit, at++;
	if (at == p + 10 || at > p + 15 || memcmp(at, " location=", 10)) return NULL;
	at += 10;
	reason = memmem(at, newline - at, " reason: ", 9);
	if (!reason || reason == at) return NULL;
	if (!table || key_count > table_mask / 2) grow();
	k = calloc(1, sizeof *k + (newline + 1 - p) + 16);
	k->length = newline + 1 - p;
	memcpy(k->bytes, p, k->length);
	k->protocol = protocol;
	k->location = (text){ k->bytes + (at - p), reason - at };
	k->reason = (text){ k->bytes + (reason + 9 - p), newline - reason - 9 };
	if (key_count == key_room) keys = realloc(keys, (key_room = key_room * 2 + 64) * sizeof *keys);
	keys[key_count++] = k;
	struct key **bucket = &table[hash(k->bytes) & table_mask];
	k->next = *bucket;
	return *bucket = k;
}

/* The key is put in front of those with the same first words: it will come again. */
static struct key *behind(struct key **bucket, const unsigned char *p)
{
	for (struct key *before = *bucket, *k; before && (k = before->next); before = k) {
		if (!same(k->bytes, p, k->length)) continue;
		before->next = k->next;
		k->next = *bucket;
		return *bucket = k;
	}
	return NULL;
}

static inline struct key *find(const unsigned char *p, const unsigned char *end)
{
	static struct key *last;
	if (likely(last && same(last->bytes, p, last->length))) return last;
	struct key **bucket = &table[hash(p) & table_mask], *k = *bucket;
	if (likely(k && same(k->bytes, p, k->length))) return last = k;
	if ((k = behind(bucket, p)) || (k = learn(p, end))) last = k;
	return k;
}

/* Eight bytes of which those in the mask are digits. */
static inline int digits(uint64_t v, uint64_t mask)
{
	v ^= 0x3030303030303030u & mask;
	return !(((v & mask) | ((v & mask) + (0x7676767676767676u & mask))) & 0x8080808080808080u & mask);
}

/* Eight bytes of which those in the mask are digits or blanks: the fifth bit apart both are 0x20 to 0x29, roughly. */
static inline int columns(uint64_t v, uint64_t mask)
{
	uint64_t d = (v | 0x1010101010101010u) ^ 0x3030303030303030u;
	return !((d | (d + 0x7676767676767676u)) & 0x8080808080808080u & mask);
}

/*
 *           <idle>-0       [000] ..s1.     6.110431: kfree_skb: skbaddr=00000000ea9c5e9f rx_sk=0000000000000000 protocol=
 * 0              16 17      25   31    37    42     49                  70              86     93              109
 */
static inline int is_drop(const unsigned char *p)
{
	uint64_t cpu = u64(p + 24);
	return p[0] == ' ' && p[16] == '-'
		&& ((cpu ^ WORD(" [\0\0\0] \0")) & 0x00ffff000000ffffu) == 0
		&& digits(cpu, 0x000000ffffff0000u)
		&& columns(u64(p + 17), ~0ull) && p[17] != ' '
		&& p[36] == ' ' && p[42] == '.' && p[41] != ' '
		&& columns(u64(p + 37), 0x000000ffffffffffu)
		&& digits(u64(p + 43), 0x0000ffffffffffffu)
		&& ((u64(p + 49) ^ WORD(": kfree_")) | (u64(p + 57) ^ WORD("skb: skb")) | (u64(p + 62) ^ WORD("skbaddr="))) == 0
		&& ((u64(p + 86) ^ WORD(" rx_sk=")) & 0x00ffffffffffffffu) == 0;
}

static const unsigned char *lost_line(const unsigned char *p, int *cpu, uint64_t *count)
{
	char *at;
	if (memcmp(p, "CPU:", 4)) return NULL;
	*cpu = strtol((const char *)p + 4, &at, 10);
	if (memcmp(at, " [LOST ", 7)) return NULL;
	*count = strtoull(at + 7, &at, 10);
	return memcmp(at, " EVENTS]\n", 9) ? NULL : (const unsigned char *)at + 9;
}

static uint64_t seen, lost, malformed;

static const unsigned char *other_line(const unsigned char *p, const unsigned char *end, void (*consume)(int cpu, uint64_t count))
{
	int cpu;
	uint64_t count;
	const unsigned char *next = lost_line(p, &cpu, &count);
	if (next) {
		lost += count;
		if (consume) consume(cpu, count);
		return next;
	}
	malformed++;
	return (const unsigned char *)memchr(p, '\n', end - p) + 1;
}

static void count(const unsigned char *p, const unsigned char *end)
{
	while (p < end) {
		struct key *k;
		if (likely(is_drop(p)) && likely((k = find(p + 109, end)) != NULL)) {
			k->count++;
			p += 109 + k->length;
		} else {
			p = other_line(p, end, NULL);
		}
	}
}

/* Decode: heads seen before, the bytes from the name to the CPU and what they mean. */
static struct head { unsigned char bytes[32], comm[16]; int length, tid, cpu, known; } heads[2048];

static int read_head(const unsigned char *p, struct head *h)
{
	int from = 0, at = 17, tid = 0;
	while (from < 16 && p[from] == ' ') from++;
	for (unsigned digit; (digit = p[at] - '0') <= 9; at++) tid = tid * 10 + digit;
	if (at == 17) return 0;
	for (; at < 25; at++) if (p[at] != ' ') return 0;
	memcpy(h->bytes, p, 31);
	h->length = 16 - from;
	memcpy(h->comm, p + from, h->length);
	if (h->length == 5 && !memcmp(h->comm, "<...>", 5)) h->length = -1;
	h->tid = tid;
	h->cpu = (p[26] - '0') * 100 + (p[27] - '0') * 10 + p[28] - '0';
	return h->known = 1;
}

static inline const struct head *head(const unsigned char *p)
{
	uint64_t name = u64(p + 8), tid = u64(p + 16), cpu = u64(p + 23);
	struct head *h = &heads[((name ^ (tid * 0x9e3779b97f4a7c15u >> 17) ^ cpu) * 0xff51afd7ed558ccdu) >> 53];
	if (unlikely(u64(h->bytes + 16) != tid || u64(h->bytes + 8) != name || u64(h->bytes + 23) != cpu || u64(h->bytes) != u64(p) || !h->known))
		if (!read_head(p, h)) return NULL;
	return h;
}

/* Eight hex digits, the first one highest. */
static inline uint64_t hex8(uint64_t v, uint64_t *wrong)
{
	uint64_t letter = v >> 6 & 0x0101010101010101u;
	uint64_t d = (v & 0x0f0f0f0f0f0f0f0fu) + letter * 9;
	*wrong |= (v ^ (0x3030303030303030u + letter * 0x30)) & 0xf0f0f0f0f0f0f0f0u;
	*wrong |= (d | ((d + 0x0606060606060606u) ^ letter << 4)) & 0x1010101010101010u;
	d = (d << 4 | d >> 8) & 0x00ff00ff00ff00ffu;
	d = (d << 8 | d >> 16) & 0x0000ffff0000ffffu;
	return (d << 16 | d >> 32) & 0xffffffffu;
}

static inline uint64_t hex16(const unsigned char *p, uint64_t *wrong)
{
	uint64_t high = hex8(u64(p), wrong);
	return high << 32 | hex8(u64(p + 8), wrong);
}

/* Six digits of microseconds, checked by is_drop(). */
static inline uint64_t micros(const unsigned char *p)
{
	uint64_t d = (u64(p) - 0x3030303030303030u) & 0xffffffffffffu;
	d = (d * 10 + (d >> 8)) & 0x00ff00ff00ffu;
	return (d & 255) * 10000 + (d >> 16 & 255) * 100 + (d >> 32 & 255);
}

static inline double seconds(const unsigned char *p)
{
	static uint64_t known;
	static double value;
	uint64_t now = u64(p - 3) >> 24;
	if (unlikely(now != known)) {
		int at = 0;
		value = 0;
		while (p[at] == ' ') at++;
		for (; at < 5; at++) value = value * 10 + (p[at] - '0');
		value *= 1e9;
		known = now;
	}
	return value;
}

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

static void consume_lost(int cpu, uint64_t count)
{
	numbers += cpu + (double)count;
}

static void decode(const unsigned char *p, const unsigned char *end)
{
	void (*consume)(const struct drop *) = consumer;
	while (p < end) {
		const struct head *h;
		const struct key *k;
		uint64_t wrong = 0;
		struct drop d;
		if (likely(is_drop(p)) && likely((h = head(p)) != NULL) && likely((k = find(p + 109, end)) != NULL)) {
			d.skb = hex16(p + 70, &wrong);
			d.socket = hex16(p + 93, &wrong);
			if (likely(!wrong)) {
				d.time = seconds(p + 37) + (double)micros(p + 43) * 1000;
				d.cpu = h->cpu;
				d.tid = h->tid;
				d.comm = (text){ h->length < 0 ? NULL : h->comm, h->length };
				memcpy(d.flags, p + 31, 5);
				d.protocol = k->protocol;
				d.location = k->location;
				d.reason = k->reason;
				consume(&d);
				p += 109 + k->length;
				continue;
			}
		}
		p = other_line(p, end, consume_lost);
	}
}

static int by_text(const void *a, const void *b)
{
	const struct key *x = *(struct key *const *)a, *y = *(struct key *const *)b;
	int n = x->length - (x->location.at - x->bytes) - 1, m = y->length - (y->location.at - y->bytes) - 1;
	int order = memcmp(x->location.at, y->location.at, n < m ? n : m);
	return order ? order : n - m;
}

/* Counts by (location, reason): protocols are added up. */
static size_t print_counts(FILE *to)
{
	size_t distinct = 0;
	if (key_count) qsort(keys, key_count, sizeof *keys, by_text);
	for (size_t i = 0, next; i < key_count; i = next, distinct++) {
		struct key *k = keys[i];
		uint64_t all = 0;
		for (next = i; next < key_count && !by_text(&keys[i], &keys[next]); next++) all += keys[next]->count;
		seen += all;
		if (to) fprintf(to, "%.*s %lu\n", (int)(k->length - (k->location.at - k->bytes) - 1), k->location.at, all);
	}
	return distinct;
}

static void print_all(int check)
{
	FILE *digest = check ? popen("LC_ALL=C sort | sha256sum", "w") : NULL;
	size_t distinct = print_counts(digest);
	if (digest) pclose(digest);
	printf("seen %lu lost %lu malformed %lu keys %zu\n", seen, lost, malformed, distinct);
}

#define SIZE (256 * 1024)
static unsigned char buffer[SIZE + 8192 + 256];

int main(int argc, char **argv)
{
	const char *mode = MODE;
	int check = 0, fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	long used = 0, n;
	if (fd < 0) { perror("familiar FILE [check] [count|decode]"); return 1; }
	for (int i = 2; i < argc; i++) if (!strcmp(argv[i], "check")) check = 1; else mode = argv[i];
	void (*read_lines)(const unsigned char *, const unsigned char *) = strcmp(mode, "decode") ? count : decode;
	consumer = check ? consume_every_byte : consume_lengths;
	grow();
	while ((n = read(fd, buffer + used, SIZE - used)) > 0) {
		used += n;
		memset(buffer + used, 0, 256);
		/* Lines are read up to the last newline; the cut one waits. */
		const unsigned char *end = memrchr(buffer, '\n', used);
		if (!end) continue;
		end++;
		read_lines(buffer, end);
		used -= end - buffer;
		memmove(buffer, end, used);
	}
	if (read_lines == count) print_all(check);
	else printf("events %lu lost %lu malformed %lu numbers %.0f times %.0f pointers %u text %u\n", seen, lost, malformed, numbers, times, pointers, sum);
	return 0;
}
