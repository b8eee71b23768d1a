/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"
#include "registry_sweep.h"
#include "store/registry_door.h"
#include <sys/wait.h>

#define HOUR_US (3600LL * 1000000)

static struct registry_door door_of(struct registry *reg, const char *name)
{
	struct registry_door door;

	EXPECT(reg, registry_door(reg, name, &door), 0);
	registry_door_free(&door);
	door.status_json = NULL;
	return door;
}

static struct sign_public any_key(void)
{
	struct sign_secret secret;

	sign_key_make(&secret);
	return secret.public;
}

static struct registry_claim claim_for(const char *door, const char *name)
{
	struct registry_claim claim = {
		.secret = {1, 2, 3}, .expires_us = bed_now_us + 24 * HOUR_US};

	snprintf(claim.claim, sizeof(claim.claim), "%s", name);
	snprintf(claim.door, sizeof(claim.door), "%s", door);
	snprintf(claim.account, sizeof(claim.account), "claim-%s", name);
	return claim;
}

/* A door with a key. */
static struct sign_public provision(struct registry *reg, const char *name, const char *claim)
{
	struct registry_claim made = claim_for(name, claim);
	struct sign_public key = any_key();

	EXPECT(reg, registry_claim_add(reg, &made), 0);
	EXPECT(reg, registry_claim_use(reg, claim, &key), 0);
	return key;
}

/* ---- doors ---- */

static void door_is_made_listed_and_told_to_doors(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_roster before, after;
	struct registry_door door, rows[3];

	(void)state;
	EXPECT(reg, registry_roster(reg, &before), 0);
	EXPECT(reg, registry_door_add(reg, "front", "Front door"), 0);
	EXPECT(reg, registry_roster(reg, &after), 0);
	assert_int_equal(after.revision.number, before.revision.number + 1);
	assert_int_equal(registry_roster_has_door(reg, "front"), 1);
	EXPECT(reg, registry_door_add(reg, "front", "again"), -EEXIST);
	EXPECT(reg, registry_door_add(reg, "Front", ""), -EINVAL);
	EXPECT(reg, registry_door_add(reg, "", ""), -EINVAL);
	EXPECT(reg, registry_door_add(reg, "back", "a\nb"), -EINVAL);
	EXPECT(reg, registry_door(reg, "front", &door), 0);
	assert_string_equal(door.title, "Front door");
	assert_int_equal(door.status, REGISTRY_DOOR_NEW);
	assert_false(door.has_key || door.online);
	assert_int_equal(door.version, 1);
	assert_int_equal(door.state_revision.generation, 1);
	assert_int_equal(door.state_revision.number, 1);
	assert_null(door.status_json);
	EXPECT(reg, registry_door(reg, "none", &door), -ENOENT);
	said(reg, "none");
	EXPECT(reg, registry_door_add(reg, "back", ""), 0);
	EXPECT(reg, registry_door_add(reg, "yard", ""), 0);
	EXPECT(reg, registry_doors(reg, NULL, rows, 2), 2);
	assert_string_equal(rows[0].name, "back");
	EXPECT(reg, registry_doors(reg, rows[1].name, rows, 3), 1);
	assert_string_equal(rows[0].name, "yard");
	registry_close(reg);
}

static void door_is_changed_by_who_read_its_version(void **state)
{
	struct registry *reg = bed_open("hub.db");

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_door_title(reg, "front", "Front", 1), 0);
	EXPECT(reg, registry_door_title(reg, "front", "Other", 1), -ESTALE);
	EXPECT(reg, registry_door_title(reg, "front", "Main", 0), 0);
	EXPECT(reg, registry_door_title(reg, "none", "Main", 0), -ENOENT);
	assert_string_equal(door_of(reg, "front").title, "Main");
	assert_int_equal(door_of(reg, "front").version, 3);
	EXPECT(reg, registry_door_remove(reg, "front", 2), -ESTALE);
	EXPECT(reg, registry_door_remove(reg, "front", 3), 0);
	EXPECT(reg, registry_door_remove(reg, "front", 0), -ENOENT);
	assert_int_equal(registry_roster_has_door(reg, "front"), 0);
	registry_close(reg);
}

static void changes_of_doors_are_undone_with_their_change(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_door door;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_door_add(reg, "front", ""), -EEXIST); /* refused, not broken */
	registry_abort(reg);
	EXPECT(reg, registry_door(reg, "front", &door), -ENOENT);
	bed_begin(reg);
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_door_add(reg, "front", ""), -EEXIST);
	EXPECT(reg, registry_door_stolen(reg, "none"), -ENOENT);
	bed_commit(reg);
	EXPECT(reg, registry_door(reg, "front", &door), 0);
	registry_close(reg);
}

static void door_that_a_tier_names_stays(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_tier *tier = calloc(1, sizeof(*tier));
	uint32_t id;

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	strcpy(tier->name, "staff");
	strcpy(tier->roster.hours, "24/7");
	tier->roster.door_count = 1;
	strcpy(tier->roster.doors[0].door, "front");
	bed_begin(reg);
	EXPECT(reg, registry_tier_add(reg, tier, &id), 0);
	bed_commit(reg);
	EXPECT(reg, registry_door_remove(reg, "front", 0), -EPERM);
	free(tier);
	registry_close(reg);
}

static void name_that_is_used_again_goes_on_counting(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_command command = {.door = "front", .verb = 1};

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	for (int i = 0; i < 5; i++) {
		memset(command.id, 0, sizeof(command.id));
		EXPECT(reg, registry_command_add(reg, &command), 0);
	}
	EXPECT(reg, registry_door_set_state(reg, "front", 2, 0, 0, false, "maya"), 0);
	for (int i = 0; i < 2; i++) {
		EXPECT(reg, registry_door_remove(reg, "front", 0), 0);
		EXPECT(reg, registry_door_add(reg, "front", ""), 0);
		assert_int_equal(door_of(reg, "front").counter.number, 5);
		assert_int_equal(door_of(reg, "front").state_revision.number, 3 + i);
		assert_int_equal(door_of(reg, "front").mode, 0);
	}
	registry_close(reg);
}

static void state_has_a_count_of_its_own(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_roster before, after;
	struct registry_door door;

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_roster(reg, &before), 0);
	EXPECT(reg, registry_door_set_state(reg, "front", 1, 0, 0, false, "maya"), 0);
	EXPECT(reg,
		registry_door_set_state(
			reg, "front", 0, bed_now_us, bed_now_us + HOUR_US, true, "omar"),
		0);
	door = door_of(reg, "front");
	assert_int_equal(door.mode, 0);
	assert_int_equal(door.hold_until_us, bed_now_us + HOUR_US);
	assert_true(door.hold_event);
	assert_string_equal(door.state_actor, "omar");
	assert_int_equal(door.state_us, bed_now_us);
	assert_int_equal(door.state_revision.number, 3);
	assert_int_equal(door.version, 3);
	EXPECT(reg, registry_roster(reg, &after), 0);
	assert_int_equal(before.revision.number, after.revision.number);
	EXPECT(reg, registry_door_set_state(reg, "front", 3, 0, 0, false, ""), -EINVAL);
	EXPECT(reg, registry_door_set_state(reg, "front", -1, 0, 0, false, ""), -EINVAL);
	EXPECT(reg, registry_door_set_state(reg, "front", 0, 9, 9, false, ""), -EINVAL);
	EXPECT(reg, registry_door_set_state(reg, "front", 0, 0, 9, false, ""), -EINVAL);
	EXPECT(reg, registry_door_set_state(reg, "front", 0, 0, 0, true, ""), -EINVAL);
	EXPECT(reg, registry_door_set_state(reg, "none", 0, 0, 0, false, ""), -ENOENT);
	EXPECT(reg, registry_raise_generation(reg, 4), 0);
	assert_int_equal(door_of(reg, "front").state_revision.generation, 4);
	assert_int_equal(door_of(reg, "front").state_revision.number, 3);
	registry_close(reg);
}

static void what_a_door_says_is_noted_and_is_no_change_of_it(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct revision revision = {2, 77};
	uint8_t digest[ROSTER_DIGEST_SIZE] = {5}, start[16] = {6};
	struct registry_door door;
	char *long_json = calloc(1, 10000);

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_door_asked(reg, "front", &revision, digest, start, "tapin-door 1\x01"),
		0);
	EXPECT(reg, registry_door_asked(reg, "none", &revision, digest, start, ""), -ENOENT);
	EXPECT(reg, registry_door_status(reg, "front", true, "{\"a\":1}"), 0);
	bed_now_us += HOUR_US;
	EXPECT(reg, registry_door_status(reg, "front", true, "{\"a\":2}"), 0);
	EXPECT(reg, registry_door(reg, "front", &door), 0);
	assert_int_equal(door.revision.generation, 2);
	assert_int_equal(door.revision.number, 77);
	assert_memory_equal(door.digest, digest, sizeof(digest));
	assert_memory_equal(door.start, start, sizeof(start));
	assert_int_equal(door.asked_us, BED_START_US);
	assert_string_equal(door.program, "tapin-door 1?");
	assert_true(door.online);
	assert_int_equal(door.online_us, BED_START_US); /* since then */
	assert_string_equal(door.status_json, "{\"a\":2}");
	assert_int_equal(door.version, 1);
	registry_door_free(&door);
	EXPECT(reg, registry_door_status(reg, "front", false, NULL), 0);
	EXPECT(reg, registry_door(reg, "front", &door), 0);
	assert_false(door.online);
	assert_int_equal(door.online_us, bed_now_us);
	assert_string_equal(door.status_json, "{\"a\":2}");
	registry_door_free(&door);
	memset(long_json, ' ', 9999);
	EXPECT(reg, registry_door_status(reg, "front", true, long_json), -EINVAL);
	EXPECT(reg, registry_door_status(reg, "none", true, NULL), -ENOENT);
	free(long_json);
	registry_close(reg);
}

/* ---- claims and keys ---- */

/* A backup may be from before it was used. */
static void claim_does_not_come_back_with_a_backup(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_claim claim = claim_for("front", "c1"), found, rows[2];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_claim_add(reg, &claim), 0);
	EXPECT(reg, registry_raise_generation(reg, 2), 0);
	EXPECT(reg, registry_claim(reg, "c1", &found), 0);
	/* its account is still to be removed */
	EXPECT(reg, registry_claims_expired(reg, rows, 2), 1);
	registry_close(reg);
}

static void claim_is_good_once(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_claim claim = claim_for("front", "c1"), found;
	struct sign_public key = any_key(), keys[4];

	(void)state;
	EXPECT(reg, registry_claim_add(reg, &claim), -ENOENT);
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_claim_add(reg, &claim), 0);
	EXPECT(reg, registry_claim(reg, "c1", &found), 1);
	assert_string_equal(found.door, "front");
	assert_string_equal(found.account, "claim-c1");
	assert_memory_equal(found.secret, claim.secret, sizeof(found.secret));
	EXPECT(reg, registry_claim(reg, "c2", &found), 0);
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 0);
	EXPECT(reg, registry_claim_use(reg, "c1", &key), 0);
	EXPECT(reg, registry_claim_use(reg, "c1", &key), -ENOENT);
	said(reg, "new bundle");
	EXPECT(reg, registry_claim(reg, "c1", &found), 0);
	assert_int_equal(door_of(reg, "front").status, REGISTRY_DOOR_ACTIVE);
	assert_true(door_of(reg, "front").has_key);
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 1);
	assert_memory_equal(keys[0].bytes, key.bytes, sizeof(key.bytes));
	assert_string_equal(keys[0].id, key.id);
	registry_close(reg);
}

static void claim_ends_after_a_day_and_is_reported(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_claim claim = claim_for("front", "c1"), rows[4];
	struct sign_public key = any_key();

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	claim.expires_us++;
	EXPECT(reg, registry_claim_add(reg, &claim), -EINVAL);
	claim.expires_us = bed_now_us;
	EXPECT(reg, registry_claim_add(reg, &claim), -EINVAL);
	claim = claim_for("front", "");
	EXPECT(reg, registry_claim_add(reg, &claim), -EINVAL);
	claim = claim_for("front", "c1");
	EXPECT(reg, registry_claim_add(reg, &claim), 0);
	bed_now_us += 24 * HOUR_US - 1;
	EXPECT(reg, registry_claims_expired(reg, rows, 4), 0);
	EXPECT(reg, registry_claims(reg, rows, 4), 1);
	bed_now_us++;
	EXPECT(reg, registry_claim(reg, "c1", rows), 0);
	EXPECT(reg, registry_claims(reg, rows, 4), 0);
	EXPECT(reg, registry_claim_use(reg, "c1", &key), -ENOENT);
	EXPECT(reg, registry_claims_expired(reg, rows, 4), 1);
	assert_string_equal(rows[0].account, "claim-c1");
	EXPECT(reg, registry_claims_expired(reg, rows, 4), 0);
	registry_close(reg);
}

static void newer_claim_ends_the_older_one(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_claim first = claim_for("front", "c1"), second = claim_for("front", "c2");
	struct registry_claim rows[4];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_claim_add(reg, &first), 0);
	EXPECT(reg, registry_claim_add(reg, &second), 0);
	EXPECT(reg, registry_claim(reg, "c1", rows), 0);
	EXPECT(reg, registry_claim(reg, "c2", rows), 1);
	EXPECT(reg, registry_claims_expired(reg, rows, 4), 1);
	assert_string_equal(rows[0].claim, "c1");
	EXPECT(reg, registry_door_remove(reg, "front", 0), 0);
	EXPECT(reg, registry_claims_expired(reg, rows, 4), 1); /* its account goes with the door */
	assert_string_equal(rows[0].claim, "c2");
	registry_close(reg);
}

static void replaced_key_is_good_for_what_is_under_way(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct sign_public first, second, keys[4];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	first = provision(reg, "front", "c1");
	second = provision(reg, "front", "c2");
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 2);
	assert_string_equal(keys[0].id, second.id);
	assert_string_equal(keys[1].id, first.id);
	EXPECT(reg, registry_door_keys(reg, "front", keys, 1), 1);
	assert_string_equal(keys[0].id, second.id);
	bed_now_us += 25 * HOUR_US;
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 1);
	assert_string_equal(keys[0].id, second.id);
	for (int i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "d%d", i);
		first = provision(reg, "front", name);
	}
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 4);
	assert_string_equal(keys[0].id, first.id);
	registry_close(reg);
}

static void stolen_door_has_no_key_until_it_is_claimed_anew(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_claim claim = claim_for("front", "open"), rows[4];
	struct sign_public key, keys[4];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	provision(reg, "front", "c1");
	provision(reg, "front", "c2");
	EXPECT(reg, registry_claim_add(reg, &claim), 0);
	EXPECT(reg, registry_door_stolen(reg, "front"), 0);
	assert_int_equal(door_of(reg, "front").status, REGISTRY_DOOR_STOLEN);
	assert_false(door_of(reg, "front").has_key);
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 0);
	EXPECT(reg, registry_claim(reg, "open", rows), 0); /* the thief may have that bundle */
	bed_now_us -= 48 * HOUR_US;                        /* a clock that goes back revives none */
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 0);
	bed_now_us += 48 * HOUR_US;
	EXPECT(reg, registry_door_stolen(reg, "none"), -ENOENT);
	key = provision(reg, "front", "c3");
	assert_int_equal(door_of(reg, "front").status, REGISTRY_DOOR_ACTIVE);
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 1);
	assert_string_equal(keys[0].id, key.id);
	registry_close(reg);
}

static void removed_door_leaves_no_key(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct sign_public keys[4];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	provision(reg, "front", "c1");
	EXPECT(reg, registry_door_remove(reg, "front", 0), 0);
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_door_keys(reg, "front", keys, 4), 0);
	registry_close(reg);
}

/* ---- commands ---- */

static void counters_go_up_for_each_door(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_command command, found, rows[10];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_door_add(reg, "back", ""), 0);
	for (unsigned i = 1; i <= 3; i++) {
		command = (struct registry_command){.door = "front",
			.verb = 1,
			.seconds = 5,
			.actor = "maya",
			.expires_us = bed_now_us + 15000000};
		EXPECT(reg, registry_command_add(reg, &command), 0);
		assert_int_equal(command.counter.generation, 1);
		assert_int_equal(command.counter.number, i);
		assert_int_equal(command.sent_us, bed_now_us);
	}
	EXPECT(reg, registry_command(reg, command.id, &found), 0);
	assert_memory_equal(&found, &command, sizeof(found));
	strcpy(command.door, "back");
	memset(command.id, 9, sizeof(command.id));
	EXPECT(reg, registry_command_add(reg, &command), 0);
	assert_int_equal(command.counter.number, 1);
	EXPECT(reg, registry_command_add(reg, &command), -EEXIST); /* the same id */
	strcpy(command.door, "none");
	memset(command.id, 8, sizeof(command.id));
	EXPECT(reg, registry_command_add(reg, &command), -ENOENT);
	EXPECT(reg, registry_command(reg, command.id, &found), -ENOENT);
	EXPECT(reg, registry_commands(reg, NULL, rows, 10), 4);
	assert_string_equal(rows[0].door, "back");
	EXPECT(reg, registry_commands(reg, "front", rows, 10), 3);
	assert_int_equal(rows[0].counter.number, 3);
	EXPECT(reg, registry_commands(reg, "front", rows, 2), 2);
	EXPECT(reg, registry_raise_generation(reg, 3), 0);
	strcpy(command.door, "back");
	EXPECT(reg, registry_command_add(reg, &command), 0);
	assert_int_equal(command.counter.generation, 3);
	registry_close(reg);
}

static void answers_are_kept(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_command command = {.door = "front",
					.verb = 3,
					.seconds = 30,
					.member = 12,
					.label = "blue fob"},
				found;

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	EXPECT(reg, registry_command_add(reg, &command), 0);
	command.outcome = 4;
	command.shown = 1;
	EXPECT(reg, registry_command_answered(reg, &command), 0);
	bed_now_us += 1000000;
	command.outcome = 1;
	command.card = 17;
	command.shown = 2;
	strcpy(command.why, "done\x02");
	EXPECT(reg, registry_command_answered(reg, &command), 0);
	EXPECT(reg, registry_command(reg, command.id, &found), 0);
	assert_int_equal(found.outcome, 1);
	assert_int_equal(found.card, 17);
	assert_int_equal(found.shown, 2);
	assert_int_equal(found.member, 12);
	assert_string_equal(found.label, "blue fob");
	assert_string_equal(found.why, "done?");
	assert_int_equal(found.answered_us, bed_now_us);
	memset(command.id, 1, sizeof(command.id));
	EXPECT(reg, registry_command_answered(reg, &command), -ENOENT);
	registry_close(reg);
}

static void old_commands_are_forgotten_and_counters_are_not(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_command command, rows[10];

	(void)state;
	EXPECT(reg, registry_door_add(reg, "front", ""), 0);
	for (int i = 0; i < 5; i++) {
		command = (struct registry_command){.door = "front", .verb = 1};
		EXPECT(reg, registry_command_add(reg, &command), 0);
		bed_now_us += 10 * BED_DAY_US;
	}
	bed_begin(reg);
	EXPECT(reg, registry_commands_prune(reg, bed_now_us - 30 * BED_DAY_US), 2);
	bed_commit(reg);
	EXPECT(reg, registry_commands(reg, NULL, rows, 10), 3);
	bed_begin(reg);
	EXPECT(reg, registry_commands_prune(reg, bed_now_us), 3);
	bed_commit(reg);
	command = (struct registry_command){.door = "front", .verb = 1};
	EXPECT(reg, registry_command_add(reg, &command), 0);
	assert_int_equal(command.counter.number, 6);
	registry_close(reg);
}

/* The counter that a caller has seen is never given out again, whenever the hub is killed. */
static void killed_hub_gives_no_counter_twice(void **state)
{
	uint64_t last = 0;
	int killed = 0;

	(void)state;
	{
		struct registry *reg = bed_open("hub.db");

		EXPECT(reg, registry_door_add(reg, "front", ""), 0);
		registry_close(reg);
	}
	for (int round = 1; round <= 25; round++) {
		int fds[2], status;
		uint64_t number;
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			struct registry *reg = NULL;

			close(fds[0]);
			disk.changes = 0;
			disk.die_at = round * 3;
			if (bed_try("hub.db", "walker", &reg) < 0)
				_exit(1);
			for (int i = 0; i < 20; i++) {
				struct registry_command c = {.door = "front", .verb = 1};

				if (registry_command_add(reg, &c) < 0 ||
					write(fds[1], &c.counter.number, sizeof(number)) < 0)
					_exit(1);
			}
			_exit(0);
		}
		close(fds[1]);
		while (read(fds[0], &number, sizeof(number)) == sizeof(number)) {
			assert_true(number > last);
			last = number;
		}
		close(fds[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		killed += WIFSIGNALED(status);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	}
	assert_true(killed > 15);
	print_message("# %d hubs killed, %llu commands, no counter twice\n", killed,
		(unsigned long long)last);
}

/* ---- interrupted anywhere ---- */

static int call_add(struct registry *reg)
{
	return registry_door_add(reg, "front", "Front");
}
static int call_title(struct registry *reg)
{
	return registry_door_title(reg, "front", "Main", 0);
}
static int call_state(struct registry *reg)
{
	return registry_door_set_state(reg, "front", 1, 0, 0, false, "maya");
}
static int call_asked(struct registry *reg)
{
	return registry_door_asked(reg, "front", &(struct revision){1, 2},
		(const uint8_t[ROSTER_DIGEST_SIZE]){1}, (const uint8_t[16]){2}, "tapin-door");
}
static int call_status(struct registry *reg)
{
	return registry_door_status(reg, "front", true, "{}");
}
static int call_claim(struct registry *reg)
{
	struct registry_claim claim = claim_for("front", "c1");

	return registry_claim_add(reg, &claim);
}
static int call_use(struct registry *reg)
{
	return registry_claim_use(reg, "c1", &(struct sign_public){.id = "x", .bytes = {7}});
}
static int call_command(struct registry *reg)
{
	struct registry_command command = {.id = {3}, .door = "front", .verb = 1};

	return registry_command_add(reg, &command);
}
static int call_answer(struct registry *reg)
{
	struct registry_command command = {.id = {3}, .outcome = 1};

	return registry_command_answered(reg, &command);
}
static int call_read(struct registry *reg)
{
	struct registry_door door = {0}, doors[2];
	struct registry_claim claims[2];
	struct registry_command commands[2];
	struct sign_public keys[2];
	int rc = registry_door(reg, "front", &door);

	registry_door_free(&door);
	if (rc >= 0 && (rc = registry_doors(reg, NULL, doors, 2)) > 0)
		registry_door_free(&doors[0]);
	if (rc >= 0)
		rc = registry_door_keys(reg, "front", keys, 2);
	if (rc >= 0)
		rc = registry_claims(reg, claims, 2);
	if (rc >= 0)
		rc = registry_command(reg, (const uint8_t[16]){3}, commands);
	return rc < 0 ? rc : registry_commands(reg, "front", commands, 2);
}
static int call_prune(struct registry *reg)
{
	int rc = registry_begin(reg);

	if (rc == 0)
		rc = registry_commands_prune(reg, bed_now_us + 1);
	if (rc >= 0)
		rc = registry_commit(reg, NULL);
	registry_abort(reg);
	return rc;
}
static int call_stolen(struct registry *reg)
{
	return registry_door_stolen(reg, "front");
}
static int call_expired(struct registry *reg)
{
	struct registry_claim rows[2];

	return registry_claims_expired(reg, rows, 2);
}
static int call_remove(struct registry *reg)
{
	return registry_door_remove(reg, "front", 0);
}

static void interrupted_anywhere_it_is_done_whole_or_not(void **state)
{
	static int (*const calls[])(struct registry *) = {call_add, call_title, call_state,
		call_asked, call_status, call_claim, call_use, call_claim, call_command,
		call_answer, call_read, call_prune, call_stolen, call_expired, call_remove,
		call_add};
	struct registry *reg = bed_open("hub.db");
	unsigned places = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		places += sweep(reg, calls[i]);
	print_message("# interrupted in %u places\n", places);
	registry_close(reg);
}

static void every_status_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(registry_door_status_name(REGISTRY_DOOR_NEW), "new");
	assert_string_equal(registry_door_status_name(REGISTRY_DOOR_ACTIVE), "active");
	assert_string_equal(registry_door_status_name(REGISTRY_DOOR_STOLEN), "stolen");
	registry_door_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(door_is_made_listed_and_told_to_doors),
		TEST(door_is_changed_by_who_read_its_version),
		TEST(changes_of_doors_are_undone_with_their_change),
		TEST(door_that_a_tier_names_stays),
		TEST(name_that_is_used_again_goes_on_counting),
		TEST(state_has_a_count_of_its_own),
		TEST(what_a_door_says_is_noted_and_is_no_change_of_it),
		TEST(claim_is_good_once),
		TEST(claim_does_not_come_back_with_a_backup),
		TEST(claim_ends_after_a_day_and_is_reported),
		TEST(newer_claim_ends_the_older_one),
		TEST(replaced_key_is_good_for_what_is_under_way),
		TEST(stolen_door_has_no_key_until_it_is_claimed_anew),
		TEST(removed_door_leaves_no_key),
		TEST(counters_go_up_for_each_door),
		TEST(answers_are_kept),
		TEST(old_commands_are_forgotten_and_counters_are_not),
		TEST(killed_hub_gives_no_counter_twice),
		TEST(interrupted_anywhere_it_is_done_whole_or_not),
		TEST(every_status_has_a_name),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
