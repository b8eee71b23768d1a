/* SPDX-License-Identifier: Apache-2.0 */
#include "door/keys.h"

#include "base/log.h"
#include "crypto/hash.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A systemd credential goes before the file in the directory. */
static void secret_path(const char *directory, const char *name, char out[PATH_MAX])
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (credentials && *credentials) {
		door_conf_path(credentials, name, out);
		if (access(out, F_OK) == 0)
			return;
	}
	door_conf_path(directory, name, out);
}

/* A door of a site that made keys of its own would know no card, and be known by no hub. */
static int refuse_missing(const char *directory, const char *path, char err[ERR_MAX])
{
	char root[PATH_MAX];

	door_conf_path(directory, "root.pub", root);
	if (access(root, F_OK) < 0 && errno == ENOENT)
		return 0;
	snprintf(err, ERR_MAX,
		"%.200s: is missing, and this door belongs to a site: bring it back, or the "
		"credential of that name, or provision again",
		path);
	return -ENOKEY;
}

static int load_card(
	const char *directory, const char *path, struct card_key *ret_key, char err[ERR_MAX])
{
	struct card_key key = {.id = 1};
	int r;

	r = key_load_card(path, ret_key, err);
	if (r != -ENOENT)
		return r;
	r = refuse_missing(directory, path, err);
	if (r < 0)
		return r;
	crypto_random(key.bytes, sizeof(key.bytes));
	r = key_save_card(path, &key, err);
	if (r == 0) {
		log_info(
			"keys: made a card key of this door's own: %s; keep a copy in a safe place",
			path);
		*ret_key = key;
	}
	crypto_wipe(&key, sizeof(key));
	return r;
}

static int load_door(
	const char *directory, const char *path, struct sign_secret *ret_key, char err[ERR_MAX])
{
	char public[PATH_MAX];
	struct sign_secret key;
	int r;

	r = key_load_secret(path, ret_key, err);
	if (r != -ENOENT)
		return r;
	r = refuse_missing(directory, path, err);
	if (r < 0)
		return r;
	sign_key_make(&key);
	r = key_save_secret(path, &key, err);
	door_conf_path(directory, "door.pub", public);
	if (r == 0)
		r = key_save_public(public, &key.public, err);
	if (r == 0) {
		log_info("keys: made this door's signing key %s: %s", key.public.id, public);
		*ret_key = key;
	}
	crypto_wipe(&key, sizeof(key));
	return r;
}

static int load_hub(const char *directory, struct door_keys *keys, char err[ERR_MAX])
{
	static const char *const names[] = {"hub.pub", "hub-next.pub"};
	char path[PATH_MAX];
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		door_conf_path(directory, names[i], path);
		r = key_load_public(path, &keys->given[keys->given_count], err);
		if (r == 0)
			keys->given_count++;
		else if (r != -ENOENT)
			return r;
	}
	door_conf_path(directory, "root.pub", path);
	r = key_load_public(path, &keys->root, err);
	keys->has_root = r == 0;
	return r == -ENOENT ? 0 : r;
}

int keys_load(const char *directory, struct door_keys *ret_keys, char err[ERR_MAX])
{
	struct door_keys keys = {0};
	char path[PATH_MAX];
	int r;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
		r = -errno;
		snprintf(err, ERR_MAX, "%s: cannot be made: %s; make it for this user, mode 0700",
			directory, strerror(errno));
		return r;
	}
	secret_path(directory, "card.key", path);
	r = load_card(directory, path, &keys.card, err);
	if (r == 0) {
		secret_path(directory, "door.key", path);
		r = load_door(directory, path, &keys.door, err);
	}
	if (r == 0)
		r = load_hub(directory, &keys, err);
	keys.loaded = true;
	if (r == 0)
		*ret_keys = keys;
	crypto_wipe(&keys, sizeof(keys));
	return r;
}
