/* SPDX-License-Identifier: Apache-2.0 */
/* Events out of an iCalendar file: each is made, then its guests are put on its list. */
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "wire/csv.h"
#include "wire/events_ics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIELD_ROOM (2 * EVENTS_ICS_TEXT_MAX + 8)

/* Times without a zone are the site's. */
static int take_zone(struct cli_call *call, char zone[64])
{
	json_t *site = NULL;
	int r = cli_send(call, "GET", "/site", NULL, &site);

	if (r != CLI_EXIT_DONE)
		return r;
	snprintf(zone, 64, "%s", cli_text_at(site, "timezone"));
	json_decref(site);
	setenv("TZ", zone, 1);
	tzset();
	return CLI_EXIT_DONE;
}

static void format_utc(int64_t us, char out[32])
{
	time_t at = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static char *guest_list(const struct events_ics_event *event, size_t *ret_size)
{
	char *text = NULL, name[FIELD_ROOM], email[FIELD_ROOM];
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	fputs("name,email\n", out);
	for (size_t i = 0; i < event->guest_count; i++)
		if (csv_field(event->guests[i].name, name, sizeof(name)) >= 0 &&
			csv_field(event->guests[i].email, email, sizeof(email)) >= 0)
			fprintf(out, "%s,%s\n", name, email);
	fclose(out);
	return text;
}

static int add_guests(struct cli_call *call, const struct events_ics_event *event, json_int_t id)
{
	CLEANUP(cleanup_free) char *text = NULL;
	json_t *answer = NULL;
	char path[80];
	size_t size = 0;
	int r;

	if (event->guest_count == 0)
		return CLI_EXIT_DONE;
	text = guest_list(event, &size);
	if (!text)
		return CLI_EXIT_REFUSED;
	snprintf(path, sizeof(path), "/events/%" JSON_INTEGER_FORMAT "/guests/import", id);
	r = cli_send_text(call, path, "text/csv", text, size, &answer);
	json_decref(answer);
	return r;
}

static int add_event(struct cli_call *call, const struct events_ics_event *event)
{
	CLEANUP(cleanup_free) char *title = cli_clean(event->title);
	char starts[32], ends[32];
	json_t *answer = NULL;
	int r;

	format_utc(event->starts_us, starts);
	format_utc(event->ends_us, ends);
	r = cli_send(call, "POST", "/events",
		json_pack("{s:s, s:s, s:s, s:s}", "title", event->title, "room", event->room,
			"starts", starts, "ends", ends),
		&answer);
	if (r == CLI_EXIT_DONE)
		r = add_guests(call, event, json_integer_value(json_object_get(answer, "id")));
	if (r == CLI_EXIT_DONE && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE)
		printf("event %" JSON_INTEGER_FORMAT ": %s, %zu guests\n",
			json_integer_value(json_object_get(answer, "id")), title ? title : "",
			event->guest_count);
	json_decref(answer);
	return r;
}

int cli_event_calendar(struct cli_call *call)
{
	const char *file = call->words[0];
	CLEANUP(cleanup_free) char *text = NULL;
	struct events_ics events = {0};
	char zone[64], err[ERR_MAX];
	size_t size;
	int r = file_read(file, EVENTS_ICS_FILE_MAX, &text, &size);

	if (r < 0)
		return log_error("%s: cannot be read: %s", file, strerror(-r)), CLI_EXIT_USAGE;
	r = take_zone(call, zone);
	if (r != CLI_EXIT_DONE)
		return r;
	if (events_ics_read(file, text, size, zone, &events, err) < 0)
		return log_error("%s", err), CLI_EXIT_USAGE;
	for (size_t i = 0; r == CLI_EXIT_DONE && i < events.count; i++)
		r = add_event(call, &events.events[i]);
	events_ics_free(&events);
	return r;
}
