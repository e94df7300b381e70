/* What one would write in C without tuning: getline, strstr, a hash table of strings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct entry { struct entry *next; unsigned long count; char text[]; } *table[1 << 18];

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
	char *line = NULL, *at;
	size_t room = 0, keys = 0;
	unsigned long seen = 0;
	if (!file) { perror("plain FILE"); return 1; }
	while (getline(&line, &room, file) > 0) {
		if (!strstr(line, " kfree_skb: ") || !(at = strstr(line, " location="))) continue;
		at += 10;
		at[strcspn(at, "\n")] = 0;
		unsigned hash = 2166136261u;
		for (char *c = at; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
		struct entry **entry = &table[hash >> 14];
		while (*entry && strcmp((*entry)->text, at)) entry = &(*entry)->next;
		if (!*entry) {
			*entry = calloc(1, sizeof **entry + strlen(at) + 1);
			strcpy((*entry)->text, at);
			keys++;
		}
		(*entry)->count++;
		seen++;
	}
	printf("seen %lu keys %zu\n", seen, keys);
	return 0;
}
