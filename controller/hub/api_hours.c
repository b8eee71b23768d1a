/* SPDX-License-Identifier: Apache-2.0 */
/* What opening hours mean, as they are typed: when they are open, or what is wrong with them. */
#include "api.h"

#include "base/clock.h"
#include "base/openings.h"
#include "store/registry_rules.h"

#include <string.h>

#define DAYS_MAX 62
#define SECOND_US 1000000LL
#define LAST_DAY 2932896 /* 9999-12-31 */

/* ---- openings, for the answers of others too ---- */

int api_day_start(int32_t date, int64_t *ret_s)
{
	struct civil civil;
	int64_t us[2];

	civil_from_date(date, &civil);
	if (clock_instants(&civil, us) < 0)
		return -EINVAL;
	*ret_s = us[0] / SECOND_US;
	return 0;
}

/* Minutes from the start of `date` by the clocks of the site. */
static int64_t minute_of(int64_t at_s, int32_t date)
{
	struct civil civil;

	if (clock_civil(at_s * SECOND_US, &civil) < 0)
		return 0;
	return (int64_t)(civil.date - date) * 1440 + civil.minute;
}

static void write_window(struct api_writer *out, const struct opening *opening)
{
	struct civil day;

	if (clock_civil(opening->start * SECOND_US, &day) < 0)
		return;
	api_object(out, NULL);
	api_time(out, "from", opening->start * SECOND_US);
	api_time(out, "until", opening->end * SECOND_US);
	api_date(out, "day", day.date);
	api_integer(out, "start_min", minute_of(opening->start, day.date));
	api_integer(out, "end_min", minute_of(opening->end, day.date));
	api_end(out);
}

int api_hours_windows(
	struct api_call *call, const struct openings_rule *rule, int32_t from, int days)
{
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	int64_t start, end, beyond;
	size_t count = 0;
	int r = api_day_start(from, &start);

	if (r == 0)
		r = api_day_start(from + days, &end);
	/* what starts late on the last day is told up to a day beyond it */
	if (r == 0)
		r = api_day_start(from + days + 1, &beyond);
	if (r == 0)
		r = openings_find(rule, start, beyond, &openings, &count);
	if (r < 0)
		return r;
	api_list(&call->out, "windows");
	for (size_t i = 0; i < count && openings[i].start < end; i++)
		write_window(&call->out, &openings[i]);
	api_end(&call->out);
	return 0;
}

int api_hours_now(struct api_call *call, const struct openings_rule *rule, int64_t now_us)
{
	int64_t now = now_us / SECOND_US, to = now + API_HOURS_REACH_S, end = to;
	bool open = false;
	int r = openings_now(rule, now, to, &open, &end);

	if (r < 0)
		return r;
	api_bool(&call->out, "open_now", open);
	api_time(&call->out, "next_change", end < to ? end * SECOND_US : 0);
	return 0;
}

/* ---- POST /hours/look ---- */

struct look {
	char hours[HOURS_TEXT_MAX + 1];
	char door[NAME_ID_MAX]; /* "": the site's closures alone */
	int32_t from;
	uint32_t days;
	struct calendar calendar;
};

static bool read_look(struct api_call *call, struct look *look)
{
	struct civil now;

	look->days = 7;
	if (clock_civil(api_now_us(), &now) == 0)
		look->from = now.date;
	api_get_text(&call->body, "hours", API_REQUIRED, 0, HOURS_TEXT_MAX, look->hours);
	api_get_date(&call->body, "from", API_OPTIONAL, &look->from);
	api_get_u32(&call->body, "days", API_OPTIONAL, 1, DAYS_MAX, &look->days);
	api_get_name(&call->body, "door", API_NULLABLE, look->door);
	if (look->from < 0 || look->from > LAST_DAY - DAYS_MAX)
		api_errors_add(&call->errors, "from", "expected a date from 1970 to 9999");
	return api_body_done(&call->body);
}

/* A mistake is what the answer is about: no problem of HTTP. */
static int answer_mistake(struct api_call *call, const char *text, const struct hours_error *error)
{
	char sentence[ERR_MAX];
	uint64_t column = 0;

	for (size_t i = 0; i < error->at && text[i]; i++)
		column += ((unsigned char)text[i] & 0xC0) != 0x80;
	snprintf(sentence, sizeof(sentence), "%s%s%s", error->message,
		error->suggestion ? "; " : "", error->suggestion ? error->suggestion : "");
	api_object(&call->out, NULL);
	api_bool(&call->out, "ok", false);
	api_number(&call->out, "at", error->at);
	api_number(&call->out, "column", column);
	api_text(&call->out, "error", sentence);
	api_end(&call->out);
	return 0;
}

static void write_holidays(struct api_call *call, const struct look *look)
{
	const char *name;
	struct civil day;

	api_list(&call->out, "holidays");
	for (uint32_t i = 0; i < look->days; i++) {
		civil_from_date(look->from + (int32_t)i, &day);
		if (!calendar_holiday(&look->calendar, &day))
			continue;
		name = look->calendar.holidays == CALENDAR_HOLIDAYS_ENGLAND ? calendar_england(&day)
									    : NULL;
		api_object(&call->out, NULL);
		api_date(&call->out, "date", day.date);
		api_text_or_null(&call->out, "name", name ? name : "");
		api_end(&call->out);
	}
	api_end(&call->out);
}

int api_exceptions_between(struct api_call *call, const char *door, int32_t first, int32_t last)
{
	CLEANUP(cleanup_free)
	struct registry_exception *rows = calloc(CALENDAR_EXCEPTIONS_MAX, sizeof(*rows));
	int n = rows ? registry_exceptions(
			       call->registry, 0, -1, first - 1, rows, CALENDAR_EXCEPTIONS_MAX)
		     : -ENOMEM;

	api_list(&call->out, "exceptions");
	for (int i = 0; i < n; i++) {
		const struct calendar_exception *row = &rows[i].row;

		/* one of the day before matters where it reaches over midnight */
		if (row->first <= last && (row->last >= first || row->end > 1440) &&
			(!door || !*row->door || strcmp(row->door, door) == 0))
			api_write_exception(&call->out, &rows[i]);
	}
	api_end(&call->out);
	return n < 0 ? n : 0;
}

static int answer_look(struct api_call *call, const struct look *look, const struct hours *hours)
{
	const struct openings_rule rule = {hours, &look->calendar, look->door};
	char normal[HOURS_FORMAT_MAX];
	int r;

	if (hours_format(hours, normal, sizeof(normal)) < 0)
		*normal = '\0';
	api_object(&call->out, NULL);
	api_bool(&call->out, "ok", true);
	api_text(&call->out, "normal", normal);
	r = api_hours_now(call, &rule, api_now_us());
	if (r == 0)
		r = api_hours_windows(call, &rule, look->from, (int)look->days);
	write_holidays(call, look);
	if (r == 0)
		r = api_exceptions_between(
			call, look->door, look->from, look->from + (int32_t)look->days - 1);
	api_end(&call->out);
	return r;
}

static int look_at_hours(struct api_call *call)
{
	CLEANUP(cleanup_free) struct look *look = calloc(1, sizeof(*look));
	struct hours_error error;
	struct civil today;
	struct hours hours;
	int r;

	if (!look)
		return -ENOMEM;
	if (!read_look(call, look))
		return api_malformed(call);
	if (hours_compile(look->hours, &hours, &error) < 0)
		return answer_mistake(call, look->hours, &error);
	if (clock_civil(api_now_us(), &today) < 0)
		return -EINVAL;
	r = registry_calendar(call->registry,
		(look->from < today.date ? look->from : today.date) - 1, &look->calendar);
	return r < 0 ? r : answer_look(call, look, &hours);
}

const struct api_route api_hours_routes[] = {
	{"POST", "/hours/look", API_ALL, API_TAKES_JSON, NULL, look_at_hours, 0, API_ROW},
	{0},
};
