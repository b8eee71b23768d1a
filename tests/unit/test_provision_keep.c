/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "door/conf.h"
#include "door/provision.h"
#include "wire/bundle.h"

#include <glob.h>
#include <sys/stat.h>

struct place {
	char dir[64];
	char staged[128];
	struct door_conf conf;
	struct sign_secret root, key;
	struct bundle bundle;
	struct welcome welcome;
	struct provision_gift gift;
};

static const char *in(const struct place *p, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return path;
}

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	strcpy(p->dir, "/tmp/tapin-keep-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->staged, sizeof(p->staged), "%s/keys.new", p->dir);
	snprintf(p->conf.key_directory, CONF_PATH_MAX, "%s/keys", p->dir);
	snprintf(p->conf.store_directory, CONF_PATH_MAX, "%s", p->dir);
	sign_key_make(&p->root);
	sign_key_make(&p->key);
	p->bundle.root = p->root.public;
	p->welcome.card.id = 7;
	strcpy(p->welcome.mqtt_username, "door-front");
	strcpy(p->welcome.mqtt_password, "secret");
	p->gift = (struct provision_gift){&p->bundle, &p->welcome, &p->key, "signed keys"};
	*state = p;
	return mkdir(p->staged, 0700);
}

static int remove_place(void **state)
{
	struct place *p = *state;
	char command[128];
	int r;

	snprintf(command, sizeof(command), "rm -r %s", p->dir);
	r = system(command);
	free(p);
	return r;
}

static void put(const struct place *p, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(in(p, name), text, strlen(text), 0600), 0);
}

static void holds(const struct place *p, const char *name, const char *text)
{
	char *data = NULL;
	size_t size;

	assert_int_equal(file_read(in(p, name), 4096, &data, &size), 0);
	assert_string_equal(data, text);
	free(data);
}

static size_t count(const struct place *p, const char *pattern)
{
	glob_t found = {0};
	size_t n;

	n = glob(in(p, pattern), 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return n;
}

static int put_in_place(struct place *p, char aside[256])
{
	char err[ERR_MAX] = "";
	int r = provision_write(p->staged, &p->gift, err);

	return r < 0 ? r : provision_swap(&p->conf, p->staged, &p->bundle.root, aside, err);
}

static void the_first_keys_come_whole(void **state)
{
	struct place *p = *state;
	struct sign_secret key;
	struct sign_public root;
	struct card_key card;
	char aside[256] = "", err[ERR_MAX];

	put(p, "cache.db", "of a life before the hub");
	assert_int_equal(put_in_place(p, aside), 0);
	assert_string_equal(aside, "");
	assert_int_equal(key_load_secret(in(p, "keys/door.key"), &key, err), 0);
	assert_string_equal(key.public.id, p->key.public.id);
	assert_int_equal(key_load_public(in(p, "keys/root.pub"), &root, err), 0);
	assert_string_equal(root.id, p->root.public.id);
	assert_int_equal(key_load_card(in(p, "keys/card.key"), &card, err), 0);
	assert_int_equal(card.id, 7);
	holds(p, "keys/mqtt.username", "door-front\n");
	holds(p, "keys/mqtt.password", "secret\n");
	holds(p, "keys/keys", "signed keys");
	/* nothing the welcome did not bring */
	assert_int_equal(count(p, "keys/journal.before"), 0);
	assert_int_equal(count(p, "keys/mqtt.ca"), 0);
	assert_int_equal(count(p, "keys.new*"), 0);
	assert_int_equal(count(p, "cache.db"), 0);
	assert_int_equal(count(p, "cache.db.before-*"), 1);
}

static void the_same_site_keeps_its_roster(void **state)
{
	struct place *p = *state;
	char aside[256] = "", err[ERR_MAX];

	assert_int_equal(mkdir(in(p, "keys"), 0700), 0);
	assert_int_equal(key_save_public(in(p, "keys/root.pub"), &p->root.public, err), 0);
	put(p, "keys/door.key", "the old one");
	put(p, "cache.db", "roster");
	put(p, "kept.db", "floors");
	memset(p->welcome.journal_before, 0xab, ENTRY_HASH_SIZE);
	assert_int_equal(put_in_place(p, aside), 0);
	holds(p, "cache.db", "roster");
	holds(p, "kept.db", "floors");
	assert_int_equal(count(p, "keys.before-*"), 1);
	assert_int_equal(count(p, "keys.before-*/door.key"), 1);
	assert_true(strncmp(aside, in(p, "keys.before-"), strlen(in(p, "keys.before-"))) == 0);
	holds(p, "keys/journal.before",
		"abababababababababababababababababababababababababababababababab\n");
}

static void another_site_begins_anew(void **state)
{
	struct place *p = *state;
	struct sign_secret other;
	char aside[256] = "", err[ERR_MAX];

	sign_key_make(&other);
	assert_int_equal(mkdir(in(p, "keys"), 0700), 0);
	assert_int_equal(key_save_public(in(p, "keys/root.pub"), &other.public, err), 0);
	put(p, "cache.db", "roster");
	put(p, "cache.db-wal", "and its log");
	put(p, "kept.db", "floors");
	put(p, "journal.db", "evidence");
	assert_int_equal(put_in_place(p, aside), 0);
	assert_int_equal(count(p, "cache.db.before-*"), 2); /* with its -wal */
	assert_int_equal(count(p, "kept.db.before-*"), 1);
	assert_int_equal(count(p, "cache.db-wal"), 0);
	holds(p, "journal.db", "evidence");
}

static void what_cannot_be_written_changes_nothing(void **state)
{
	struct place *p = *state;
	char aside[256] = "", err[ERR_MAX] = "";

	assert_int_equal(mkdir(in(p, "keys"), 0700), 0);
	put(p, "keys/door.key", "the old one");
	/* as if the disk had failed in the middle: one of the names is taken by a folder */
	assert_int_equal(mkdir(in(p, "keys.new/mqtt.password"), 0700), 0);
	assert_true(provision_write(p->staged, &p->gift, err) < 0);
	assert_non_null(strstr(err, "mqtt.password"));
	holds(p, "keys/door.key", "the old one");
	/* and staged files that are not there replace nothing */
	assert_true(provision_swap(&p->conf, in(p, "none"), &p->bundle.root, aside, err) < 0);
	holds(p, "keys/door.key", "the old one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
		EACH(the_first_keys_come_whole),
		EACH(the_same_site_keeps_its_roster),
		EACH(another_site_begins_anew),
		EACH(what_cannot_be_written_changes_nothing),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
