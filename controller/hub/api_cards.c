/* SPDX-License-Identifier: Apache-2.0 */
/* Cards: reading them and what happens to them; api_card_issue.c issues them. */
#include "api_cards.h"
#include "api.h"

#include <string.h>

/* enum card_state */
static const char *const states[] = {"unassigned", "active", "suspended", "lost", "revoked"};

void api_card_fields(struct api_writer *out, const struct registry_card *card)
{
	api_number(out, "id", card->id);
	api_text(out, "kind", card->kind == CARD_KIND_DESFIRE ? "desfire" : "uid");
	api_number(out, "key_id", card->key_id);
	api_text(out, "state", card_state_name(card->state));
	api_bool(out, "pending", card->pending);
	api_text(out, "label", card->label);
	api_number_or_null(out, "member", card->member);
	api_text(out, "issued_by", card->issued_by);
	api_time(out, "issued_at", card->issued_us);
	api_text_or_null(out, "ended_by", card->ended_by);
	api_time(out, "ended_at", card->ended_us);
	api_text(out, "ended_why", card->ended_why);
	api_number_or_null(out, "replaced_by", card->replaced_by);
	api_date(out, "loan_until", card->loan_until);
	api_number(out, "version", card->version);
}

void api_card_show(struct api_call *call, const struct registry_card *card)
{
	struct registry_member member;

	api_card_fields(&call->out, card);
	if (card->member && registry_member(call->registry, card->member, &member) == 0)
		api_text(&call->out, "member_name", member.name);
	else
		api_null(&call->out, "member_name");
}

void api_write_card(struct api_writer *out, const struct registry_card *card)
{
	api_object(out, NULL);
	api_card_fields(out, card);
	api_end(out);
}

/* ---- what a host may ---- */

int api_card_allowed(struct api_call *call, uint64_t member, char err[ERR_MAX])
{
	struct registry_member row;
	int r = 0;

	if (call->actor.role == OPERATOR_ROLE_HOST)
		r = registry_member(call->registry, member, &row);
	if (r == -ENOENT || call->actor.role != OPERATOR_ROLE_HOST)
		return 0; /* the registry refuses a card of nobody */
	if (r == 0)
		r = api_may_grant(call, row.tier);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s",
			r == -EACCES ? "a host may not give out cards of a member whose tier has "
				       "staff or override: ask an admin"
				     : "the member's tier cannot be read: try again");
	return r;
}

/* ---- reading ---- */

static int list_cards(struct api_call *call)
{
	static const char *const yes[] = {"true"};
	CLEANUP(cleanup_free) struct registry_card *rows = NULL;
	struct registry_card_query query = {.state = -1};
	struct api_page page;
	int n, reissue = -1, lent = -1;

	api_page_read(call, "cards", REGISTRY_PAGE_MAX, &page);
	api_query_number(call, "member", &query.member);
	api_query_word(call, "state", states, ARRAY_SIZE(states), &query.state);
	query.text = api_query_text(call, "text", REGISTRY_NAME_MAX);
	api_query_word(call, "reissue", yes, 1, &reissue);
	api_query_word(call, "lent", yes, 1, &lent);
	api_query_time(call, "issued_before", &query.issued_before_us);
	if (call->errors.count > 0)
		return api_malformed(call);
	if (reissue == 0)
		query.state = CARD_STATE_ACTIVE;
	query.lent = lent == 0;
	query.after = page.after;
	query.limit = page.limit;
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_cards(call->registry, &query, rows) : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		if (reissue != 0 || rows[i].kind == CARD_KIND_UID) {
			api_object(&call->out, NULL);
			api_card_show(call, &rows[i]);
			api_end(&call->out);
		}
	api_page_close(call, "cards", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int show_card(struct api_call *call)
{
	struct registry_card card;
	struct revision revision;
	bool asked = api_query_revision(call, &revision);
	int r;

	if (call->errors.count > 0)
		return api_malformed(call);
	r = registry_card(call->registry, call->id, &card);
	if (r < 0)
		return r;
	api_etag(call, card.version);
	api_object(&call->out, NULL);
	api_card_show(call, &card);
	if (asked)
		api_confirmations(call, &call->out, &revision);
	api_end(&call->out);
	return 0;
}

/* ---- changing ---- */

int api_card_finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before, const struct registry_unknown *claimed)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	struct registry_card card;
	struct revision revision;
	char object[80];

	if (r >= 0)
		r = registry_card(call->registry, id, &card);
	if (r >= 0) {
		api_write_card(&after, &card);
		api_object_name(object, "card", id);
		r = api_audit(call, action, object, before, &after);
	}
	r = api_commit(call, r, &revision);
	if (r < 0)
		return r;
	api_etag(call, card.version);
	api_object(&call->out, NULL);
	api_card_show(call, &card);
	if (claimed) {
		api_object(&call->out, "claimed");
		api_text(&call->out, "door", claimed->door);
		api_time(&call->out, "at", claimed->at_us);
		api_end(&call->out);
	}
	api_confirmations(call, &call->out, &revision);
	api_end(&call->out);
	return 0;
}

static int change_card(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	char label[REGISTRY_NAME_MAX + 1] = "";
	struct registry_card card;
	int r = registry_card(call->registry, call->id, &card);

	if (r < 0)
		return r;
	api_get_text(&call->body, "label", API_REQUIRED, 0, REGISTRY_NAME_MAX, label);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, card.version))
		return API_ANSWERED;
	api_write_card(&before, &card);
	r = api_begin(call);
	if (r == 0)
		r = registry_card_label(call->registry, call->id, label, 0);
	return api_card_finish(call, r, call->id, "card.change", &before, NULL);
}

/* Whether this gives rights back or out, which a host may not for staff. */
static bool gives(enum registry_card_action action)
{
	return action == REGISTRY_CARD_CONFIRM || action == REGISTRY_CARD_RESUME ||
	       action == REGISTRY_CARD_FIND;
}

int api_card_act(
	struct api_call *call, uint64_t id, enum registry_card_action action, const char *why)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	char name[48], err[ERR_MAX];
	struct registry_card card;
	int r = registry_card(call->registry, id, &card);

	if (r < 0)
		return r;
	if (!api_matches(call, card.version))
		return API_ANSWERED;
	if (gives(action))
		r = api_card_allowed(call, card.member, err);
	if (r == -EACCES)
		return api_refuse(call, 403, "role", "Not with this role", "%s", err);
	if (r < 0)
		return r;
	api_write_card(&before, &card);
	snprintf(name, sizeof(name), "card.%s", registry_card_action_name(action));
	r = api_begin(call);
	if (r == 0)
		r = registry_card_act(call->registry, id, action, call->actor.name, why, 0);
	return api_card_finish(call, r, id, name, &before, NULL);
}

static int act(struct api_call *call)
{
	char why[REGISTRY_NAME_MAX + 1] = "";

	api_get_text(&call->body, "why", API_OPTIONAL, 0, REGISTRY_NAME_MAX, why);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	return api_card_act(call, call->id, (enum registry_card_action)call->route->argument, why);
}

const struct api_route api_card_routes[] = {
	{"GET", "/cards", API_ALL, API_TAKES_NOTHING,
		"limit cursor member state text reissue lent issued_before", list_cards, 0,
		API_ROW},
	{"POST", "/cards", API_WORKS, API_TAKES_JSON, NULL, api_card_issue, 0, API_ROW},
	{"POST", "/cards/import", API_WORKS, API_TAKES_CSV, "preview", api_import_cards, 0,
		API_ROW},
	{"GET", "/cards/{id}", API_ALL, API_TAKES_NOTHING, "revision", show_card, 0, API_ROW},
	{"PATCH", "/cards/{id}", API_WORKS, API_TAKES_JSON, NULL, change_card, 0, API_ROW},
	{"POST", "/cards/{id}/confirm", API_WORKS, API_MAY_TAKE_JSON, NULL, act,
		REGISTRY_CARD_CONFIRM, API_ROW},
	{"POST", "/cards/{id}/suspend", API_WORKS, API_MAY_TAKE_JSON, NULL, act,
		REGISTRY_CARD_SUSPEND, API_ROW},
	{"POST", "/cards/{id}/resume", API_WORKS, API_MAY_TAKE_JSON, NULL, act,
		REGISTRY_CARD_RESUME, API_ROW},
	{"POST", "/cards/{id}/lose", API_WORKS, API_MAY_TAKE_JSON, NULL, act, REGISTRY_CARD_LOSE,
		API_ROW},
	{"POST", "/cards/{id}/find", API_WORKS, API_MAY_TAKE_JSON, NULL, act, REGISTRY_CARD_FIND,
		API_ROW},
	{"POST", "/cards/{id}/revoke", API_WORKS, API_MAY_TAKE_JSON, NULL, act,
		REGISTRY_CARD_REVOKE, API_ROW},
	{"POST", "/cards/{id}/return", API_WORKS, API_MAY_TAKE_JSON, NULL, act,
		REGISTRY_CARD_RETURN, API_ROW},
	{"POST", "/cards/{id}/replace", API_WORKS, API_TAKES_JSON, NULL, api_card_replace, 0,
		API_ROW},
	{0},
};
