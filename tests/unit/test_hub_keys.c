/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "hub/init.h"
#include "hub/keys.h"

#include <limits.h>
#include <sys/stat.h>

struct site {
	char dir[64];
	struct hub_conf conf;
};

static void in(const struct site *site, const char *name, char out[PATH_MAX])
{
	hub_keys_path(&site->conf, name, out, PATH_MAX);
}

/* What is printed is for people; here it would be no TAP. */
static int quiet_init(const struct hub_conf *conf, char err[ERR_MAX])
{
	int out = dup(STDOUT_FILENO), r;

	fflush(stdout);
	assert_non_null(freopen("/dev/null", "w", stdout));
	r = hub_init(conf, NULL, err);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return r;
}

static int quiet_roll(const struct hub_conf *conf, const char *root, char err[ERR_MAX])
{
	int out = dup(STDOUT_FILENO), r;

	fflush(stdout);
	assert_non_null(freopen("/dev/null", "w", stdout));
	r = hub_roll_keys(conf, root, err);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return r;
}

static int make_site(void **state)
{
	struct site *site = calloc(1, sizeof(*site));
	char err[ERR_MAX] = "";

	if (!site)
		return -1;
	strcpy(site->dir, "/tmp/tapin-keys-XXXXXX");
	if (!mkdtemp(site->dir))
		return -1;
	strcpy(site->conf.site, "walker");
	strcpy(site->conf.timezone, "Europe/London");
	snprintf(site->conf.key_directory, HUB_PATH_MAX, "%s/keys", site->dir);
	snprintf(site->conf.store_directory, HUB_PATH_MAX, "%s/store", site->dir);
	*state = site;
	return quiet_init(&site->conf, err);
}

static int remove_site(void **state)
{
	struct site *site = *state;
	char command[128];
	int r;

	snprintf(command, sizeof(command), "rm -r %s", site->dir);
	r = system(command);
	free(site);
	return r;
}

static void a_new_sites_keys_load(void **state)
{
	struct site *site = *state;
	struct hub_keys keys;
	char err[ERR_MAX] = "";

	assert_int_equal(hub_keys_load(&site->conf, &keys, err), 0);
	assert_int_equal(keys.site.serial, 1);
	assert_int_equal(keys.site.generation, 1);
	assert_int_equal(keys.site.count, 1);
	assert_string_equal(keys.site.keys[0].id, keys.hub.public.id);
	assert_int_equal(keys.card.id, 1);
	assert_true(strlen(keys.keys_message) > 100);
	hub_keys_free(&keys);
	assert_null(keys.keys_message);
}

static void replace(const struct site *site, const char *name, const char *from, const char *to)
{
	char path[PATH_MAX], *text, *at;
	size_t size;

	in(site, name, path);
	assert_int_equal(file_read(path, 65536, &text, &size), 0);
	at = strstr(text, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	assert_int_equal(file_write_atomic(path, text, size, 0600), 0);
	free(text);
}

static void refused(const struct site *site, int expected, const char *why)
{
	struct hub_keys keys;
	char err[ERR_MAX] = "";

	assert_int_equal(hub_keys_load(&site->conf, &keys, err), expected);
	if (!strstr(err, why))
		fail_msg("\"%s\" does not say \"%s\"", err, why);
}

static void an_altered_keys_message_is_refused(void **state)
{
	struct site *site = *state;

	replace(site, "keys", "\"generation\":1", "\"generation\":9");
	refused(site, -EKEYREJECTED, "not signed by this site's root key");
	replace(site, "keys", "\"generation\":9", "\"generation\":1");
	strcpy(site->conf.site, "other");
	refused(site, -EKEYREJECTED, "for site other");
}

static void a_key_that_is_not_certified_does_not_sign(void **state)
{
	struct site *site = *state;
	struct sign_secret stranger;
	char path[PATH_MAX], err[ERR_MAX];

	in(site, "hub.key", path);
	assert_int_equal(unlink(path), 0);
	refused(site, -ENOKEY, "there is none");
	sign_key_make(&stranger);
	assert_int_equal(key_save_secret(path, &stranger, err), 0);
	refused(site, -ENOKEY, "is not certified");
	/* nor does another site's root key vouch for it */
	in(site, "root.key", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(key_save_secret(path, &stranger, err), 0);
	assert_int_equal(quiet_roll(&site->conf, NULL, err), -EKEYREJECTED);
}

static void a_roll_over_that_stops_half_way_still_loads(void **state)
{
	struct site *site = *state;
	char path[PATH_MAX], next[PATH_MAX], err[ERR_MAX] = "", old[KEY_ID_SIZE];
	struct hub_keys keys;

	assert_int_equal(hub_keys_load(&site->conf, &keys, err), 0);
	strcpy(old, keys.hub.public.id);
	hub_keys_free(&keys);
	assert_int_equal(quiet_roll(&site->conf, NULL, err), 0);
	assert_int_equal(hub_keys_load(&site->conf, &keys, err), 0);
	assert_string_equal(keys.hub.public.id, old);
	assert_int_equal(keys.site.count, 2);
	hub_keys_free(&keys);

	assert_int_equal(quiet_roll(&site->conf, NULL, err), 0);
	/* as if it had been killed before it renamed the file */
	in(site, "hub.key", path);
	in(site, "hub-next.key", next);
	assert_int_equal(rename(path, next), 0);
	assert_int_equal(hub_keys_load(&site->conf, &keys, err), 0);
	assert_string_not_equal(keys.hub.public.id, old);
	assert_int_equal(keys.site.serial, 3);
	assert_int_equal(keys.site.revoked_count, 1);
	assert_string_equal(keys.site.revoked[0], old);
	hub_keys_free(&keys);
}

static void many_roll_overs_forget_the_oldest_revocation(void **state)
{
	struct site *site = *state;
	struct hub_keys keys;
	char err[ERR_MAX] = "";

	for (int i = 0; i < SYNC_REVOKED_MAX + 2; i++) {
		assert_int_equal(quiet_roll(&site->conf, NULL, err), 0);
		assert_int_equal(quiet_roll(&site->conf, NULL, err), 0);
	}
	assert_int_equal(hub_keys_load(&site->conf, &keys, err), 0);
	assert_int_equal(keys.site.count, 1);
	assert_int_equal(keys.site.revoked_count, SYNC_REVOKED_MAX);
	hub_keys_free(&keys);
}

static void a_second_init_leaves_everything(void **state)
{
	struct site *site = *state;
	char path[PATH_MAX], err[ERR_MAX] = "";
	struct stat st;

	in(site, "root.key", path);
	assert_int_equal(unlink(path), 0); /* moved away, as it should be */
	assert_int_equal(quiet_init(&site->conf, err), -EEXIST);
	assert_int_not_equal(stat(path, &st), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, make_site, remove_site)
		EACH(a_new_sites_keys_load),
		EACH(an_altered_keys_message_is_refused),
		EACH(a_key_that_is_not_certified_does_not_sign),
		EACH(a_roll_over_that_stops_half_way_still_loads),
		EACH(many_roll_overs_forget_the_oldest_revocation),
		EACH(a_second_init_leaves_everything),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
