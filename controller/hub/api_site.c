/* SPDX-License-Identifier: Apache-2.0 */
/* The site: how it is, its settings, its lockdown, its backup. */
#include "api.h"
#include "base/clock.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ALARMS_COUNTED 500
#define WARN_MAX_S (90 * 86400)

static const char *const holidays[] = {"none", "england"}; /* enum calendar_holidays */

static void write_settings(struct api_writer *out, const struct registry_site *site)
{
	api_text(out, "site", site->site);
	api_text(out, "title", site->title);
	api_text(out, "timezone", site->roster.timezone);
	api_text(out, "holidays",
		site->roster.holidays == CALENDAR_HOLIDAYS_ENGLAND ? holidays[1] : holidays[0]);
	api_number(out, "warn_s", site->roster.warn_s);
	api_number(out, "bound_s", site->roster.bound_s);
	api_number(out, "checkout_minute", site->roster.checkout_minute);
	api_number(out, "guests_max", site->guests_max);
	api_bool(out, "presence_at_doors", site->presence_at_doors);
	api_bool(out, "lockdown", site->lockdown);
	api_text(out, "lockdown_by", site->state_actor);
	api_time(out, "lockdown_at", site->state_us);
	api_number(out, "version", site->version);
}

static void write_site(struct api_writer *out, const struct registry_site *site)
{
	api_object(out, NULL);
	write_settings(out, site);
	api_end(out);
}

/* What a page needs to show times near now without a database of zones, which is slow to wake in a
 * browser. */
static void write_clock(struct api_writer *out)
{
	int64_t now_us = api_now_us(), from_us, until_us;

	clock_steady(now_us, &from_us, &until_us);
	api_object(out, "clock");
	api_number(out, "offset_s", clock_offset_s(now_us));
	api_time(out, "from", from_us);
	api_time(out, "until", until_us);
	api_end(out);
}

static int show_site(struct api_call *call)
{
	struct registry_site site;
	int r = registry_site(call->registry, &site);

	if (r < 0)
		return r;
	api_etag(call, site.version);
	api_object(&call->out, NULL);
	write_settings(&call->out, &site);
	write_clock(&call->out);
	api_end(&call->out);
	return 0;
}

/* Ends a change of the site: what it is now is the answer and the audit's after. */
static int finish(struct api_call *call, int r, const char *action, const struct api_writer *before)
{
	struct registry_site site = {0};

	if (r >= 0)
		r = registry_site(call->registry, &site);
	if (r >= 0) {
		write_site(&call->out, &site);
		r = api_audit(call, action, "site", before, &call->out);
	}
	r = api_commit(call, r, NULL);
	if (r == 0)
		api_etag(call, site.version);
	return r;
}

static int change_site(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_site site;
	uint32_t minute;
	int word, r = registry_site(call->registry, &site);

	if (r < 0)
		return r;
	write_site(&before, &site);
	api_get_text(&call->body, "title", API_OPTIONAL, 0, REGISTRY_NAME_MAX, site.title);
	if (api_get_word(
		    &call->body, "holidays", API_OPTIONAL, holidays, ARRAY_SIZE(holidays), &word))
		site.roster.holidays = word ? CALENDAR_HOLIDAYS_ENGLAND : CALENDAR_HOLIDAYS_NONE;
	api_get_u32(&call->body, "warn_s", API_OPTIONAL, 0, WARN_MAX_S, &site.roster.warn_s);
	api_get_u32(&call->body, "bound_s", API_OPTIONAL, 0, WARN_MAX_S, &site.roster.bound_s);
	if (api_get_u32(&call->body, "checkout_minute", API_OPTIONAL, 0, 1439, &minute))
		site.roster.checkout_minute = (uint16_t)minute;
	api_get_u32(&call->body, "guests_max", API_OPTIONAL, 0, 100, &site.guests_max);
	api_get_bool(&call->body, "presence_at_doors", API_OPTIONAL, &site.presence_at_doors);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, site.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_site_change(call->registry, &site);
	return finish(call, r, "site.change", &before);
}

static int lock_down(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_site site;
	bool lockdown = false;
	int r = registry_site(call->registry, &site);

	if (r < 0)
		return r;
	write_site(&before, &site);
	api_get_bool(&call->body, "lockdown", API_REQUIRED, &lockdown);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_site_lockdown(call->registry, lockdown, call->actor.name);
	return finish(call, r, "site.lockdown", &before);
}

/* ---- status ---- */

static void write_status_door(
	struct api_writer *out, const struct registry_door *door, const struct revision *newest)
{
	api_object(out, NULL);
	api_text(out, "name", door->name);
	api_text(out, "title", door->title);
	api_text(out, "status", registry_door_status_name(door->status));
	api_bool(out, "online", door->online);
	api_time(out, "since", door->online_us);
	api_bool(out, "confirmed", api_confirmed(door, newest));
	api_revision(out, "revision", &door->revision);
	api_time(out, "asked_at", door->asked_us);
	api_text(out, "mode", door_mode_name((enum door_mode)door->mode));
	api_end(out);
}

static int write_status_doors(struct api_call *call, const struct revision *newest)
{
	struct registry_door rows[16];
	char after[NAME_ID_MAX] = "";
	int n;

	api_list(&call->out, "doors");
	do {
		n = registry_doors(call->registry, *after ? after : NULL, rows, ARRAY_SIZE(rows));
		for (int i = 0; i < n; i++) {
			write_status_door(&call->out, &rows[i], newest);
			snprintf(after, sizeof(after), "%s", rows[i].name);
			registry_door_free(&rows[i]);
		}
	} while (n == (int)ARRAY_SIZE(rows));
	api_end(&call->out);
	return n < 0 ? n : 0;
}

static void write_https(struct api_writer *out, const struct hub *hub)
{
	if (!*hub->fingerprint) {
		api_null(out, "https");
		return;
	}
	api_object(out, "https");
	api_text(out, "fingerprint", hub->fingerprint);
	api_time(out, "until", hub->certificate_until_us);
	api_end(out);
}

static int count_alarms(struct api_call *call)
{
	CLEANUP(cleanup_free)
	struct registry_alarm *rows = calloc(ALARMS_COUNTED, sizeof(*rows));

	return rows ? registry_alarms(call->registry, 0, true, rows, ALARMS_COUNTED) : -ENOMEM;
}

static int show_status(struct api_call *call)
{
	struct registry_site site;
	struct registry_roster roster;
	int alarms, r;

	sync_flush(call->hub);
	r = registry_site(call->registry, &site);
	if (r >= 0)
		r = registry_roster(call->registry, &roster);
	alarms = r >= 0 ? count_alarms(call) : r;
	if (alarms < 0)
		return alarms;
	api_object(&call->out, NULL);
	api_text(&call->out, "site", site.site);
	api_text(&call->out, "title", site.title);
	api_text(&call->out, "program", "tapin-hub " TAPIN_VERSION);
	api_time(&call->out, "time", api_now_us());
	api_revision(&call->out, "revision", &roster.revision);
	api_hex(&call->out, "digest", roster.digest, sizeof(roster.digest));
	api_number(&call->out, "cards", roster.cards);
	api_text(&call->out, "broker",
		call->hub->mqtt && mqtt_connected(call->hub->mqtt) ? "connected" : "away");
	write_https(&call->out, call->hub);
	api_bool(&call->out, "lockdown", site.lockdown);
	api_number(&call->out, "alarms", (uint64_t)alarms);
	api_text_or_null(&call->out, "demo", call->hub->conf.demo);
	r = write_status_doors(call, &roster.revision);
	api_end(&call->out);
	return r;
}

/* ---- backup ---- */

static int make_backup(struct api_call *call)
{
	char path[PATH_MAX], stamp[24];
	time_t now = (time_t)(api_now_us() / 1000000);
	struct stat st;
	struct tm tm;
	int r;

	snprintf(path, sizeof(path), "%s/backups", call->hub->conf.store_directory);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(
		path, sizeof(path), "%s/backups/hub-%s.db", call->hub->conf.store_directory, stamp);
	r = registry_backup(call->registry, path);
	if (r == 0 && stat(path, &st) < 0)
		r = -errno;
	if (r < 0)
		return r;
	api_object(&call->out, NULL);
	api_text(&call->out, "file", path);
	api_number(&call->out, "bytes", (uint64_t)st.st_size);
	api_end(&call->out);
	call->status = 201;
	r = api_begin(call);
	if (r == 0)
		r = api_audit(call, "backup.make", "backup", NULL, &call->out);
	return api_commit(call, r, NULL);
}

const struct api_route api_site_routes[] = {
	{"GET", "/status", API_ALL, API_TAKES_NOTHING, NULL, show_status, 0, API_ROW},
	{"GET", "/site", API_ALL, API_TAKES_NOTHING, NULL, show_site, 0, API_ROW},
	{"PATCH", "/site", API_ADMIN, API_TAKES_JSON, NULL, change_site, 0, API_ROW},
	{"PUT", "/site/lockdown", API_WORKS, API_TAKES_JSON, NULL, lock_down, 0, API_ROW},
	{"POST", "/backup", API_ADMIN, API_TAKES_NOTHING, NULL, make_backup, 0, API_ROW},
	{0},
};
