/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are members: found by their id, else by their contact, else made. */
#include "api_import.h"

#include "core/decide.h"
#include "wire/utf8.h"

#include <inttypes.h>
#include <string.h>

enum column {
	COLUMN_ID,
	COLUMN_NAME,
	COLUMN_CONTACT,
	COLUMN_NOTE,
	COLUMN_TIER,
	COLUMN_STATE,
	COLUMN_FROM,
	COLUMN_UNTIL,
	COLUMN_GRACE,
	COLUMN_RELEASE,
};
static const char *const columns[] = {"id", "name", "contact", "note", "tier", "state",
	"valid_from", "valid_until", "grace_until", "release_ms"};

/* ---- members by contact: one look through all, then a table ---- */

struct contact {
	char *text; /* NULL: free */
	uint64_t id;
	bool many;
};

struct contacts {
	struct contact *rows;
	size_t room; /* a power of two, never more than half full */
	size_t used;
};

static struct contact *find_contact(const struct contacts *contacts, const char *text)
{
	uint64_t hash = 1469598103934665603u; /* FNV-1a */
	size_t i;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	for (i = hash & (contacts->room - 1); contacts->rows[i].text;
		i = (i + 1) & (contacts->room - 1))
		if (strcmp(contacts->rows[i].text, text) == 0)
			break;
	return &contacts->rows[i];
}

static int grow_contacts(struct contacts *contacts)
{
	struct contacts grown = {.room = contacts->room ? 2 * contacts->room : 1024};

	grown.rows = calloc(grown.room, sizeof(*grown.rows));
	if (!grown.rows)
		return -ENOMEM;
	for (size_t i = 0; i < contacts->room; i++)
		if (contacts->rows[i].text)
			*find_contact(&grown, contacts->rows[i].text) = contacts->rows[i];
	grown.used = contacts->used;
	free(contacts->rows);
	*contacts = grown;
	return 0;
}

static int add_contact(struct contacts *contacts, const char *text, uint64_t id)
{
	struct contact *contact;

	if (!*text)
		return 0;
	if (2 * contacts->used >= contacts->room && grow_contacts(contacts) < 0)
		return -ENOMEM;
	contact = find_contact(contacts, text);
	if (contact->text) {
		contact->many = contact->many || contact->id != id;
		return 0;
	}
	contact->text = strdup(text);
	contact->id = id;
	contacts->used++;
	return contact->text ? 0 : -ENOMEM;
}

static int load_contacts(struct registry *registry, struct contacts *contacts)
{
	struct registry_member_query query = {.state = -1, .tier = -1, .limit = REGISTRY_PAGE_MAX};
	CLEANUP(cleanup_free)
	struct registry_member *rows = calloc(REGISTRY_PAGE_MAX, sizeof(*rows));
	int n, r = grow_contacts(contacts);

	if (!rows || r < 0)
		return -ENOMEM;
	do {
		n = registry_members(registry, &query, rows);
		for (int i = 0; i < n && r == 0; i++) {
			query.after = rows[i].id;
			r = add_contact(contacts, rows[i].contact, rows[i].id);
		}
	} while (n == REGISTRY_PAGE_MAX && r == 0);
	return n < 0 ? n : r;
}

static void free_contacts(struct contacts *contacts)
{
	for (size_t i = 0; i < contacts->room; i++)
		free(contacts->rows[i].text);
	free(contacts->rows);
}

/* ---- cells ---- */

static bool take_text(struct api_import *import, enum column column, size_t max, char *out)
{
	const char *text = api_import_cell(import, column);

	if (!*text)
		return true;
	if (strlen(text) > max || !utf8_one_line(text)) {
		api_import_say(
			import, "%s: expected one line of at most %zu bytes", columns[column], max);
		return false;
	}
	strcpy(out, text);
	return true;
}

static bool take_number(struct api_import *import, enum column column, uint32_t max, uint32_t *ret)
{
	const char *text = api_import_cell(import, column);
	uint64_t number = 0;

	if (!*text)
		return true;
	if (api_number_parse(text, max, &number) < 0) {
		api_import_say(
			import, "%s: expected a whole number up to %" PRIu32, columns[column], max);
		return false;
	}
	*ret = (uint32_t)number;
	return true;
}

static bool take_date(struct api_import *import, enum column column, int32_t *ret)
{
	const char *text = api_import_cell(import, column);

	if (!*text)
		return true;
	if (strcmp(text, "none") == 0)
		*ret = DATE_NONE;
	else if (civil_date_parse(text, ret) < 0) {
		api_import_say(
			import, "%s: expected a date as 2026-12-24, or none", columns[column]);
		return false;
	}
	return true;
}

static bool take_cells(struct api_import *import, struct registry_member *member)
{
	const char *state = api_import_cell(import, COLUMN_STATE);

	if (*state && member_state_parse(state, &member->state) < 0) {
		api_import_say(import, "state: expected active, suspended or closed");
		return false;
	}
	return take_text(import, COLUMN_NAME, REGISTRY_NAME_MAX, member->name) &&
	       take_text(import, COLUMN_CONTACT, REGISTRY_NAME_MAX, member->contact) &&
	       take_text(import, COLUMN_NOTE, REGISTRY_NOTE_MAX, member->note) &&
	       take_number(import, COLUMN_TIER, UINT32_MAX, &member->tier) &&
	       take_date(import, COLUMN_FROM, &member->valid_from) &&
	       take_date(import, COLUMN_UNTIL, &member->valid_until) &&
	       take_date(import, COLUMN_GRACE, &member->grace_until) &&
	       take_number(import, COLUMN_RELEASE, RELEASE_MS_MAX, &member->release_ms);
}

/* ---- one row ---- */

/* 1 and *ret_member, 0: a new one, -EINVAL: said. */
static int find_member(struct api_import *import, const struct contacts *contacts,
	struct registry_member *ret_member)
{
	const char *id = api_import_cell(import, COLUMN_ID);
	const char *contact = api_import_cell(import, COLUMN_CONTACT);
	const struct contact *found;
	uint64_t number = 0;
	int r;

	if (*id) {
		if (api_number_parse(id, API_NUMBER_MAX, &number) < 0 || number == 0) {
			api_import_say(import, "id: expected a member's number");
			return -EINVAL;
		}
	} else if (*contact) {
		found = find_contact(contacts, contact);
		if (found->text && found->many) {
			api_import_say(import, "contact: several members have it; give the id");
			return -EINVAL;
		}
		number = found->text ? found->id : 0;
	}
	if (number == 0)
		return 0;
	r = registry_member(import->call->registry, number, ret_member);
	if (r == -ENOENT)
		api_import_say(import, "id: there is no member %" PRIu64, number);
	return r == -ENOENT ? -EINVAL : r < 0 ? r : 1;
}

static void say_number(struct api_import *import, enum column column, uint32_t a, uint32_t b)
{
	char before[16] = "", after[16] = "";

	if (a > 0)
		snprintf(before, sizeof(before), "%" PRIu32, a);
	if (b > 0)
		snprintf(after, sizeof(after), "%" PRIu32, b);
	api_import_change(import, columns[column], before, after);
}

static void say_date(struct api_import *import, enum column column, int32_t a, int32_t b)
{
	char before[16] = "", after[16] = "";

	if (a != DATE_NONE)
		civil_date_format(a, before);
	if (b != DATE_NONE)
		civil_date_format(b, after);
	api_import_change(import, columns[column], before, after);
}

/* What becomes of each field; a: as if empty for a new member. */
static void say_fields(
	struct api_import *import, const struct registry_member *a, const struct registry_member *b)
{
	api_import_change(import, columns[COLUMN_NAME], a->name, b->name);
	api_import_change(import, columns[COLUMN_CONTACT], a->contact, b->contact);
	api_import_change(import, columns[COLUMN_NOTE], a->note, b->note);
	say_number(import, COLUMN_TIER, a->tier, b->tier);
	api_import_change(import, columns[COLUMN_STATE], a->id ? member_state_name(a->state) : "",
		member_state_name(b->state));
	say_date(import, COLUMN_FROM, a->valid_from, b->valid_from);
	say_date(import, COLUMN_UNTIL, a->valid_until, b->valid_until);
	say_date(import, COLUMN_GRACE, a->grace_until, b->grace_until);
	say_number(import, COLUMN_RELEASE, a->release_ms, b->release_ms);
}

/* "tier, valid_until": which fields differ; false where none does. */
static bool say_changes(
	struct api_import *import, const struct registry_member *a, const struct registry_member *b)
{
	const struct {
		bool differs;
		const char *name;
	} rows[] = {
		{strcmp(a->name, b->name) != 0, "name"},
		{strcmp(a->contact, b->contact) != 0, "contact"},
		{strcmp(a->note, b->note) != 0, "note"},
		{a->tier != b->tier, "tier"},
		{a->state != b->state, "state"},
		{a->valid_from != b->valid_from, "valid_from"},
		{a->valid_until != b->valid_until, "valid_until"},
		{a->grace_until != b->grace_until, "grace_until"},
		{a->release_ms != b->release_ms, "release_ms"},
	};
	char text[160] = "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].differs)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				*text ? ", " : "", rows[i].name);
	api_import_say(import, "%s", text);
	return *text != '\0';
}

/* Makes or changes it, with its row of the audit. */
static int keep(struct api_import *import, const struct registry_member *before,
	const struct registry_member *member)
{
	CLEANUP(api_writer_free) struct api_writer was = {0}, is = {0};
	struct registry *registry = import->call->registry;
	struct registry_member now;
	char object[80];
	int r;

	if (before)
		api_write_member(&was, before);
	import->member = member->id;
	r = before ? registry_member_change(registry, member)
		   : registry_member_add(registry, member, &import->member);
	if (r >= 0)
		r = registry_member(registry, import->member, &now);
	if (r < 0)
		return r;
	api_write_member(&is, &now);
	api_object_name(object, "member", now.id);
	return api_audit(import->call, before ? "member.change" : "member.add", object, &was, &is);
}

static int refused(struct api_import *import, int r)
{
	if (r != -EINVAL && r != -EPERM && r != -EEXIST && r != -ENOENT)
		return r;
	api_import_say(import, "%s", registry_error(import->call->registry));
	return API_EFFECT_ERROR;
}

static int take(struct api_import *import)
{
	struct registry_member before = {
		.valid_from = DATE_NONE, .valid_until = DATE_NONE, .grace_until = DATE_NONE};
	struct registry_member member = {.state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	struct contacts *contacts = import->userdata;
	int r, found = find_member(import, contacts, &before);

	if (found < 0)
		return found == -EINVAL ? API_EFFECT_ERROR : found;
	if (found)
		member = before;
	import->member = member.id;
	if (!take_cells(import, &member))
		return API_EFFECT_ERROR;
	if (!*member.name || member.tier == 0) {
		api_import_say(import, "a new member needs name and tier");
		return API_EFFECT_ERROR;
	}
	if (api_member_allowed(import->call, found ? &before : NULL, &member, import->detail) < 0)
		return API_EFFECT_ERROR;
	if (api_may_grant(import->call, member.tier) == -ENOENT) {
		api_import_say(import, "tier: there is no tier %" PRIu32, member.tier);
		return API_EFFECT_ERROR;
	}
	if (found && !say_changes(import, &before, &member))
		return API_EFFECT_UNCHANGED;
	say_fields(import, &before, &member);
	r = keep(import, found ? &before : NULL, &member);
	if (r < 0)
		return refused(import, r);
	r = add_contact(contacts, member.contact, import->member);
	return r < 0 ? r : found ? API_EFFECT_CHANGED : API_EFFECT_CREATED;
}

int api_import_members(struct api_call *call)
{
	struct contacts contacts = {0};
	struct api_import import = {
		.call = call,
		.columns = columns,
		.column_count = ARRAY_SIZE(columns),
		.take = take,
		.userdata = &contacts,
		.makes_members = true,
	};
	int r = load_contacts(call->registry, &contacts);

	if (r == 0)
		r = api_import_run(&import);
	free_contacts(&contacts);
	api_writer_free(&import.rows);
	return r;
}
