/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirtual-gpio.so: shows the simulated GPIO chip to unmodified programs.
 *
 *	VIRTUAL_GPIO=/path/of/the/simulator.sock LD_PRELOAD=…/libvirtual-gpio.so gpioinfo
 *
 * Only /dev/gpiochip*, the sysfs paths libgpiod checks and the GPIO ioctls (type 0xB4) are
 * answered here, and only while VIRTUAL_GPIO is set; a real chip is hidden then, so that a virtual
 * door can never drive a real strike. All else goes to libc as it came.
 *
 * Programs linked with AddressSanitizer need ASAN_OPTIONS=verify_asan_link_order=0, or the ASan
 * runtime named before this library in LD_PRELOAD. Static and setuid programs are out of reach.
 */
#undef _FORTIFY_SOURCE /* these three would rename the functions defined here */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include "chip.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEV_PREFIX "/dev/gpiochip"
#define SYS_PREFIX "/sys/bus/gpio/devices/"
#define GPIO_DEV makedev(254, 0)
#define GPIO_DEVNUM "254:0"
#define SUBSYSTEM "/sys/dev/char/" GPIO_DEVNUM "/subsystem"
#define BUS "/sys/bus/gpio"

/* The function this one stands before: libc's, or a sanitizer's. */
#define REAL(fn)                                                            \
	__extension__({                                                     \
		static void *found_;                                        \
		void *real_ = __atomic_load_n(&found_, __ATOMIC_ACQUIRE);   \
		if (!real_) {                                               \
			real_ = dlsym(RTLD_NEXT, #fn);                      \
			__atomic_store_n(&found_, real_, __ATOMIC_RELEASE); \
		}                                                           \
		(__typeof__(&fn))real_;                                     \
	})

enum path_kind {
	PATH_OTHER,     /* not ours: libc's */
	PATH_CHIP,      /* /dev/gpiochipN, a character device */
	PATH_DEV,       /* /sys/bus/gpio/devices/gpiochipN/dev, a file with its number */
	PATH_SUBSYSTEM, /* /sys/dev/char/M:m/subsystem, a link to /sys/bus/gpio */
	PATH_GONE,      /* ours, but there is no such chip; errno says why */
};

/* ---- paths ------------------------------------------------------------------------------ */

static bool chip_named(const char *name, size_t length)
{
	struct gpiochip_info info;
	int fd = chip_open(&info);

	if (fd < 0)
		return false;
	close(fd);
	errno = ENOENT;
	return strnlen(info.name, sizeof(info.name)) == length && !memcmp(info.name, name, length);
}

static enum path_kind classify(const char *path)
{
	int error = errno;
	enum path_kind kind = PATH_OTHER;

	__asm__("" : "+r"(path)); /* libc's headers promise it is never NULL; callers do not */
	if (!path || !getenv("VIRTUAL_GPIO"))
		return PATH_OTHER;
	if (!strncmp(path, DEV_PREFIX, strlen(DEV_PREFIX))) {
		const char *name = path + strlen("/dev/");

		kind = chip_named(name, strlen(name)) ? PATH_CHIP : PATH_GONE;
	} else if (!strncmp(path, SYS_PREFIX, strlen(SYS_PREFIX))) {
		const char *name = path + strlen(SYS_PREFIX);
		size_t length = strcspn(name, "/");
		bool ours = !strcmp(name + length, "/dev") && chip_named(name, length);

		kind = ours ? PATH_DEV : PATH_GONE;
	} else if (!strcmp(path, SUBSYSTEM)) {
		kind = PATH_SUBSYSTEM;
	}
	if (kind != PATH_GONE)
		errno = error;
	return kind;
}

static int open_number(void)
{
	static const char text[] = GPIO_DEVNUM "\n";
	int fd = memfd_create("dev", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, text, sizeof(text) - 1) > 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int open_ours(enum path_kind kind, int flags)
{
	struct gpiochip_info info;
	int fd = -1;

	if (kind == PATH_CHIP)
		fd = chip_open(&info);
	else if (kind == PATH_DEV)
		fd = open_number();
	else if (kind == PATH_SUBSYSTEM)
		errno = EISDIR;
	if (fd >= 0 && !(flags & O_CLOEXEC))
		fcntl(fd, F_SETFD, 0);
	if (fd >= 0 && (flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

static mode_t mode_ours(enum path_kind kind, bool follow)
{
	if (kind == PATH_CHIP)
		return S_IFCHR | 0660;
	if (kind == PATH_DEV)
		return S_IFREG | 0444;
	return follow ? S_IFDIR | 0755 : S_IFLNK | 0777;
}

/* ---- what stands before libc ------------------------------------------------------------ */

#define MODE_OF(flags)                                   \
	__extension__({                                  \
		mode_t mode_ = 0;                        \
		if ((flags) & (O_CREAT | __O_TMPFILE)) { \
			va_list ap_;                     \
			va_start(ap_, flags);            \
			mode_ = va_arg(ap_, mode_t);     \
			va_end(ap_);                     \
		}                                        \
		mode_;                                   \
	})

#define OPEN(name)                                                        \
	int name(const char *path, int flags, ...)                        \
	{                                                                 \
		mode_t mode = MODE_OF(flags);                             \
		enum path_kind kind = classify(path);                     \
                                                                          \
		return kind == PATH_OTHER ? REAL(name)(path, flags, mode) \
					  : open_ours(kind, flags);       \
	}
#define OPENAT(name)                                                           \
	int name(int dir, const char *path, int flags, ...)                    \
	{                                                                      \
		mode_t mode = MODE_OF(flags);                                  \
		enum path_kind kind = classify(path);                          \
                                                                               \
		return kind == PATH_OTHER ? REAL(name)(dir, path, flags, mode) \
					  : open_ours(kind, flags);            \
	}
/* fortified programs call these */
#define OPEN_2(name)                                                                          \
	int name(const char *path, int flags);                                                \
	int name(const char *path, int flags)                                                 \
	{                                                                                     \
		enum path_kind kind = classify(path);                                         \
                                                                                              \
		return kind == PATH_OTHER ? REAL(name)(path, flags) : open_ours(kind, flags); \
	}
#define OPENAT_2(name)                                                                             \
	int name(int dir, const char *path, int flags);                                            \
	int name(int dir, const char *path, int flags)                                             \
	{                                                                                          \
		enum path_kind kind = classify(path);                                              \
                                                                                                   \
		return kind == PATH_OTHER ? REAL(name)(dir, path, flags) : open_ours(kind, flags); \
	}
#define STAT_OURS(kind, follow, buffer)                                        \
	__extension__({                                                        \
		if ((kind) != PATH_GONE)                                       \
			*(buffer) = (__typeof__(*(buffer))){                   \
				.st_ino = 1,                                   \
				.st_nlink = 1,                                 \
				.st_mode = mode_ours(kind, follow),            \
				.st_uid = getuid(),                            \
				.st_gid = getgid(),                            \
				.st_rdev = (kind) == PATH_CHIP ? GPIO_DEV : 0, \
				.st_blksize = 4096,                            \
			};                                                     \
		(kind) == PATH_GONE ? -1 : 0;                                  \
	})
#define STAT(name, type, follow)                                             \
	int name(const char *restrict path, struct type *restrict buffer)    \
	{                                                                    \
		enum path_kind kind = classify(path);                        \
                                                                             \
		return kind == PATH_OTHER ? REAL(name)(path, buffer)         \
					  : STAT_OURS(kind, follow, buffer); \
	}
#define STATAT(name, type)                                                                    \
	int name(int dir, const char *restrict path, struct type *restrict buffer, int flags) \
	{                                                                                     \
		enum path_kind kind = classify(path);                                         \
                                                                                              \
		return kind == PATH_OTHER                                                     \
			       ? REAL(name)(dir, path, buffer, flags)                         \
			       : STAT_OURS(kind, !(flags & AT_SYMLINK_NOFOLLOW), buffer);     \
	}

OPEN(open)
OPEN(open64)
OPEN_2(__open_2)
OPEN_2(__open64_2)
OPENAT(openat)
OPENAT(openat64)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)
STAT(stat, stat, true)
STAT(stat64, stat64, true)
STAT(lstat, stat, false)
STAT(lstat64, stat64, false)
STATAT(fstatat, stat)
STATAT(fstatat64, stat64)

int access(const char *path, int mode)
{
	enum path_kind kind = classify(path);

	if (kind == PATH_OTHER)
		return REAL(access)(path, mode);
	return kind == PATH_GONE ? -1 : 0;
}

char *realpath(const char *restrict path, char *restrict resolved)
{
	enum path_kind kind = classify(path);
	const char *answer = kind == PATH_SUBSYSTEM ? BUS : path;

	if (kind == PATH_OTHER)
		return REAL(realpath)(path, resolved);
	if (kind == PATH_GONE)
		return NULL;
	return resolved ? strcpy(resolved, answer) : strdup(answer);
}

char *__realpath_chk(const char *path, char *resolved, size_t size);
char *__realpath_chk(const char *path, char *resolved, size_t size)
{
	if (classify(path) == PATH_OTHER)
		return REAL(__realpath_chk)(path, resolved, size);
	return realpath(path, resolved);
}

ssize_t readlink(const char *restrict path, char *restrict buffer, size_t size)
{
	static const char target[] = "../../../bus/gpio";
	enum path_kind kind = classify(path);
	size_t length = sizeof(target) - 1 < size ? sizeof(target) - 1 : size;

	if (kind == PATH_OTHER)
		return REAL(readlink)(path, buffer, size);
	if (kind == PATH_SUBSYSTEM) {
		memcpy(buffer, target, length);
		return (ssize_t)length;
	}
	if (kind != PATH_GONE)
		errno = EINVAL; /* not a link */
	return -1;
}

/* ---- scandir("/dev"): how both generations look for chips ------------------------------- */

static _Thread_local int (*caller_filter)(const struct dirent *);

static int hide_chips(const struct dirent *entry)
{
	if (!strncmp(entry->d_name, "gpiochip", strlen("gpiochip")))
		return 0;
	return caller_filter ? caller_filter(entry) : 1;
}

static struct dirent *chip_entry(void)
{
	struct gpiochip_info info;
	struct dirent *entry;
	int fd = chip_open(&info);

	if (fd < 0)
		return NULL;
	close(fd);
	entry = calloc(1, sizeof(*entry));
	if (entry) {
		entry->d_ino = 1;
		entry->d_type = DT_CHR;
		entry->d_reclen = sizeof(*entry);
		memcpy(entry->d_name, info.name, strnlen(info.name, sizeof(info.name)));
	}
	return entry;
}

int scandir(const char *restrict path, struct dirent ***restrict list,
	int (*filter)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **))
{
	int (*outer)(const struct dirent *) = caller_filter;
	struct dirent *entry, **longer;
	int n;

	if (!getenv("VIRTUAL_GPIO") || (strcmp(path, "/dev") && strcmp(path, "/dev/")))
		return REAL(scandir)(path, list, filter, compare);
	caller_filter = filter;
	n = REAL(scandir)(path, list, hide_chips, compare);
	caller_filter = outer;
	entry = n < 0 ? NULL : chip_entry();
	if (entry && (!filter || filter(entry))) {
		longer = realloc(*list, ((size_t)n + 1) * sizeof(*longer));
		if (longer) {
			longer[n++] = entry;
			entry = NULL;
			*list = longer;
			if (compare)
				qsort(longer, (size_t)n, sizeof(*longer),
					(int (*)(const void *, const void *))compare);
		}
	}
	free(entry);
	return n;
}

#if __WORDSIZE == 64 /* the entries are the same; 32-bit programs use scandir() or a path */
int scandir64(const char *restrict path, struct dirent64 ***restrict list,
	int (*filter)(const struct dirent64 *),
	int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	return scandir(path, (struct dirent ***)list, (int (*)(const struct dirent *))filter,
		(int (*)(const struct dirent **, const struct dirent **))compare);
}
#endif

/* ---- ioctl ------------------------------------------------------------------------------ */

static bool is_connection(int fd)
{
	int domain = 0, type = 0, error = errno;
	socklen_t size = sizeof(int);
	bool ours = !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_UNIX &&
		    !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_SEQPACKET;

	errno = error;
	return ours;
}

/* Where a line request's structure keeps the descriptor it answers; NULL: not such a request. */
static int *answered_fd(uint32_t request, union gpio_wire_arg *arg)
{
	switch (request) {
	case (uint32_t)GPIO_GET_LINEHANDLE_IOCTL:
		return &arg->handle.fd;
	case (uint32_t)GPIO_GET_LINEEVENT_IOCTL:
		return &arg->event.fd;
	case (uint32_t)GPIO_V2_GET_LINE_IOCTL:
		return &arg->request_v2.fd;
	default:
		return NULL;
	}
}

static int gpio_ioctl(int fd, uint32_t request, void *arg)
{
	struct gpio_wire_call call = {.op = GPIO_WIRE_IOCTL, .request = request};
	struct gpio_wire_reply reply;
	size_t size = _IOC_SIZE(request);
	int *new_fd = answered_fd(request, &reply.arg);
	int error = errno, connection;

	if (size > sizeof(call.arg)) {
		errno = EINVAL;
		return -1;
	}
	if (_IOC_DIR(request) & _IOC_WRITE)
		memcpy(&call.arg, arg, size);
	if (new_fd)
		call.op = GPIO_WIRE_REQUEST;
	call.target = chip_cookie(fd);
	connection = chip_call(&call, &reply);
	if (connection < 0) {
		if (errno == ENOENT)
			errno = ENODEV; /* the chip was there when fd was opened */
		return -1;
	}
	if (new_fd)
		*new_fd = connection;
	else
		close(connection);
	if (_IOC_DIR(request) & _IOC_READ)
		memcpy(arg, &reply.arg, size);
	errno = error;
	return 0;
}

/* Only the low 32 bits count: libgpiod 2.x passes some numbers as a sign-extended int. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE((uint32_t)request) != 0xB4 || !getenv("VIRTUAL_GPIO") || !is_connection(fd))
		return REAL(ioctl)(fd, request, arg);
	return gpio_ioctl(fd, (uint32_t)request, arg);
}
