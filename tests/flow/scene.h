/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of scenario-*.json stands for: the world's things with its circumstances over them. */
#pragma once

#include <time.h>

#include "base/clock.h"
#include "core/decide.h"
#include "table.h"

#define EXTRAS_MAX 16

static json_t *world;
static struct calendar calendar;

/* The world's thing of this kind and name; an empty object and a fault where there is none. */
static json_t *thing(struct play *p, const char *kind, const char *name)
{
	json_t *found = json_object_get(json_object_get(world, kind), name);

	if (!found)
		wrong(p, "table: the world has no \"%s\" among its %s", name, kind);
	return found ? json_deep_copy(found) : json_object();
}

/* "2026-11-23 10:00", also with the weekday before it: then that must be right. "24:00" is the end
 * of the day. */
static int64_t minute_from(struct play *p, const char *text, struct civil *ret_civil)
{
	static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	struct civil c = {.date = DATE_NONE};
	int year, month, day, used = 0;
	unsigned hour, minute;
	char weekday[3] = "";

	if (sscanf(text, "%2[A-Z a-z] %n", weekday, &used) == 1 && used > 0)
		text += used;
	if (sscanf(text, "%4d-%2d-%2d %2u:%2u%n", &year, &month, &day, &hour, &minute, &used) !=
			5 ||
		text[used] || civil_from_ymd(year, month, day, &c) < 0 || hour > 24 ||
		minute > 59) {
		wrong(p, "table: \"%s\" is not a time", text);
		return 0;
	}
	if (weekday[0] && strcmp(weekday, days[c.weekday]) != 0)
		wrong(p, "table: %s is a %s", text, days[c.weekday]);
	c.minute = (uint16_t)(hour * 60 + minute);
	if (ret_civil)
		*ret_civil = c;
	return decide_minute(c.date, c.minute);
}

static int32_t date_from(struct play *p, const char *text)
{
	int32_t date = DATE_NONE;

	if (text[0] != '\0' && civil_date_parse(text, &date) < 0)
		wrong(p, "table: \"%s\" is not a date", text);
	return date;
}

/* The zone's own conversion of the instant must give the local time of the row. */
static void check_instant(struct play *p, const char *utc, const struct civil *now)
{
	struct tm tm = {0};
	struct civil c;

	if (!strptime(utc, "%Y-%m-%d %H:%M", &tm) ||
		clock_civil((int64_t)timegm(&tm) * 1000000, &c) < 0)
		wrong(p, "table: \"%s\" is not a time", utc);
	else if (c.date != now->date || c.minute != now->minute)
		wrong(p, "%s UTC is not that local time", utc);
}

/* ---- a tap and all it points to ---- */

struct scene {
	struct hours hours;
	struct roster_card card;
	struct decide_rights rights;
	struct decide_door door;
	struct decide_extra extras[EXTRAS_MAX];
	struct calendar calendar;
	struct decide_input in;
};

static void card_from(struct play *p, json_t *row, struct scene *s, const char **ret_of)
{
	static const char *const kinds[] = {"uid", "desfire"};
	const char *uid = "", *state = "active", *kind = "uid";
	int known = 1;

	unpack(p, row, "{s:s, s:s, s?s, s?s, s?b !}", "uid", &uid, "of", ret_of, "state", &state,
		"kind", &kind, "known", &known);
	if (uid_parse(uid, &s->in.uid) < 0)
		wrong(p, "table: \"%s\" is not a UID", uid);
	if (card_state_parse(state, &s->card.state) < 0)
		wrong(p, "table: card state %s", state);
	s->card.kind = (enum card_kind)index_of(p, kind, kinds, COUNT(kinds));
	s->card.card = 1;
	s->in.card = known ? &s->card : NULL;
}

/* A person's number is their place in the world's list, from 1. */
static uint64_t member_number(struct play *p, const char *name)
{
	json_t *value;
	const char *key;
	uint64_t n = 0;

	json_object_foreach(json_object_get(world, "people"), key, value)
	{
		n++;
		if (strcmp(key, name) == 0)
			return n;
	}
	wrong(p, "table: nobody is called %s", name);
	return 0;
}

static void member_from(struct play *p, json_t *row, struct scene *s)
{
	const char *state = "active", *from = "", *until = "", *grace = "", *tier;
	int release_s = 0;

	unpack(p, row, "{s:s, s?s, s?s, s?s, s?s, s?i !}", "tier", &tier, "state", &state, "from",
		&from, "until", &until, "grace", &grace, "release_s", &release_s);
	if (member_state_parse(state, &s->card.member_state) < 0)
		wrong(p, "table: member state %s", state);
	s->card.valid_from = date_from(p, from);
	s->card.valid_until = date_from(p, until);
	s->card.grace_until = date_from(p, grace);
	s->card.release_ms = (uint32_t)release_s * 1000;
}

static void allowance_from(struct play *p, json_t *row, struct allowance *a)
{
	static const char *const units[] = {"", "minutes", "days", "half days", "visits"};
	static const char *const policies[] = {"deny", "warn"};
	const char *unit = "", *policy = "";
	int limit = 0;

	unpack(p, row, "{s:s, s:i, s:s !}", "unit", &unit, "limit", &limit, "then", &policy);
	a->kind = (enum allowance_kind)index_of(p, unit, units, COUNT(units));
	a->policy = (enum allowance_policy)index_of(p, policy, policies, COUNT(policies));
	a->limit = (uint32_t)limit;
}

static bool listed(json_t *list, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row) if (strcmp(json_string_value(row), name) == 0) return true;
	return false;
}

static void tier_from(struct play *p, json_t *row, const char *door, struct scene *s)
{
	json_t *flags = NULL, *doors = NULL, *allowance = NULL, *flag;
	struct hours_error error;
	const char *text = "";
	int proof = 0;
	size_t i;

	unpack(p, row, "{s:s, s:o, s?o, s?o, s?b !}", "hours", &text, "doors", &doors, "flags",
		&flags, "allowance", &allowance, "needs_proof", &proof);
	json_array_foreach(flags, i, flag)
	{
		uint32_t bit = 0;

		if (tier_flag_parse(json_string_value(flag), &bit) < 0)
			wrong(p, "table: a flag is not known");
		s->rights.flags |= bit;
	}
	if (allowance)
		allowance_from(p, allowance, &s->rights.allowance);
	s->rights.needs_proof = proof != 0;
	s->rights.door = listed(doors, door);
	if (text[0] && hours_compile(text, &s->hours, &error) < 0)
		wrong(p, "hours \"%s\" refused at %zu: %s", text, error.at, error.message);
	s->rights.hours = text[0] ? &s->hours : NULL;
	s->in.rights = &s->rights;
}

static void door_from(struct play *p, json_t *row, const char *id, struct scene *s)
{
	static const char *const modes[] = {"none", "soft", "hard", "timed"};
	struct decide_door *d = &s->door;
	const char *passback = "none";
	int lockdown = 0, proof = 0, release = 5, longest = 0, exit_reader = 0, unlocked = 0;
	int tampered = 0, waits = 0, second = 0, timed = 0, reset = 0;

	unpack(p, row, "{s?b,s?b,s?i,s?i,s?b,s?b,s?b,s?b,s?i,s?s,s?i,s?i !}", "lockdown", &lockdown,
		"needs_proof", &proof, "release_s", &release, "release_max_s", &longest,
		"exit_reader", &exit_reader, "unlocked", &unlocked, "tampered", &tampered,
		"waits_for_first", &waits, "second_person_s", &second, "passback", &passback,
		"timed_s", &timed, "reset_minute", &reset);
	*d = (struct decide_door){.id = id,
		.lockdown = lockdown,
		.needs_proof = proof,
		.release_ms = (uint32_t)release * 1000,
		.release_max_ms = (uint32_t)longest * 1000,
		.exit_reader = exit_reader,
		.unlocked = unlocked,
		.tampered = tampered,
		.waits_for_first = waits,
		.second_person_ms = (uint32_t)second * 1000};
	d->passback.mode = (enum passback_mode)index_of(p, passback, modes, COUNT(modes));
	d->passback.timed_s = (uint32_t)timed;
	d->passback.reset_minute = (uint16_t)reset;
	s->in.door = d;
}

static void used_from(struct play *p, json_t *row, struct scene *s)
{
	struct allowance_usage *u = &s->in.usage;
	const char *last = "", *halves = "", *month = "";
	int units = 0, m = s->in.now.month, y = s->in.now.year;

	unpack(p, row, "{s:i, s?s, s?s, s?s !}", "units", &units, "last", &last, "halves", &halves,
		"month", &month);
	if (month[0] && sscanf(month, "%4d-%2d", &y, &m) != 2)
		wrong(p, "table: \"%s\" is not a month", month);
	u->year = (int16_t)y;
	u->month = (uint8_t)m;
	u->used = (uint32_t)units;
	u->last_date = date_from(p, last);
	u->halves = (uint8_t)((strstr(halves, "morning") ? 1 : 0) |
			      (strstr(halves, "afternoon") ? 2 : 0));
}

static void close_today(struct play *p, struct scene *s)
{
	struct calendar_exception e = {
		.first = s->in.now.date, .last = s->in.now.date, .end = 1440, .reason = "today"};

	if (calendar_exception_add(&s->calendar, &e) < 0)
		wrong(p, "table: the calendar is full");
}

static void moment_from(struct play *p, json_t *row, struct scene *s)
{
	static const char *const ages[] = {"unbounded", "fresh", "warn", "unknown", "stale"};
	static const char *const clocks[] = {"unset", "kept", "rtc", "synced"};
	static const char *const proofs[] = {"none", "genuine", "failed"};
	const char *age = "fresh", *clock = "synced", *proof = "none", *since = "", *first = "";
	json_t *used = NULL;
	int read = 1, closed = 0, ago_s = 0, first_ago = 0;
	struct civil arrival;

	unpack(p, row, "{s?b,s?s,s?s,s?s,s?b,s?o,s?s,s?i,s?s,s?i !}", "read", &read, "roster", &age,
		"clock", &clock, "proof", &proof, "closed_today", &closed, "used", &used,
		"inside_since", &since, "inside_s", &ago_s, "first_person", &first, "first_ago_s",
		&first_ago);
	s->in.read_ok = read != 0;
	s->in.roster_age = (enum decide_roster_age)index_of(p, age, ages, COUNT(ages));
	s->in.clock = (enum clock_trust)index_of(p, clock, clocks, COUNT(clocks));
	s->in.proof = (enum decide_proof)index_of(p, proof, proofs, COUNT(proofs));
	if (closed)
		close_today(p, s);
	if (used)
		used_from(p, used, s);
	if (since[0]) {
		minute_from(p, since, &arrival);
		s->in.presence =
			(struct presence){true, arrival.date, arrival.minute, (uint32_t)ago_s};
	}
	if (first[0]) {
		s->in.first_person = member_number(p, first);
		s->in.first_person_ago_ms = (uint32_t)first_ago * 1000;
	}
}

static struct decide_extra *add_extra(struct play *p, struct scene *s)
{
	if (s->in.extra_count == EXTRAS_MAX) {
		wrong(p, "table: too many extra rights");
		return s->extras;
	}
	s->in.extras = s->extras;
	return &s->extras[s->in.extra_count++];
}

/* Events at this door, and guest passes of this card. An event's number is its place from 1. */
static void extras_from(struct play *p, struct scene *s, const char *card, const char *door)
{
	const char *key, *at = "", *from = "", *until = "", *of = "", *host = "", *state;
	json_t *row, *list, *member;
	uint64_t n = 0;
	int free_entry, cancelled;

	json_object_foreach(json_object_get(world, "events"), key, row)
	{
		free_entry = cancelled = 0;
		unpack(p, row, "{s:s, s:s, s:s, s:o, s?b, s?b !}", "door", &at, "from", &from,
			"until", &until, "list", &list, "free", &free_entry, "cancelled",
			&cancelled);
		n++;
		if (strcmp(at, door) == 0)
			*add_extra(p, s) = (struct decide_extra){DECIDE_EXTRA_EVENT,
				listed(list, card), !cancelled, free_entry != 0, n,
				{minute_from(p, from, NULL), minute_from(p, until, NULL)}};
	}
	json_object_foreach(json_object_get(world, "guest passes"), key, row)
	{
		unpack(p, row, "{s:s, s:s, s:s, s:s, s:s !}", "card", &of, "door", &at, "host",
			&host, "from", &from, "until", &until);
		member = thing(p, "people", host);
		state = json_string_value(json_object_get(member, "state"));
		if (strcmp(of, card) == 0 && strcmp(at, door) == 0)
			*add_extra(p, s) = (struct decide_extra){DECIDE_EXTRA_GUEST, false,
				!state || strcmp(state, "active") == 0, false,
				member_number(p, host),
				{minute_from(p, from, NULL), minute_from(p, until, NULL)}};
		json_decref(member);
	}
}

/* What the circumstances say is laid over card, member, tier, door and moment. */
static void scene_from(struct play *p, json_t *whiles, const char *card, const char *door,
	const char *who, struct scene *s)
{
	json_t *c = thing(p, "cards", card), *d = thing(p, "doors", door), *t;
	const char *of = json_string_value(json_object_get(c, "of")), *tier, *name;
	json_t *m = thing(p, "people", of ? of : ""), *all, *row;
	size_t i;

	tier = json_string_value(json_object_get(m, "tier"));
	t = thing(p, "tiers", tier ? tier : "");
	all = json_pack("{s:o, s:o, s:o, s:o, s:{}}", "card", c, "member", m, "tier", t, "door", d,
		"moment");
	json_array_foreach(whiles, i, row)
	{
		json_t *over = thing(p, "circumstances", json_string_value(row));

		if (json_object_update_recursive(all, over) < 0 || json_object_size(all) != 5)
			wrong(p, "table: circumstance %s", json_string_value(row));
		json_decref(over);
	}
	s->calendar = calendar;
	s->in.calendar = &s->calendar;
	name = of;
	card_from(p, json_object_get(all, "card"), s, &name);
	if (!name || strcmp(name, who) != 0)
		wrong(p, "table: %s is the card of %s", card, name);
	s->card.member = name ? member_number(p, name) : 0;
	member_from(p, json_object_get(all, "member"), s);
	tier_from(p, json_object_get(all, "tier"), door, s);
	door_from(p, json_object_get(all, "door"), door, s);
	moment_from(p, json_object_get(all, "moment"), s);
	extras_from(p, s, card, door);
	json_decref(all);
}
