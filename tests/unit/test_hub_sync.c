/* SPDX-License-Identifier: Apache-2.0 */
/* What doors are told and answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "hub_bed.h"

/* ---- asks and answers ---- */

static uint8_t nonce_count;

static void deliver(const char *door, const struct sync_ask *ask, const struct sign_secret *key)
{
	char *body;

	assert_int_equal(sync_ask_write(ask, &body), 0);
	deliver_signed(door, "ask", body, key);
}

static struct sync_ask make_ask(enum sync_want want)
{
	struct sync_ask ask = {.site = "walker",
		.door = "front",
		.want = want,
		.chunks = SYNC_CHUNKS_MAX,
		.program = "test"};

	memset(ask.start, 7, sizeof(ask.start));
	ask.nonce[0] = ++nonce_count;
	return ask;
}

static struct sync_answer read_answer(size_t n)
{
	const struct sent *at = find_sent("door/front/roster", n);
	struct sync_answer answer;
	char err[ERR_MAX];

	assert_non_null(at);
	assert_false(at->retain);
	if (sync_answer_read(at->body, strlen(at->body), &answer, err) < 0)
		fail_msg("%s", err);
	return answer;
}

/* ---- tests ---- */

static void a_connection_publishes_what_is_retained(void **state)
{
	static const char *const retained[] = {
		"keys", "roster/head", "state", "door/front/state", "door/back/state"};
	struct sign_secret other;

	(void)state;
	add_door("back", &other);
	for (int i = 0; i < 2; i++) {
		forget_sent();
		hub_sync_connected(&hub);
		for (size_t n = 0; n < ARRAY_SIZE(retained); n++) {
			assert_int_equal(count_sent(retained[n]), 1);
			assert_true(find_sent(retained[n], 0)->retain);
		}
		/* the first time the new door is a delta, too */
		assert_int_equal(sent_count, ARRAY_SIZE(retained) + (i == 0));
		assert_string_equal(sent[0].topic, "tapin/walker/keys");
	}
	hub_sync_tick(&hub);
	assert_int_equal(sent_count, ARRAY_SIZE(retained));
}

static void a_change_is_one_delta(void **state)
{
	uint64_t member = add_member();
	struct roster_record *record = calloc(1, sizeof(*record));
	struct sync_delta delta;
	struct revision from;
	const struct sent *at;
	const uint8_t *bytes;
	char err[ERR_MAX];
	size_t size, pos = 0;

	(void)state;
	hub_sync_connected(&hub);
	from = newest();
	forget_sent();
	usleep(30000);
	change_card(member, 1);
	sync_changed(&hub);
	at = find_sent("roster/delta", 0);
	assert_non_null(at);
	assert_false(at->retain);
	assert_int_equal(sync_delta_read(at->body, strlen(at->body), &delta, err), 0);
	assert_int_equal(revision_compare(&delta.from, &from), 0);
	from = newest();
	assert_int_equal(revision_compare(&delta.head.revision, &from), 0);
	assert_int_equal(roster_run_next(delta.records, delta.size, &pos, &bytes, &size), 1);
	assert_int_equal(roster_record_decode(bytes, size, record), 0);
	assert_int_equal(record->kind, ROSTER_KIND_CARD);
	assert_int_equal(record->card.state, CARD_STATE_ACTIVE);
	assert_int_equal(roster_run_next(delta.records, delta.size, &pos, &bytes, &size), 0);
	assert_int_equal(count_sent("roster/head"), 1);
	sync_delta_free(&delta);
	free(record);
}

static void changes_close_together_share_a_delta(void **state)
{
	uint64_t member = add_member();

	(void)state;
	hub_sync_connected(&hub);
	usleep(30000);
	forget_sent();
	for (uint32_t i = 0; i < 5; i++) {
		change_card(member, i);
		sync_changed(&hub);
	}
	/* the first goes at once, the others wait for the timer */
	assert_in_range(count_sent("roster/delta"), 1, 4);
	while (sd_event_run(hub.event, 50000) > 0)
		;
	assert_in_range(count_sent("roster/delta"), 2, 5);
	assert_int_equal(revision_compare(&hub.sync->roster_told, &(struct revision){0}), 1);
	struct revision now = newest();
	assert_int_equal(revision_compare(&hub.sync->roster_told, &now), 0);
}

static void what_happened_without_a_broker_is_told_later(void **state)
{
	uint64_t member = add_member();

	(void)state;
	hub_sync_connected(&hub);
	forget_sent();
	connected = false;
	hub_sync_disconnected(&hub);
	change_card(member, 1);
	sync_changed(&hub);
	assert_int_equal(sent_count, 0);
	connected = true;
	hub_sync_connected(&hub);
	assert_int_equal(count_sent("roster/delta"), 1);
	assert_int_equal(count_sent("roster/head"), 1);
}

static void a_head_is_answered_to_its_ask(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_HEAD);
	struct revision now = newest();
	struct sync_answer answer;

	(void)state;
	begin();
	done(registry_site_lockdown(hub.registry, true, "maya"));
	done(registry_door_set_state(
		hub.registry, "front", DOOR_MODE_UNLOCKED, 0, 0, false, "maya"));
	commit();
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(answer.kind, SYNC_ANSWER_HEAD);
	assert_memory_equal(answer.nonce, ask.nonce, sizeof(ask.nonce));
	assert_int_equal(revision_compare(&answer.head.revision, &now), 0);
	assert_true(answer.site_state.lockdown);
	assert_string_equal(answer.site_state.actor, "maya");
	assert_int_equal(answer.door_state.mode, DOOR_MODE_UNLOCKED);
	assert_string_equal(answer.door_state.door, "front");
	assert_false(answer.journal.known);
	assert_true(llabs(answer.head.time_us - clock_wall_us()) < 5000000);
	sync_answer_free(&answer);
}

static void a_snapshot_comes_in_chunks_that_are_asked_for(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_SNAPSHOT);
	uint64_t member = add_member(), cards = 0;
	struct roster_record *record = calloc(1, sizeof(*record));
	uint8_t digest[ROSTER_DIGEST_SIZE] = {0}, whole[ROSTER_DIGEST_SIZE];
	uint32_t chunk = 0;
	bool last = false;

	(void)state;
	begin();
	for (uint32_t i = 1; i <= 10000; i++)
		add_card(member, i);
	commit();
	while (!last) {
		forget_sent();
		ask.chunk = chunk;
		ask.nonce[0] = ++nonce_count;
		deliver("front", &ask, &door_key);
		all_left();
		size_t n = count_sent("door/front/roster");
		assert_in_range(n, 1, SYNC_CHUNKS_MAX);
		for (size_t i = 0; i < n; i++) {
			struct sync_answer answer = read_answer(i);
			const uint8_t *bytes;
			size_t size, pos = 0;

			assert_int_equal(answer.kind, SYNC_ANSWER_SNAPSHOT);
			assert_int_equal(answer.chunk, chunk++);
			assert_int_equal(answer.nonce[0], ask.nonce[0]);
			assert_true(strlen(find_sent("door/front/roster", i)->body) < 65536);
			while (roster_run_next(answer.records, answer.size, &pos, &bytes, &size) >
				0) {
				assert_int_equal(roster_record_decode(bytes, size, record), 0);
				cards += record->kind == ROSTER_KIND_CARD;
				roster_digest_add(digest, bytes, size, crypto_hash256);
			}
			ask.to = answer.head.revision;
			memcpy(whole, answer.head.digest, sizeof(whole));
			assert_int_equal(answer.cards, 10000);
			last = answer.last;
			assert_true(!last || i == n - 1);
			sync_answer_free(&answer);
		}
		/* a change in between does not disturb what was begun */
		if (chunk == SYNC_CHUNKS_MAX) {
			change_card(member, 20000);
			sync_changed(&hub);
		}
	}
	assert_true(chunk > SYNC_CHUNKS_MAX);
	assert_int_equal(cards, 10000);
	assert_memory_equal(digest, whole, sizeof(digest));
	free(record);
}

static void a_snapshot_is_not_older_than_what_the_door_had(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_SNAPSHOT), report = make_ask(SYNC_WANT_REPORT);
	uint64_t member = add_member();
	struct revision old = newest(), now;
	struct sync_answer answer;

	(void)state;
	deliver("front", &ask, &door_key);
	all_left();
	change_card(member, 1);
	now = newest();
	/* others may begin with what is being read … */
	forget_sent();
	ask.nonce[0]++;
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(revision_compare(&answer.head.revision, &old), 0);
	sync_answer_free(&answer);
	/* … but not a door that had the newer one and lost it */
	report.revision = now;
	deliver("front", &report, &door_key);
	forget_sent();
	ask.nonce[0]++;
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(revision_compare(&answer.head.revision, &now), 0);
	sync_answer_free(&answer);
}

static void what_was_begun_and_is_gone_starts_again(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_SNAPSHOT);
	struct sync_answer answer;

	(void)state;
	ask.to = newest();
	ask.chunk = 8;
	add_member();
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(answer.kind, SYNC_ANSWER_RESTART);
	assert_int_equal(answer.nonce[0], ask.nonce[0]);
	sync_answer_free(&answer);
}

static void a_delta_is_answered_from_where_the_door_is(void **state)
{
	uint64_t member = add_member();
	struct sync_ask ask = make_ask(SYNC_WANT_DELTA);
	struct sync_answer answer;

	(void)state;
	ask.revision = newest();
	for (uint32_t i = 0; i < 3; i++)
		change_card(member, i);
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(answer.kind, SYNC_ANSWER_DELTA);
	assert_int_equal(revision_compare(&answer.from, &ask.revision), 0);
	assert_true(answer.last);
	sync_answer_free(&answer);
	/* nothing newer: the head says so */
	forget_sent();
	ask.revision = newest();
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(answer.kind, SYNC_ANSWER_HEAD);
	sync_answer_free(&answer);
}

static void a_door_ahead_of_the_registry_gets_everything(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_DELTA);
	struct sync_answer answer;

	(void)state;
	ask.revision = newest();
	ask.revision.number += 10;
	deliver("front", &ask, &door_key);
	answer = read_answer(0);
	assert_int_equal(answer.kind, SYNC_ANSWER_SNAPSHOT);
	assert_int_equal(answer.chunk, 0);
	sync_answer_free(&answer);
}

static void expect_refusal(const char *door, const struct sync_ask *ask,
	const struct sign_secret *key, const char *why)
{
	unsigned before = refusals;

	forget_sent();
	deliver(door, ask, key);
	assert_int_equal(refusals, before + 1);
	if (!strstr(refused, why))
		fail_msg("\"%s\" does not say \"%s\"", refused, why);
	assert_int_equal(sent_count, 0);
}

static void strangers_are_refused(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_HEAD);
	struct sign_secret other;

	(void)state;
	sign_key_make(&other);
	expect_refusal("front", &ask, &other, "front|ask|not signed by the door's key");
	expect_refusal("nobody", &ask, &door_key, "|ask|no door of the registry is called nobody");
	strcpy(ask.door, "back");
	expect_refusal("front", &ask, &door_key, "front|ask|it names another site or door");
	strcpy(ask.door, "front");
	strcpy(ask.site, "other");
	expect_refusal("front", &ask, &door_key, "it names another site or door");
	strcpy(ask.site, "walker");
	add_door("back", &other);
	expect_refusal("front", &ask, &other, "not signed by the door's key");
	begin();
	done(registry_door_stolen(hub.registry, "front"));
	commit();
	sync_changed(&hub);
	expect_refusal("front", &ask, &door_key, "front|ask|the door is stolen");
}

static void a_door_that_asks_too_often_waits(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_HEAD);
	struct registry_door door;
	size_t answered;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		deliver("front", &ask, &door_key);
		all_left();
	}
	answered = count_sent("door/front/roster");
	assert_in_range(answered, 100, 500);
	assert_int_equal(refusals, 1000 - answered);
	/* what it has is heard all the same */
	ask = make_ask(SYNC_WANT_REPORT);
	ask.revision = newest();
	deliver("front", &ask, &door_key);
	sync_flush(&hub);
	done(registry_door(hub.registry, "front", &door));
	assert_int_equal(revision_compare(&door.revision, &ask.revision), 0);
	registry_door_free(&door);
}

static void reports_are_kept_together(void **state)
{
	struct sync_ask ask = make_ask(SYNC_WANT_REPORT);
	struct registry_door door;

	(void)state;
	ask.revision = newest();
	memset(ask.digest, 3, sizeof(ask.digest));
	deliver("front", &ask, &door_key);
	assert_int_equal(sent_count, 0);
	while (sd_event_run(hub.event, 200000) > 0)
		;
	done(registry_door(hub.registry, "front", &door));
	assert_int_equal(revision_compare(&door.revision, &ask.revision), 0);
	assert_memory_equal(door.digest, ask.digest, sizeof(ask.digest));
	assert_memory_equal(door.start, ask.start, sizeof(ask.start));
	assert_string_equal(door.program, "test");
	assert_true(door.asked_us > 0);
	registry_door_free(&door);
}

static void tell_status(const char *door, const char *body, bool retained)
{
	struct mqtt_event event = {.kind = MQTT_EVENT_MESSAGE, .retained = retained};

	message_topic_door("walker", door, "status", event.topic, sizeof(event.topic));
	event.payload = strdup(body);
	event.size = strlen(body);
	assert_true(hub_sync_message(&hub, &event));
	free(event.payload);
}

static void a_status_is_kept_for_people(void **state)
{
	struct registry_door door;

	(void)state;
	tell_status("front", "{\"online\":true,\"state\":\"locked\"}", false);
	tell_status("front", "{\"online\":", false);
	tell_status("front", "{\"online\":\"yes\"}", false);
	tell_status("front", "", false);
	sync_flush(&hub);
	done(registry_door(hub.registry, "front", &door));
	assert_true(door.online);
	assert_string_equal(door.status_json, "{\"online\":true,\"state\":\"locked\"}");
	registry_door_free(&door);
}

static void a_stolen_door_is_offline_and_silent(void **state)
{
	struct registry_door door;

	(void)state;
	hub_sync_connected(&hub);
	tell_status("front", "{\"online\":true}", false);
	usleep(30000);
	forget_sent();
	begin();
	done(registry_door_stolen(hub.registry, "front"));
	commit();
	sync_changed(&hub);
	assert_string_equal(find_sent("door/front/state", 0)->body, "");
	sync_flush(&hub);
	done(registry_door(hub.registry, "front", &door));
	assert_false(door.online);
	registry_door_free(&door);
}

static void nobodys_messages_are_taken_away(void **state)
{
	struct sign_secret other;

	(void)state;
	add_door("back", &other);
	hub_sync_connected(&hub);
	forget_sent();
	begin();
	done(registry_door_remove(hub.registry, "back", 0));
	commit();
	usleep(30000);
	sync_changed(&hub);
	assert_int_equal(count_sent("door/back/state"), 1);
	assert_string_equal(find_sent("door/back/state", 0)->body, "");
	assert_true(find_sent("door/back/state", 0)->retain);
	assert_int_equal(count_sent("door/back/status"), 1);
	/* left by a hub that knew nothing of the removal */
	forget_sent();
	tell_status("attic", "{\"online\":true}", true);
	assert_int_equal(count_sent("door/attic/status"), 1);
	assert_string_equal(find_sent("door/attic/status", 0)->body, "");
	/* the last will, once its account is gone; our own clearing comes by, too */
	forget_sent();
	tell_status("attic", "{\"online\":false}", false);
	assert_int_equal(count_sent("door/attic/status"), 1);
	tell_status("attic", "", false);
	assert_int_equal(sent_count, 1);
}

static void a_full_window_goes_on_when_it_empties(void **state)
{
	char name[NAME_ID_MAX];

	(void)state;
	begin();
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		done(registry_door_add(hub.registry, name, ""));
	}
	commit();
	hub_sync_connected(&hub);
	/* keys, delta, head, state, and as many states of doors as fit */
	assert_int_equal(sent_count, 4 + SYNC_BULK_MAX);
	all_left();
	assert_int_equal(sent_count, 4 + 201);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_connection_publishes_what_is_retained),
		T(a_change_is_one_delta),
		T(changes_close_together_share_a_delta),
		T(what_happened_without_a_broker_is_told_later),
		T(a_head_is_answered_to_its_ask),
		T(a_snapshot_comes_in_chunks_that_are_asked_for),
		T(a_snapshot_is_not_older_than_what_the_door_had),
		T(what_was_begun_and_is_gone_starts_again),
		T(a_delta_is_answered_from_where_the_door_is),
		T(a_door_ahead_of_the_registry_gets_everything),
		T(strangers_are_refused),
		T(a_door_that_asks_too_often_waits),
		T(reports_are_kept_together),
		T(a_status_is_kept_for_people),
		T(a_stolen_door_is_offline_and_silent),
		T(nobodys_messages_are_taken_away),
		T(a_full_window_goes_on_when_it_empties),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
