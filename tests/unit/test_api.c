/* SPDX-License-Identifier: Apache-2.0 */
/* The API where doors and time come in: the log, claims, enrolments, confirmations, sessions. What
 * needs neither is driven over the real program by tests/api. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "../../controller/hub/api.h"
#include "core/entry_cover.h"
#include "crypto/password.h"
#include "crypto/text.h"
#include "http_client.h"
#include "hub_bed.h"
#include <sqlite3.h>

static int client = -1;
static char admin_key[SESSION_KEY_SIZE], host_key[SESSION_KEY_SIZE], auditor_key[SESSION_KEY_SIZE];
static struct client_answer answer; /* the last one */
static int64_t shift_us;            /* of the registry's clock */

static int64_t shifted_now(void)
{
	return clock_wall_us() + shift_us;
}

/* ---- asking ---- */

static const char *ask_with(const char *key, const char *headers, const char *method,
	const char *target, const char *body)
{
	char lines[400], whole[400];

	client_free(&answer);
	snprintf(lines, sizeof(lines), "Authorization: Bearer %s\r\n%s%s", key, headers,
		body ? "Content-Type: application/json\r\n" : "");
	snprintf(whole, sizeof(whole), "/api/v1%s", target);
	answer = client_ask(hub.http, client, method, whole, lines, body, body ? strlen(body) : 0);
	return answer.body ? answer.body : "";
}

static const char *ask(
	const char *key, const char *method, const char *target, const char *body, int status)
{
	ask_with(key, "", method, target, body);
	if (answer.status != status)
		fail_msg("%s %s: expected %d, got %s", method, target, status, answer.text);
	return answer.body;
}

static void has(const char *text)
{
	if (!strstr(answer.text, text))
		fail_msg("no %s in %s", text, answer.text);
}

static void has_not(const char *text)
{
	if (strstr(answer.text, text))
		fail_msg("%s in %s", text, answer.text);
}

/* The number or text after "KEY": in the last answer, its first or a later one. */
static const char *value_of(const char *key)
{
	static char value[80];
	char quoted[48];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	at = strstr(answer.body, quoted);
	if (!at)
		fail_msg("no %s in %s", key, answer.body);
	at += strlen(quoted);
	at += *at == '"';
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\",}"), at);
	return value;
}

/* ---- bed ---- */

static void add_operator(const char *name, enum operator_role role, char *key)
{
	struct registry_operator row = {.role = role};
	int64_t expires_us;

	snprintf(row.name, sizeof(row.name), "%s", name);
	begin();
	done(registry_operator_add(hub.registry, &row));
	commit();
	done(session_make(&hub, name, key, &expires_us));
}

static int set_up_api(void **state)
{
	struct registry_options options = {.path = path,
		.site = "walker",
		.timezone = "Europe/London",
		.hash = crypto_hash256,
		.now_us = shifted_now};
	char err[ERR_MAX] = "";

	shift_us = 0;
	if (set_up(state) < 0)
		return -1;
	hub.registry = registry_close(hub.registry);
	if (registry_open(&options, &hub.registry, err) < 0)
		return -1;
	hub.keys.card.id = 1;
	snprintf(hub.conf.socket, sizeof(hub.conf.socket), "%s/hub.sock", dir);
	snprintf(hub.conf.store_directory, sizeof(hub.conf.store_directory), "%s", dir);
	if (route_start(&hub, err) < 0) {
		print_error("%s\n", err);
		return -1;
	}
	add_operator("maya", OPERATOR_ROLE_HOST, host_key);
	add_operator("ines", OPERATOR_ROLE_AUDITOR, auditor_key);
	add_operator("ruth", OPERATOR_ROLE_ADMIN, admin_key);
	client = client_unix(hub.conf.socket);
	return client < 0 ? -1 : 0;
}

static int tear_down_api(void **state)
{
	client_free(&answer);
	close(client);
	route_stop(&hub);
	return tear_down(state);
}

/* ---- a door's journal ---- */

static struct {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint8_t last[ENTRY_HASH_SIZE];
	uint64_t seq;
} chain;

static void chain_begin(const char *door)
{
	crypto_random(chain.journal, sizeof(chain.journal));
	entry_chain_start("walker", door, chain.journal, NULL, crypto_hash256, chain.last);
	chain.seq = 0;
}

/* As the door does, of one entry. */
static void sign_entry(struct registry_batch *batch)
{
	const struct registry_batch_row *row = &batch->rows[0];
	const struct entry_range range = {.site = "walker",
		.door = batch->door,
		.journal = batch->journal,
		.first = row->seq,
		.last = row->seq,
		.last_hash = row->hash};
	struct entry_cover cover;

	entry_cover(&range, door_key.public.id, &cover);
	assert_int_equal(sign_make(&door_key, cover.parts, cover.count, batch->signature.bytes), 0);
	memcpy(batch->signature.key_id, door_key.public.id, sizeof(batch->signature.key_id));
}

static void collect_entry(const char *door, const struct entry *entry)
{
	static const uint8_t salt[ENTRY_SALT_SIZE] = {1};
	struct registry_batch_row row = {.seq = ++chain.seq};
	struct registry_batch batch = {.count = 1, .rows = &row};
	struct registry_mark mark;

	snprintf(batch.door, sizeof(batch.door), "%s", door);
	memcpy(batch.journal, chain.journal, sizeof(batch.journal));
	memcpy(batch.previous, chain.last, sizeof(batch.previous));
	assert_int_equal(entry_encode(entry, salt, crypto_hash256, &row.record), 0);
	entry_chain_next(chain.last, row.seq, &row.record, crypto_hash256, row.hash);
	memcpy(chain.last, row.hash, sizeof(chain.last));
	sign_entry(&batch);
	done(registry_log_take(hub.registry, &batch, &mark));
}

static struct entry tap(bool grant, enum reason reason, int64_t ago_s)
{
	return (struct entry){.kind = ENTRY_KIND_TAP,
		.wall_us = clock_wall_us() - ago_s * 1000000,
		.clock = CLOCK_TRUST_SYNCED,
		.decided = true,
		.grant = grant,
		.reason = reason};
}

static void unknown_card(const char *door, uint8_t n)
{
	struct entry entry = tap(false, REASON_CARD_UNKNOWN, 1);

	entry.has_subject = entry.subject.has_token = true;
	entry.subject.key_id = 1;
	memset(entry.subject.token.bytes, n, TOKEN_SIZE);
	collect_entry(door, &entry);
}

/* ---- the log ---- */

static uint64_t fill_log(void)
{
	uint64_t member = add_member();
	struct entry entry = tap(true, REASON_GRANTED, 60);

	chain_begin("front");
	entry.warnings = WARNING_GRACE | WARNING_STALE;
	entry.has_subject = true;
	entry.subject.card = 17;
	entry.subject.member = member;
	collect_entry("front", &entry);
	unknown_card("front", 5);
	entry = (struct entry){.kind = ENTRY_KIND_EXIT, .wall_us = clock_wall_us()};
	strcpy(entry.detail, "=cmd()");
	entry.has_subject = true;
	strcpy(entry.subject.actor, "maya");
	collect_entry("front", &entry);
	entry = tap(false, REASON_OUTSIDE_HOURS, 8 * 86400);
	collect_entry("front", &entry);
	return member;
}

static void the_log_is_readable(void **state)
{
	uint64_t member = fill_log();
	char target[200];

	(void)state;
	ask(auditor_key, "GET", "/log?verdict=grant", NULL, 200);
	has("\"seq\":1,");
	has("\"kind\":\"tap\",\"verdict\":\"grant\",\"reason\":\"granted\",\"sentence\":\"");
	has("\"warnings\":[\"warn_grace\",\"warn_stale\"],\"member\":{\"id\":1,\"name\":\"Ann\"},"
	    "\"card\":17");
	has("\"clock\":\"synced\"");
	has_not("\"seq\":2,");
	ask(auditor_key, "GET", "/log?reason=card_unknown", NULL, 200);
	has("\"member\":null,\"card\":null");
	has_not("0505"); /* no token */
	ask(auditor_key, "GET", "/log?kind=exit", NULL, 200);
	has("\"verdict\":null,\"reason\":null,\"sentence\":null");
	has("\"actor\":\"maya\",\"detail\":\"=cmd()\"");
	snprintf(target, sizeof(target), "/log?member=%llu", (unsigned long long)member);
	ask(host_key, "GET", target, NULL, 200);
	has("\"seq\":1,");
	has_not("\"seq\":2,");
	ask(auditor_key, "GET", "/audit?limit=1", NULL, 200);
	has("\"actor\":\"maya\",\"action\":\"log.look\",\"object\":\"member/1\"");
	/* a host sees seven days */
	ask(auditor_key, "GET", "/log", NULL, 200);
	has("outside_hours");
	ask(host_key, "GET", "/log", NULL, 200);
	has_not("outside_hours");
	ask(host_key, "GET", "/log?from=2026-01-01T00:00:00Z", NULL, 200);
	has_not("outside_hours");
}

static void the_log_goes_by_pages_and_is_followed(void **state)
{
	char target[200];

	(void)state;
	fill_log();
	ask(auditor_key, "GET", "/log?limit=3", NULL, 200);
	has("\"seq\":4,");
	has("\"seq\":2,");
	has("\"above\":4");
	snprintf(target, sizeof(target), "/log?limit=3&cursor=%s", value_of("next"));
	ask(auditor_key, "GET", target, NULL, 200);
	has("\"seq\":1,");
	has_not("\"seq\":2,");
	has("\"next\":null");
	ask(auditor_key, "GET", "/log?above=2", NULL, 200);
	has_not("\"seq\":2,");
	has("\"seq\":3,");
	has("\"above\":4,\"next\":null");
	ask(auditor_key, "GET", "/log?above=4", NULL, 200);
	has("{\"items\":[],\"above\":4,\"next\":null,\"cut_from\":null}");
	ask(auditor_key, "GET", "/log/verify", NULL, 200);
	has("\"whole\":true,\"chains\":[{\"door\":\"front\"");
	has("\"entries\":4,\"signed_entries\":4,");
	has("\"entries\":4");
}

static void the_log_is_safe_in_a_spreadsheet(void **state)
{
	(void)state;
	fill_log();
	ask_with(auditor_key, "Accept: text/csv\r\n", "GET", "/log?limit=3", NULL);
	assert_int_equal(answer.status, 200);
	assert_string_equal(client_header(&answer, "Content-Type"), "text/csv; charset=utf-8");
	has("id,door,seq,time,clock,kind,verdict,reason,warnings,member,name,card,sponsor,event,"
	    "use,actor,detail\r\n");
	has(",maya,\"'=cmd()\"\r\n");
	assert_non_null(client_header(&answer, "Link"));
	assert_non_null(strstr(client_header(&answer, "Link"), "&limit=3>; rel=\"next\""));
	ask_with(auditor_key, "Accept: text/csv\r\n", "GET", "/log", NULL);
	assert_null(client_header(&answer, "Link"));
}

/* ---- claims ---- */

static void the_last_unknown_card_is_claimed(void **state)
{
	char body[120], target[80];

	(void)state;
	snprintf(body, sizeof(body), "{\"member\":%llu,\"claim_last\":true,\"label\":\"fob\"}",
		(unsigned long long)add_member());
	ask(host_key, "POST", "/cards", body, 409);
	has("no unknown card was shown");
	chain_begin("front");
	unknown_card("front", 5);
	unknown_card("front", 5);
	ask(host_key, "POST", "/cards", body, 201);
	has("\"state\":\"unassigned\",\"pending\":true,\"label\":\"fob\",\"member\":1,\"issued_"
	    "by\":"
	    "\"maya\"");
	has("\"claimed\":{\"door\":\"front\",\"at\":\"20");
	snprintf(target, sizeof(target), "/cards/%s/confirm", value_of("id"));
	ask(host_key, "POST", target, NULL, 200);
	has("\"state\":\"active\",\"pending\":false");
	/* it is known now, and not in the next one's way */
	ask(host_key, "POST", "/cards", body, 409);
	has("no unknown card was shown");
	/* back in the drawer, no door knows it, and it may be claimed again */
	strcpy(strstr(target, "/confirm"), "/return");
	ask(host_key, "POST", target, NULL, 200);
	ask(host_key, "POST", "/cards", body, 201);
	snprintf(target, sizeof(target), "/cards/%s/confirm", value_of("id"));
	ask(host_key, "POST", target, NULL, 200);
	unknown_card("front", 6);
	snprintf(body, sizeof(body), "{\"member\":1,\"claim_last\":true,\"confirm\":true}");
	ask(host_key, "POST", "/cards", body, 201);
	has("\"state\":\"active\"");
}

static void two_unknown_cards_are_not_guessed_between(void **state)
{
	struct sign_secret key;

	(void)state;
	add_member();
	add_door("back", &key);
	chain_begin("front");
	unknown_card("front", 5);
	chain_begin("back");
	unknown_card("back", 6);
	ask(host_key, "POST", "/cards", "{\"member\":1,\"claim_last\":true}", 409);
	has("two different unknown cards");
	ask(host_key, "POST", "/cards", "{\"member\":1,\"claim_last\":true,\"door\":\"back\"}",
		201);
	has("\"claimed\":{\"door\":\"back\"");
	unknown_card("back", 7);
	unknown_card("back", 8);
	ask(host_key, "POST", "/cards", "{\"member\":1,\"claim_last\":true,\"door\":\"back\"}",
		409);
	has("two different unknown cards");
	ask(host_key, "POST", "/cards", "{\"member\":1,\"claim_last\":true,\"door\":\"attic\"}",
		409);
	has("at attic");
}

static void an_unknown_card_is_claimed_within_five_minutes(void **state)
{
	(void)state;
	add_member();
	chain_begin("front");
	shift_us = -301 * 1000000LL; /* collected that long ago */
	unknown_card("front", 5);
	shift_us = 0;
	ask(host_key, "POST", "/cards", "{\"member\":1,\"claim_last\":true}", 409);
	has("no unknown card");
	shift_us = -290 * 1000000LL;
	unknown_card("front", 5);
	shift_us = 0;
	ask(host_key, "POST", "/cards", "{\"member\":1,\"claim_last\":true}", 201);
}

/* ---- doors answer ---- */

static void door_says(enum sync_want want, const struct revision *revision)
{
	static uint8_t count;
	struct sync_ask sent_ask = {.site = "walker",
		.door = "front",
		.want = want,
		.chunks = 1,
		.start = {4},
		.revision = *revision,
		.program = "test"};
	char *body;

	sent_ask.nonce[0] = ++count;
	assert_int_equal(sync_ask_write(&sent_ask, &body), 0);
	deliver_signed("front", "ask", body, &door_key);
}

static void a_change_says_which_doors_know_of_it(void **state)
{
	struct revision revision = {0};
	char target[80];

	(void)state;
	add_member();
	door_says(SYNC_WANT_HEAD, &revision);
	ask(host_key, "POST", "/cards", "{\"member\":1,\"uid\":\"04A1B2C3D4E5F6\"}", 201);
	has("\"doors\":[{\"door\":\"front\",\"confirmed\":false,\"online\":");
	revision = newest();
	snprintf(target, sizeof(target), "/cards/1?revision=%u.%llu", revision.generation,
		(unsigned long long)revision.number);
	ask(host_key, "GET", target, NULL, 200);
	has("\"confirmed\":false");
	door_says(SYNC_WANT_REPORT, &revision);
	ask(host_key, "GET", target, NULL, 200);
	has("\"confirmed\":true");
	ask(host_key, "GET", "/cards/1", NULL, 200);
	has_not("doors");
	ask(host_key, "GET", "/status", NULL, 200);
	has("\"confirmed\":true");
	ask(host_key, "POST", "/cards/1/revoke", "{\"why\":\"lost\"}", 200);
	has("\"confirmed\":false");
}

static void answer_command(const char *id, enum command_verb verb, enum command_outcome outcome,
	unsigned shown, uint8_t card)
{
	struct command_result result = {.site = "walker",
		.door = "front",
		.verb = verb,
		.outcome = outcome,
		.shown = shown,
		.has_card = card != 0,
		.key_id = card ? 1 : 0,
		.time_us = clock_wall_us()};
	char *body;

	assert_int_equal(text_unhex(id, result.id, sizeof(result.id)), 0);
	memset(result.token.bytes, card, TOKEN_SIZE);
	assert_int_equal(command_result_write(&result, &body), 0);
	deliver_signed("front", "result", body, &door_key);
}

static void a_command_is_sent_and_its_result_read(void **state)
{
	const struct revision none = {0};
	char id[40], target[80];

	(void)state;
	ask(host_key, "POST", "/doors/front/commands", "{\"verb\":\"unlock\"}", 409);
	has("urn:tapin:problem:away");
	door_says(SYNC_WANT_HEAD, &none);
	ask(host_key, "POST", "/doors/front/commands", "{\"verb\":\"unlock\",\"seconds\":7}", 202);
	has("\"verb\":\"unlock\",\"seconds\":7,");
	has("\"actor\":\"maya\"");
	has("\"outcome\":null");
	snprintf(id, sizeof(id), "%s", value_of("id"));
	assert_int_equal(count_sent("door/front/command"), 1);
	answer_command(id, COMMAND_UNLOCK, COMMAND_OUTCOME_DONE, 0, 0);
	snprintf(target, sizeof(target), "/commands/%s", id);
	ask(auditor_key, "GET", target, NULL, 200);
	has("\"outcome\":\"done\"");
	ask(auditor_key, "GET", "/audit?action=door.unlock", NULL, 200);
	has("\"after\":{\"verb\":\"unlock\",\"seconds\":7,\"member\":null,\"command\":\"");
	snprintf(target, sizeof(target), "/enrolments/%s", id);
	ask(host_key, "GET", target, NULL, 404);
}

static void a_card_is_enrolled_at_a_reader(void **state)
{
	const struct revision none = {0};
	char id[40], target[80];

	(void)state;
	add_member();
	door_says(SYNC_WANT_HEAD, &none);
	ask(host_key, "POST", "/enrolments", "{\"door\":\"front\",\"member\":1,\"label\":\"fob\"}",
		202);
	has("\"state\":\"sent\",\"shown\":0");
	snprintf(id, sizeof(id), "%s", value_of("id"));
	snprintf(target, sizeof(target), "/enrolments/%s", id);
	answer_command(id, COMMAND_ENROL, COMMAND_OUTCOME_WAITING, 1, 0);
	ask(host_key, "GET", target, NULL, 200);
	has("\"state\":\"waiting\",\"shown\":1");
	strcat(target, "/confirm");
	ask(host_key, "POST", target, NULL, 409);
	has("no card was read yet");
	answer_command(id, COMMAND_ENROL, COMMAND_OUTCOME_DONE, 2, 9);
	target[strlen(target) - strlen("/confirm")] = '\0';
	ask(host_key, "GET", target, NULL, 200);
	has("\"state\":\"done\"");
	has("\"state\":\"unassigned\",\"pending\":true,\"label\":\"fob\",\"member\":1");
	strcat(target, "/confirm");
	ask(auditor_key, "POST", target, NULL, 403);
	ask(host_key, "POST", target, NULL, 200);
	has("\"state\":\"active\"");
	ask(host_key, "POST", target, NULL, 409);
	target[strlen(target) - strlen("/confirm")] = '\0';
	ask(host_key, "DELETE", target, NULL, 409);
}

static void an_enrolment_is_cancelled(void **state)
{
	const struct revision none = {0};
	char id[40], target[80];

	(void)state;
	add_member();
	door_says(SYNC_WANT_HEAD, &none);
	ask(host_key, "POST", "/enrolments", "{\"door\":\"front\",\"member\":1}", 202);
	snprintf(id, sizeof(id), "%s", value_of("id"));
	snprintf(target, sizeof(target), "/enrolments/%s", id);
	ask(host_key, "DELETE", target, NULL, 200);
	assert_int_equal(count_sent("door/front/command"), 2);         /* the door is told */
	answer_command(id, COMMAND_ENROL, COMMAND_OUTCOME_DONE, 2, 9); /* too late */
	ask(host_key, "DELETE", target, NULL, 200);
	has("\"pending\":false");
	has("\"state\":\"unassigned\"");
}

/* ---- sessions ---- */

static void put_session(const char *key, int64_t made_ago_s, int64_t used_ago_s)
{
	int64_t now = clock_wall_us();
	struct registry_session session = {.operator= "maya",
		.created_us = now - made_ago_s * 1000000,
		.used_us = now - used_ago_s * 1000000};

	session.expires_us = session.created_us + SESSION_LIFE_S * 1000000LL;
	assert_int_equal(session_key_hash(key, session.key), 0);
	done(registry_session_add(hub.registry, &session));
}

static void sessions_end(void **state)
{
	static const struct {
		int64_t made_ago_s, used_ago_s;
		int status;
	} rows[] = {
		{60, 60, 200}, {SESSION_LIFE_S - 5, 60, 200}, {SESSION_LIFE_S + 1, 60, 401},
		{SESSION_IDLE_S + 60, SESSION_IDLE_S - 5, 200},
		{SESSION_IDLE_S + 60, SESSION_IDLE_S + 1, 401},
		{-60, -60, 401}, /* made in the future: the clock was set back */
	};
	char key[SESSION_KEY_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		session_key_make(key);
		put_session(key, rows[i].made_ago_s, rows[i].used_ago_s);
		ask(key, "GET", "/session", NULL, rows[i].status);
		ask(key, "GET", "/session", NULL, rows[i].status); /* and stays so */
	}
	ask(host_key, "DELETE", "/session", NULL, 204);
	ask(host_key, "GET", "/session", NULL, 401);
}

static void what_operators_lose_their_sessions_lose(void **state)
{
	(void)state;
	ask(host_key, "GET", "/audit", NULL, 403);
	ask(admin_key, "PATCH", "/operators/maya", "{\"role\":\"auditor\"}", 200);
	ask(host_key, "GET", "/audit", NULL, 401);
	ask(admin_key, "DELETE", "/operators/ines", NULL, 204);
	ask(auditor_key, "GET", "/status", NULL, 401);
	ask(admin_key, "DELETE", "/operators/ruth", NULL, 409);
}

/* ---- passwords ---- */

static unsigned wait_after(const char *body, int status)
{
	char lines[] = "Content-Type: application/json\r\n";

	client_free(&answer);
	answer = client_ask(hub.http, client, "POST", "/api/v1/session", lines, body, strlen(body));
	if (answer.status != status)
		fail_msg("expected %d, got %s", status, answer.text);
	return client_header(&answer, "Retry-After")
		       ? (unsigned)atoi(client_header(&answer, "Retry-After"))
		       : 0;
}

static void wrong_passwords_lock_for_longer_and_longer(void **state)
{
	static const char wrong[] = "{\"operator\":\"maya\",\"password\":\"wrong horse\"}",
			  right[] = "{\"operator\":\"maya\",\"password\":\"right horse\"}";
	static const unsigned waits[] = {0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600};
	struct registry_operator row;
	unsigned wait;

	(void)state;
	done(registry_operator(hub.registry, "maya", &row));
	assert_int_equal(password_hash("right horse", row.password), 0);
	begin();
	done(registry_operator_change(hub.registry, &row));
	commit();
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		/* the address's own tries are forgotten */
		session_stop(hub.routes);
		assert_int_equal(session_start(&hub.routes), 0);
		wait_after(wrong, 401);
		done(registry_operator(hub.registry, "maya", &row));
		assert_int_equal(row.failures, i + 1);
		if (waits[i] == 0) {
			assert_int_equal(row.locked_until_us, 0);
			continue;
		}
		wait = wait_after(right, 429);
		assert_in_range(wait, waits[i] - 2, waits[i]);
		/* the same failures, and the lock is over */
		done(registry_operator_tried(hub.registry, "maya", true, 0));
		for (size_t n = 0; n <= i; n++)
			done(registry_operator_tried(hub.registry, "maya", false, 1));
	}
	wait_after(right, 201);
	done(registry_operator(hub.registry, "maya", &row));
	assert_int_equal(row.failures, 0);
	assert_int_equal(row.locked_until_us, 0);
	/* or an admin gives a new password */
	done(registry_operator_tried(
		hub.registry, "maya", false, clock_wall_us() + 3600 * 1000000LL));
	wait_after(right, 429);
	ask(admin_key, "PUT", "/operators/maya/password", "{\"password\":\"new horse\"}", 204);
	wait_after("{\"operator\":\"maya\",\"password\":\"new horse\"}", 201);
}

static void alarms_are_seen(void **state)
{
	(void)state;
	begin();
	done(registry_alarm_add(hub.registry, REGISTRY_ALARM_GAP, "front", "3 to 5 are missing"));
	commit();
	ask(host_key, "GET", "/alarms?open=true", NULL, 200);
	has("\"kind\":\"gap\",\"door\":\"front\",\"what\":\"3 to 5 are missing\"");
	ask(auditor_key, "POST", "/alarms/1/seen", NULL, 403);
	ask(host_key, "POST", "/alarms/1/seen", NULL, 200);
	has("\"seen_by\":\"maya\"");
	ask(host_key, "GET", "/alarms?open=true", NULL, 200);
	has("{\"items\":[],\"next\":null}");
	ask(host_key, "POST", "/alarms/2/seen", NULL, 404);
	ask(auditor_key, "GET", "/audit?action=alarm.", NULL, 200);
	has("\"before\":{");
}

/* Behind the registry's back, as a disk would. */
static void spoil(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void what_cannot_be_judged_is_refused(void **state)
{
	static const char body[] = "{\"name\":\"Mallory\",\"tier\":1}";
	static const char card[] = "{\"member\":1,\"uid\":\"04521A6A8F6180\"}";

	(void)state;
	ask(admin_key, "POST", "/tiers",
		"{\"name\":\"Team\",\"hours\":\"24/7\",\"flags\":[\"staff\",\"override\"]}", 201);
	ask(host_key, "POST", "/members", body, 403);
	spoil("ALTER TABLE tier_door RENAME TO spoilt");
	ask_with(host_key, "", "POST", "/members", body);
	assert_int_not_equal(answer.status, 201);
	spoil("ALTER TABLE spoilt RENAME TO tier_door");
	ask(admin_key, "POST", "/members", body, 201);
	ask(host_key, "POST", "/cards", card, 403);
	spoil("ALTER TABLE tier_door RENAME TO spoilt");
	ask_with(host_key, "", "POST", "/cards", card);
	assert_int_not_equal(answer.status, 201);
	spoil("ALTER TABLE spoilt RENAME TO tier_door");
	ask(host_key, "GET", "/cards", NULL, 200);
	has("{\"items\":[]");
}

static void a_look_that_left_no_trace_is_none(void **state)
{
	char target[40];

	(void)state;
	snprintf(target, sizeof(target), "/log?member=%llu", (unsigned long long)add_member());
	spoil("ALTER TABLE audit RENAME TO spoilt");
	ask_with(host_key, "", "GET", target, NULL);
	assert_int_not_equal(answer.status, 200);
	spoil("ALTER TABLE spoilt RENAME TO audit");
	ask(host_key, "GET", target, NULL, 200);
	ask(auditor_key, "GET", "/audit?action=log.look", NULL, 200);
	has("\"actor\":\"maya\"");
}

static void a_door_that_cannot_be_removed_is_not_cut_off(void **state)
{
	char err[ERR_MAX] = "", todo[80];

	(void)state;
	hub.conf.mqtt_accounts = HUB_ACCOUNTS_MANUAL;
	assert_int_equal(hub_broker_start(&hub, err), 0);
	assert_int_equal(hub_provision_start(&hub, err), 0);
	ask(admin_key, "POST", "/tiers",
		"{\"name\":\"Desk\",\"hours\":\"24/7\",\"doors\":[{\"door\":\"front\"}]}", 201);
	ask(admin_key, "DELETE", "/doors/front", NULL, 409);
	ask(admin_key, "GET", "/doors/front", NULL, 200);
	has("\"status\":\"active\"");
	ask(admin_key, "DELETE", "/tiers/1", NULL, 204);
	ask(admin_key, "DELETE", "/doors/front", NULL, 204);
	ask(auditor_key, "GET", "/audit?action=door.remove", NULL, 200);
	has("\"status\":\"active\"");
	snprintf(todo, sizeof(todo), "%s/broker-accounts.todo", dir);
	assert_int_equal(unlink(todo), 0);
	hub_provision_stop(&hub);
	hub_broker_stop(&hub);
}

static void a_bundle_that_left_no_trace_is_none(void **state)
{
	char err[ERR_MAX] = "", todo[80];
	struct registry_claim claim;

	(void)state;
	hub.conf.mqtt_accounts = HUB_ACCOUNTS_MANUAL;
	strcpy(hub.conf.mqtt_door_host, "localhost");
	hub.conf.mqtt_door_port = 1883;
	strcpy(hub.conf.timezone, "Europe/London");
	hub.keys.root = door_key.public;
	assert_int_equal(hub_broker_start(&hub, err), 0);
	spoil("ALTER TABLE audit RENAME TO spoilt");
	ask_with(admin_key, "", "POST", "/doors/front/bundle", NULL);
	assert_int_not_equal(answer.status, 201);
	spoil("ALTER TABLE spoilt RENAME TO audit");
	assert_int_equal(registry_claims(hub.registry, &claim, 1), 0);
	ask(admin_key, "POST", "/doors/front/bundle", NULL, 201);
	assert_int_equal(registry_claims(hub.registry, &claim, 1), 1);
	snprintf(todo, sizeof(todo), "%s/broker-accounts.todo", dir);
	unlink(todo);
	hub_broker_stop(&hub);
}

#undef T
#define T(name) cmocka_unit_test_setup_teardown(name, set_up_api, tear_down_api)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_log_is_readable),
		T(the_log_goes_by_pages_and_is_followed),
		T(the_log_is_safe_in_a_spreadsheet),
		T(the_last_unknown_card_is_claimed),
		T(two_unknown_cards_are_not_guessed_between),
		T(an_unknown_card_is_claimed_within_five_minutes),
		T(a_change_says_which_doors_know_of_it),
		T(a_command_is_sent_and_its_result_read),
		T(a_card_is_enrolled_at_a_reader),
		T(an_enrolment_is_cancelled),
		T(sessions_end),
		T(what_operators_lose_their_sessions_lose),
		T(wrong_passwords_lock_for_longer_and_longer),
		T(alarms_are_seen),
		T(what_cannot_be_judged_is_refused),
		T(a_look_that_left_no_trace_is_none),
		T(a_door_that_cannot_be_removed_is_not_cut_off),
		T(a_bundle_that_left_no_trace_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
