/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that only the site root key can allow: a new hub key, and a registry from a backup. */
#include "hub/init.h"

#include "hub/erase.h"
#include "hub/keys.h"
#include "wire/envelope.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

static void wipe_secret(struct sign_secret *key)
{
	crypto_wipe(key, sizeof(*key));
}

/* ---- roll-over ---- */

static int announce(const struct hub_conf *conf, const struct sign_secret *root,
	struct sync_keys *site, char err[ERR_MAX])
{
	CLEANUP(wipe_secret) struct sign_secret next;
	char path[PATH_MAX];
	int r;

	hub_keys_path(conf, "hub-next.key", path, sizeof(path));
	r = key_load_secret(path, &next, err);
	if (r == -ENOENT) {
		/* the key first: a message that certifies a key nobody has would help nobody */
		sign_key_make(&next);
		r = key_save_secret(path, &next, err);
		hub_give(path, conf->key_directory);
	}
	if (r < 0)
		return r;
	site->keys[1] = next.public;
	site->count = 2;
	site->serial++;
	r = hub_keys_write(conf, root, site, err);
	if (r == 0)
		printf("Hub key %s is certified beside %s. A running hub tells the doors within "
		       "seconds.\nWhen every door has been online since (tapin door list), run "
		       "this again: the new key\nsigns then, and the old one is revoked.\n",
			next.public.id, site->keys[0].id);
	return r;
}

static int take_over(const struct hub_conf *conf, const struct sign_secret *root,
	struct sync_keys *site, char err[ERR_MAX])
{
	char next[PATH_MAX], path[PATH_MAX];
	CLEANUP(wipe_secret) struct sign_secret key;
	int r;

	hub_keys_path(conf, "hub.key", path, sizeof(path));
	hub_keys_path(conf, "hub-next.key", next, sizeof(next));
	r = key_load_secret(next, &key, err);
	if (r == 0 && !envelope_find_key(site->keys, site->count, key.public.id))
		r = -ENOKEY;
	if (r < 0) {
		if (r == -ENOENT || r == -ENOKEY)
			snprintf(err, ERR_MAX,
				"%s: the certified second key is not here; restore the directory "
				"from its backup",
				next);
		return r;
	}
	const struct sign_public *old =
		strcmp(site->keys[0].id, key.public.id) == 0 ? &site->keys[1] : &site->keys[0];

	if (site->revoked_count == SYNC_REVOKED_MAX)
		memmove(site->revoked, site->revoked + 1,
			(--site->revoked_count) * sizeof(site->revoked[0]));
	strcpy(site->revoked[site->revoked_count++], old->id);
	site->keys[0] = key.public;
	site->count = 1;
	site->serial++;
	/* The message first: until the file is renamed the hub finds its key as hub-next.key. */
	r = hub_keys_write(conf, root, site, err);
	if (r == 0 && rename(next, path) < 0) {
		r = -errno;
		snprintf(err, ERR_MAX, "%s: cannot be renamed to %s: %s; do it by hand", next, path,
			strerror(-r));
	}
	if (r == 0)
		printf("Hub key %s signs from now on; %s is revoked and gone.\nA door that was not "
		       "online meanwhile learns it when it is, from the retained keys message.\n",
			key.public.id, site->revoked[site->revoked_count - 1]);
	return r;
}

int hub_roll_keys(const struct hub_conf *conf, const char *root_key, char err[ERR_MAX])
{
	CLEANUP(wipe_secret) struct sign_secret root = {0};
	struct sync_keys site = {0};
	int r = crypto_init();

	if (r == 0)
		r = hub_keys_root(conf, root_key, &root, err);
	if (r == 0)
		r = hub_keys_read(conf, &root.public, &site, NULL, err);
	if (r < 0)
		return r;
	return site.count == 1 ? announce(conf, &root, &site, err)
			       : take_over(conf, &root, &site, err);
}

/* ---- restore ---- */

/* A running hub holds this lock; it keeps a hub from starting meanwhile, too. */
static int lock_out(const struct hub_conf *conf, int *ret_fd, char err[ERR_MAX])
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/hub.lock", conf->store_directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	hub_give(path, conf->store_directory);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0 && errno == EWOULDBLOCK)
		snprintf(err, ERR_MAX,
			"%s: a hub is running on this registry: stop it first (systemctl stop "
			"tapin-hub)",
			path);
	else
		snprintf(err, ERR_MAX, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EBUSY;
}

static int copy_all(int in, int out)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(in, buffer, sizeof(buffer))) != 0) {
		ssize_t done = 0;

		if (n < 0)
			return -errno;
		while (done < n) {
			ssize_t w = write(out, buffer + done, (size_t)(n - done));

			if (w < 0)
				return -errno;
			done += w;
		}
	}
	return fsync(out) < 0 ? -errno : 0;
}

static int copy_file(const char *from, const char *to, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(cleanup_close) int out = -1;
	struct stat st;
	int r;

	if (in < 0 || fstat(in, &st) < 0 || !S_ISREG(st.st_mode)) {
		r = in < 0 ? -errno : -EINVAL;
		snprintf(err, ERR_MAX, "%s: cannot be read: %s", from,
			in < 0 ? strerror(-r) : "not a regular file");
		return r;
	}
	unlink(to); /* of a try that failed */
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = out < 0 ? -errno : copy_all(in, out);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", to, strerror(-r));
	return r;
}

/* Who was erased since the backup is not to be found in its pages either. */
static int wipe(struct registry *registry, const char *path, char err[ERR_MAX])
{
	int r = registry_wipe(registry);

	if (r < 0)
		snprintf(err, ERR_MAX, "%s: %s", path, registry_error(registry));
	return r;
}

/* The backup must be this site's and whole; opening checks it. */
static int raise_generation(
	const struct hub_conf *conf, const char *path, struct sync_keys *site, char err[ERR_MAX])
{
	const struct registry_options options = {
		.path = path,
		.site = conf->site,
		.timezone = conf->timezone,
		.hash = crypto_hash256,
	};
	struct registry *registry = NULL;
	struct registry_roster roster;
	int r = registry_open(&options, &registry, err);

	if (r < 0)
		return r;
	r = registry_roster(registry, &roster);
	if (r >= 0) {
		if (roster.revision.generation > site->generation)
			site->generation = roster.revision.generation;
		site->generation++;
		r = registry_begin(registry);
	}
	if (r >= 0)
		r = registry_raise_generation(registry, site->generation);
	if (r >= 0)
		r = registry_audit_add(registry, "root", "site.restore", "site", "", "");
	if (r >= 0)
		r = registry_commit(registry, NULL);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: %s", path,
			*registry_error(registry) ? registry_error(registry) : strerror(-r));
	if (r >= 0)
		r = hub_erase_list_apply(conf, registry, err);
	if (r >= 0)
		r = wipe(registry, path, err);
	registry_close(registry);
	return r < 0 ? r : 0;
}

static int move_aside(const char *path, char aside[PATH_MAX], char err[ERR_MAX])
{
	static const char *const ends[] = {"-wal", "-shm", ""};
	char from[PATH_MAX], to[PATH_MAX], stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(aside, PATH_MAX, "%s.before-%s", path, stamp);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(from, sizeof(from), "%s%s", path, ends[i]);
		snprintf(to, sizeof(to), "%s%s", aside, ends[i]);
		if (rename(from, to) < 0 && errno != ENOENT) {
			int r = -errno;

			snprintf(err, ERR_MAX, "%s: cannot be moved aside: %s", from, strerror(-r));
			return r;
		}
	}
	return 0;
}

static int swap_in(const struct hub_conf *conf, const char *staged, const char *path,
	char aside[PATH_MAX], char err[ERR_MAX])
{
	int r = move_aside(path, aside, err);

	if (r < 0)
		return r;
	hub_give(staged, conf->store_directory);
	if (rename(staged, path) < 0) {
		r = -errno;
		snprintf(err, ERR_MAX, "%s: cannot be put in place: %s; rename it to %s by hand",
			staged, strerror(-r), path);
	}
	return r;
}

int hub_restore(
	const struct hub_conf *conf, const char *backup, const char *root_key, char err[ERR_MAX])
{
	CLEANUP(wipe_secret) struct sign_secret root = {0};
	char path[PATH_MAX], staged[PATH_MAX], aside[PATH_MAX] = "";
	CLEANUP(cleanup_close) int lock = -1;
	struct sync_keys site = {0};
	int r = crypto_init();

	if (r == 0)
		r = lock_out(conf, &lock, err);
	if (r == 0)
		r = hub_keys_root(conf, root_key, &root, err);
	if (r == 0)
		r = hub_keys_read(conf, &root.public, &site, NULL, err);
	hub_registry_path(conf, path, sizeof(path));
	snprintf(staged, sizeof(staged), "%.4080s.restore", path);
	if (r == 0)
		r = copy_file(backup, staged, err);
	if (r == 0)
		r = raise_generation(conf, staged, &site, err);
	site.serial++;
	/* certified before it is used; the other way round the hub would not start */
	if (r == 0)
		r = hub_keys_write(conf, &root, &site, err);
	if (r == 0)
		r = swap_in(conf, staged, path, aside, err);
	if (r < 0) {
		unlink(staged);
		return r;
	}
	printf("%s is in place, generation %u; what was there is kept as\n%s.\nStart the hub: "
	       "every door takes a snapshot. What happened since the backup is\nnot in it: look "
	       "through cards issued and revoked since then.\n",
		path, site.generation, aside);
	return 0;
}
