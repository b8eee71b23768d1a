/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of every latency that crosses processes: one packet to another process and back
 * over a SOCK_SEQPACKET pair, 2000 times. Prints microseconds: "floor p50 P99".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 2000

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void echo(int fd)
{
	char packet[64];
	ssize_t n;

	while ((n = read(fd, packet, sizeof(packet))) > 0)
		if (write(fd, packet, (size_t)n) != n)
			break;
	_exit(0);
}

int main(void)
{
	static double took[ROUNDS];
	char packet[64] = {0};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return 1;
	if (fork() == 0) {
		close(pair[0]);
		echo(pair[1]);
	}
	close(pair[1]);
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_us();

		if (write(pair[0], packet, sizeof(packet)) < 0 ||
			read(pair[0], packet, sizeof(packet)) < 0)
			return 1;
		took[i] = now_us() - start;
	}
	close(pair[0]);
	wait(NULL);
	qsort(took, ROUNDS, sizeof(*took), by_value);
	printf("floor: a packet to another process and back: p50 %.0f us, p99 %.0f us\n",
		took[ROUNDS / 2], took[ROUNDS * 99 / 100]);
	return 0;
}
