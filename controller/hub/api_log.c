/* SPDX-License-Identifier: Apache-2.0 */
/* The doors' journals as people read them: JSON, or a spreadsheet. */
#include "api_sheet.h"

#include "base/clock.h"
#include "core/reason.h"
#include "hub/verify.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#define HOST_DAYS_US (7LL * 86400 * 1000000)
#define PAGE_CSV_MAX 5000 /* rows: some 60 ms of the loop */
#define KINDS_MAX 256
#define REASONS_MAX 256
#define VERIFY_MAX 500000 /* entries: a second or a few of the loop */

/* ---- what is asked ---- */

static int find_reason(const char *text)
{
	for (unsigned i = 0; i < REASONS_MAX && reason_row(i); i++)
		if (strcmp(reason_row(i)->name, text) == 0)
			return (int)reason_row(i)->reason;
	return -1;
}

static int find_kind(const char *text)
{
	for (int i = 1; i < KINDS_MAX; i++) {
		const char *name = entry_kind_name((enum entry_kind)i);

		if (name && strcmp(name, text) == 0)
			return i;
	}
	return -1;
}

static void read_name(struct api_call *call, const char *name, int (*find)(const char *), int *ret)
{
	const char *text = http_query(call->request, name);

	if (!text)
		return;
	*ret = find(text);
	if (*ret < 0)
		api_errors_add(&call->errors, name, "there is no such %s; %s lists them", name,
			find == find_reason ? "tapin-reasons(7)" : "tapin(1)");
}

static bool wants_csv(const struct api_call *call)
{
	const char *accept = http_header(call->request, "Accept");

	return accept && strncasecmp(accept, "text/csv", 8) == 0;
}

int64_t api_log_earliest(const struct api_actor *actor)
{
	return actor->role == OPERATOR_ROLE_HOST ? api_now_us() - HOST_DAYS_US : 0;
}

static void read_query(struct api_call *call, struct registry_log_query *query,
	struct api_page *page, bool *ret_cut)
{
	static const char *const verdicts[] = {"deny", "grant"};
	const char *above = http_query(call->request, "above");
	int64_t earliest = api_log_earliest(&call->actor);

	*query = (struct registry_log_query){.verdict = -1, .reason = -1, .kind = -1};
	api_page_read(call, "log", wants_csv(call) ? PAGE_CSV_MAX : REGISTRY_PAGE_MAX, page);
	api_query_name(call, "door", &query->door);
	api_query_number(call, "member", &query->member);
	api_query_number(call, "card", &query->card);
	api_query_number(call, "event", &query->event);
	query->actor = api_query_text(call, "actor", ENTRY_ACTOR_MAX);
	api_query_word(call, "verdict", verdicts, ARRAY_SIZE(verdicts), &query->verdict);
	read_name(call, "reason", find_reason, &query->reason);
	read_name(call, "kind", find_kind, &query->kind);
	api_query_time(call, "from", &query->from_us);
	api_query_time(call, "until", &query->until_us);
	if (above && api_number_parse(above, API_NUMBER_MAX, &query->above) < 0)
		api_errors_add(&call->errors, "above", "expected a number");
	if (above && page->after)
		api_errors_add(&call->errors, "above", "not with cursor");
	query->below = page->after;
	query->limit = page->limit;
	query->ascending = above != NULL;
	*ret_cut = query->from_us < earliest && http_query(call->request, "from");
	if (query->from_us < earliest)
		query->from_us = earliest;
}

/* Who looks at one person's history leaves a trace. */
static int audit_look(struct api_call *call, const struct registry_log_query *query)
{
	if (!query->member && !query->card)
		return 0;
	return api_audit_look(call, query->member ? "member" : "card",
		query->member ? query->member : query->card);
}

/* ---- what is answered ---- */

static const char *name_of(struct api_lookup *names, uint64_t id)
{
	struct registry_member member;

	if (names->id == id)
		return names->name;
	names->id = id;
	*names->name = '\0';
	if (registry_member(names->registry, id, &member) == 0)
		memcpy(names->name, member.name, sizeof(names->name));
	return names->name;
}

static const char *kind_name(const struct registry_entry *row, char buffer[16])
{
	const char *name = entry_kind_name(row->entry.kind);

	if (name)
		return name;
	/* of a newer door */
	snprintf(buffer, 16, "%s", row->poison ? "poison" : "");
	if (!*buffer)
		snprintf(buffer, 16, "kind_%u", (unsigned)row->entry.kind);
	return buffer;
}

void api_log_entry(
	struct api_writer *out, struct api_lookup *names, const struct registry_entry *row)
{
	const struct entry *entry = &row->entry;
	const struct entry_subject *subject = &entry->subject;
	char kind[16], time[32];

	api_object(out, NULL);
	api_number(out, "id", row->id);
	api_text(out, "door", row->door);
	api_hex(out, "journal", row->journal, sizeof(row->journal));
	api_number(out, "seq", row->seq);
	api_time_format(entry->wall_us, time);
	api_text(out, "time", time);
	api_text(out, "clock", clock_trust_name(entry->clock));
	api_text(out, "kind", kind_name(row, kind));
	api_text_or_null(out, "verdict", !entry->decided ? "" : entry->grant ? "grant" : "deny");
	api_text_or_null(out, "reason", entry->decided ? reason_info(entry->reason)->name : "");
	api_text_or_null(out, "sentence", entry->decided ? reason_info(entry->reason)->admin : "");
	api_list(out, "warnings");
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (entry->warnings & bit && warning_name(bit))
			api_text(out, NULL, warning_name(bit));
	api_end(out);
	if (subject->member) {
		api_object(out, "member");
		api_number(out, "id", subject->member);
		api_text(out, "name", name_of(names, subject->member));
		api_end(out);
	} else {
		api_null(out, "member");
	}
	api_number_or_null(out, "card", subject->card);
	api_number_or_null(out, "sponsor", subject->sponsor);
	api_text_or_null(
		out, "sponsor_name", subject->sponsor ? name_of(names, subject->sponsor) : "");
	api_number_or_null(out, "event", subject->event);
	api_list(out, "use");
	for (unsigned bit = 1; bit <= ENTRY_USE_POOL; bit <<= 1)
		if (subject->use & bit)
			api_text(out, NULL, entry_use_name(bit));
	api_end(out);
	api_text_or_null(out, "actor", subject->actor);
	api_text(out, "detail", entry->detail);
	api_bool(out, "erased", entry->erased);
	api_bool(out, "poison", row->poison);
	api_end(out);
}

static void answer_json(struct api_call *call, const struct api_page *page,
	const struct registry_log_query *query, bool cut, const struct registry_entry *rows,
	size_t count)
{
	struct api_lookup names = {.registry = call->registry};
	uint64_t highest = query->above;
	char cursor[40];
	bool follows = http_query(call->request, "above") != NULL;

	api_object(&call->out, NULL);
	api_list(&call->out, "items");
	for (size_t i = 0; i < count; i++) {
		api_log_entry(&call->out, &names, &rows[i]);
		if (rows[i].id > highest)
			highest = rows[i].id;
	}
	api_end(&call->out);
	api_number(&call->out, "above", highest);
	if (follows || count < page->limit || count == 0) {
		api_null(&call->out, "next");
	} else {
		snprintf(cursor, sizeof(cursor), "log:%" PRIu64, rows[count - 1].id);
		api_hex(&call->out, "next", (const uint8_t *)cursor, strlen(cursor));
	}
	if (cut)
		api_time(&call->out, "cut_from", query->from_us);
	else
		api_null(&call->out, "cut_from");
	api_end(&call->out);
}

/* ---- a spreadsheet ---- */

static void put_number(struct api_sheet *sheet, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	api_sheet_cell(sheet, number ? text : "", ',');
}

static void put_entry(
	struct api_sheet *sheet, struct api_lookup *names, const struct registry_entry *row)
{
	const struct entry *entry = &row->entry;
	char time[32], kind[16], warnings[200] = "", use[32] = "";

	api_time_format(entry->wall_us, time);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (entry->warnings & bit && warning_name(bit))
			snprintf(warnings + strlen(warnings), sizeof(warnings) - strlen(warnings),
				"%s%s", *warnings ? " " : "", warning_name(bit));
	for (unsigned bit = 1; bit <= ENTRY_USE_POOL; bit <<= 1)
		if (entry->subject.use & bit)
			snprintf(use + strlen(use), sizeof(use) - strlen(use), "%s%s",
				*use ? " " : "", entry_use_name(bit));
	put_number(sheet, row->id);
	api_sheet_cell(sheet, row->door, ',');
	put_number(sheet, row->seq);
	api_sheet_cell(sheet, time, ',');
	api_sheet_cell(sheet, clock_trust_name(entry->clock), ',');
	api_sheet_cell(sheet, kind_name(row, kind), ',');
	api_sheet_cell(sheet, !entry->decided ? "" : entry->grant ? "grant" : "deny", ',');
	api_sheet_cell(sheet, entry->decided ? reason_info(entry->reason)->name : "", ',');
	api_sheet_cell(sheet, warnings, ',');
	put_number(sheet, entry->subject.member);
	api_sheet_cell(
		sheet, entry->subject.member ? name_of(names, entry->subject.member) : "", ',');
	put_number(sheet, entry->subject.card);
	put_number(sheet, entry->subject.sponsor);
	put_number(sheet, entry->subject.event);
	api_sheet_cell(sheet, use, ',');
	api_sheet_cell(sheet, entry->subject.actor, ',');
	api_sheet_cell(sheet, entry->detail, '\n');
}

/* The same question with the next page's cursor, for who follows links. */
static void add_link(struct api_call *call, uint64_t last)
{
	static const char *const names[] = {"limit", "door", "member", "card", "event", "verdict",
		"reason", "kind", "from", "until"};
	const char *actor = http_query(call->request, "actor");
	char link[1024], cursor[40], hex[80];

	snprintf(cursor, sizeof(cursor), "log:%" PRIu64, last);
	for (size_t i = 0; cursor[i]; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)cursor[i]);
	snprintf(link, sizeof(link), "<" API_PREFIX "/log?cursor=%s", hex);
	/* each of these was judged: nothing in it needs an escape */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (http_query(call->request, names[i]))
			snprintf(link + strlen(link), sizeof(link) - strlen(link), "&%s=%s",
				names[i], http_query(call->request, names[i]));
	if (actor)
		snprintf(link + strlen(link), sizeof(link) - strlen(link), "&actor=");
	for (; actor && *actor; actor++)
		snprintf(link + strlen(link), sizeof(link) - strlen(link), "%%%02X",
			(unsigned char)*actor);
	snprintf(link + strlen(link), sizeof(link) - strlen(link), ">; rel=\"next\"");
	http_add_header(call->request, "Link", link);
}

static int answer_csv(struct api_call *call, const struct api_page *page,
	const struct registry_entry *rows, size_t count)
{
	static const char *const columns[] = {"id", "door", "seq", "time", "clock", "kind",
		"verdict", "reason", "warnings", "member", "name", "card", "sponsor", "event",
		"use", "actor", "detail"};
	struct api_lookup names = {.registry = call->registry};
	struct api_sheet sheet = {0};

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		api_sheet_cell(&sheet, columns[i], i + 1 < ARRAY_SIZE(columns) ? ',' : '\n');
	for (size_t i = 0; i < count && !sheet.failed; i++)
		put_entry(&sheet, &names, &rows[i]);
	if (count == page->limit && count > 0 && !http_query(call->request, "above"))
		add_link(call, rows[count - 1].id);
	return api_sheet_answer(call, &sheet);
}

/* A spreadsheet may be larger than the registry's page. */
static int load(struct api_call *call, struct registry_log_query *query, size_t limit,
	struct registry_entry *rows)
{
	size_t count = 0;
	int n;

	do {
		query->limit =
			limit - count < REGISTRY_PAGE_MAX ? limit - count : REGISTRY_PAGE_MAX;
		n = registry_log(call->registry, query, rows + count);
		if (n <= 0)
			break;
		count += (size_t)n;
		if (query->ascending)
			query->above = rows[count - 1].id;
		else
			query->below = rows[count - 1].id;
	} while ((size_t)n == query->limit && count < limit);
	return n < 0 ? n : (int)count;
}

static int list_log(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_entry *rows = NULL;
	struct registry_log_query query, asked;
	struct api_page page;
	bool cut;
	int n;

	read_query(call, &query, &page, &cut);
	if (call->errors.count > 0)
		return api_malformed(call);
	n = audit_look(call, &query);
	if (n < 0)
		return n;
	asked = query;
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? load(call, &query, page.limit, rows) : -ENOMEM;
	if (n < 0)
		return n;
	if (wants_csv(call))
		return answer_csv(call, &page, rows, (size_t)n);
	answer_json(call, &page, &asked, cut, rows, (size_t)n);
	return 0;
}

/* ---- verifying ---- */

/* The number of the newest entry, 0 for none: about how many there are. */
static int newest_entry(struct api_call *call, uint64_t *ret_id)
{
	const struct registry_log_query newest = {
		.verdict = -1, .reason = -1, .kind = -1, .limit = 1};
	struct registry_entry row;
	int n = registry_log(call->registry, &newest, &row);

	if (n > 0)
		*ret_id = row.id;
	return n;
}

/* Verifying here holds the loop up, doors and all: a long log is for a child. 0, or answered. */
static int judge_length(struct api_call *call)
{
	uint64_t newest = 0;
	int n = newest_entry(call, &newest);

	if (n < 0)
		return n;
	if (newest <= VERIFY_MAX)
		return 0;
	return api_refuse(call, 409, "limit", "Too long for this",
		"the log has about %" PRIu64 " entries: POST /log/verification, or on the hub's "
		"machine: tapin log verify --file %s/hub.db --site %s",
		newest, call->hub->conf.store_directory, call->hub->conf.site);
}

static int verify_log(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_chain *chains = NULL;
	char path[PATH_MAX], err[ERR_MAX] = "";
	int n = judge_length(call);

	if (n != 0)
		return n;
	hub_registry_path(&call->hub->conf, path, sizeof(path));
	n = registry_log_verify(path, call->hub->conf.site, crypto_hash256, &chains, err);
	if (n < 0)
		return api_refuse(call, 409, "unreadable", "The log cannot be verified", "%s", err);
	verify_write_chains(&call->out, chains, n);
	return 0;
}

/* At any length: a child does it. */
static int start_verification(struct api_call *call)
{
	uint64_t newest = 0;
	int r = newest_entry(call, &newest);

	if (r >= 0)
		r = verify_start(call->hub, newest);
	if (r < 0)
		return r;
	call->status = 202;
	verify_write(call->hub, &call->out);
	return 0;
}

static int show_verification(struct api_call *call)
{
	verify_write(call->hub, &call->out);
	return 0;
}

const struct api_route api_log_routes[] = {
	{"GET", "/log", API_ALL, API_TAKES_NOTHING,
		"limit cursor door member card event actor verdict reason kind from until above",
		list_log, 0, API_ROW},
	{"POST", "/log/verification", API_READS, API_TAKES_NOTHING, NULL, start_verification, 0,
		API_ROW},
	{"GET", "/log/verification", API_READS, API_TAKES_NOTHING, NULL, show_verification, 0,
		API_ROW},
	{"GET", "/log/verify", API_READS, API_TAKES_NOTHING, NULL, verify_log, 0, API_ROW},
	{0},
};
