/* SPDX-License-Identifier: Apache-2.0 */
/* What every group of routes needs: refusals, changes, ETags, queries, pages. */
#include "api.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/text.h"
#include "store/registry_days.h"
#include "wire/pack.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define PACK_MIN 1000 /* bytes of an answer; less is one packet anyway */
#define PACK_LEVEL 1

int64_t api_now_us(void)
{
	return clock_wall_us();
}

/* ---- refusals ---- */

int api_refuse(struct api_call *call, unsigned status, const char *name, const char *title,
	const char *format, ...)
{
	char detail[ERR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	http_problem(call->request, status, name, title, detail, NULL);
	return API_ANSWERED;
}

static int refuse_fields(struct api_call *call, unsigned status, const char *name,
	const char *title, const char *detail)
{
	CLEANUP(cleanup_free) char *errors = api_errors_text(&call->errors);
	char sentence[ERR_MAX + 80];

	if (call->errors.count == 1 && *call->errors.rows[0].field)
		snprintf(sentence, sizeof(sentence), "%s: %s", call->errors.rows[0].field,
			call->errors.rows[0].detail);
	else
		snprintf(sentence, sizeof(sentence), "%s",
			call->errors.count == 1 ? call->errors.rows[0].detail : detail);
	http_problem(call->request, status, name, title, sentence, errors);
	return API_ANSWERED;
}

int api_malformed(struct api_call *call)
{
	return refuse_fields(
		call, 400, "malformed", "Malformed request", "errors names what is wrong");
}

int api_unfit(struct api_call *call)
{
	return refuse_fields(call, 422, "unfit", "This cannot be", "errors names what cannot be");
}

int api_fail(struct api_call *call, int r)
{
	static const struct {
		int number;
		unsigned status;
		const char *name;
		const char *title;
		const char *detail;
	} rows[] = {
		{-EINVAL, 422, "unfit", "This cannot be", "a value cannot be"},
		{-ENOENT, 404, "absent", "No such thing", "there is no such thing"},
		{-EEXIST, 409, "exists", "It is there already", "it is there already"},
		{-EPERM, 409, "state", "Not as it is now", "what is there forbids it"},
		{-ESTALE, 412, "stale", "Changed meanwhile",
			"it was changed meanwhile: read it again"},
		{-ENOSPC, 409, "limit", "No more of these", "a limit is reached"},
		{-EHOSTUNREACH, 409, "away", "The door is away",
			"the door or the broker is away: try again when it is back"},
		{-EBUSY, 409, "busy", "Busy", "another change is under way: try again"},
		{-EACCES, 403, "role", "Not with this role", "ask an admin"},
	};
	const char *said = registry_error(call->registry);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].number != r)
			continue;
		return api_refuse(call, rows[i].status, rows[i].name, rows[i].title, "%s",
			said && *said && r != -EACCES ? said : rows[i].detail);
	}
	log_error("%s %s: %s: %s", http_method(call->request),
		call->route ? call->route->path : http_path(call->request), strerror(-r),
		said ? said : "");
	return api_refuse(call, 500, "internal", "The hub failed", "%s; the hub's log says more",
		strerror(-r));
}

/* ---- the answer ---- */

/* Compressed where that is worth it. GET alone: what gives a key away once (bundles, sessions) goes
 * as it is, and GET /session, which tells the page's token, is short. */
void api_send(struct api_call *call)
{
	const char *type = call->out.used ? "application/json" : NULL;
	const char *accepts = http_header(call->request, "Accept-Encoding");
	CLEANUP(cleanup_free) char *packed = NULL;
	size_t size;

	if (call->out.used > PACK_MIN && call->status == 200 &&
		strcmp(call->route->method, "GET") == 0 && pack_accepted(accepts) &&
		pack_gzip(call->out.text, call->out.used, PACK_LEVEL, &packed, &size) == 0) {
		http_add_header(call->request, "Content-Encoding", "gzip");
		http_add_header(call->request, "Vary", "Accept-Encoding");
		http_respond(call->request, call->status, type, packed, size);
		return;
	}
	http_respond(call->request, call->status, type, call->out.text ? call->out.text : "",
		call->out.used);
}

/* ---- changes ---- */

/* Whether one of the tags of If-Match or If-None-Match is this version's. */
static bool tag_listed(const char *list, uint64_t version)
{
	char tag[32];
	size_t size = (size_t)snprintf(tag, sizeof(tag), "\"%" PRIu64 "\"", version);

	for (const char *at = list + strspn(list, " \t,"); *at; at += strspn(at, " \t,")) {
		size_t n = strcspn(at, ",");

		while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
			n--;
		if ((n == 1 && *at == '*') || (n == size && strncmp(at, tag, n) == 0))
			return true;
		at += strcspn(at, ",");
	}
	return false;
}

bool api_matches(struct api_call *call, uint64_t version)
{
	const char *given = http_header(call->request, "If-Match");

	if (!given || tag_listed(given, version))
		return true;
	api_refuse(call, 412, "stale", "Changed meanwhile",
		"it is at version %" PRIu64 ", not at %.40s: read it again", version, given);
	return false;
}

void api_etag(struct api_call *call, uint64_t version)
{
	char tag[32];

	snprintf(tag, sizeof(tag), "\"%" PRIu64 "\"", version);
	http_add_header(call->request, "ETag", tag);
}

int api_begin(struct api_call *call)
{
	return registry_begin(call->registry);
}

int api_audit(struct api_call *call, const char *action, const char *object,
	const struct api_writer *before, const struct api_writer *after)
{
	if ((before && before->failed) || (after && after->failed))
		return -ENOMEM;
	return registry_audit_add(call->registry, call->actor.name, action, object,
		before && before->text ? before->text : "",
		after && after->text ? after->text : "");
}

int api_commit(struct api_call *call, int r, struct revision *ret_revision)
{
	if (r >= 0)
		r = registry_commit(call->registry, ret_revision);
	if (r < 0) {
		if (registry_changing(call->registry))
			registry_abort(call->registry);
		return r;
	}
	hub_changed(call->hub);
	return 0;
}

void api_object_name(char out[80], const char *noun, uint64_t id)
{
	snprintf(out, 80, "%s/%" PRIu64, noun, id);
}

int api_audit_look(struct api_call *call, const char *noun, uint64_t id)
{
	char object[80];
	int r;

	api_object_name(object, noun, id);
	if (!session_looks(call->hub, call->actor.name, object))
		return 0;
	r = api_begin(call);
	if (r == 0)
		r = api_audit(call, "log.look", object, NULL, NULL);
	r = api_commit(call, r, NULL);
	if (r == 0)
		session_looked(call->hub, call->actor.name, object);
	return r;
}

/* ---- who knows of a change ---- */

bool api_confirmed(const struct registry_door *door, const struct revision *revision)
{
	return door->revision.generation > 0 && revision_compare(&door->revision, revision) >= 0;
}

static void write_confirmation(
	struct api_writer *out, const struct registry_door *door, const struct revision *revision)
{
	if (door->status != REGISTRY_DOOR_ACTIVE)
		return;
	api_object(out, NULL);
	api_text(out, "door", door->name);
	api_bool(out, "confirmed", api_confirmed(door, revision));
	api_bool(out, "online", door->online);
	api_time(out, "since", door->online_us);
	api_end(out);
}

void api_confirmations(
	struct api_call *call, struct api_writer *out, const struct revision *revision)
{
	struct registry_door rows[16];
	char after[NAME_ID_MAX] = "";
	int n;

	sync_flush(call->hub);
	api_revision(out, "revision", revision);
	api_list(out, "doors");
	do {
		n = registry_doors(call->registry, *after ? after : NULL, rows, ARRAY_SIZE(rows));
		for (int i = 0; i < n; i++) {
			write_confirmation(out, &rows[i], revision);
			snprintf(after, sizeof(after), "%s", rows[i].name);
			registry_door_free(&rows[i]);
		}
	} while (n == (int)ARRAY_SIZE(rows));
	api_end(out);
}

/* ---- queries ---- */

void api_query_number(struct api_call *call, const char *name, uint64_t *ret)
{
	const char *text = http_query(call->request, name);

	if (text && (api_number_parse(text, API_NUMBER_MAX, ret) < 0 || *ret == 0))
		api_errors_add(&call->errors, name, "expected a number from 1");
}

void api_query_time(struct api_call *call, const char *name, int64_t *ret_us)
{
	const char *text = http_query(call->request, name);

	if (text && api_time_parse(text, ret_us) < 0)
		api_errors_add(
			&call->errors, name, "expected a time in UTC as 2026-12-24T18:00:00Z");
}

void api_query_date(struct api_call *call, const char *name, int32_t *ret_date)
{
	const char *text = http_query(call->request, name);

	if (text && civil_date_parse(text, ret_date) < 0)
		api_errors_add(&call->errors, name, "expected a date as 2026-12-24");
}

void api_query_word(struct api_call *call, const char *name, const char *const *words, size_t count,
	int *ret_index)
{
	const char *text = http_query(call->request, name);
	char list[ERR_MAX / 2] = "";

	if (!text)
		return;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_index = (int)i;
			return;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			words[i]);
	}
	api_errors_add(&call->errors, name, "expected one of %s", list);
}

const char *api_query_text(struct api_call *call, const char *name, size_t max)
{
	const char *text = http_query(call->request, name);

	if (text && strlen(text) > max)
		api_errors_add(&call->errors, name, "expected at most %zu bytes", max);
	return text;
}

void api_query_name(struct api_call *call, const char *name, const char **ret_name)
{
	const char *text = http_query(call->request, name);

	if (text && !name_id_valid(text))
		api_errors_add(&call->errors, name, "expected 1 to 32 of a-z, 0-9 and -");
	*ret_name = text;
}

int api_month_parse(const char *text, int32_t *ret_month)
{
	char date[11];
	int32_t day;

	if (strlen(text) != 7)
		return -EINVAL;
	snprintf(date, sizeof(date), "%s-01", text);
	if (civil_date_parse(date, &day) < 0)
		return -EINVAL;
	*ret_month = registry_month_of(day);
	return 0;
}

/* "1.42" */
static int read_revision(const char *text, struct revision *ret_revision)
{
	size_t n = strcspn(text, ".");
	char generation[12];
	uint64_t number;

	if (n >= sizeof(generation) || text[n] != '.')
		return -EINVAL;
	memcpy(generation, text, n);
	generation[n] = '\0';
	if (api_number_parse(generation, UINT32_MAX, &number) < 0 ||
		api_number_parse(text + n + 1, API_NUMBER_MAX, &ret_revision->number) < 0)
		return -EINVAL;
	ret_revision->generation = (uint32_t)number;
	return 0;
}

bool api_query_revision(struct api_call *call, struct revision *ret_revision)
{
	const char *text = http_query(call->request, "revision");

	if (text && read_revision(text, ret_revision) < 0)
		api_errors_add(&call->errors, "revision", "expected GENERATION.NUMBER, as 1.42");
	return text != NULL;
}

/* ---- pages ---- */

/* A cursor is the hex of "LIST:ID" or "LIST:NAME": opaque to whoever has it, checked here. */
static int read_cursor(const char *cursor, const char *list, char out[40])
{
	char text[100];
	size_t size = strlen(cursor) / 2, n = strlen(list);

	if (size >= sizeof(text) || text_unhex(cursor, (uint8_t *)text, size) < 0)
		return -EINVAL;
	text[size] = '\0';
	if (strlen(text) != size || strncmp(text, list, n) != 0 || text[n] != ':' ||
		strlen(text + n + 1) >= 40)
		return -EINVAL;
	strcpy(out, text + n + 1);
	return 0;
}

void api_page_read(struct api_call *call, const char *list, size_t max, struct api_page *ret_page)
{
	const char *limit = http_query(call->request, "limit");
	const char *cursor = http_query(call->request, "cursor");
	uint64_t number = API_PAGE_DEFAULT;

	*ret_page = (struct api_page){.limit = API_PAGE_DEFAULT};
	if (limit && (api_number_parse(limit, max, &number) < 0 || number == 0))
		api_errors_add(&call->errors, "limit", "expected a number from 1 to %zu", max);
	else
		ret_page->limit = (size_t)number;
	if (!cursor)
		return;
	if (read_cursor(cursor, list, ret_page->name) < 0 ||
		(api_number_parse(ret_page->name, API_NUMBER_MAX, &ret_page->after) < 0 &&
			!name_id_valid(ret_page->name)))
		api_errors_add(&call->errors, "cursor", "not a cursor of this list");
}

void api_page_open(struct api_call *call)
{
	api_object(&call->out, NULL);
	api_list(&call->out, "items");
}

void api_page_close(struct api_call *call, const char *list, const struct api_page *page,
	size_t count, uint64_t last, const char *last_name)
{
	char text[100];

	api_end(&call->out);
	if (last_name)
		snprintf(text, sizeof(text), "%s:%s", list, last_name);
	else
		snprintf(text, sizeof(text), "%s:%" PRIu64, list, last);
	if (count < page->limit)
		api_null(&call->out, "next");
	else
		api_hex(&call->out, "next", (const uint8_t *)text, strlen(text));
	api_end(&call->out);
}
