/* SPDX-License-Identifier: Apache-2.0 */
/* Commands with their results, enrolments, and journals that are collected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "crypto/hash.h"
#include "hub_bed.h"

#define COMMAND_TOPIC "door/front/command"

/* The door has started and asked: commands can reach it. */
static void door_is_there(void)
{
	const uint8_t digest[ROSTER_DIGEST_SIZE] = {0}, start[16] = {9, 9};
	const struct revision none = {0};

	done(registry_door_asked(hub.registry, "front", &none, digest, start, "test"));
}

static struct registry_command make_command(enum command_verb verb, uint32_t seconds)
{
	return (struct registry_command){
		.door = "front", .verb = (int)verb, .seconds = seconds, .actor = "maya"};
}

static void send_command(struct registry_command *command)
{
	char err[ERR_MAX] = "";

	if (command_send(&hub, command, err) < 0)
		fail_msg("%s", err);
}

static struct command read_command(size_t n)
{
	const struct sent *at = find_sent(COMMAND_TOPIC, n);
	struct command command;
	char err[ERR_MAX];

	assert_non_null(at);
	assert_false(at->retain);
	if (command_read(at->body, strlen(at->body), &command, err) < 0)
		fail_msg("%s", err);
	return command;
}

static struct command_result make_result(
	const struct registry_command *command, enum command_outcome outcome)
{
	struct command_result result = {.site = "walker",
		.door = "front",
		.verb = (enum command_verb)command->verb,
		.outcome = outcome};

	memcpy(result.id, command->id, sizeof(result.id));
	return result;
}

static void answer(const struct command_result *result, const struct sign_secret *key)
{
	char *body;

	assert_int_equal(command_result_write(result, &body), 0);
	deliver_signed("front", "result", body, key);
}

static struct registry_command row_of(const struct registry_command *command)
{
	struct registry_command row;

	done(registry_command(hub.registry, command->id, &row));
	return row;
}

static size_t audited(const char *action)
{
	const struct registry_audit_query query = {.action = action, .limit = 10};
	struct registry_audit *rows = NULL;
	int n = registry_audit(hub.registry, &query, &rows);

	done(n);
	registry_audit_free(rows, (size_t)n);
	return (size_t)n;
}

/* ---- commands ---- */

static void a_command_is_countered_and_bound_to_the_start(void **state)
{
	struct registry_command first = make_command(COMMAND_UNLOCK, 5),
				second = make_command(COMMAND_RELOCK, 0);
	struct command a, b;

	(void)state;
	door_is_there();
	send_command(&first);
	send_command(&second);
	a = read_command(0);
	b = read_command(1);
	assert_int_equal(a.verb, COMMAND_UNLOCK);
	assert_int_equal(a.seconds, 5);
	assert_string_equal(a.actor, "maya");
	assert_string_equal(a.door, "front");
	assert_int_equal(a.start[0], 9);
	assert_int_equal(a.expires_us - a.time_us, COMMAND_LIFE_S * 1000000LL);
	assert_true(revision_compare(&b.counter, &a.counter) > 0);
	assert_memory_equal(a.id, first.id, sizeof(a.id));
	assert_memory_not_equal(a.id, b.id, sizeof(a.id));
}

static void what_cannot_be_sent_is_refused_with_a_sentence(void **state)
{
	static const struct {
		enum command_verb verb;
		uint32_t seconds;
		const char *why;
	} cases[] = {
		{COMMAND_NONE, 0, "no such command"},
		{COMMAND_UNLOCK, 0, "unlock for 0 seconds: expected 1 to 60"},
		{COMMAND_UNLOCK, 61, "expected 1 to 60"},
		{COMMAND_ENROL, 4, "expected 5 to 120"},
		{COMMAND_RELOCK, 3, "takes no seconds"},
	};
	struct registry_command command;
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		command = make_command(cases[i].verb, cases[i].seconds);
		assert_int_equal(command_send(&hub, &command, err), -EINVAL);
		assert_non_null(strstr(err, cases[i].why));
	}
	command = make_command(COMMAND_TEST, 0);
	assert_int_equal(command_send(&hub, &command, err), -EHOSTUNREACH);
	assert_non_null(strstr(err, "has not been heard of yet"));
	door_is_there();
	connected = false;
	assert_int_equal(command_send(&hub, &command, err), -EHOSTUNREACH);
	assert_non_null(strstr(err, "broker is away"));
	connected = true;
	strcpy(command.door, "attic");
	assert_int_equal(command_send(&hub, &command, err), -ENOENT);
	assert_int_equal(count_sent(COMMAND_TOPIC), 0);
}

static void inside_a_change_it_leaves_after_the_commit(void **state)
{
	struct registry_command command = make_command(COMMAND_UNLOCK, 5);

	(void)state;
	door_is_there();
	begin();
	send_command(&command);
	assert_int_equal(count_sent(COMMAND_TOPIC), 0);
	commit();
	command_changed(&hub);
	assert_int_equal(count_sent(COMMAND_TOPIC), 1);
	/* undone: never sent */
	begin();
	send_command(&command);
	registry_abort(hub.registry);
	command_changed(&hub);
	assert_int_equal(count_sent(COMMAND_TOPIC), 1);
}

static void a_door_that_has_just_started_is_reached(void **state)
{
	struct registry_command command = make_command(COMMAND_UNLOCK, 5);
	struct sync_ask ask = {.site = "walker",
		.door = "front",
		.want = SYNC_WANT_HEAD,
		.chunks = 1,
		.start = {4},
		.program = "test"};
	char *body;

	(void)state;
	door_is_there();
	assert_int_equal(sync_ask_write(&ask, &body), 0);
	deliver_signed("front", "ask", body, &door_key);
	/* its nonce is not in the registry yet, and cannot be put there inside a change */
	begin();
	send_command(&command);
	commit();
	command_changed(&hub);
	assert_int_equal(read_command(0).start[0], 4);
}

static void a_result_is_kept(void **state)
{
	struct registry_command command = make_command(COMMAND_UNLOCK, 5), row;
	struct command_result result;

	(void)state;
	door_is_there();
	send_command(&command);
	result = make_result(&command, COMMAND_OUTCOME_REFUSED);
	strcpy(result.why, "the door is in lockdown");
	answer(&result, &door_key);
	row = row_of(&command);
	assert_int_equal(row.outcome, COMMAND_OUTCOME_REFUSED);
	assert_string_equal(row.why, "the door is in lockdown");
	assert_true(row.answered_us > 0);
	/* one result each: a second changes nothing */
	result.outcome = COMMAND_OUTCOME_DONE;
	answer(&result, &door_key);
	assert_int_equal(row_of(&command).outcome, COMMAND_OUTCOME_REFUSED);
}

static void a_false_result_is_refused(void **state)
{
	struct registry_command command = make_command(COMMAND_UNLOCK, 5);
	struct command_result result;
	struct sign_secret other;

	(void)state;
	door_is_there();
	add_door("back", &other);
	send_command(&command);
	result = make_result(&command, COMMAND_OUTCOME_DONE);
	answer(&result, &other);
	assert_int_equal(refusals, 1);
	strcpy(result.door, "back");
	answer(&result, &door_key);
	assert_int_equal(refusals, 2);
	strcpy(result.door, "front");
	result.verb = COMMAND_RELOCK;
	answer(&result, &door_key);
	result.verb = COMMAND_UNLOCK;
	result.id[0] ^= 1;
	answer(&result, &door_key);
	assert_int_equal(row_of(&command).outcome, COMMAND_OUTCOME_NONE);
}

/* ---- enrolment ---- */

static struct registry_command enrol(uint64_t member)
{
	struct registry_command command = make_command(COMMAND_ENROL, 30);

	command.member = member;
	strcpy(command.label, "blue fob");
	send_command(&command);
	return command;
}

static struct command_result found(const struct registry_command *command, uint8_t token)
{
	struct command_result result = make_result(command, COMMAND_OUTCOME_DONE);

	result.has_card = true;
	result.shown = 2;
	result.key_id = 1;
	memset(result.token.bytes, token, sizeof(result.token.bytes));
	return result;
}

static void an_enrolled_card_waits_for_a_host(void **state)
{
	uint64_t member = add_member();
	struct registry_command command, row;
	struct command_result result;
	struct registry_card card;

	(void)state;
	door_is_there();
	command = enrol(member);
	result = make_result(&command, COMMAND_OUTCOME_WAITING);
	result.shown = 1;
	answer(&result, &door_key);
	row = row_of(&command);
	assert_int_equal(row.outcome, COMMAND_OUTCOME_WAITING);
	assert_int_equal(row.shown, 1);
	result = found(&command, 0x42);
	answer(&result, &door_key);
	row = row_of(&command);
	assert_int_equal(row.outcome, COMMAND_OUTCOME_DONE);
	assert_true(row.card > 0);
	done(registry_card(hub.registry, row.card, &card));
	assert_true(card.pending);
	assert_int_equal(card.state, CARD_STATE_UNASSIGNED);
	assert_int_equal(card.member, member);
	assert_string_equal(card.label, "blue fob");
	assert_string_equal(card.issued_by, "maya");
	assert_int_equal(audited("card.enrol"), 1);
}

static void a_card_that_is_somebodys_is_not_enrolled(void **state)
{
	uint64_t member = add_member();
	struct registry_command first, second, row;
	struct command_result result;

	(void)state;
	door_is_there();
	first = enrol(member);
	result = found(&first, 0x42);
	answer(&result, &door_key);
	second = enrol(member);
	result = found(&second, 0x42);
	answer(&result, &door_key);
	row = row_of(&second);
	assert_int_equal(row.outcome, COMMAND_OUTCOME_FAILED);
	assert_true(*row.why);
	assert_int_equal(row.card, 0);
	assert_int_equal(audited("card.enrol"), 1);
}

/* ---- journals ---- */

struct chain {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint8_t last[ENTRY_HASH_SIZE];
	uint64_t seq;
};

static void begin_chain(struct chain *chain)
{
	*chain = (struct chain){.journal = {5}};
	entry_chain_start("walker", "front", chain->journal, NULL, crypto_hash256, chain->last);
}

/* The chain's next count entries as a batch of the door's; deliver 0: lost on the way. */
static void send_batch(
	struct chain *chain, size_t count, const struct sign_secret *key, bool deliver)
{
	struct message_batch batch = {.site = "walker", .door = "front", .count = count};
	char *message;
	size_t size;

	memcpy(batch.journal, chain->journal, sizeof(batch.journal));
	memcpy(batch.previous, chain->last, sizeof(batch.previous));
	batch.rows = calloc(count, sizeof(*batch.rows));
	for (size_t i = 0; i < count; i++) {
		struct entry entry = {.kind = ENTRY_KIND_OPENED, .wall_us = 1800000000000000};
		struct message_row *row = &batch.rows[i];

		row->seq = ++chain->seq;
		assert_int_equal(entry_encode(&entry, NULL, crypto_hash256, &row->record), 0);
		entry_chain_next(chain->last, row->seq, &row->record, crypto_hash256, row->hash);
		memcpy(chain->last, row->hash, sizeof(chain->last));
	}
	assert_int_equal(message_batch_write(&batch, key, &message, &size), 0);
	if (deliver)
		deliver_text("front", "journal", message, size);
	free(message);
	free(batch.rows);
}

static struct message_ack read_ack(size_t n)
{
	const struct sent *at = find_sent("door/front/ack", n);
	struct message_ack ack;
	char err[ERR_MAX];

	assert_non_null(at);
	if (message_ack_read(at->body, strlen(at->body), &ack, err) < 0)
		fail_msg("%s", err);
	return ack;
}

static size_t alarms_of(enum registry_alarm_kind kind)
{
	struct registry_alarm rows[16];
	int n = registry_alarms(hub.registry, 0, true, rows, ARRAY_SIZE(rows));
	size_t found_count = 0;

	done(n);
	for (int i = 0; i < n; i++)
		found_count += rows[i].kind == kind;
	return found_count;
}

static void batches_are_acknowledged_once_kept(void **state)
{
	struct registry_mark mark;
	struct chain chain;
	struct message_ack ack;

	(void)state;
	begin_chain(&chain);
	for (int i = 0; i < 3; i++)
		send_batch(&chain, 10, &door_key, true);
	assert_int_equal(count_sent("door/front/ack"), 0);
	collect_flush(&hub);
	/* one for all that shared the commit */
	assert_int_equal(count_sent("door/front/ack"), 1);
	ack = read_ack(0);
	assert_int_equal(ack.seq, 30);
	assert_memory_equal(ack.hash, chain.last, sizeof(ack.hash));
	done(registry_log_mark(hub.registry, "front", &mark));
	assert_int_equal(mark.seq, 30);
}

static void after_a_gap_the_door_is_told_where_we_stand(void **state)
{
	struct chain chain;

	(void)state;
	begin_chain(&chain);
	send_batch(&chain, 10, &door_key, true);
	collect_flush(&hub);
	send_batch(&chain, 10, &door_key, false);
	send_batch(&chain, 10, &door_key, true);
	collect_flush(&hub);
	assert_int_equal(count_sent("door/front/ack"), 2);
	assert_int_equal(read_ack(1).seq, 10);
	/* a batch may have been lost on the way */
	assert_int_equal(alarms_of(REGISTRY_ALARM_GAP), 0);
	collect_patience(&hub, 0);
	send_batch(&chain, 10, &door_key, true);
	collect_flush(&hub);
	assert_int_equal(read_ack(2).seq, 10);
	assert_int_equal(alarms_of(REGISTRY_ALARM_GAP), 1);
}

static void what_was_lost_on_the_way_closes_the_gap(void **state)
{
	struct registry_mark mark;
	struct chain chain, lost;

	(void)state;
	begin_chain(&chain);
	send_batch(&chain, 10, &door_key, true);
	lost = chain;
	send_batch(&chain, 10, &door_key, false);
	send_batch(&chain, 10, &door_key, true);
	collect_flush(&hub);
	send_batch(&lost, 20, &door_key, true);
	collect_flush(&hub);
	done(registry_log_mark(hub.registry, "front", &mark));
	assert_int_equal(mark.seq, 30);
	collect_patience(&hub, 0);
	/* the patience is for each gap anew */
	send_batch(&lost, 1, &door_key, true);
	collect_flush(&hub);
	assert_int_equal(alarms_of(REGISTRY_ALARM_GAP), 0);
	assert_int_equal(read_ack(count_sent("door/front/ack") - 1).seq, 31);
}

static void a_gap_at_the_beginning_is_not_acknowledged(void **state)
{
	struct chain chain;

	(void)state;
	begin_chain(&chain);
	send_batch(&chain, 10, &door_key, false);
	send_batch(&chain, 10, &door_key, true);
	collect_flush(&hub);
	assert_int_equal(count_sent("door/front/ack"), 0);
}

static void batches_of_strangers_are_refused(void **state)
{
	struct sign_secret other;
	struct chain chain;

	(void)state;
	begin_chain(&chain);
	sign_key_make(&other);
	send_batch(&chain, 2, &other, true);
	assert_int_equal(refusals, 1);
	begin_chain(&chain);
	begin();
	done(registry_door_stolen(hub.registry, "front"));
	commit();
	send_batch(&chain, 2, &door_key, true);
	assert_int_equal(refusals, 2);
	assert_non_null(strstr(refused, "front|journal|the door is stolen"));
	collect_flush(&hub);
	assert_int_equal(count_sent("door/front/ack"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_command_is_countered_and_bound_to_the_start),
		T(what_cannot_be_sent_is_refused_with_a_sentence),
		T(inside_a_change_it_leaves_after_the_commit),
		T(a_door_that_has_just_started_is_reached),
		T(a_result_is_kept),
		T(a_false_result_is_refused),
		T(an_enrolled_card_waits_for_a_host),
		T(a_card_that_is_somebodys_is_not_enrolled),
		T(batches_are_acknowledged_once_kept),
		T(after_a_gap_the_door_is_told_where_we_stand),
		T(what_was_lost_on_the_way_closes_the_gap),
		T(a_gap_at_the_beginning_is_not_acknowledged),
		T(batches_of_strangers_are_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
