/*
 * The opponent: pages of trace_pipe_raw (6.12, 4096 bytes) with nothing but skb:kfree_skb of 40 bytes, by hand. Reads
 * of many pages; every event's head and id are checked; the key is compared with the last one, then looked for in a
 * hash table. Events of other kinds and lengths are counted as malformed.
 *   reference FILE [check]
 * `check` takes the names in FILE.names and prints a digest of every count by its text.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096
#define HEAD 16
#define ID 1461
#define RECORD 40
#define SLOTS 4096

static struct key { uint64_t location, count; uint32_t reason, protocol; int used; } keys[SLOTS];
static uint64_t seen, lost, malformed;

static inline uint32_t u32(const unsigned char *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t u64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return v; }
static inline uint16_t u16(const unsigned char *p) { uint16_t v; memcpy(&v, p, 2); return v; }

static inline struct key *find(uint64_t location, uint32_t reason, uint32_t protocol)
{
	uint64_t h = (location ^ (uint64_t)reason << 40 ^ (uint64_t)protocol << 20) * 0x9e3779b97f4a7c15u;
	for (unsigned at = h >> 52;; at = (at + 1) % SLOTS) {
		struct key *k = &keys[at];
		if (!k->used) *k = (struct key){ location, 0, reason, protocol, 1 };
		if (k->location == location && k->reason == reason && k->protocol == protocol) return k;
	}
}

static void page(const unsigned char *p)
{
	static struct key *last = keys; /* not in use: equal to no drop */
	uint64_t commit = u64(p + 8);
	const unsigned char *at = p + HEAD, *end = at + (commit & 0x3fffffff);
	if (end > p + PAGE) { malformed++; end = p + PAGE; }
	if (commit & 0x40000000) lost += u64(end);
	while (at + 4 + RECORD <= end) {
		uint32_t head = u32(at);
		if ((head & 31) == 30) { at += 8; continue; }
		if ((head & 31) != RECORD / 4 || u16(at + 4) != ID) { malformed++; return; }
		uint64_t location = u64(at + 20);
		uint32_t reason = u32(at + 40), protocol = u16(at + 36);
		if (last->location != location || last->reason != reason || last->protocol != protocol) last = find(location, reason, protocol);
		last->count++;
		seen++;
		at += 4 + RECORD;
	}
	if (at != end) malformed++;
}

static int by_name(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->location != y->location) return x->location < y->location ? -1 : 1;
	return x->reason < y->reason ? -1 : x->reason > y->reason;
}

static void print_name(FILE *to, const char *path, const struct key *k, uint64_t count)
{
	char line[512], name[512];
	FILE *names = fopen(path, "r");
	unsigned long location;
	unsigned reason;
	while (names && fgets(line, sizeof line, names)) {
		if (sscanf(line, "%lx %u %511[^\n]", &location, &reason, name) != 3 || location != k->location || reason != k->reason) continue;
		fprintf(to, "%s %lu\n", name, count);
		break;
	}
	if (names) fclose(names);
}

int main(int argc, char **argv)
{
	static unsigned char buffer[64 * PAGE];
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	long n;
	size_t distinct = 0;
	if (fd < 0) { perror("reference FILE [check]"); return 1; }
	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		for (long at = 0; at + PAGE <= n; at += PAGE) page(buffer + at);

	char names[4096];
	snprintf(names, sizeof names, "%s.names", argv[1]);
	FILE *digest = argc > 2 ? popen("LC_ALL=C sort | sha256sum", "w") : NULL;
	qsort(keys, SLOTS, sizeof *keys, by_name);
	for (int i = 0, next; i < SLOTS; i = next) {
		uint64_t count = 0;
		for (next = i; next < SLOTS && !by_name(&keys[i], &keys[next]); next++) count += keys[next].count;
		if (!keys[i].used) continue;
		distinct++;
		if (digest) print_name(digest, names, &keys[i], count);
	}
	if (digest) pclose(digest);
	printf("seen %lu lost %lu malformed %lu keys %zu\n", seen, lost, malformed, distinct);
	return 0;
}
