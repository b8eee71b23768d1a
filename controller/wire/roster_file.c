/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file is walked record by record: a million cards as one tree would take gigabytes. Only the
 * outermost brackets are read here, every value by jansson.
 */
#include "wire/roster_file.h"

#include "wire/json.h"
#include "wire/roster_record.h"

#include <string.h>

static const char *const top_keys[] = {"tapin_roster", "site", "timezone", "revision", "doors",
	"tiers", "cards",
	/* these may be left out */
	"calendar", "closures", "openings", "holidays"};
#define REQUIRED_KEYS 7
static const char *const revision_keys[] = {"generation", "number"};

struct walk {
	const char *text;
	size_t size, at;
	unsigned seen; /* bit i: top_keys[i] */
	size_t tier_room, card_room;
	struct json_place top;
	struct roster_file *roster;
};

/* ---- the outermost brackets ---- */

static char look(struct walk *w)
{
	while (w->at < w->size && memchr(" \t\r\n", w->text[w->at], 4))
		w->at++;
	return w->at < w->size ? w->text[w->at] : '\0';
}

static int wrong_syntax(struct walk *w, int lines, const char *what)
{
	for (size_t i = 0; i < w->at; i++)
		lines += w->text[i] == '\n';
	return json_complain(&w->top, "", "not JSON at line %d: %s", lines, what);
}

static int expect(struct walk *w, char c)
{
	char what[] = "expected '?'";

	if (look(w) == c) {
		w->at++;
		return 0;
	}
	*strchr(what, '?') = c;
	return wrong_syntax(w, 1, what);
}

static int next_value(struct walk *w, json_t **ret_value)
{
	json_error_t error;
	json_t *value;

	look(w);
	value = json_loadb(w->text + w->at, w->size - w->at,
		JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &error);
	if (!value)
		return wrong_syntax(w, error.line > 0 ? error.line : 1,
			strstr(error.text, "duplicate") ? "a key that stands twice"
							: "a value that is none");
	w->at += (size_t)error.position; /* bytes that this value took */
	*ret_value = value;
	return 0;
}

/* Room for one more zeroed record. */
static int grow(void **list, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 16;
	void *bigger;

	if (count == *room) {
		bigger = reallocarray(*list, wanted, size);
		if (!bigger)
			return -ENOMEM;
		*list = bigger;
		*room = wanted;
	}
	memset((char *)*list + count * size, 0, size);
	return 0;
}

struct list {
	const char *name;
	void **records;
	size_t *count, *room, size;
	int (*read)(const struct json_place *place, const json_t *object, void *out);
	void *into; /* what every record is added to, instead of records */
};

static int read_record(struct walk *w, const struct list *list)
{
	const struct json_place place = {w->top.file, list->name, *list->count, w->top.err};
	json_t *value;
	void *out;
	int r;

	if (!list->into && grow(list->records, *list->count, list->room, list->size) < 0)
		return json_complain(&place, "", "no memory");
	if (next_value(w, &value) < 0)
		return -EINVAL;
	out = list->into ? list->into : (char *)*list->records + *list->count * list->size;
	/* counted first: what a refused record holds is freed with the rest */
	(*list->count)++;
	if (json_is_object(value))
		r = list->read(&place, value, out);
	else
		r = json_refuse(&place, "", value, "an object");
	json_decref(value);
	return r;
}

static int read_list(struct walk *w, const struct list *list)
{
	if (expect(w, '[') < 0)
		return -EINVAL;
	if (look(w) == ']')
		return expect(w, ']');
	for (;;) {
		if (read_record(w, list) < 0)
			return -EINVAL;
		if (look(w) != ',')
			return expect(w, ']');
		w->at++;
	}
}

static int read_tier(const struct json_place *place, const json_t *object, void *out)
{
	return roster_tier_read(place, object, out);
}

static int read_tiers(struct walk *w)
{
	struct roster_file *roster = w->roster;
	void *records = roster->tiers;
	const struct list list = {"tiers", &records, &roster->tier_count, &w->tier_room,
		sizeof(*roster->tiers), read_tier, NULL};
	int r = read_list(w, &list);

	roster->tiers = records;
	return r;
}

static int read_card(const struct json_place *place, const json_t *object, void *out)
{
	return roster_card_read(place, object, out);
}

static int read_cards(struct walk *w)
{
	struct roster_file *roster = w->roster;
	void *records = roster->cards;
	const struct list list = {"cards", &records, &roster->card_count, &w->card_room,
		sizeof(*roster->cards), read_card, NULL};
	int r = read_list(w, &list);

	roster->cards = records;
	return r;
}

static int read_closure(const struct json_place *place, const json_t *object, void *calendar)
{
	return roster_exception_read(place, object, false, calendar);
}

static int read_opening(const struct json_place *place, const json_t *object, void *calendar)
{
	return roster_exception_read(place, object, true, calendar);
}

static int read_holiday(const struct json_place *place, const json_t *object, void *calendar)
{
	return roster_holiday_read(place, object, calendar);
}

/* A list whose records go into the calendar. */
static int read_days(struct walk *w, const char *name,
	int (*read)(const struct json_place *place, const json_t *object, void *out))
{
	size_t count = 0;
	const struct list list = {
		.name = name, .count = &count, .read = read, .into = &w->roster->calendar};

	return read_list(w, &list);
}

static int read_calendar(struct walk *w, const json_t *value)
{
	const char *name = json_string_value(value);

	if (!name || (strcmp(name, "england") != 0 && strcmp(name, "none") != 0))
		return json_refuse(&w->top, "calendar", value,
			"\"england\" for its bank holidays, or \"none\"");
	if (strcmp(name, "none") == 0)
		w->roster->calendar.holidays = CALENDAR_HOLIDAYS_NONE;
	return 0;
}

static int read_doors(struct walk *w, const json_t *value)
{
	struct roster_file *roster = w->roster;

	if (!json_is_array(value) || json_array_size(value) == 0)
		return json_refuse(&w->top, "doors", value, "a list of at least one door");
	roster->doors = calloc(json_array_size(value), sizeof(*roster->doors));
	if (!roster->doors)
		return json_complain(&w->top, "doors", "no memory");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const struct json_place place = {w->top.file, "doors", i, w->top.err};

		if (roster_name_read(&place, "", json_array_get(value, i), roster->doors[i]) < 0)
			return -EINVAL;
		roster->door_count++;
	}
	return 0;
}

static int read_revision(struct walk *w, const json_t *value)
{
	uint64_t generation;

	if (!json_is_object(value))
		return json_refuse(
			&w->top, "revision", value, "{\"generation\": 1, \"number\": 1}");
	if (json_only_keys(&w->top, value, revision_keys, ARRAY_SIZE(revision_keys)) < 0 ||
		json_get_number(&w->top, value, "generation", 1, UINT32_MAX, &generation) < 0 ||
		json_get_number(
			&w->top, value, "number", 1, INT64_MAX, &w->roster->revision.number) < 0)
		return -EINVAL;
	w->roster->revision.generation = (uint32_t)generation;
	return 0;
}

static int read_timezone(struct walk *w, const json_t *value)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	const char *text = json_string_value(value);

	if (!text || !*text || *text == '/' || text[strspn(text, allowed)] != '\0' ||
		strlen(text) >= sizeof(w->roster->timezone))
		return json_refuse(&w->top, "timezone", value, "a time zone as \"Europe/London\"");
	strcpy(w->roster->timezone, text);
	return 0;
}

static int read_scalar(struct walk *w, const char *key)
{
	json_t *value;
	int r = next_value(w, &value);

	if (r < 0)
		return r;
	if (strcmp(key, "site") == 0)
		r = roster_name_read(&w->top, key, value, w->roster->site);
	else if (strcmp(key, "timezone") == 0)
		r = read_timezone(w, value);
	else if (strcmp(key, "revision") == 0)
		r = read_revision(w, value);
	else if (strcmp(key, "doors") == 0)
		r = read_doors(w, value);
	else if (strcmp(key, "calendar") == 0)
		r = read_calendar(w, value);
	else if (!json_is_integer(value) || json_integer_value(value) != 1)
		r = json_refuse(&w->top, key, value, "1, the version this program reads");
	json_decref(value);
	return r;
}

static int read_member(struct walk *w)
{
	json_t *name;
	const char *key = NULL;
	int r = look(w) == '"' ? next_value(w, &name) : wrong_syntax(w, 1, "expected a key");

	if (r < 0)
		return r;
	r = json_known_key(&w->top, json_string_value(name), top_keys, ARRAY_SIZE(top_keys));
	for (size_t i = 0; r == 0 && !key; i++)
		if (strcmp(json_string_value(name), top_keys[i]) == 0) {
			key = top_keys[i];
			if (w->seen & 1u << i)
				r = json_complain(&w->top, key, "stands twice");
			w->seen |= 1u << i;
		}
	json_decref(name);
	if (r == 0)
		r = expect(w, ':');
	if (r < 0)
		return r;
	if (strcmp(key, "tiers") == 0)
		return read_tiers(w);
	if (strcmp(key, "cards") == 0)
		return read_cards(w);
	if (strcmp(key, "closures") == 0)
		return read_days(w, key, read_closure);
	if (strcmp(key, "openings") == 0)
		return read_days(w, key, read_opening);
	if (strcmp(key, "holidays") == 0)
		return read_days(w, key, read_holiday);
	return read_scalar(w, key);
}

static int read_top(struct walk *w)
{
	if (expect(w, '{') < 0)
		return -EINVAL;
	do {
		if (read_member(w) < 0)
			return -EINVAL;
	} while (look(w) == ',' && w->at++ < w->size);
	if (expect(w, '}') < 0)
		return -EINVAL;
	if (look(w) || w->at < w->size)
		return wrong_syntax(w, 1, "something follows the last bracket");
	for (size_t i = 0; i < REQUIRED_KEYS; i++)
		if (!(w->seen & 1u << i))
			return json_complain(&w->top, top_keys[i], "missing");
	return 0;
}

/* ---- what only the whole file shows ---- */

typedef int (*compare_fn)(const void *a, const void *b);

struct sort {
	const char *records;
	size_t size;
	compare_fn compare;
};

/* By value, then by place in the file. */
static int compare_places(const void *a, const void *b, void *context)
{
	const struct sort *sort = context;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int order = sort->compare(sort->records + i * sort->size, sort->records + j * sort->size);

	return order ? order : (i > j) - (i < j);
}

/*
 * Finds two equal records. 1 and their places, 0, or -ENOMEM. Sorts an index, so that the records
 * keep the file's order.
 */
static int find_pair(const void *records, size_t count, size_t size, compare_fn compare,
	uint32_t *ret_first, uint32_t *ret_second)
{
	struct sort sort = {records, size, compare};
	CLEANUP(cleanup_free) uint32_t *index = malloc((count + 1) * sizeof(*index));

	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		index[i] = (uint32_t)i;
	qsort_r(index, count, sizeof(*index), compare_places, &sort);
	for (size_t i = 1; i < count; i++)
		if (compare(sort.records + index[i - 1] * size, sort.records + index[i] * size) ==
			0) {
			*ret_first = index[i - 1];
			*ret_second = index[i];
			return 1;
		}
	return 0;
}

static int compare_doors(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int compare_tiers(const void *a, const void *b)
{
	const struct roster_file_tier *x = a, *y = b;

	return (x->tier > y->tier) - (x->tier < y->tier);
}

static int compare_cards(const void *a, const void *b)
{
	const struct roster_file_card *x = a, *y = b;

	if (x->has_uid != y->has_uid)
		return x->has_uid - y->has_uid;
	if (!x->has_uid)
		return memcmp(x->card.token.bytes, y->card.token.bytes, TOKEN_SIZE);
	if (x->uid.len != y->uid.len)
		return x->uid.len - y->uid.len;
	return memcmp(x->uid.bytes, y->uid.bytes, x->uid.len);
}

static int check_pairs(struct walk *w)
{
	const struct roster_file *roster = w->roster;
	const struct {
		const char *list;
		const void *records;
		size_t count, size;
		compare_fn compare;
	} lists[] = {
		{"doors", roster->doors, roster->door_count, sizeof(*roster->doors), compare_doors},
		{"tiers", roster->tiers, roster->tier_count, sizeof(*roster->tiers), compare_tiers},
		{"cards", roster->cards, roster->card_count, sizeof(*roster->cards), compare_cards},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct json_place place = w->top;
		uint32_t first = 0, second = 0;
		const char *key = lists[i].compare == compare_tiers ? "tier" : "";
		int r = find_pair(lists[i].records, lists[i].count, lists[i].size, lists[i].compare,
			&first, &second);

		if (r == 0)
			continue;
		place.list = lists[i].list;
		place.index = second;
		if (lists[i].compare == compare_cards)
			key = roster->cards[second].has_uid ? "uid" : "token";
		return r < 0 ? json_complain(&w->top, lists[i].list, "no memory")
			     : json_complain(&place, key, "the same as %s[%u]; keep one of them",
				       lists[i].list, first);
	}
	return 0;
}

static bool has_door(const struct roster_file *roster, const char *door)
{
	for (size_t i = 0; i < roster->door_count; i++)
		if (strcmp(roster->doors[i], door) == 0)
			return true;
	return false;
}

/* The calendar has sorted them: the day says which one is meant. */
static int check_exception_doors(struct walk *w)
{
	const struct calendar *calendar = &w->roster->calendar;

	for (size_t i = 0; i < calendar->exception_count; i++) {
		const struct calendar_exception *e = &calendar->exceptions[i];
		char from[11];

		civil_date_format(e->first, from);
		if (e->door[0] && !has_door(w->roster, e->door))
			return json_complain(&w->top, e->open ? "openings" : "closures",
				"from %s: door \"%s\" is not in the list of doors", from, e->door);
	}
	return 0;
}

static int check_tier_doors(struct walk *w)
{
	const struct roster_file *roster = w->roster;

	for (size_t i = 0; i < roster->tier_count; i++)
		for (size_t j = 0; j < roster->tiers[i].door_count; j++) {
			const char *door = roster->tiers[i].doors[j].door;
			const struct json_place place = {w->top.file, "tiers", i, w->top.err};

			if (!has_door(roster, door))
				return json_complain(&place, "doors",
					"door \"%s\" is not in the list of doors", door);
		}
	return 0;
}

/* Every card's tier must be in the file. */
static int check_card_tiers(struct walk *w)
{
	const struct roster_file *roster = w->roster;
	CLEANUP(cleanup_free)
	struct roster_file_tier *sorted = malloc((roster->tier_count + 1) * sizeof(*sorted));

	if (!sorted)
		return json_complain(&w->top, "tiers", "no memory");
	if (roster->tier_count > 0)
		memcpy(sorted, roster->tiers, roster->tier_count * sizeof(*sorted));
	qsort(sorted, roster->tier_count, sizeof(*sorted), compare_tiers);
	for (size_t i = 0; i < roster->card_count; i++) {
		const struct roster_file_tier wanted = {.tier = roster->cards[i].card.tier};
		const struct json_place place = {w->top.file, "cards", i, w->top.err};

		if (wanted.tier != 0 && !bsearch(&wanted, sorted, roster->tier_count,
						sizeof(*sorted), compare_tiers))
			return json_complain(&place, "tier",
				"%u is not in the list of tiers; add the tier or mend the number",
				wanted.tier);
	}
	return 0;
}

int roster_file_read(const char *file_name, const char *text, size_t size,
	struct roster_file *ret_roster, char err[ERR_MAX])
{
	CLEANUP(roster_file_free)
	struct roster_file roster = {.calendar.holidays = CALENDAR_HOLIDAYS_ENGLAND};
	struct walk w = {.text = text,
		.size = size,
		.top = {.file = file_name, .err = err},
		.roster = &roster};

	if (size > ROSTER_FILE_MAX)
		return json_complain(&w.top, "", "larger than %u bytes", ROSTER_FILE_MAX);
	if (read_top(&w) < 0 || check_pairs(&w) < 0 || check_tier_doors(&w) < 0 ||
		check_exception_doors(&w) < 0 || check_card_tiers(&w) < 0)
		return -EINVAL;
	*ret_roster = roster;
	memset(&roster, 0, sizeof(roster));
	return 0;
}

void roster_file_free(struct roster_file *roster)
{
	if (!roster)
		return;
	for (size_t i = 0; i < roster->tier_count; i++) {
		for (size_t j = 0; j < roster->tiers[i].door_count; j++)
			free(roster->tiers[i].doors[j].hours);
		free(roster->tiers[i].doors);
		free(roster->tiers[i].hours);
	}
	free(roster->tiers);
	free(roster->doors);
	free(roster->cards);
	memset(roster, 0, sizeof(*roster));
}
