/* SPDX-License-Identifier: Apache-2.0 */
/* The files that provisioning leaves: all at once or not at all. */
#include "door/provision.h"

#include "base/file.h"
#include "base/log.h"
#include "crypto/text.h"
#include "door/conf.h"
#include "wire/bundle.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int put(const char *directory, const char *name, const char *text, char err[ERR_MAX])
{
	char path[PATH_MAX];
	int r;

	door_conf_path(directory, name, path);
	r = file_write_atomic(path, text, strlen(text), 0600);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", path, strerror(-r));
	return r;
}

static int put_line(const char *directory, const char *name, const char *text, char err[ERR_MAX])
{
	char line[256];
	int r;

	snprintf(line, sizeof(line), "%s\n", text);
	r = put(directory, name, line, err);
	crypto_wipe(line, sizeof(line));
	return r;
}

static int put_keys(const char *directory, const struct provision_gift *gift, char err[ERR_MAX])
{
	char path[PATH_MAX];
	int r;

	door_conf_path(directory, "root.pub", path);
	r = key_save_public(path, &gift->bundle->root, err);
	door_conf_path(directory, "card.key", path);
	if (r == 0)
		r = key_save_card(path, &gift->welcome->card, err);
	door_conf_path(directory, "door.key", path);
	if (r == 0)
		r = key_save_secret(path, gift->key, err);
	door_conf_path(directory, "door.pub", path);
	if (r == 0)
		r = key_save_public(path, &gift->key->public, err);
	return r == 0 ? put(directory, "keys", gift->keys_message, err) : r;
}

int provision_write(const char *directory, const struct provision_gift *gift, char err[ERR_MAX])
{
	static const uint8_t none[ENTRY_HASH_SIZE];
	const struct welcome *welcome = gift->welcome;
	char hex[2 * ENTRY_HASH_SIZE + 1];
	int r = put_keys(directory, gift, err);

	if (r == 0)
		r = put_line(directory, "mqtt.username", welcome->mqtt_username, err);
	if (r == 0)
		r = put_line(directory, "mqtt.password", welcome->mqtt_password, err);
	if (r == 0 && gift->bundle->mqtt_ca)
		r = put(directory, "mqtt.ca", gift->bundle->mqtt_ca, err);
	if (r == 0)
		r = put_line(directory, "provisioned", gift->key->public.id, err);
	text_hex(welcome->journal_before, sizeof(welcome->journal_before), hex);
	if (r == 0 && memcmp(welcome->journal_before, none, sizeof(none)) != 0)
		r = put_line(directory, "journal.before", hex, err);
	return r;
}

/* ---- in place ---- */

static void stamp(char out[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(out, 32, "%Y%m%dT%H%M%SZ", &tm);
}

/* Run by root, the files are for whom the directory was for; the folder last, for then it is theirs
 * to change. */
static void give_all(const char *staged, const char *like)
{
	char parent[PATH_MAX], path[PATH_MAX];
	struct stat st;
	struct dirent *entry;
	DIR *dir;

	snprintf(parent, sizeof(parent), "%s", like);
	if (stat(like, &st) < 0 && strrchr(parent, '/')) {
		*strrchr(parent, '/') = '\0';
		if (stat(parent, &st) < 0)
			return;
	}
	dir = geteuid() == 0 ? opendir(staged) : NULL;
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		door_conf_path(staged, entry->d_name, path);
		/* a file system without owners has nothing to give */
		if (lchown(path, st.st_uid, st.st_gid) < 0)
			break;
	}
	if (lchown(staged, st.st_uid, st.st_gid) < 0)
		log_debug("%s: cannot be given away: %s", staged, strerror(errno));
	closedir(dir);
}

static int sync_parent(const char *path)
{
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", path);
	if (!strrchr(parent, '/'))
		strcpy(parent, ".");
	else
		*strrchr(parent, '/') = '\0';
	CLEANUP(cleanup_close)
	int fd = open(*parent ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Both names at once, so that at no moment there are no keys; old file systems cannot do it. */
static int exchange(const char *staged, const char *path, char aside[256])
{
	char old[PATH_MAX], time_text[32];

	stamp(time_text);
	snprintf(old, sizeof(old), "%.4000s.before-%s", path, time_text);
	if (renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
		if (rename(staged, old) < 0) {
			int r = -errno;

			/* back: what is under the staging name is thrown away */
			return renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_EXCHANGE) < 0
				       ? -errno
				       : r;
		}
	} else if (errno == ENOENT) {
		return rename(staged, path) < 0 ? -errno : 0;
	} else if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) {
		if (rename(path, old) < 0)
			return -errno;
		if (rename(staged, path) < 0) {
			int r = -errno;

			return rename(old, path) < 0 ? -errno : r;
		}
	} else {
		return -errno;
	}
	snprintf(aside, 256, "%.255s", old);
	return 0;
}

/* The roster and the floors of another life. What is not there need not go. */
static int put_aside(const struct door_conf *conf, const char *name, char err[ERR_MAX])
{
	static const char *const ends[] = {"-wal", "-shm", ""};
	char from[PATH_MAX], to[PATH_MAX], time_text[32];

	stamp(time_text);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(from, sizeof(from), "%s/%s%s", conf->store_directory, name, ends[i]);
		snprintf(to, sizeof(to), "%s/%s.before-%s%s", conf->store_directory, name,
			time_text, ends[i]);
		if (rename(from, to) < 0 && errno != ENOENT) {
			int r = -errno;

			snprintf(err, ERR_MAX, "%s: cannot be put aside: %s", from, strerror(-r));
			return r;
		}
	}
	return 0;
}

int provision_swap(const struct door_conf *conf, const char *staged, const struct sign_public *root,
	char aside[256], char err[ERR_MAX])
{
	struct sign_public pinned;
	char path[PATH_MAX], ignored[ERR_MAX];
	int r = 0;
	bool same;

	door_conf_path(conf->key_directory, "root.pub", path);
	same = key_load_public(path, &pinned, ignored) == 0 && strcmp(pinned.id, root->id) == 0;
	if (!same)
		r = put_aside(conf, "cache.db", err);
	if (r == 0 && !same)
		r = put_aside(conf, "kept.db", err);
	if (r < 0)
		return r;
	give_all(staged, conf->key_directory);
	r = exchange(staged, conf->key_directory, aside);
	if (r == 0)
		r = sync_parent(conf->key_directory);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be put in place: %s", conf->key_directory,
			strerror(-r));
	return r;
}
