/* SPDX-License-Identifier: Apache-2.0 */
/* Self-test: what a door stands on: keys, disk, clock, kernel. */
#include "base/clock.h"
#include "crypto/hash.h"
#include "door/keys.h"
#include "door/machine.h"
#include "door/selftest.h"
#include "store/keeper.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#define DISK_FREE_MIN (64ULL * 1024 * 1024)
#define FSYNC_TRIES 5
#define FSYNC_SLOW_US 3000000 /* a worn SD card takes a quarter of a second */

/* ---- keys and provisioning ---- */

static bool has_file(const struct selftest *t, const char *name)
{
	char path[PATH_MAX];

	door_conf_path(t->conf.key_directory, name, path);
	return access(path, F_OK) == 0 || errno == EACCES;
}

/* The hub's keys as a start finds them: certified by the root key, or given by hand. */
static void load_site_keys(struct selftest *t)
{
	struct door *door = calloc(1, sizeof(*door));

	if (!door)
		return;
	door->conf = t->conf;
	door->keys = t->keys;
	site_keys_start(door);
	t->keys = door->keys;
	crypto_wipe(&door->keys, sizeof(door->keys));
	free(door);
}

static void judge_provisioning(struct selftest *t, const char *missing)
{
	if (!missing && t->keys.hub_count)
		selftest_ok(t, "provisioning", "the hub's keys are known: %zu, generation %u",
			t->keys.hub_count, t->keys.site.serial ? t->keys.site.generation : 1);
	else if (!missing)
		selftest_fail(t, "provisioning",
			"bring a new bundle (tapin door bundle on the hub) and run tapin-door "
			"--provision BUNDLE",
			"%s: there is a root key, and no hub key that it certified",
			t->conf.key_directory);
	else if (*t->conf.mqtt_host)
		selftest_fail(t, "provisioning", missing,
			"%s: there is no key of a hub, and [mqtt] names a broker",
			t->conf.key_directory);
	else
		selftest_skip(t, "provisioning",
			"no hub and no broker: this door works alone, with what --import gives it");
}

void selftest_keys(struct selftest *t)
{
	const char *missing = site_keys_missing(t->conf.key_directory);
	char err[ERR_MAX] = "";

	/* a start would make the keys that are missing; a test makes nothing */
	if (!has_file(t, "card.key") || !has_file(t, "door.key")) {
		if (missing)
			selftest_skip(t, "keys", "%s: none yet; the door's start makes them",
				t->conf.key_directory);
		else
			selftest_fail(t, "keys",
				"bring a new bundle (tapin door bundle on the hub) and run "
				"tapin-door --provision BUNDLE",
				"%s: card.key or door.key is missing", t->conf.key_directory);
	} else if (keys_load(t->conf.key_directory, &t->keys, err) < 0) {
		selftest_fail(t, "keys",
			"give the files to the door's user with mode 0600, or provision again",
			"%s", *err ? err : t->conf.key_directory);
		return;
	} else {
		selftest_ok(t, "keys", "%s: this door signs as %s", t->conf.key_directory,
			t->keys.door.public.id);
		load_site_keys(t);
	}
	judge_provisioning(t, missing);
}

/* ---- disk ---- */

/* The longest of a few writes, as the journal does them; negative errno. */
static int64_t time_writes(const char *path)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	static const char page[4096];
	int64_t worst_us = 0;

	if (fd < 0)
		return -errno;
	for (int i = 0; i < FSYNC_TRIES; i++) {
		uint64_t before_us = clock_mono_us();
		int64_t took_us;

		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			return errno ? -errno : -ENOSPC;
		if (fsync(fd) < 0)
			return -errno;
		took_us = (int64_t)(clock_mono_us() - before_us);
		worst_us = took_us > worst_us ? took_us : worst_us;
	}
	return worst_us;
}

void selftest_disk(struct selftest *t)
{
	const char *directory = t->conf.store_directory;
	unsigned long long free_bytes;
	char path[PATH_MAX];
	struct statvfs disk;
	int64_t worst_us;

	snprintf(path, sizeof(path), "%s/selftest-%d", directory, (int)getpid());
	worst_us = time_writes(path);
	unlink(path);
	if (worst_us < 0 || statvfs(directory, &disk) < 0) {
		selftest_fail(t, "disk",
			"mount it for writing, let it belong to the door's user (chown tapin), "
			"make room; without it no entry is kept and nobody but staff gets in",
			"%s: cannot be written: %s", directory,
			strerror(worst_us < 0 ? (int)-worst_us : errno));
		return;
	}
	free_bytes = (unsigned long long)disk.f_bavail * disk.f_frsize;
	if (free_bytes < DISK_FREE_MIN)
		selftest_fail(t, "disk", "make room: 64 MiB at least", "%s: %llu MiB are free",
			directory, free_bytes >> 20);
	else if (worst_us > FSYNC_SLOW_US)
		selftest_fail(t, "disk",
			"replace the card or disk; it is worn out, or of a kind for cameras",
			"%s: a write takes up to %lld ms to be safe", directory,
			(long long)worst_us / 1000);
	else
		selftest_ok(t, "disk", "%s: writable, %llu MiB free, a write is safe in %lld ms",
			directory, free_bytes >> 20, (long long)worst_us / 1000);
}

/* ---- what the door knows of its hub ---- */

static void read_kept(struct selftest *t, struct keeper *keeper)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char err[ERR_MAX];
	size_t size;

	if (keeper_value(keeper, "head", &text, &size) == 0)
		t->has_heard = sync_head_read(text, size, &t->heard, err) == 0;
}

static void load_roster(struct selftest *t)
{
	struct cache *cache = NULL;
	char path[PATH_MAX], err[ERR_MAX];
	int r;

	door_conf_path(t->conf.store_directory, "cache.db", path);
	if (access(path, F_OK) < 0)
		return;
	r = cache_open_read(path, &cache, err);
	if (r < 0) {
		selftest_fail(t, "roster",
			"move that file away and start the door: it fetches the roster anew", "%s",
			err);
		return;
	}
	t->has_roster =
		cache_head(cache, &t->roster) == 0 && t->roster.origin != CACHE_ORIGIN_EMPTY;
	cache_close(cache);
}

static void load_kept(struct selftest *t)
{
	char cache[PATH_MAX], kept[PATH_MAX], err[ERR_MAX] = "";
	struct keeper_options options = {.cache_path = cache,
		.kept_path = kept,
		.site = t->conf.site,
		.hash = crypto_hash256};
	struct keeper *keeper = NULL;
	bool damaged = false;
	int r;

	door_conf_path(t->conf.store_directory, "cache.db", cache);
	door_conf_path(t->conf.store_directory, "kept.db", kept);
	if (access(kept, F_OK) < 0)
		return; /* no hub was heard yet */
	r = keeper_open(&options, &keeper, &damaged, err);
	if (r < 0 || damaged)
		selftest_fail(t, "kept.db",
			"look after the disk; the door asks its hub for everything anew", "%s",
			err);
	if (r < 0)
		return;
	read_kept(t, keeper);
	keeper_close(keeper, 1000);
}

void selftest_kept(struct selftest *t)
{
	load_roster(t);
	load_kept(t);
}

/* ---- clock ---- */

void selftest_clock(struct selftest *t)
{
	struct clock_facts facts = {.floor_us = t->has_heard ? t->heard.time_us : 0};
	enum clock_trust trust;
	enum clock_doubt doubt;
	char now[25];

	clock_read_facts(&facts);
	trust = clock_judge(&facts, &doubt);
	clock_format_utc(facts.now_us, now);
	if (clock_trust_ok(trust))
		selftest_ok(t, "clock", "%s, trusted: %s", now,
			facts.kernel_synced      ? "the kernel says that it is synchronised"
			: facts.timesyncd_synced ? "systemd-timesyncd has set it"
						 : "a clock with a battery has set it");
	else if (t->conf.clock == DOOR_CLOCK_ASSUME)
		selftest_ok(t, "clock", "%s, trusted because [clock] trust = assume says so", now);
	else
		selftest_fail(t, "clock",
			"let systemd-timesyncd or chrony reach a time server (timedatectl tells), "
			"or fit a clock with a battery",
			"%s, %s: %s; cards with dates or hours are refused until then", now,
			clock_trust_name(trust), clock_doubt_text(doubt));
}

/* ---- kernel ---- */

void selftest_persistence(struct selftest *t)
{
	int persists = machine_keeps_outputs("/");

	if (persists < 0)
		selftest_skip(t, "gpio kernel",
			"persist_gpio_outputs: this kernel has no such switch (only Raspberry "
			"Pi's have)");
	else if (persists)
		selftest_fail(t, "gpio kernel",
			"put dtparam=strict_gpiod into /boot/firmware/config.txt and reboot",
			"persist_gpio_outputs is on: outputs stay as they were when a program "
			"dies, and a strike stays released until --relock runs");
	else
		selftest_ok(t, "gpio kernel",
			"persist_gpio_outputs is off: lines fall back when a program dies");
}

#define RUNTIME_WATCHDOG                                   \
	"put RuntimeWatchdogSec=10s under [Manager] into " \
	"/etc/systemd/system.conf.d/tapin.conf and reboot"

/* What bounds a released strike when the kernel itself hangs. */
void selftest_watchdog(struct selftest *t)
{
	if (!*t->conf.lines[DOOR_LINE_STRIKE].line)
		return;
	switch (machine_watchdog("/")) {
	case MACHINE_WATCHDOG_FED:
		selftest_ok(t, "watchdog", "systemd feeds this machine's");
		return;
	case MACHINE_WATCHDOG_SLOW:
		selftest_warn(t, "watchdog", RUNTIME_WATCHDOG,
			"this machine's waits for longer than 15 s: a kernel that hangs keeps a "
			"released strike released for so long");
		return;
	case MACHINE_WATCHDOG_IDLE:
		selftest_warn(t, "watchdog", RUNTIME_WATCHDOG,
			"this machine has one and nobody feeds it: a kernel that hangs keeps a "
			"released strike released");
		return;
	case MACHINE_WATCHDOG_NONE:
		selftest_warn(t, "watchdog",
			"load its driver (on a Raspberry Pi dtparam=watchdog=on in config.txt), or "
			"fit a monostable relay",
			"this machine has none: a kernel that hangs keeps a released strike "
			"released");
		return;
	}
}
