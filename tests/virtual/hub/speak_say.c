/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of virtual-hub speak. */
#include "speak.h"

#include "base/clock.h"
#include "crypto/text.h"
#include "wire/message.h"

#include <string.h>

/* The speaker's own clock. */
static int64_t skew_us;

static int64_t now_us(void)
{
	return clock_wall_us() + skew_us;
}

static void set_skew(struct speaker *s, const struct line *line)
{
	(void)s;
	skew_us = line_number(line, "seconds", 0) * 1000000;
}

static const char *site_of(const struct speaker *s, const struct line *line)
{
	return line_get(line, "site", s->site);
}

static struct revision revision_of(const struct line *line, struct revision now)
{
	return (struct revision){
		(uint32_t)line_number(line, "generation", now.generation),
		(uint64_t)line_number(line, "number", (int64_t)now.number),
	};
}

/* Seconds from now, or 0. */
static int64_t time_of(const struct line *line, const char *key, int64_t fallback_us)
{
	const char *text = line_get(line, key, NULL);

	return text ? now_us() + (int64_t)(strtod(text, NULL) * 1e6) : fallback_us;
}

static struct sync_head head_of(const struct speaker *s, const struct line *line)
{
	struct sync_head head = {
		.revision = revision_of(line, s->roster.revision),
		.time_us = time_of(line, "time", now_us()),
	};

	strcpy(head.site, site_of(s, line));
	memcpy(head.digest, s->roster.digest, sizeof(head.digest));
	if (line_get(line, "digest", NULL))
		head.digest[0] ^= 1;
	return head;
}

/* ---- the roster ---- */

static void put_site(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_SITE,
		.site = {.timezone = "Europe/London",
			.holidays = CALENDAR_HOLIDAYS_ENGLAND,
			.warn_s = (uint32_t)line_number(line, "warn", 0),
			.bound_s = (uint32_t)line_number(line, "bound", 0),
			.checkout_minute =
				(uint16_t)line_number(line, "checkout", CHECKOUT_MINUTE_DEFAULT)}};

	site_put(&s->roster, &record);
}

static void put_door(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_DOOR};

	strcpy(record.door, line_get(line, "id", s->door));
	site_put(&s->roster, &record);
}

static void put_tier(struct speaker *s, const struct line *line)
{
	static struct roster_record record;
	const char *flags = line_get(line, "flags", "");

	record = (struct roster_record){.kind = ROSTER_KIND_TIER};
	record.tier.tier = (uint32_t)line_number(line, "tier", 1);
	record.tier.flags = strstr(flags, "override") ? TIER_FLAG_OVERRIDE : 0;
	record.tier.flags |= strstr(flags, "staff") ? TIER_FLAG_STAFF : 0;
	record.tier.flags |= strstr(flags, "may_open_up") ? TIER_FLAG_MAY_OPEN_UP : 0;
	strcpy(record.tier.hours, line_get(line, "hours", "24/7"));
	speak_allowance(line, &record.tier.allowance);
	site_put(&s->roster, &record);
}

static void put_card(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_CARD};
	struct roster_card *card = &record.card;
	struct uid uid;

	if (uid_parse(line_get(line, "uid", ""), &uid) < 0 ||
		card_state_parse(line_get(line, "state", "active"), &card->state) < 0) {
		printf("cannot card\n");
		return;
	}
	crypto_card_token(&s->card, &uid, &card->token);
	card->key_id = s->card.id;
	card->card = (uint64_t)line_number(line, "card", 1);
	card->member = (uint64_t)line_number(line, "member", (int64_t)card->card);
	card->tier = (uint32_t)line_number(line, "tier", 1);
	card->pool = (uint64_t)line_number(line, "pool", 0);
	card->member_state = MEMBER_STATE_ACTIVE;
	card->valid_from = card->valid_until = card->grace_until = DATE_NONE;
	site_put(&s->roster, &record);
}

/* Many cards at once: a roster of several chunks. */
static void put_many(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_CARD};
	struct roster_card *card = &record.card;
	uint64_t number = s->roster.revision.number;

	for (int64_t i = line_number(line, "count", 100); i > 0; i--) {
		card->card = card->member = 1000 + (uint64_t)i;
		memcpy(card->token.bytes, &i, sizeof(i));
		card->key_id = 1;
		card->tier = 1;
		card->state = CARD_STATE_ACTIVE;
		card->member_state = MEMBER_STATE_ACTIVE;
		card->valid_from = card->valid_until = card->grace_until = DATE_NONE;
		site_put(&s->roster, &record);
		s->roster.revision.number = number; /* one change */
	}
	s->roster.revision.number++;
	for (size_t i = 0; i < s->roster.change_count; i++)
		if (s->roster.changes[i].revision.number > number)
			s->roster.changes[i].revision.number = number + 1;
}

static void say_delta(struct speaker *s, const struct line *line)
{
	struct sync_delta delta = {.head = head_of(s, line), .from = s->roster.revision};
	char *body = NULL;

	delta.from.number =
		(uint64_t)line_number(line, "from", (int64_t)s->roster.revision.number - 1);
	delta.from.generation = delta.head.revision.generation;
	delta.records = site_run(&s->roster, &delta.from, &delta.size);
	if (line_get(line, "empty", NULL))
		delta.size = 0;
	(void)sync_delta_write(&delta, &body);
	free(delta.records);
	speak_send(s, line, "roster/delta", false, body);
}

static void say_head(struct speaker *s, const struct line *line)
{
	struct sync_head head = head_of(s, line);
	char *body = NULL;

	(void)sync_head_write(&head, &body);
	speak_send(s, line, "roster/head", true, body);
}

/* ---- keys and states ---- */

static void say_keys(struct speaker *s, const struct line *line)
{
	struct sync_keys keys = {.serial = (uint64_t)line_number(line, "serial", 1),
		.generation = (uint32_t)line_number(line, "generation", 1)};
	const char *good = line_get(line, "good", "hub");
	char *body = NULL;

	strcpy(keys.site, site_of(s, line));
	if (strstr(good, "hub"))
		keys.keys[keys.count++] = s->hub.public;
	if (strstr(good, "next"))
		keys.keys[keys.count++] = s->next.public;
	if (line_get(line, "revoked", NULL))
		strcpy(keys.revoked[keys.revoked_count++], s->hub.public.id);
	(void)sync_keys_write(&keys, &body);
	speak_send(s, line, "keys", true, body);
}

static void say_site_state(struct speaker *s, const struct line *line)
{
	struct sync_site_state state = s->site_state;
	char *body = NULL;

	state.revision.number++;
	if (state.revision.generation == 0)
		state.revision.generation = 1;
	state.revision = revision_of(line, state.revision);
	state.lockdown = line_get(line, "lockdown", NULL) != NULL;
	state.time_us = now_us();
	strcpy(state.site, site_of(s, line));
	strcpy(state.actor, line_get(line, "actor", "host-a"));
	(void)sync_site_state_write(&state, &body);
	if (!line_get(line, "lie", NULL)) /* what it says itself when it is asked */
		s->site_state = state;
	if (!line_get(line, "silent", NULL))
		speak_send(s, line, "state", true, body);
	else
		free(body);
}

static void say_door_state(struct speaker *s, const struct line *line)
{
	struct sync_door_state state = s->door_state;
	char *body = NULL, name[64];

	state.revision.number++;
	if (state.revision.generation == 0)
		state.revision.generation = 1;
	state.revision = revision_of(line, state.revision);
	(void)door_mode_parse(line_get(line, "mode", "controlled"), &state.mode);
	state.hold_from_us = time_of(line, "from", 0);
	state.hold_until_us = time_of(line, "until", 0);
	state.event = line_get(line, "event", NULL) != NULL;
	state.time_us = now_us();
	strcpy(state.site, site_of(s, line));
	strcpy(state.door, line_get(line, "door", s->door));
	strcpy(state.actor, line_get(line, "actor", "host-b"));
	(void)sync_door_state_write(&state, &body);
	if (!line_get(line, "lie", NULL))
		s->door_state = state;
	snprintf(name, sizeof(name), "door/%s/state", s->door);
	if (!line_get(line, "silent", NULL))
		speak_send(s, line, name, true, body);
	else
		free(body);
}

/* ---- commands and acknowledgements ---- */

static void say_command(struct speaker *s, const struct line *line)
{
	struct command command = {
		.time_us = now_us(), .seconds = (uint32_t)line_number(line, "seconds", 0)};
	char *body = NULL, name[64];

	if (command_verb_parse(line_get(line, "verb", "unlock"), &command.verb) < 0)
		command.verb = COMMAND_NONE;
	s->counter.generation = 1;
	s->counter.number++;
	command.counter = revision_of(line, s->counter);
	command.expires_us = time_of(line, "expires", now_us() + 15000000);
	command.time_us = time_of(line, "time", command.time_us);
	memcpy(command.start, s->ask.start, sizeof(command.start));
	if (line_get(line, "start", NULL))
		command.start[0] ^= 1;
	crypto_random(command.id, sizeof(command.id));
	strcpy(command.site, site_of(s, line));
	strcpy(command.door, line_get(line, "door", s->door));
	strcpy(command.actor, line_get(line, "actor", "host-c"));
	(void)command_write(&command, &body);
	snprintf(name, sizeof(name), "door/%s/command", s->door);
	speak_send(s, line, name, false, body);
}

static void say_ack(struct speaker *s, const struct line *line)
{
	struct message_ack ack = {.seq = (uint64_t)line_number(line, "seq", 1)};
	char *body = NULL, name[64];

	ack.revision.generation = (uint32_t)line_number(line, "generation", 0);
	ack.revision.number = (uint64_t)line_number(line, "number", 0);
	(void)text_unhex(line_get(line, "journal", ""), ack.journal, sizeof(ack.journal));
	(void)text_unhex(line_get(line, "hash", ""), ack.hash, sizeof(ack.hash));
	(void)message_ack_write(&ack, &body);
	snprintf(name, sizeof(name), "door/%s/ack", s->door);
	speak_send(s, line, name, false, body);
}

/* ---- answers ---- */

static bool spoilt(struct speaker *s, const char *how)
{
	if (strcmp(s->spoil, how) != 0)
		return false;
	s->spoil[0] = '\0';
	return true;
}

static void send_one(struct speaker *s, const struct sync_answer *answer, struct line *line)
{
	char *body = NULL, name[64];

	(void)sync_answer_write(answer, &body);
	snprintf(name, sizeof(name), "door/%s/roster", s->door);
	speak_send(s, line, name, false, body);
}

/* Before the right answer a wrong one, if so told: a stranger's, that gets in between. */
static void send_answer(struct speaker *s, struct sync_answer *answer)
{
	char wrong_key[] = "key=other", flip[] = "flip";
	struct sync_answer wrong = *answer;
	struct line line = {0};

	if (!*s->spoil) {
		send_one(s, answer, &line);
		return;
	}
	if (spoilt(s, "nonce"))
		wrong.nonce[0] ^= 1;
	else if (spoilt(s, "old"))
		memcpy(wrong.nonce, s->first_nonce, sizeof(wrong.nonce));
	else if (spoilt(s, "site"))
		strcpy(wrong.site, "other"), strcpy(wrong.head.site, "other");
	else if (spoilt(s, "door"))
		strcpy(wrong.door, "back");
	else if (spoilt(s, "digest"))
		wrong.head.digest[0] ^= 1;
	else if (spoilt(s, "generation"))
		wrong.head.revision.generation++;
	else if (spoilt(s, "rollback"))
		wrong.head.revision.number = 1;
	else if (spoilt(s, "key"))
		line.args[line.count++] = wrong_key;
	else if (spoilt(s, "flip"))
		line.args[line.count++] = flip;
	send_one(s, &wrong, &line);
	line.count = 0;
	send_one(s, answer, &line);
}

static struct sync_answer new_answer(const struct speaker *s)
{
	struct sync_answer answer = {.head = {.revision = s->roster.revision, .time_us = now_us()},
		.site_state = s->site_state,
		.door_state = s->door_state,
		.journal = s->mark};

	strcpy(answer.site, s->site);
	strcpy(answer.door, s->door);
	strcpy(answer.head.site, s->site);
	strcpy(answer.site_state.site, s->site);
	strcpy(answer.door_state.site, s->site);
	strcpy(answer.door_state.door, s->door);
	memcpy(answer.nonce, s->ask.nonce, sizeof(answer.nonce));
	memcpy(answer.head.digest, s->roster.digest, sizeof(answer.head.digest));
	return answer;
}

static void answer_chunks(struct speaker *s, bool snapshot)
{
	size_t size, first = 0, next = 1;
	uint8_t *run = site_run(&s->roster, snapshot ? NULL : &s->ask.revision, &size);

	for (uint32_t chunk = 0; next && chunk < s->ask.chunk + s->ask.chunks; chunk++) {
		struct sync_answer answer = new_answer(s);

		answer.kind = snapshot ? SYNC_ANSWER_SNAPSHOT : SYNC_ANSWER_DELTA;
		if (!snapshot)
			answer.from = s->ask.revision;
		answer.chunk = chunk;
		answer.cards = s->roster.item_count;
		answer.records = site_part(run, size, first, s->chunk_max, &answer.size, &next);
		answer.last = next == 0;
		first = next;
		if (chunk >= s->ask.chunk && !spoilt(s, "lose"))
			send_answer(s, &answer);
		free(answer.records);
	}
	free(run);
}

void speak_answer(struct speaker *s)
{
	struct sync_answer answer = new_answer(s);

	switch (s->ask.want) {
	case SYNC_WANT_REPORT:
	case SYNC_WANT_ROLLCALL:
		return;
	case SYNC_WANT_HEAD:
		answer.kind = SYNC_ANSWER_HEAD;
		send_answer(s, &answer);
		return;
	case SYNC_WANT_DELTA:
	case SYNC_WANT_SNAPSHOT:
		if (spoilt(s, "restart")) {
			answer.kind = SYNC_ANSWER_RESTART;
			send_answer(s, &answer);
			return;
		}
		answer_chunks(s, s->ask.want == SYNC_WANT_SNAPSHOT);
		return;
	}
}

/* ---- settings ---- */

static void set_deaf(struct speaker *s, const struct line *line)
{
	s->deaf = !line_get(line, "no", NULL);
}

static void set_spoil(struct speaker *s, const struct line *line)
{
	snprintf(s->spoil, sizeof(s->spoil), "%s", line_get(line, "answer", ""));
}

static void set_chunk(struct speaker *s, const struct line *line)
{
	s->chunk_max = (size_t)line_number(line, "bytes", SYNC_CHUNK_MAX);
}

static void set_revision(struct speaker *s, const struct line *line)
{
	s->roster.revision = revision_of(line, s->roster.revision);
}

static void set_mark(struct speaker *s, const struct line *line)
{
	s->mark = (struct sync_journal_mark){
		.known = true, .seq = (uint64_t)line_number(line, "seq", 0)};
	(void)text_unhex(line_get(line, "journal", ""), s->mark.journal, sizeof(s->mark.journal));
	(void)text_unhex(line_get(line, "hash", ""), s->mark.hash, sizeof(s->mark.hash));
}

static void say_hello(struct speaker *s, const struct line *line)
{
	(void)s;
	printf("hello %s\n", line_get(line, "text", ""));
}

int speak_line(struct speaker *s, const struct line *line)
{
	static const struct {
		const char *word;
		void (*say)(struct speaker *s, const struct line *line);
	} verbs[] = {{"site", put_site}, {"door", put_door}, {"tier", put_tier}, {"card", put_card},
		{"many", put_many}, {"delta", say_delta}, {"head", say_head}, {"keys", say_keys},
		{"site_state", say_site_state}, {"state", say_door_state}, {"command", say_command},
		{"ack", say_ack}, {"deaf", set_deaf}, {"spoil", set_spoil}, {"chunk", set_chunk},
		{"revision", set_revision}, {"mark", set_mark}, {"skew", set_skew},
		{"hello", say_hello}, {"extra", speak_extra}, {"standing", speak_standing},
		{"pool", speak_pool}};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(line->word, verbs[i].word) == 0) {
			verbs[i].say(s, line);
			return 0;
		}
	return -ENOENT;
}
