/* SPDX-License-Identifier: Apache-2.0 */
/* A new site, and the way back in for who has lost the password. */
#include "hub/init.h"

#include "base/file.h"
#include "crypto/password.h"
#include "hub/certificate.h"
#include "hub/keys.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define MADE_MAX 12
#define ADMIN_DEFAULT "admin"

/* What has been made so far, to be taken away when something fails. */
struct made {
	size_t count;
	char paths[MADE_MAX][PATH_MAX];
};

static void undo(struct made *made)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[PATH_MAX];

	while (made->count-- > 0) {
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
			snprintf(path, sizeof(path), "%s%s", made->paths[made->count], ends[i]);
			unlink(path);
		}
	}
}

static const char *note(struct made *made, const char *path)
{
	snprintf(made->paths[made->count], PATH_MAX, "%s", path);
	return made->paths[made->count++];
}

static int make_directory(const char *path, char err[ERR_MAX])
{
	char parent[PATH_MAX], *slash;
	int r;

	if (mkdir(path, 0700) < 0) {
		r = -errno;
		if (r == -EEXIST)
			return 0;
		snprintf(err, ERR_MAX, "%s: cannot be made: %s; make it, or run this as root", path,
			strerror(-r));
		return r;
	}
	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		hub_give(path, parent);
	}
	return 0;
}

static int check_fresh(const struct hub_conf *conf, char err[ERR_MAX])
{
	static const char *const names[] = {"root.key", "root.pub", "hub.key", "hub-next.key",
		"card.key", "keys", HUB_CERTIFICATE, HUB_CERTIFICATE_KEY};
	char path[PATH_MAX];

	for (size_t i = 0; i <= ARRAY_SIZE(names); i++) {
		if (i < ARRAY_SIZE(names))
			hub_keys_path(conf, names[i], path, sizeof(path));
		else
			hub_registry_path(conf, path, sizeof(path));
		if (access(path, F_OK) < 0 && errno == ENOENT)
			continue;
		snprintf(err, ERR_MAX,
			"%s: exists already: this site was made before and nothing is "
			"overwritten; to begin anew, move %s and %s away first",
			path, conf->key_directory, conf->store_directory);
		return -EEXIST;
	}
	return 0;
}

/* The four keys, each its file; the keys message certifies the hub's. */
static int make_keys(const struct hub_conf *conf, struct made *made, char err[ERR_MAX])
{
	struct sync_keys site = {.serial = 1, .generation = 1, .count = 1};
	struct card_key card = {.id = 1};
	struct sign_secret root, hub;
	char path[PATH_MAX];
	int r;

	sign_key_make(&root);
	sign_key_make(&hub);
	crypto_random(card.bytes, sizeof(card.bytes));
	strcpy(site.site, conf->site);
	site.keys[0] = hub.public;

	hub_keys_path(conf, "root.key", path, sizeof(path));
	r = key_save_secret(note(made, path), &root, err);
	hub_keys_path(conf, "root.pub", path, sizeof(path));
	if (r == 0)
		r = key_save_public(note(made, path), &root.public, err);
	hub_keys_path(conf, "hub.key", path, sizeof(path));
	if (r == 0)
		r = key_save_secret(note(made, path), &hub, err);
	hub_keys_path(conf, "card.key", path, sizeof(path));
	if (r == 0)
		r = key_save_card(note(made, path), &card, err);
	hub_keys_path(conf, "keys", path, sizeof(path));
	if (r == 0) {
		note(made, path);
		r = hub_keys_write(conf, &root, &site, err);
	}
	for (size_t i = 0; i < made->count; i++)
		hub_give(made->paths[i], conf->key_directory);
	crypto_wipe(&root, sizeof(root));
	crypto_wipe(&hub, sizeof(hub));
	crypto_wipe(&card, sizeof(card));
	return r;
}

static int fail(struct registry *registry, const char *path, int r, char err[ERR_MAX])
{
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: %s", path,
			*registry_error(registry) ? registry_error(registry) : strerror(-r));
	return r;
}

static int open_registry(const struct hub_conf *conf, const char *path,
	struct registry **ret_registry, char err[ERR_MAX])
{
	const struct registry_options options = {
		.path = path,
		.site = conf->site,
		.timezone = conf->timezone,
		.hash = crypto_hash256,
	};

	return registry_open(&options, ret_registry, err);
}

/* SQLite's files beside the database are the owner's, too. */
static void give_registry(const struct hub_conf *conf, const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char file[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		hub_give(file, conf->store_directory);
	}
}

/* Adds the admin or gives them a new password; whoever else has the name stays who they are. */
static int put_admin(struct registry *registry, const char *name, const char *password)
{
	struct registry_operator operator= {0};
	int r = registry_operator(registry, name, &operator);
	bool known = r > 0;

	if (r < 0)
		return r;
	if (known && operator.role != OPERATOR_ROLE_ADMIN)
		return -EPERM;
	snprintf(operator.name, sizeof(operator.name), "%s", name);
	operator.role = OPERATOR_ROLE_ADMIN;
	operator.failures = 0;
	operator.locked_until_us = 0;
	operator.version = 0;
	r = password_hash(password, operator.password);
	if (r < 0)
		return r;
	r = known ? registry_operator_change(registry, &operator)
		  : registry_operator_add(registry, &operator);
	return r < 0 ? r : known;
}

static int put_and_audit(
	struct registry *registry, const char *name, const char *action, char *password)
{
	char object[80];
	int r = registry_begin(registry), known;

	if (r < 0)
		return r;
	password_make(password);
	known = r = put_admin(registry, name, password);
	snprintf(object, sizeof(object), "operator/%s", name);
	if (r >= 0)
		r = registry_audit_add(registry, "root", action, object,
			known > 0 ? "{\"role\":\"admin\"}" : "", "{\"role\":\"admin\"}");
	if (r >= 0)
		r = registry_commit(registry, NULL);
	if (r < 0)
		registry_abort(registry);
	else if (known > 0)
		registry_operator_tried(registry, name, true, 0);
	return r < 0 ? r : 0;
}

static int make_registry(const struct hub_conf *conf, struct made *made, const char *admin,
	char *password, char err[ERR_MAX])
{
	struct registry *registry = NULL;
	char path[PATH_MAX];
	int r;

	hub_registry_path(conf, path, sizeof(path));
	r = open_registry(conf, note(made, path), &registry, err);
	if (r < 0)
		return r;
	r = fail(registry, path, put_and_audit(registry, admin, "site.init", password), err);
	registry_close(registry);
	give_registry(conf, path);
	return r;
}

/* For [hub] listen, now or later: who is told its fingerprint here can compare it. */
static int make_certificate(const struct hub_conf *conf, struct made *made,
	char ret_fingerprint[CERTIFICATE_FINGERPRINT_SIZE], char err[ERR_MAX])
{
	CLEANUP(certificate_free) struct certificate certificate = {0};
	char path[PATH_MAX];
	int r = 0;

	if (!*conf->cert_file) {
		hub_keys_path(conf, HUB_CERTIFICATE, path, sizeof(path));
		note(made, path);
		hub_keys_path(conf, HUB_CERTIFICATE_KEY, path, sizeof(path));
		note(made, path);
		r = hub_certificate_make(conf, err);
	}
	if (r == 0)
		r = hub_certificate_load(conf, false, &certificate, err);
	if (r == 0)
		strcpy(ret_fingerprint, certificate.fingerprint);
	return r;
}

/* The hub's own password at the broker: deploy/mosquitto/init gives it to the broker. */
static int make_broker_password(
	const struct hub_conf *conf, struct made *made, bool *ret_made, char err[ERR_MAX])
{
	char password[PASSWORD_MADE_SIZE + 1];
	int r;

	*ret_made = false;
	if (!*conf->mqtt_password_file || access(conf->mqtt_password_file, F_OK) == 0)
		return 0;
	password_make(password);
	strcat(password, "\n");
	r = file_write_atomic(conf->mqtt_password_file, password, strlen(password), 0600);
	crypto_wipe(password, sizeof(password));
	if (r < 0) {
		snprintf(err, ERR_MAX,
			"%s: the password of the hub's account cannot be written: %s; make its "
			"directory, or change [mqtt] password_file",
			conf->mqtt_password_file, strerror(-r));
		return r;
	}
	note(made, conf->mqtt_password_file);
	hub_give(conf->mqtt_password_file, conf->key_directory);
	*ret_made = true;
	return 0;
}

static void tell_init(const struct hub_conf *conf, const char *admin, const char *password,
	const char *fingerprint, bool broker)
{
	struct sign_public root = {0};
	char path[PATH_MAX], err[ERR_MAX];

	hub_keys_path(conf, "root.pub", path, sizeof(path));
	key_load_public(path, &root, err);
	printf("Site %s is made.\n\n"
	       "  login      %s\n"
	       "  password   %s      (shown this once; change it: tapin operator password)\n"
	       "  root key   %s\n"
	       "  HTTPS      compare the SHA-256 fingerprint when a browser asks (again: tapin-hub "
	       "--fingerprint):\n"
	       "  %s\n\n"
	       "Now move %s/root.key off this machine: to a USB stick in a safe, and a second\n"
	       "one elsewhere. Whoever has it can make doors believe any hub; without it no hub "
	       "key\n"
	       "can be replaced and no backup be put back (--roll-keys, --restore --root-key "
	       "FILE).\n"
	       "Nothing else ever needs it. Keep a copy of hub.key and card.key with your "
	       "backups.\n",
		conf->site, admin, password, root.id, fingerprint, conf->key_directory);
	if (broker)
		printf("\nThe hub's password at the broker is in %s; the broker gets it by\n"
		       "share/tapin/mosquitto/init (in the source: deploy/mosquitto/init).\n",
			conf->mqtt_password_file);
}

int hub_init(const struct hub_conf *conf, const char *admin, char err[ERR_MAX])
{
	struct made made = {0};
	char password[PASSWORD_MADE_SIZE], fingerprint[CERTIFICATE_FINGERPRINT_SIZE];
	bool broker = false;
	int r;

	admin = admin ? admin : ADMIN_DEFAULT;
	if (!name_id_valid(admin)) {
		snprintf(err, ERR_MAX, "--admin %.64s: expected 1 to 32 of a-z, 0-9 and -", admin);
		return -EINVAL;
	}
	r = crypto_init();
	if (r == 0)
		r = check_fresh(conf, err);
	if (r == 0)
		r = make_directory(conf->store_directory, err);
	if (r == 0)
		r = make_directory(conf->key_directory, err);
	if (r == 0 && chmod(conf->key_directory, 0700) < 0)
		r = -errno;
	if (r == 0)
		r = make_keys(conf, &made, err);
	if (r == 0)
		r = make_certificate(conf, &made, fingerprint, err);
	if (r == 0)
		r = make_broker_password(conf, &made, &broker, err);
	if (r == 0)
		r = make_registry(conf, &made, admin, password, err);
	if (r == 0)
		tell_init(conf, admin, password, fingerprint, broker);
	else
		undo(&made);
	crypto_wipe(password, sizeof(password));
	return r;
}

int hub_recover(const struct hub_conf *conf, const char *name, char err[ERR_MAX])
{
	char password[PASSWORD_MADE_SIZE], path[PATH_MAX];
	struct registry *registry = NULL;
	struct registry_operator before = {0};
	bool made;
	int r;

	name = name ? name : ADMIN_DEFAULT;
	hub_registry_path(conf, path, sizeof(path));
	if (access(path, F_OK) < 0) {
		r = -errno;
		snprintf(err, ERR_MAX,
			"%s: %s; run this as root on the hub, with its configuration (--config)",
			path, strerror(-r));
		return r;
	}
	if (!name_id_valid(name)) {
		snprintf(err, ERR_MAX, "--recover=%.64s: expected 1 to 32 of a-z, 0-9 and -", name);
		return -EINVAL;
	}
	r = crypto_init();
	if (r == 0)
		r = open_registry(conf, path, &registry, err);
	if (r < 0)
		return r;
	made = registry_operator(registry, name, &before) == 0;
	r = fail(registry, path, put_and_audit(registry, name, "operator.recover", password), err);
	if (r == -EPERM)
		snprintf(err, ERR_MAX,
			"%s is an operator but no admin; recover an admin (tapin-hub "
			"--recover=NAME, "
			"a new name makes a new one), who can then help %s",
			name, name);
	registry_close(registry);
	give_registry(conf, path);
	if (r == 0)
		printf("%slogin      %s\npassword   %s      (shown this once)\n",
			made ? "There was no such operator: this is a new admin.\n" : "", name,
			password);
	crypto_wipe(password, sizeof(password));
	return r;
}
