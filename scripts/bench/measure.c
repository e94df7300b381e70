/* Runs a program with its output on /dev/null and prints its wall time, processor time (seconds) and largest size (KiB). */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timespec t) { return t.tv_sec + t.tv_nsec / 1e9; }
static double elapsed(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

int main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage usage;
	int status;
	(void)argc;
	clock_gettime(CLOCK_MONOTONIC, &from);
	pid_t child = fork();
	if (child < 0) return 1;
	if (child == 0) {
		dup2(open("/dev/null", O_WRONLY), 1);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (wait4(child, &status, 0, &usage) < 0) return 1;
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.6f %.6f %ld\n", seconds(to) - seconds(from), elapsed(usage.ru_utime) + elapsed(usage.ru_stime), usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
