/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays the tables tests/flow/{decide,doorway,hours}*.json: what is given, what happens at which
 * time, what is expected. One TAP line a case. A key that is not known fails its case, so that a
 * table cannot leave a check out by a slip of the pen. Runs in the top folder.
 */
#include <glob.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
#include "core/decide.h"
#include "core/doorway.h"
#include "core/hours.h"
#include "table.h"

/* "2026-11-22 09:00" */
static struct civil time_from(struct play *p, const char *text)
{
	struct civil c = {.date = DATE_NONE};
	int year, month, day;
	unsigned hour, minute;

	if (sscanf(text, "%4d-%2d-%2d %2u:%2u", &year, &month, &day, &hour, &minute) != 5 ||
		civil_from_ymd(year, month, day, &c) < 0 || hour > 23 || minute > 59)
		wrong(p, "table: \"%s\" is not a time", text);
	c.minute = (uint16_t)(hour % 24 * 60 + minute % 60);
	return c;
}

static int32_t date_from(struct play *p, const char *text)
{
	int32_t date = DATE_NONE;

	if (text[0] != '\0' && civil_date_parse(text, &date) < 0)
		wrong(p, "table: \"%s\" is not a date", text);
	return date;
}

static void compile(struct play *p, const char *text, struct hours *hours)
{
	struct hours_error error;

	if (hours_compile(text, hours, &error) < 0)
		wrong(p, "\"%s\" refused at %zu: %s", text, error.at, error.message);
}

/* ---- hours ---- */

static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};

static void check_times(struct play *p, const struct hours *hours, json_t *times, bool expected)
{
	size_t i;
	json_t *row;

	json_array_foreach(times, i, row)
	{
		const char *text = json_string_value(row);
		struct civil c = time_from(p, text ? text : "");

		if (hours_open(hours, &england, &c) != expected)
			wrong(p, "%s at %s", expected ? "closed" : "open", text);
	}
}

/* "2026-12-24 12:00": what is open or closed then changes at exactly this time. */
static void check_change(
	struct play *p, const struct hours *hours, const char *after, const char *expected)
{
	struct civil now = time_from(p, after), at = {0};
	char text[24] = "";

	if (hours_next_change(hours, &england, &now, INT32_MAX, &at)) {
		civil_date_format(at.date, text);
		snprintf(
			text + 10, sizeof(text) - 10, " %02d:%02d", at.minute / 60, at.minute % 60);
	}
	if (strcmp(text, expected) != 0)
		wrong(p, "the change after %s is at \"%s\"", after, text);
}

static void check_normal(struct play *p, const struct hours *hours, const char *expected)
{
	char text[HOURS_FORMAT_MAX];

	if (hours_format(hours, text, sizeof(text)) < 0 || strcmp(text, expected) != 0)
		wrong(p, "the normal form is \"%s\"", text);
}

static void play_hours(struct play *p, json_t *given, json_t *row)
{
	const char *text = "", *name = NULL, *normal = NULL, *after = NULL, *change = "";
	json_t *open = NULL, *closed = NULL;
	struct hours hours = {0};
	struct hours_error error = {0};
	int always = 0, refused_at = -1;

	(void)given;
	unpack(p, row, "{s?s, s:s, s?b, s?o, s?o, s?i, s?s, s?s, s?s !}", "name", &name, "hours",
		&text, "always", &always, "open", &open, "closed", &closed, "refused_at",
		&refused_at, "normal", &normal, "after", &after, "changes", &change);
	if (p->failed)
		return;
	if (refused_at >= 0) {
		if (hours_compile(text, &hours, &error) == 0)
			wrong(p, "not refused");
		else if (error.at != (size_t)refused_at)
			wrong(p, "refused at %zu: %s", error.at, error.message);
		return;
	}
	if (json_array_size(open) + json_array_size(closed) == 0)
		wrong(p, "table: nothing is expected");
	compile(p, text, &hours);
	check_times(p, &hours, open, true);
	check_times(p, &hours, closed, false);
	if (normal)
		check_normal(p, &hours, normal);
	if (after)
		check_change(p, &hours, after, change);
	if (hours_always(&hours) != (always != 0))
		wrong(p, "always is %d", hours_always(&hours));
}

/* ---- decide ---- */

static void card_from(struct play *p, json_t *row, struct roster_card *card)
{
	const char *state = "active", *member = "active";
	const char *from = "", *until = "", *grace = ""; /* "": no date */
	int release = 0;

	unpack(p, row, "{s?s, s?s, s?s, s?s, s?s, s?i !}", "state", &state, "member", &member,
		"from", &from, "until", &until, "grace", &grace, "release_ms", &release);
	if (card_state_parse(state, &card->state) < 0 ||
		member_state_parse(member, &card->member_state) < 0)
		wrong(p, "table: state %s or member %s is not known", state, member);
	card->valid_from = date_from(p, from);
	card->valid_until = date_from(p, until);
	card->grace_until = date_from(p, grace);
	card->release_ms = (uint32_t)release;
}

static void rights_from(
	struct play *p, json_t *row, struct decide_rights *rights, struct hours *hours)
{
	json_t *flags = NULL, *flag;
	const char *text = ""; /* "": no hours */
	int door = 1;
	size_t i;

	unpack(p, row, "{s?o, s?b, s?s !}", "flags", &flags, "door", &door, "hours", &text);
	json_array_foreach(flags, i, flag)
	{
		uint32_t bit = 0;

		if (tier_flag_parse(json_string_value(flag), &bit) < 0)
			wrong(p, "table: a flag is not known");
		rights->flags |= bit;
	}
	rights->door = door != 0;
	if (text[0] != '\0') {
		compile(p, text, hours);
		rights->hours = hours;
	}
}

static void check_verdict(struct play *p, const struct verdict *v, json_t *expect)
{
	const char *reason = "";
	json_t *warnings = NULL, *row;
	uint32_t bits = 0;
	int release = -1;
	size_t i;

	unpack(p, expect, "{s:s, s?o, s?i !}", "reason", &reason, "warnings", &warnings,
		"release_ms", &release);
	if (strcmp(reason_info(v->reason)->name, reason) != 0)
		wrong(p, "%s, expected %s", reason_info(v->reason)->name, reason);
	if (v->grant != (strcmp(reason, "granted") == 0))
		wrong(p, "grant is %d with %s", v->grant, reason);
	json_array_foreach(warnings, i, row)
	{
		uint32_t bit = 1;

		while (bit && (!warning_name(bit) ||
				      strcmp(warning_name(bit), json_string_value(row)) != 0))
			bit <<= 1;
		if (!bit)
			wrong(p, "table: a warning is not known");
		bits |= bit;
	}
	if (v->warnings != bits)
		wrong(p, "warnings %x, expected %x", v->warnings, bits);
	if (release >= 0 && v->release_ms != (uint32_t)release)
		wrong(p, "release_ms %u, expected %d", v->release_ms, release);
}

/* A tap and all it points to. */
struct scene {
	struct hours hours;
	struct roster_card card;
	struct decide_rights rights;
	struct decide_door door;
	struct decide_input in;
};

static void door_from(struct play *p, json_t *row, struct decide_door *door)
{
	int lockdown = 0, proof = 0, release = 5000, release_max = 20000;

	unpack(p, row, "{s?b, s?b, s?i, s?i !}", "lockdown", &lockdown, "needs_proof", &proof,
		"release_ms", &release, "release_max_ms", &release_max);
	*door = (struct decide_door){.lockdown = lockdown != 0,
		.needs_proof = proof != 0,
		.release_ms = (uint32_t)release,
		.release_max_ms = (uint32_t)release_max};
}

static void scene_from(struct play *p, json_t *given, struct scene *s)
{
	static const char *const ages[] = {"unbounded", "fresh", "warn", "unknown", "stale"};
	static const char *const clocks[] = {"unset", "kept", "rtc", "synced"};
	json_t *card = NULL, *rights = NULL, *door = NULL;
	const char *uid = "", *age = "", *clock = "", *now = "";
	int read = 1;

	unpack(p, given, "{s?b, s:s, s:s, s:s, s:s, s:o, s:o, s:o !}", "read", &read, "uid", &uid,
		"roster", &age, "clock", &clock, "now", &now, "card", &card, "rights", &rights,
		"door", &door);
	if (p->failed)
		return;
	if (uid_parse(uid, &s->in.uid) < 0)
		wrong(p, "table: \"%s\" is not a UID", uid);
	s->in.read_ok = read != 0;
	s->in.roster_age = (enum decide_roster_age)index_of(p, age, ages, COUNT(ages));
	s->in.clock = (enum clock_trust)index_of(p, clock, clocks, COUNT(clocks));
	s->in.now = time_from(p, now);
	s->in.door = &s->door;
	door_from(p, door, &s->door);
	if (!json_is_null(card)) {
		card_from(p, card, &s->card);
		s->in.card = &s->card;
	}
	if (!json_is_null(rights)) {
		rights_from(p, rights, &s->rights, &s->hours);
		s->in.rights = &s->rights;
	}
}

static void play_decide(struct play *p, json_t *given, json_t *row)
{
	json_t *all = json_deep_copy(given), *own = NULL, *expect = NULL;
	const char *name = NULL;
	struct scene scene = {0};
	struct verdict verdict;

	unpack(p, row, "{s:s, s?o, s:o !}", "name", &name, "given", &own, "expect", &expect);
	if (own && json_object_update_recursive(all, own) < 0)
		wrong(p, "table: given is not an object");
	scene_from(p, all, &scene);
	if (!p->failed) {
		verdict = decide(&scene.in);
		check_verdict(p, &verdict, expect);
	}
	json_decref(all);
}

/* ---- doorway ---- */

/* in the order of enum doorway_happening's bits, and of enum doorway_event */
static const char *const happenings[] = {"release", "extend", "relock", "open", "close", "exit",
	"force", "hold_open", "clear", "fault", "recover", "prop", "exit_stuck", "exit_free",
	"unlock", "unlock_over", "fire", "fire_over", "lockdown", "lockdown_over", "tamper",
	"tamper_over", "lock_fail", "lock_ok", "refuse"};
static const char *const doorway_events[] = {"tick", "grant", "exit_pressed", "exit_let_go",
	"opened", "closed", "relock", "fault", "fault_over", "grant_override", "fire_on",
	"fire_off", "lockdown_on", "lockdown_off", "hold", "hold_event", "schedule", "trusted",
	"doubted", "tamper_on", "tamper_off", "bolt_thrown", "bolt_drawn"};

static void check_step(struct play *p, const struct doorway *d, const struct doorway_actions *a,
	int at, const char *state, bool strike, json_t *did, json_t *deadline)
{
	uint32_t bits = 0;
	json_t *row;
	size_t i;

	json_array_foreach(did, i, row) bits |=
		1u << index_of(p, json_string_value(row), happenings, COUNT(happenings));
	if (strcmp(doorway_state_name(d->state), state) != 0)
		wrong(p, "at %d: %s, expected %s", at, doorway_state_name(d->state), state);
	if (a->strike != strike)
		wrong(p, "at %d: the strike is %s", at, a->strike ? "on" : "at rest");
	if (a->happened != bits)
		wrong(p, "at %d: happened %x, expected %x", at, a->happened, bits);
	if (a->deadline_ms != (uint64_t)json_integer_value(deadline))
		wrong(p, "at %d: deadline %llu", at, (unsigned long long)a->deadline_ms);
}

static void play_event(struct play *p, struct doorway *d, json_t *row)
{
	const char *name = "", *state = "";
	json_t *did = NULL, *deadline = NULL;
	int at = 0, ms = 0, strike = 0;
	struct doorway_actions a;

	unpack(p, row, "{s:i, s:s, s?i, s:s, s?b, s?o, s?o !}", "at", &at, "do", &name, "ms", &ms,
		"state", &state, "strike", &strike, "did", &did, "deadline", &deadline);
	if (p->failed)
		return;
	a = doorway_step(d,
		(enum doorway_event)index_of(p, name, doorway_events, COUNT(doorway_events)),
		(uint32_t)ms, (uint64_t)at);
	check_step(p, d, &a, at, state, strike != 0, did, deadline);
}

static void play_doorway(struct play *p, json_t *given, json_t *row)
{
	json_t *all = json_deep_copy(given), *own = NULL, *events = NULL, *event;
	const char *name = NULL;
	int contact = 1, strike = 1, open = 0;
	struct doorway_config config = {0};
	struct doorway d;
	size_t i;

	unpack(p, row, "{s:s, s?o, s:o !}", "name", &name, "given", &own, "events", &events);
	if (own && json_object_update(all, own) < 0)
		wrong(p, "table: given is not an object");
	unpack(p, all, "{s?b, s?b, s?b, s?i, s?i, s?i, s?i, s?i, s?i !}", "contact", &contact,
		"strike", &strike, "open", &open, "exit_ms", &config.exit_ms, "held_open_ms",
		&config.held_open_ms, "forced_grace_ms", &config.forced_grace_ms, "exit_stuck_ms",
		&config.exit_stuck_ms, "propped_ms", &config.propped_ms, "lock_fail_ms",
		&config.lock_fail_ms);
	if (json_array_size(events) == 0)
		wrong(p, "table: no event");
	config.contact = contact != 0;
	config.strike = strike != 0;
	doorway_init(&d, &config, open != 0, 0);
	json_array_foreach(events, i, event) play_event(p, &d, event);
	json_decref(all);
}

/* ---- tables ---- */

typedef void (*play_fn)(struct play *p, json_t *given, json_t *row);

static unsigned count, failures;

static void play_file(const char *path, play_fn play)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *given, *row;
	size_t i;

	if (!root) {
		printf("Bail out! %s:%d: %s\n", path, error.line, error.text);
		exit(1);
	}
	given = json_object_get(root, "given");
	json_array_foreach(json_object_get(root, "cases"), i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));
		struct play p = {0};

		play(&p, given, row);
		name = name ? name : json_string_value(json_object_get(row, "hours"));
		printf("%sok %u - %s: %s\n", p.failed ? "not " : "", ++count,
			strrchr(path, '/') + 1, name ? name : "(no name)");
		if (p.failed)
			printf("# %s\n", p.why);
		failures += p.failed;
	}
	json_decref(root);
}

static void play_all(const char *pattern, play_fn play)
{
	unsigned before = count;
	glob_t files;

	if (glob(pattern, 0, NULL, &files) != 0) {
		printf("Bail out! no table %s\n", pattern);
		exit(1);
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		play_file(files.gl_pathv[i], play);
	globfree(&files);
	if (count == before) {
		printf("Bail out! no case in %s\n", pattern);
		exit(1);
	}
}

int main(void)
{
	play_all("tests/flow/decide*.json", play_decide);
	play_all("tests/flow/doorway*.json", play_doorway);
	play_all("tests/flow/hours*.json", play_hours);
	printf("1..%u\n", count);
	return failures > 0;
}
