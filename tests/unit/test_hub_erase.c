/* SPDX-License-Identifier: Apache-2.0 */
/* A door is told to erase until it says that it did; the list beside the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/erase.h"
#include "hub_bed.h"

static uint64_t erase_member(void)
{
	struct registry_erased erased;
	uint64_t member = add_member();

	change_card(member, 7);
	begin();
	done(registry_erase(hub.registry, member, &erased));
	commit();
	return member;
}

/* What the door at this revision says; erased: whom it has forgotten. */
static void say(struct revision revision, uint64_t erased, const struct sign_secret *key)
{
	static uint8_t count;
	struct sync_ask ask = {.site = "walker",
		.door = "front",
		.revision = revision,
		.nonce = {++count},
		.start = {7},
		.erased = erased,
		.program = "test"};
	char *body;

	assert_int_equal(sync_ask_write(&ask, &body), 0);
	deliver_signed("front", "ask", body, key);
	sync_flush(&hub);
}

static size_t told(void)
{
	hub.erase_ms = 0;
	hub_erase_tick(&hub);
	return count_sent("door/front/erase");
}

static void door_is_told_until_it_says_so(void **state)
{
	struct registry_erasure erasure;
	struct sync_erase order;
	char err[ERR_MAX];
	uint64_t member;

	(void)state;
	assert_int_equal(told(), 0);
	member = erase_member();
	assert_int_equal(told(), 0); /* its roster is from before */
	say(newest(), 0, &door_key);
	assert_int_equal(told(), 1);
	assert_false(find_sent("door/front/erase", 0)->retain);
	assert_int_equal(sync_erase_read(find_sent("door/front/erase", 0)->body,
				 strlen(find_sent("door/front/erase", 0)->body), &order, err),
		0);
	assert_int_equal(order.member, member);
	assert_int_equal(told(), 2); /* lost, or the door was started again */
	say(newest(), member, &door_key);
	assert_int_equal(told(), 2);
	done(registry_erasure(hub.registry, member, &erasure));
	assert_int_equal(erasure.doors, 0);
	assert_true(erasure.wiped);
}

static void one_at_a_time(void **state)
{
	uint64_t first = erase_member(), second;
	struct registry_erased erased;

	(void)state;
	begin();
	done(registry_member_add(hub.registry,
		&(struct registry_member){.name = "Bo",
			.tier = 1,
			.state = MEMBER_STATE_ACTIVE,
			.valid_from = DATE_NONE,
			.valid_until = DATE_NONE,
			.grace_until = DATE_NONE},
		&second));
	done(registry_erase(hub.registry, second, &erased));
	commit();
	say(newest(), 0, &door_key);
	assert_int_equal(told(), 1);
	say(newest(), first, &door_key);
	assert_int_equal(told(), 2);
	say(newest(), second, &door_key);
	assert_int_equal(told(), 2);
}

static void stranger_says_nothing(void **state)
{
	struct registry_erasure erasure;
	uint64_t member = erase_member();
	struct sign_secret other;

	(void)state;
	sign_key_make(&other);
	say(newest(), member, &other);
	done(registry_erasure(hub.registry, member, &erasure));
	assert_int_equal(erasure.doors, 1);
	assert_int_equal(refusals, 1);
}

static void list_survives_the_registry(void **state)
{
	struct registry_erasure erasure;
	char err[ERR_MAX] = "", file[96];
	uint64_t member = add_member();

	(void)state;
	snprintf(hub.conf.store_directory, sizeof(hub.conf.store_directory), "%s", dir);
	assert_int_equal(hub_erase_list_apply(&hub.conf, hub.registry, err), 0);
	assert_int_equal(hub_erase_list_add(&hub.conf, member, err), 0);
	assert_int_equal(hub_erase_list_add(&hub.conf, member + 30, err), 0);
	if (hub_erase_list_apply(&hub.conf, hub.registry, err) < 0)
		fail_msg("%s", err);
	done(registry_erasure(hub.registry, member, &erasure));
	done(registry_erasure(hub.registry, member + 30, &erasure));
	assert_int_equal(hub_erase_list_apply(&hub.conf, hub.registry, err), 0);
	snprintf(file, sizeof(file), "%s/hub.erased", dir);
	assert_int_equal(unlink(file), 0);
}

static void damaged_list_is_refused(void **state)
{
	static const char *const texts[] = {"5\n7 999\n", "5 \n", "0 999\n", "-5 999\n", "5 -9\n",
		"5 999 7\n", " 5 999\n", "\n5 999\n", "99999999999999999999 999\n", "5 9x\n",
		"05 999\n", "5 999 000000000000000000000000000000000000000000000000000\n"};
	struct registry_erasure erasure;
	char err[ERR_MAX] = "", file[96];
	uint64_t member = add_member();

	(void)state;
	snprintf(hub.conf.store_directory, sizeof(hub.conf.store_directory), "%s", dir);
	snprintf(file, sizeof(file), "%s/hub.erased", dir);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(file, "w");

		assert_non_null(f);
		/* the first line is good, and nobody is erased all the same */
		fprintf(f, "%llu 9999999999999999\n%s", (unsigned long long)member, texts[i]);
		assert_int_equal(fclose(f), 0);
		assert_int_equal(hub_erase_list_apply(&hub.conf, hub.registry, err), -EBADMSG);
		assert_non_null(strstr(err, "hub.erased:2: names nobody"));
		assert_int_equal(registry_erasure(hub.registry, member, &erasure), -ENOENT);
	}
	assert_int_equal(unlink(file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(door_is_told_until_it_says_so),
		T(one_at_a_time),
		T(stranger_says_nothing),
		T(list_survives_the_registry),
		T(damaged_list_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
