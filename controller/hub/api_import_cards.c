/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are cards: member, uid, label. */
#include "api_import.h"

#include "wire/utf8.h"

#include <inttypes.h>
#include <string.h>

enum column { COLUMN_MEMBER, COLUMN_UID, COLUMN_LABEL };
static const char *const columns[] = {"member", "uid", "label"};

static int audit_card(struct api_import *import, const char *action,
	const struct registry_card *before, uint64_t id)
{
	CLEANUP(api_writer_free) struct api_writer was = {0}, is = {0};
	struct registry_card now;
	char object[80];
	int r = registry_card(import->call->registry, id, &now);

	if (r < 0)
		return r;
	if (before)
		api_write_card(&was, before);
	api_write_card(&is, &now);
	api_object_name(object, "card", id);
	return api_audit(import->call, action, object, &was, &is);
}

static int refused(struct api_import *import, int r)
{
	if (r != -EINVAL && r != -EPERM && r != -EEXIST && r != -ENOENT)
		return r;
	api_import_say(import, "%s", registry_error(import->call->registry));
	return API_EFFECT_ERROR;
}

/* A card that is there: unchanged, a new label, or in the way. */
static int meet(struct api_import *import, const struct registry_card *there,
	const struct registry_card *card)
{
	int r;

	if (there->member != card->member || there->state != CARD_STATE_ACTIVE) {
		api_import_say(import, "uid: it is card %" PRIu64 " already, %s%s", there->id,
			card_state_name(there->state),
			there->member == card->member ? "" : ", of another member");
		return API_EFFECT_ERROR;
	}
	import->card = there->id;
	if (!*card->label || strcmp(there->label, card->label) == 0)
		return API_EFFECT_UNCHANGED;
	r = registry_card_label(import->call->registry, there->id, card->label, 0);
	if (r >= 0)
		r = audit_card(import, "card.change", there, there->id);
	api_import_say(import, "label");
	api_import_change(import, "label", there->label, card->label);
	return r < 0 ? refused(import, r) : API_EFFECT_CHANGED;
}

static int issue(struct api_import *import, struct registry_card *card)
{
	int r;

	snprintf(card->issued_by, sizeof(card->issued_by), "%s", import->call->actor.name);
	r = registry_card_issue(import->call->registry, card, &import->card);
	if (r >= 0)
		r = audit_card(import, "card.issue", NULL, import->card);
	api_import_change(import, "label", "", card->label);
	return r < 0 ? refused(import, r) : API_EFFECT_CREATED;
}

/* The row's cells: false where it said what is wrong. */
static bool read_row(struct api_import *import, struct registry_card *card)
{
	const char *label = api_import_cell(import, COLUMN_LABEL);
	struct registry_member member;
	char err[ERR_MAX];

	if (api_number_parse(
		    api_import_cell(import, COLUMN_MEMBER), API_NUMBER_MAX, &card->member) < 0 ||
		registry_member(import->call->registry, card->member, &member) < 0) {
		api_import_say(import, "member: there is no such member");
		return false;
	}
	import->member = card->member;
	if (api_card_token(import->call, api_import_cell(import, COLUMN_UID), &card->token, err) <
		0) {
		api_import_say(import, "uid: %.400s", err);
		return false;
	}
	if (strlen(label) > REGISTRY_NAME_MAX || !utf8_one_line(label)) {
		api_import_say(
			import, "label: expected one line of at most %d bytes", REGISTRY_NAME_MAX);
		return false;
	}
	strcpy(card->label, label);
	return api_card_allowed(import->call, card->member, import->detail) == 0;
}

static int take(struct api_import *import)
{
	struct registry_card there, card = {
					    .has_token = true,
					    .kind = CARD_KIND_UID,
					    .key_id = import->call->hub->keys.card.id,
				    };
	int r;

	if (!read_row(import, &card))
		return API_EFFECT_ERROR;
	r = registry_card_of_token(import->call->registry, &card.token, &there);
	if (r < 0)
		return r;
	/* one that came back to the drawer is issued anew */
	if (r == 1 && !(there.state == CARD_STATE_UNASSIGNED && !there.pending))
		return meet(import, &there, &card);
	return issue(import, &card);
}

int api_import_cards(struct api_call *call)
{
	struct api_import import = {
		.call = call,
		.columns = columns,
		.column_count = ARRAY_SIZE(columns),
		.take = take,
	};
	int r = api_import_run(&import);

	api_writer_free(&import.rows);
	return r;
}
