/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/keys.h"

#include "base/file.h"
#include "wire/envelope.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

void hub_keys_path(const struct hub_conf *conf, const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", conf->key_directory, name);
}

void hub_give(const char *path, const char *like)
{
	struct stat st;

	if (geteuid() != 0 || stat(like, &st) < 0)
		return;
	/* a file system without owners has nothing to give */
	if (lchown(path, st.st_uid, st.st_gid) < 0)
		return;
}

/* The file of a systemd credential; false where there is none of that name. */
static bool credential(const char *name, char *out, size_t size)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (!directory || !*directory)
		return false;
	snprintf(out, size, "%s/%s", directory, name);
	return access(out, F_OK) == 0;
}

int hub_keys_read(const struct hub_conf *conf, const struct sign_public *root,
	struct sync_keys *ret_site, char **ret_message, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *message = NULL;
	char path[PATH_MAX], topic[MQTT_TOPIC_MAX], why[ERR_MAX] = "";
	const char *body;
	size_t size, body_size;
	int r;

	hub_keys_path(conf, "keys", path, sizeof(path));
	r = file_read(path, SYNC_BODY_MAX, &message, &size);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: cannot be read: %s; restore it from its backup", path,
			strerror(-r));
		return r;
	}
	sync_topic_site(conf->site, "keys", topic, sizeof(topic));
	r = envelope_open(root, 1, topic, message, size, &body, &body_size);
	if (r < 0) {
		snprintf(err, ERR_MAX,
			"%s: it is not signed by this site's root key %s for site %s; restore "
			"keys and root.pub from one backup, and check [site] id",
			path, root->id, conf->site);
		return r;
	}
	r = sync_keys_read(body, body_size, ret_site, why);
	if (r == 0 && strcmp(ret_site->site, conf->site) != 0)
		r = -EINVAL;
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: %s; restore it from its backup", path,
			*why ? why : "it is another site's");
	else if (ret_message)
		*ret_message = STEAL(message);
	return r;
}

int hub_keys_write(const struct hub_conf *conf, const struct sign_secret *root,
	const struct sync_keys *site, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *body = NULL, *message = NULL;
	char path[PATH_MAX], topic[MQTT_TOPIC_MAX];
	size_t size;
	int r;

	hub_keys_path(conf, "keys", path, sizeof(path));
	sync_topic_site(conf->site, "keys", topic, sizeof(topic));
	r = sync_keys_write(site, &body);
	if (r == 0)
		r = envelope_seal(root, topic, body, strlen(body), &message, &size);
	if (r == 0)
		r = file_write_atomic(path, message, size, 0644);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", path, strerror(-r));
	else
		hub_give(path, conf->key_directory);
	return r;
}

int hub_keys_root(const struct hub_conf *conf, const char *path, struct sign_secret *ret_root,
	char err[ERR_MAX])
{
	char own[PATH_MAX], public_path[PATH_MAX];
	struct sign_secret root;
	struct sign_public pinned;
	int r;

	hub_keys_path(conf, "root.key", own, sizeof(own));
	hub_keys_path(conf, "root.pub", public_path, sizeof(public_path));
	r = key_load_public(public_path, &pinned, err);
	if (r < 0)
		return r;
	r = key_load_secret(path ? path : own, &root, err);
	if (r == -ENOENT && !path)
		snprintf(err, ERR_MAX,
			"%s: the root key is not here; bring it from where it is kept and say "
			"--root-key FILE",
			own);
	if (r < 0)
		return r;
	if (memcmp(root.public.bytes, pinned.bytes, sizeof(pinned.bytes)) != 0) {
		snprintf(err, ERR_MAX,
			"%s: this is root key %s, but the doors of site %s pin %s (%s); bring that "
			"one",
			path ? path : own, root.public.id, conf->site, pinned.id, public_path);
		r = -EKEYREJECTED;
	} else {
		*ret_root = root;
	}
	crypto_wipe(&root, sizeof(root));
	return r;
}

/* The first of the hub's keys that the keys message certifies. */
static int load_hub(const struct hub_conf *conf, struct hub_keys *keys, char err[ERR_MAX])
{
	static const char *const names[] = {"hub.key", "hub-next.key", "hub.key", "hub-next.key"};
	char path[PATH_MAX], seen[128] = "";
	struct sign_secret key;
	int r, found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (i >= 2)
			hub_keys_path(conf, names[i], path, sizeof(path));
		else if (!credential(names[i], path, sizeof(path)))
			continue;
		r = key_load_secret(path, &key, err);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		found++;
		snprintf(seen, sizeof(seen), "%s", key.public.id);
		if (envelope_find_key(keys->site.keys, keys->site.count, key.public.id)) {
			keys->hub = key;
			crypto_wipe(&key, sizeof(key));
			return 0;
		}
		crypto_wipe(&key, sizeof(key));
	}
	if (found == 0)
		snprintf(err, ERR_MAX,
			"%s/hub.key: there is none; make a new site with tapin-hub --init, or "
			"restore the directory from its backup",
			conf->key_directory);
	else
		snprintf(err, ERR_MAX,
			"%s/hub.key: key %s is not certified by %s/keys; run tapin-hub "
			"--roll-keys --root-key FILE, or restore both from one backup",
			conf->key_directory, seen, conf->key_directory);
	return -ENOKEY;
}

static int load(const struct hub_conf *conf, struct hub_keys *keys, char err[ERR_MAX])
{
	char path[PATH_MAX];
	int r;

	hub_keys_path(conf, "root.pub", path, sizeof(path));
	r = key_load_public(path, &keys->root, err);
	if (r == -ENOENT)
		snprintf(err, ERR_MAX, "%s: there is none; a new site is made by: tapin-hub --init",
			path);
	if (r == 0)
		r = hub_keys_read(conf, &keys->root, &keys->site, &keys->keys_message, err);
	if (r < 0)
		return r;
	if (!credential("card.key", path, sizeof(path)))
		hub_keys_path(conf, "card.key", path, sizeof(path));
	r = key_load_card(path, &keys->card, err);
	return r < 0 ? r : load_hub(conf, keys, err);
}

int hub_keys_load(const struct hub_conf *conf, struct hub_keys *ret_keys, char err[ERR_MAX])
{
	struct hub_keys keys = {0};
	int r = load(conf, &keys, err);

	if (r < 0)
		hub_keys_free(&keys);
	else
		*ret_keys = keys;
	crypto_wipe(&keys, sizeof(keys));
	return r;
}

void hub_keys_free(struct hub_keys *keys)
{
	free(keys->keys_message);
	crypto_wipe(keys, sizeof(*keys));
}
