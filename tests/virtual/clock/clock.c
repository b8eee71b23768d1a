/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirtual-clock.so: lets a driver step the clocks of unmodified programs, all at once.
 *
 *	VIRTUAL_CLOCK=/path/of/the/page [VIRTUAL_CLOCK_SLOT=N] LD_PRELOAD=…/libvirtual-clock.so
 *tapin-hub …
 *
 * The page is a file of 88 bytes that the driver maps and writes (little-endian):
 *   4 generation: raised, and its futex woken, after a step · 4 zero
 *   8 wall: nanoseconds from the real wall clock to the first instant of the play
 *   8 step: nanoseconds that have been skipped since, of both clocks
 *   8 × 8 error: nanoseconds by which the wall clock of slot N is wrong; such a clock is not
 *synchronised
 *
 * Between two steps time runs as it does. CLOCK_MONOTONIC is skipped with the wall clock, and
 *timerfds that stand for a skipped moment fire at once, so that a program cannot tell a step from
 *having waited. libmosquitto keeps the real time: its peer, the broker, lives in it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL
#define FDS 4096
#define NEVER_S 100000000000LL /* sd-event's timer that only looks for a clock that is set */

struct page {
	uint32_t generation;
	uint32_t zero;
	int64_t wall_ns;
	int64_t step_ns;
	int64_t error_ns[8];
};

struct timer {
	int clock;     /* of timerfd_create */
	int64_t at_ns; /* 0: not armed for a moment of ours */
};

static struct page *page;
static unsigned slot;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct timer timers[FDS];
static bool watching;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("VIRTUAL_CLOCK"), *number = getenv("VIRTUAL_CLOCK_SLOT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = MAP_FAILED;

	if (fd >= 0) {
		map = mmap(NULL, sizeof(struct page), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	slot = number ? (unsigned)strtoul(number, NULL, 10) % 8 : 0;
	if (map != MAP_FAILED)
		page = map;
}

static int64_t load(const int64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

/* What is added to the real clock. */
static int64_t ahead_ns(clockid_t id)
{
	if (!page)
		return 0;
	if (id == CLOCK_REALTIME)
		return load(&page->wall_ns) + load(&page->step_ns) + load(&page->error_ns[slot]);
	return id == CLOCK_MONOTONIC ? load(&page->step_ns) : 0;
}

static int read_clock(clockid_t id, struct timespec *ts, const void *caller)
{
	Dl_info info;
	int64_t ahead = ahead_ns(id), ns;

	if (syscall(SYS_clock_gettime, id, ts) < 0)
		return -1;
	if (ahead == 0 || (dladdr(caller, &info) && strstr(info.dli_fname, "libmosquitto")))
		return 0;
	ns = ts->tv_nsec + ahead % NS;
	ts->tv_sec += (time_t)(ahead / NS + ns / NS);
	ts->tv_nsec = ns % NS;
	if (ts->tv_nsec < 0) {
		ts->tv_nsec += NS;
		ts->tv_sec--;
	}
	return 0;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	return read_clock(id, ts, __builtin_return_address(0));
}

time_t time(time_t *ret)
{
	struct timespec ts = {0};

	read_clock(CLOCK_REALTIME, &ts, __builtin_return_address(0));
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts = {0};

	(void)zone;
	read_clock(CLOCK_REALTIME, &ts, __builtin_return_address(0));
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

int adjtimex(struct timex *t)
{
	memset(t, 0, sizeof(*t));
	t->status = page && load(&page->error_ns[slot]) ? STA_UNSYNC : STA_PLL;
	return t->status == STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

/* ---- timers ---- */

static void arm(int fd, const struct timer *t)
{
	int64_t real_ns = t->at_ns - ahead_ns(t->clock);
	struct itimerspec spec = {0};

	if (real_ns < 1)
		real_ns = 1; /* long ago: now */
	spec.it_value.tv_sec = (time_t)(real_ns / NS);
	spec.it_value.tv_nsec = real_ns % NS;
	syscall(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void *watch(void *unused)
{
	uint32_t seen = __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE);

	(void)unused;
	while (true) {
		syscall(SYS_futex, &page->generation, FUTEX_WAIT, seen, NULL, NULL, 0);
		seen = __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE);
		pthread_mutex_lock(&lock);
		for (int fd = 0; fd < FDS; fd++)
			if (timers[fd].at_ns > 0)
				arm(fd, &timers[fd]);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void watch_start(void)
{
	pthread_t thread;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!watching && pthread_create(&thread, NULL, watch, NULL) == 0) {
		pthread_detach(thread);
		watching = true;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int timerfd_create(clockid_t id, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, id, flags);

	if (!page || fd < 0 || fd >= FDS)
		return fd;
	pthread_mutex_lock(&lock);
	timers[fd] = (struct timer){.clock = id};
	if (id == CLOCK_MONOTONIC || id == CLOCK_REALTIME)
		watch_start();
	pthread_mutex_unlock(&lock);
	return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *spec, struct itimerspec *old)
{
	int r = 0;

	if (!page || fd < 0 || fd >= FDS || !(flags & TFD_TIMER_ABSTIME) ||
		spec->it_value.tv_sec > NEVER_S ||
		(spec->it_value.tv_sec == 0 && spec->it_value.tv_nsec == 0)) {
		if (page && fd >= 0 && fd < FDS) {
			pthread_mutex_lock(&lock);
			timers[fd].at_ns = 0;
			pthread_mutex_unlock(&lock);
		}
		return (int)syscall(SYS_timerfd_settime, fd, flags, spec, old);
	}
	pthread_mutex_lock(&lock);
	timers[fd].at_ns = spec->it_value.tv_sec * NS + spec->it_value.tv_nsec;
	arm(fd, &timers[fd]);
	pthread_mutex_unlock(&lock);
	return r;
}

/* ---- threads that wait ---- */

#define SLICE_NS (20 * 1000000LL) /* how late a waiting thread sees a step */

/* Every condition of ours counts on CLOCK_MONOTONIC. */
int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
	const struct timespec *restrict until)
{
	int64_t until_ns = until->tv_sec * NS + until->tv_nsec;
	int r = 0;

	do {
		int64_t end_ns = until_ns - ahead_ns(CLOCK_MONOTONIC), now_ns;
		struct timespec ts;

		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
		now_ns = ts.tv_sec * NS + ts.tv_nsec;
		if (end_ns <= now_ns)
			return ETIMEDOUT;
		if (end_ns > now_ns + SLICE_NS)
			end_ns = now_ns + SLICE_NS;
		ts = (struct timespec){.tv_sec = (time_t)(end_ns / NS), .tv_nsec = end_ns % NS};
		r = pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &ts);
	} while (r == ETIMEDOUT);
	return r;
}
