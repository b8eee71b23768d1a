/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays tests/flow/scenario-*.json: who, card, door, local time -> verdict, reason, warning, in the
 * words of scenario-world.json. One TAP line a row, and then the table is judged: each reason must
 * have a row, and so must each pair of reasons, with both obstacles shown to be there. A key that
 * is not known fails its row. Runs in the top folder; READ=FILE plays one file only.
 */
#include <glob.h>
#include <stdlib.h>

#include "scene.h"

#define REASONS_MAX 32

static unsigned count, failures;

/* ---- rows ---- */

static const char *verdict_words(enum reason reason)
{
	switch (reason_info(reason)->pattern) {
	case REASON_PATTERN_COME_IN:
		return "come in";
	case REASON_PATTERN_TRY_AGAIN:
		return "try again";
	case REASON_PATTERN_NOT_NOW:
		return "not now";
	case REASON_PATTERN_HOST:
		break;
	}
	return "see a host";
}

static uint64_t event_number(struct play *p, const char *name)
{
	json_t *value;
	const char *key;
	uint64_t n = 0;

	json_object_foreach(json_object_get(world, "events"), key, value)
	{
		n++;
		if (strcmp(key, name) == 0)
			return n;
	}
	wrong(p, "table: no event is called %s", name);
	return 0;
}

static void check_warnings(struct play *p, uint32_t got, const char *expected)
{
	char text[128] = "";

	for (uint32_t bit = 1; bit; bit <<= 1) {
		if (!(got & bit))
			continue;
		strcat(text, text[0] ? ", " : "");
		strcat(text, warning_name(bit) ? warning_name(bit) : "?");
	}
	if (strcmp(text, expected) != 0)
		wrong(p, "warning \"%s\", expected \"%s\"", text, expected);
}

static void check_more(struct play *p, const struct verdict *v, json_t *row)
{
	const char *event = "", *guest_of = "";
	int uses = 0, opens = 0, release = -1;

	unpack(p, row, "{s?s, s?s, s?b, s?b, s?i}", "event", &event, "guest of", &guest_of, "uses",
		&uses, "opens up", &opens, "release_s", &release);
	if (v->event != (event[0] ? event_number(p, event) : 0))
		wrong(p, "event %llu", (unsigned long long)v->event);
	if (v->sponsor != (guest_of[0] ? member_number(p, guest_of) : 0))
		wrong(p, "guest of %llu", (unsigned long long)v->sponsor);
	if (v->uses_unit != (uses != 0))
		wrong(p, "uses a unit: %d", v->uses_unit);
	if (v->opens_up != (opens != 0))
		wrong(p, "opens up: %d", v->opens_up);
	if (release >= 0 && v->release_ms != (uint32_t)release * 1000)
		wrong(p, "release %u ms", v->release_ms);
}

/* Deciding and explaining are one: the notes end with the step that decided. */
static void check_explained(struct play *p, const struct decide_input *in, const struct verdict *v)
{
	struct decide_note notes[DECIDE_NOTES_MAX];
	unsigned n = 0;
	struct verdict same = decide_explain(in, notes, &n);
	bool denied = n > 0 && notes[n - 1].outcome == DECIDE_OUTCOME_DENY;

	if (same.reason != v->reason || same.grant != v->grant || same.warnings != v->warnings ||
		denied == v->grant || (denied && notes[n - 1].reason != v->reason))
		wrong(p, "explained otherwise: %s", reason_info(same.reason)->name);
}

static void play_row(struct play *p, json_t *row)
{
	const char *who = "", *card = "", *door = "", *at = "", *verdict = "", *reason = "";
	const char *warning = "", *utc = "", *note = "";
	json_t *whiles = NULL, *skip;
	struct scene s = {0};
	struct verdict v;

	unpack(p, row, "{s:s,s:s,s:s,s:s,s:s,s:s,s?s,s?o,s?s,s?s, s?o,s?o,s?o,s?o,s?o !}", "who",
		&who, "card", &card, "door", &door, "at", &at, "verdict", &verdict, "reason",
		&reason, "warning", &warning, "while", &whiles, "utc", &utc, "note", &note, "event",
		&skip, "guest of", &skip, "uses", &skip, "opens up", &skip, "release_s", &skip);
	if (p->failed)
		return;
	minute_from(p, at, &s.in.now);
	if (utc[0])
		check_instant(p, utc, &s.in.now);
	scene_from(p, whiles, card, door, who, &s);
	if (p->failed)
		return;
	v = decide(&s.in);
	if (strcmp(reason_info(v.reason)->name, reason) != 0)
		wrong(p, "%s, expected %s", reason_info(v.reason)->name, reason);
	if (strcmp(verdict_words(v.reason), verdict) != 0 || v.grant != !strcmp(reason, "granted"))
		wrong(p, "\"%s\", expected \"%s\"", verdict_words(v.reason), verdict);
	check_warnings(p, v.warnings, warning);
	check_more(p, &v, row);
	check_explained(p, &s.in, &v);
}

static void report(const struct play *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void report(const struct play *p, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", p->failed ? "not " : "", ++count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (p->failed)
		printf("# %s\n", p->why);
	failures += p->failed;
}

/* ---- the table judged ---- */

static const char *text_of(json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static bool same_tap(json_t *a, json_t *b)
{
	return strcmp(text_of(a, "card"), text_of(b, "card")) == 0 &&
	       strcmp(text_of(a, "door"), text_of(b, "door")) == 0 &&
	       strcmp(text_of(a, "at"), text_of(b, "at")) == 0;
}

/* The reason this circumstance alone gives for the same tap; NULL where no row says so. */
static const char *reason_alone(json_t *rows, json_t *tap, json_t *circumstance)
{
	json_t *row, *whiles;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		whiles = json_object_get(row, "while");
		if (json_array_size(whiles) == 1 && same_tap(row, tap) &&
			json_equal(json_array_get(whiles, 0), circumstance))
			return text_of(row, "reason");
	}
	return NULL;
}

static int place_of(json_t *order, const char *reason)
{
	json_t *row;
	size_t i;

	json_array_foreach(
		order, i, row) if (reason && !strcmp(json_string_value(row), reason)) return (int)i;
	return -1;
}

static bool covered[REASONS_MAX][REASONS_MAX];

/* A row with two circumstances, each with a row of its own: the earlier reason must win. */
static void judge_pair(json_t *rows, json_t *row, json_t *order)
{
	json_t *whiles = json_object_get(row, "while");
	struct play p = {0};
	int a, b, won;

	if (json_array_size(whiles) != 2)
		return;
	a = place_of(order, reason_alone(rows, row, json_array_get(whiles, 0)));
	b = place_of(order, reason_alone(rows, row, json_array_get(whiles, 1)));
	if (a < 0 || b < 0 || a == b)
		return;
	won = place_of(order, text_of(row, "reason"));
	if (won != (a < b ? a : b)) {
		wrong(&p, "the order says %s",
			json_string_value(json_array_get(order, (size_t)(a < b ? a : b))));
		report(&p, "%s in its place", text_of(row, "reason"));
		return;
	}
	covered[a < b ? a : b][a < b ? b : a] = true;
}

static bool cannot_meet(const char *a, const char *b)
{
	json_t *group, *list = json_object_get(world, "cannot meet");
	const char *why;

	json_object_foreach(list, why, group)
	{
		json_t *one = json_array_get(group, 0), *other = json_array_get(group, 1);

		if ((place_of(one, a) >= 0 && place_of(other, b) >= 0) ||
			(place_of(one, b) >= 0 && place_of(other, a) >= 0))
			return true;
	}
	return false;
}

static unsigned judge_pairs(json_t *rows, json_t *order)
{
	size_t n = json_array_size(order), i;
	unsigned pairs = 0;
	json_t *row;

	json_array_foreach(rows, i, row) judge_pair(rows, row, order);
	for (size_t a = 0; a < n; a++)
		for (size_t b = a + 1; b < n; b++) {
			const char *first = json_string_value(json_array_get(order, a));
			const char *second = json_string_value(json_array_get(order, b));
			struct play p = {0};

			pairs += covered[a][b];
			if (covered[a][b] && cannot_meet(first, second))
				wrong(&p, "a row shows it, and the world says it cannot be");
			else if (!covered[a][b] && !cannot_meet(first, second))
				wrong(&p, "no row shows it");
			if (p.failed)
				report(&p, "%s comes before %s", first, second);
		}
	return pairs;
}

static void judge_reasons(json_t *rows, json_t *order)
{
	json_t *not_here = json_object_get(world, "not decided here"), *row;
	const struct reason_info *info;
	size_t k;

	for (unsigned i = 0; (info = reason_row(i)) != NULL; i++) {
		bool shown = false, ordered = place_of(order, info->name) >= 0;
		struct play p = {0};

		json_array_foreach(rows, k, row) shown |=
			strcmp(text_of(row, "reason"), info->name) == 0;
		if (json_object_get(not_here, info->name)) {
			if (shown || ordered)
				wrong(&p, "the world says it is not decided here");
		} else if (!shown) {
			wrong(&p, "no row has this reason");
		} else if (!ordered && info->reason != REASON_GRANTED) {
			wrong(&p, "the order does not have it");
		}
		report(&p, "the table has %s", info->name);
	}
}

static void judge_table(json_t *rows)
{
	json_t *order = json_object_get(world, "order");
	struct play p = {0};
	unsigned pairs;

	if (json_array_size(order) == 0 || json_array_size(order) > REASONS_MAX) {
		printf("Bail out! the world has no order\n");
		exit(1);
	}
	judge_reasons(rows, order);
	pairs = judge_pairs(rows, order);
	if (json_array_size(rows) < 400)
		wrong(&p, "only %zu", json_array_size(rows));
	report(&p, "at least 400 rows, here %zu; pairs of reasons shown: %u", json_array_size(rows),
		pairs);
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!root) {
		printf("Bail out! %s:%d: %s\n", path, error.line, error.text);
		exit(1);
	}
	return root;
}

/* "Christmas": {"closed": true, "from": "2026-12-24", "until": "2027-01-01", "door": "front"} */
static void calendar_from(struct play *p)
{
	const char *key, *first = "", *last = "", *door;
	struct calendar_exception e;
	int open, start, end;
	json_t *row;

	calendar.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	json_object_foreach(json_object_get(world, "calendar"), key, row)
	{
		door = "";
		start = 0, end = 1440;
		unpack(p, row, "{s:b, s:s, s:s, s?s, s?i, s?i !}", "open", &open, "from", &first,
			"until", &last, "door", &door, "start_minute", &start, "end_minute", &end);
		e = (struct calendar_exception){.first = date_from(p, first),
			.last = date_from(p, last),
			.start = (uint16_t)start,
			.end = (uint16_t)end,
			.open = open != 0};
		snprintf(e.door, sizeof(e.door), "%s", door);
		snprintf(e.reason, sizeof(e.reason), "%s", key);
		if (calendar_exception_add(&calendar, &e) < 0)
			wrong(p, "table: %s cannot be in the calendar", key);
	}
}

int main(void)
{
	const char *one = getenv("READ");
	json_t *all = json_array(), *row;
	struct play p = {0};
	glob_t files;

	world = load("tests/flow/scenario-world.json");
	setenv("TZ", text_of(world, "zone"), 1);
	tzset();
	calendar_from(&p);
	report(&p, "the calendar of the world");
	glob(one ? one : "tests/flow/scenario-*.json", 0, NULL, &files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		json_t *root = load(files.gl_pathv[i]), *rows = json_object_get(root, "rows");
		const char *base = strrchr(files.gl_pathv[i], '/');
		size_t k;

		json_array_foreach(rows, k, row)
		{
			struct play one_row = {0};

			play_row(&one_row, row);
			report(&one_row, "%s %zu: %s at %s, %s: %s", base ? base + 1 : "", k + 1,
				text_of(row, "card"), text_of(row, "door"), text_of(row, "at"),
				text_of(row, "reason"));
			json_array_append(all, row);
		}
		json_decref(root);
	}
	globfree(&files);
	if (!one)
		judge_table(all);
	json_decref(all);
	json_decref(world);
	printf("1..%u\n", count);
	return failures > 0;
}
