/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_private.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define INTENT_MAGIC "tapinint"
#define INTENT_VERSION 1

/* Numbers are in the machine's own order: the file never leaves it. */
struct header {
	char magic[8];
	uint32_t version;
	uint32_t slots;
	uint32_t slot_size;
	uint32_t unused;
	uint64_t last;
	uint64_t refused;
	struct intent_tip tip;
	uint8_t tip_check[ENTRY_HASH_SIZE];
};

struct file {
	union {
		struct header header;
		uint8_t page[4096];
	};
	struct intent_slot slots[INTENT_SLOTS];
};

static_assert((INTENT_SLOTS & (INTENT_SLOTS - 1)) == 0, "the counter may wrap");
static_assert(INTENT_SLOTS > JOURNAL_PENDING_MAX, "a waiting intent keeps its slot");

struct intent {
	int fd; /* -1: memory only */
	entry_hash_fn hash;
	struct file *file;
};

static const struct header fresh = {
	.magic = INTENT_MAGIC,
	.version = INTENT_VERSION,
	.slots = INTENT_SLOTS,
	.slot_size = sizeof(struct intent_slot),
};

static int complain(const char *path, const char *what, int error, char note[ERR_MAX])
{
	snprintf(note, ERR_MAX,
		"%s: cannot %s: %s: until the next start entries that wait for the disk are in "
		"memory only; free space, or make the folder writable, and start again",
		path, what, strerror(-error));
	return error;
}

/* Makes an empty file whole: room that is really there, so that a full disk cannot take it away. */
static int preallocate(int fd, const char *path, char note[ERR_MAX])
{
	int error = posix_fallocate(fd, 0, sizeof(struct file));

	if (error == 0 && pwrite(fd, &fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh))
		error = errno ? errno : EIO;
	if (error == 0 && fsync(fd) < 0)
		error = errno;
	if (error == 0)
		return db_sync_folder(path);
	if (ftruncate(fd, 0) < 0) /* else the next start finds a wrong size and sets it aside */
		error = errno;
	return complain(path, "reserve room in it", -error, note);
}

/* 1: ours, 0: new (empty, or the process ended before the header), -EBADMSG: something else. */
static int recognise(int fd)
{
	static const struct header nothing;
	struct header header;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return 0;
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)sizeof(struct file) ||
		pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return -EBADMSG;
	if (memcmp(&header, &nothing, sizeof(header)) == 0)
		return 0;
	return memcmp(&header, &fresh, offsetof(struct header, last)) == 0 ? 1 : -EBADMSG;
}

static int open_locked(const char *path, int *ret_fd, char note[ERR_MAX])
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return complain(path, "open", -errno, note);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return complain(path, "lock", -errno, note);
		snprintf(note, ERR_MAX,
			"%s: another program has this journal open: end it, or give this one its "
			"own state folder",
			path);
		return -EBUSY;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* A descriptor of the whole file, or negative errno with note. */
static int open_file(const char *path, char note[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = -1;
	char aside[DB_ASIDE_MAX];
	int error = open_locked(path, &fd, note);
	int kind = error < 0 ? 0 : recognise(fd);

	if (error == 0 && kind == -EBADMSG) {
		error = db_set_aside(path, aside, note);
		cleanup_close(&fd);
		fd = -1;
		if (error == 0)
			error = open_locked(path, &fd, note);
		if (error == 0)
			snprintf(note, ERR_MAX,
				"%s: is damaged or another version's: kept as %s, an empty one "
				"begins",
				path, aside);
		kind = 0;
	} else if (error == 0 && kind < 0) {
		error = complain(path, "read", kind, note);
	}
	if (error == 0 && kind == 0)
		error = preallocate(fd, path, note);
	return error < 0 ? error : steal_fd(&fd);
}

static struct file *map(int fd)
{
	int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	struct file *file =
		mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, flags | MAP_POPULATE, fd, 0);

	if (file == MAP_FAILED)
		return NULL;
	mlock(file, sizeof(*file)); /* best effort: RLIMIT_MEMLOCK may be small */
	return file;
}

int intent_open(
	const char *path, entry_hash_fn hash, struct intent **ret_intent, char note[ERR_MAX])
{
	CLEANUP(cleanup_free) struct intent *intent = calloc(1, sizeof(*intent));
	CLEANUP(cleanup_close) int fd = -1;

	note[0] = '\0';
	fd = open_file(path, note);
	if (fd == -EBUSY)
		return fd;
	if (intent)
		intent->file = map(fd);
	if (intent && !intent->file && fd >= 0) {
		complain(path, "map", -errno, note);
		cleanup_close(&fd);
		fd = -1;
		intent->file = map(fd);
	}
	if (!intent || !intent->file) {
		snprintf(note, ERR_MAX, "%s: not enough memory for its intents", path);
		return -ENOMEM;
	}
	intent->hash = hash;
	intent->fd = fd >= 0 ? steal_fd(&fd) : -1;
	*ret_intent = STEAL(intent);
	return 0;
}

struct intent *intent_close(struct intent *intent)
{
	if (!intent)
		return NULL;
	munmap(intent->file, sizeof(*intent->file));
	cleanup_close(&intent->fd);
	free(intent);
	return NULL;
}

bool intent_volatile(const struct intent *intent)
{
	return intent->fd < 0;
}

static void check_of(const struct intent *intent, uint64_t counter,
	const struct entry_record *record, uint8_t out[ENTRY_HASH_SIZE])
{
	const struct entry_part parts[] = {
		{&counter, sizeof(counter)},
		{record, sizeof(*record)},
	};

	intent->hash(parts, ARRAY_SIZE(parts), out);
}

static bool whole(const struct intent *intent, const struct intent_slot *slot)
{
	uint8_t check[ENTRY_HASH_SIZE];

	check_of(intent, slot->counter, &slot->record, check);
	return memcmp(check, slot->check, sizeof(check)) == 0;
}

/* `used` goes first: a process killed here leaves nothing that looks like a torn intent. The rest
 * is wiped because it names a person's card. */
static void clear(struct intent_slot *slot)
{
	__atomic_store_n(&slot->used, 0, __ATOMIC_SEQ_CST);
	memset(slot, 0, sizeof(*slot));
}

void intent_put(struct intent *intent, uint64_t counter, const struct entry_record *record)
{
	struct intent_slot *slot = &intent->file->slots[counter % INTENT_SLOTS];

	intent->file->header.last = counter;
	__atomic_store_n(&slot->used, 1, __ATOMIC_SEQ_CST);
	slot->counter = counter;
	slot->record = *record;
	check_of(intent, counter, record, slot->check);
}

void intent_clear(struct intent *intent, uint64_t counter)
{
	struct intent_slot *slot = &intent->file->slots[counter % INTENT_SLOTS];

	if (slot->counter == counter)
		clear(slot);
}

uint64_t intent_last(const struct intent *intent)
{
	return intent->file->header.last;
}

static int by_counter(const void *a, const void *b)
{
	const struct intent_slot *const *x = a, *const *y = b;

	return (*x)->counter < (*y)->counter ? -1 : (*x)->counter > (*y)->counter;
}

size_t intent_list(struct intent *intent, const struct intent_slot **slots, unsigned *ret_torn)
{
	static const struct intent_slot empty;
	unsigned torn = 0;
	size_t count = 0;

	for (size_t i = 0; i < INTENT_SLOTS; i++) {
		struct intent_slot *slot = &intent->file->slots[i];

		if (memcmp(slot, &empty, sizeof(empty)) == 0)
			continue;
		if (!slot->used)
			clear(slot); /* its wiping was cut short */
		else if (whole(intent, slot))
			slots[count++] = slot;
		else
			torn++;
	}
	qsort(slots, count, sizeof(*slots), by_counter);
	*ret_torn = torn;
	return count;
}

void intent_clear_torn(struct intent *intent)
{
	for (size_t i = 0; i < INTENT_SLOTS; i++) {
		struct intent_slot *slot = &intent->file->slots[i];

		if (slot->used && !whole(intent, slot))
			clear(slot);
	}
}

static void tip_check(const struct intent *intent, const struct intent_tip *tip, uint8_t *out)
{
	const struct entry_part part = {tip, sizeof(*tip)};

	intent->hash(&part, 1, out);
}

int intent_tip_get(const struct intent *intent, struct intent_tip *ret_tip)
{
	const struct header *h = &intent->file->header;
	uint8_t check[ENTRY_HASH_SIZE];

	tip_check(intent, &h->tip, check);
	if (memcmp(check, h->tip_check, sizeof(check)) != 0)
		return 0;
	*ret_tip = h->tip;
	return 1;
}

void intent_tip_set(struct intent *intent, const struct intent_tip *tip)
{
	struct header *h = &intent->file->header;

	h->tip = *tip;
	tip_check(intent, tip, h->tip_check);
}

uint64_t intent_refused(const struct intent *intent)
{
	return intent->file->header.refused;
}

void intent_refused_set(struct intent *intent, uint64_t refused)
{
	intent->file->header.refused = refused;
}
