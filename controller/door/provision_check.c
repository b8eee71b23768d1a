/* SPDX-License-Identifier: Apache-2.0 */
/* What must be right before a door asks to join. */
#include "base/clock.h"
#include "base/file.h"
#include "door/conf.h"
#include "door/provision.h"
#include "wire/bundle.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

static void want(char *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void want(char *list, const char *format, ...)
{
	size_t used = strlen(list);
	va_list args;

	va_start(args, format);
	vsnprintf(list + used, ERR_MAX / 2 - used, format, args);
	va_end(args);
}

static int compare(
	const char *file, const struct door_conf *conf, const struct bundle *b, char err[ERR_MAX])
{
	char list[ERR_MAX / 2] = "";

	if (strcmp(conf->site, b->site) != 0)
		want(list, " [site] id = %s (not %s);", b->site, conf->site);
	if (strcmp(conf->timezone, b->timezone) != 0)
		want(list, " [site] timezone = %s (not %s);", b->timezone, conf->timezone);
	if (strcmp(conf->door, b->door) != 0)
		want(list, " [door] id = %s (not %s);", b->door, conf->door);
	if (!*conf->mqtt_host)
		want(list, " [mqtt] host = %s;", b->mqtt_host);
	/* another host is the admin's business: a name here, an address there */
	if ((!*conf->mqtt_host || strcmp(conf->mqtt_host, b->mqtt_host) == 0) &&
		b->mqtt_port != conf->mqtt_port)
		want(list, " [mqtt] port = %u;", b->mqtt_port);
	if (*conf->mqtt_username || *conf->mqtt_password_file)
		want(list, " [mqtt] without username and password_file: the bundle brings them;");
	if (!*list)
		return 0;
	list[strlen(list) - 1] = '\0';
	snprintf(err, ERR_MAX,
		"%s does not fit the bundle, which is for site %s, door %s. Nothing was done. "
		"Write there:%s",
		file, b->site, b->door, list);
	return -EINVAL;
}

/* A bundle that fits the configuration. */
int provision_read(const char *conf_file, const char *file, struct door_conf *conf,
	struct bundle *bundle, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	int r = file_read(file, BUNDLE_FILE_MAX, &text, &size);

	if (r < 0) {
		snprintf(err, ERR_MAX,
			"%s: cannot be read: %s; carry the bundle that the hub made "
			"(tapin door bundle) here",
			file, strerror(-r));
		return r;
	}
	r = bundle_read(file, text, size, bundle, err);
	crypto_wipe(text, size);
	if (r < 0)
		return r;
	if (access(conf_file, F_OK) < 0 && errno == ENOENT) {
		snprintf(err, ERR_MAX,
			"%s: there is none; copy tapin-door.conf.example there, describe the "
			"wiring, and write [site] id = %s, timezone = %s, [door] id = %s, [mqtt] "
			"host = %.100s, port = %u",
			conf_file, bundle->site, bundle->timezone, bundle->door, bundle->mqtt_host,
			bundle->mqtt_port);
		return -ENOENT;
	}
	r = door_conf_load(conf_file, conf, err);
	return r < 0 ? r : compare(conf_file, conf, bundle, err);
}

int provision_check_time(const struct bundle *bundle, char err[ERR_MAX])
{
	char text[25];

	if (bundle->expires_us > clock_wall_us())
		return 0;
	clock_format_utc(bundle->expires_us, text);
	/* a clock that nothing vouches for is no judge: the hub is */
	if (clock_trust_now(0) < CLOCK_TRUST_RTC) {
		printf("by this machine's clock, which may be wrong, the bundle ran out at %s; "
		       "asking the hub\n",
			text);
		return 0;
	}
	snprintf(err, ERR_MAX,
		"the bundle ran out at %s; make a new one on the hub: tapin door bundle %s", text,
		bundle->door);
	return -ETIME;
}

bool provision_door_runs(const struct door_conf *conf)
{
	CLEANUP(cleanup_close) int fd = -1;
	char path[PATH_MAX];

	/* the running door holds its lock */
	door_conf_path(conf->run_directory, "journal.intent", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

/* A site's own files must not go while a door uses them. */
int provision_check_stopped(
	const struct door_conf *conf, const struct bundle *bundle, char err[ERR_MAX])
{
	struct sign_public pinned;
	char path[PATH_MAX], ignored[ERR_MAX];

	door_conf_path(conf->key_directory, "root.pub", path);
	if (key_load_public(path, &pinned, ignored) == 0 && strcmp(pinned.id, bundle->root.id) == 0)
		return 0;
	if (!provision_door_runs(conf))
		return 0;
	snprintf(err, ERR_MAX,
		"tapin-door is running, and this site's roster takes the place of its own: stop it "
		"first (systemctl stop tapin-door), start it afterwards");
	return -EBUSY;
}

/* Where another user may rename, root would write into and give away whatever they put there. */
int provision_become_owner(const struct door_conf *conf, char err[ERR_MAX])
{
	char parent[PATH_MAX];
	struct stat owner, keys;

	snprintf(parent, sizeof(parent), "%s", conf->key_directory);
	if (!strrchr(parent, '/'))
		strcpy(parent, ".");
	else
		strrchr(parent, '/')[strrchr(parent, '/') == parent] = '\0';
	if (geteuid() != 0 || stat(parent, &owner) < 0 || owner.st_uid == 0)
		return 0;
	if (lstat(conf->key_directory, &keys) == 0 && S_ISDIR(keys.st_mode) && keys.st_uid != 0)
		owner = keys;
	if (setgroups(0, NULL) == 0 && setgid(owner.st_gid) == 0 && setuid(owner.st_uid) == 0)
		return 0;
	snprintf(err, ERR_MAX, "%s: its user, number %u, is not to be had: %s; run this as them",
		parent, (unsigned)owner.st_uid, strerror(errno));
	return -EPERM;
}
