/* SPDX-License-Identifier: Apache-2.0 */
/* Cleanup attributes and small macros used by every room above core. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Runs fn(&variable) when the variable leaves scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Room for one message to a person: the thing, the place and the remedy. */
#define ERR_MAX 512

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Takes the value out of a variable that has a cleanup, leaving it empty. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define STEAL(p)                            \
	__extension__({                     \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})
