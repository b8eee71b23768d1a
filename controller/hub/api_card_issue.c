/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing cards: by their number, or by claiming the last unknown one that was shown. */
#include "api_cards.h"

#include <inttypes.h>
#include <string.h>

#define CLAIM_S 300 /* how long ago the unknown card may have been shown */
#define CLAIM_ROWS 32
#define UID_TEXT_ROOM 48

int api_card_token(
	struct api_call *call, const char *text, struct token *ret_token, char err[ERR_MAX])
{
	struct uid uid;
	int r = -EINVAL;

	if (uid_parse(text, &uid) < 0) {
		snprintf(err, ERR_MAX, "expected a card number of 4, 7 or 10 bytes in hex");
		return -EINVAL;
	}
	switch (uid_kind(&uid)) {
	case UID_KIND_FIXED:
		crypto_card_token(&call->hub->keys.card, &uid, ret_token);
		r = 0;
		break;
	case UID_KIND_RANDOM:
		snprintf(err, ERR_MAX,
			"this card shows a new random number at each tap (a phone, or a card in "
			"privacy mode): it cannot be recognised; give out a fob");
		break;
	case UID_KIND_DUMMY:
		snprintf(err, ERR_MAX,
			"this number is one that many cards and devices share: it would let all "
			"of them in; give out a fob");
		break;
	case UID_KIND_INVALID:
		snprintf(err, ERR_MAX, "this is no card number");
		break;
	}
	crypto_wipe(&uid, sizeof(uid));
	return r;
}

/* Where a new card comes from. */
struct source {
	bool has_uid;
	bool claim;
	bool confirm;
	char uid[UID_TEXT_ROOM];
	char door[NAME_ID_MAX];
	struct registry_unknown unknown; /* what a claim found */
};

static void read_source(struct api_call *call, struct source *source)
{
	struct api_body *body = &call->body;
	bool has_door, has_confirm;

	source->has_uid = api_get_text(body, "uid", API_OPTIONAL, 1, 40, source->uid);
	api_get_bool(body, "claim_last", API_OPTIONAL, &source->claim);
	has_door = api_get_name(body, "door", API_OPTIONAL, source->door);
	has_confirm = api_get_bool(body, "confirm", API_OPTIONAL, &source->confirm);
	if (call->errors.count > 0)
		return;
	if (source->has_uid == source->claim)
		api_errors_add(&call->errors, "", "expected one of uid and claim_last: true");
	if (has_door && !source->claim)
		api_errors_add(&call->errors, "door", "only with claim_last");
	if (has_confirm && !source->claim)
		api_errors_add(&call->errors, "confirm", "only with claim_last");
}

/* One that lies in the drawer is nobody's: doors know nothing of it. */
static bool in_drawer(const struct registry_card *card)
{
	return card->state == CARD_STATE_UNASSIGNED && !card->pending && card->member == 0;
}

/* Those that are still unknown: a card that was claimed a minute ago is not in the next one's way.
 * How many. */
static int find_unknown(
	struct api_call *call, const char *door, struct registry_unknown rows[CLAIM_ROWS])
{
	int64_t since = api_now_us() - CLAIM_S * 1000000LL;
	int kept = 0, n = registry_log_unknown(call->registry, door, since, rows, CLAIM_ROWS);

	for (int i = 0; i < n; i++) {
		struct registry_card card;
		int r = registry_card_of_token(call->registry, &rows[i].token, &card);

		if (r < 0)
			return r;
		if (r == 0 || in_drawer(&card))
			rows[kept++] = rows[i];
	}
	return n < 0 ? n : kept;
}

static int claim(struct api_call *call, struct source *source, struct registry_card *card)
{
	struct registry_unknown rows[CLAIM_ROWS];
	const char *door = *source->door ? source->door : NULL;
	int n = find_unknown(call, door, rows);

	if (n < 0)
		return api_fail(call, n);
	if (n == 0)
		return api_refuse(call, 409, "no-card", "No card to claim",
			"no unknown card was shown at %s within five minutes: show it, then "
			"try again",
			door ? door : "any door");
	if (n > 1)
		return api_refuse(call, 409, "two-cards", "Which card?",
			"two different unknown cards were shown at %s within five minutes: name "
			"the door, wait five minutes and show the right one, or type its number",
			door ? door : "the doors");
	source->unknown = rows[0];
	card->token = rows[0].token;
	card->key_id = rows[0].key_id;
	card->pending = !source->confirm;
	return 0;
}

/* Fills token, key and kind: 0, or answered. */
static int find_card(struct api_call *call, struct source *source, struct registry_card *card)
{
	char err[ERR_MAX];

	card->has_token = true;
	card->kind = CARD_KIND_UID;
	if (source->claim)
		return claim(call, source, card);
	card->key_id = call->hub->keys.card.id;
	if (api_card_token(call, source->uid, &card->token, err) < 0)
		api_errors_add(&call->errors, "uid", "%s", err);
	crypto_wipe(source->uid, sizeof(source->uid));
	return call->errors.count > 0 ? api_unfit(call) : 0;
}

/* 0, or answered: is there such a member, and may this operator give them a card? */
static int judge_member(struct api_call *call, uint64_t id)
{
	struct registry_member member;
	char err[ERR_MAX];
	int r = registry_member(call->registry, id, &member);

	if (r == -ENOENT) {
		api_errors_add(&call->errors, "member", "there is no member %" PRIu64, id);
		return api_unfit(call);
	}
	if (r < 0)
		return api_fail(call, r);
	r = api_card_allowed(call, id, err);
	if (r == -EACCES)
		return api_refuse(call, 403, "role", "Not with this role", "%s", err);
	return r < 0 ? api_fail(call, r) : 0;
}

int api_card_issue(struct api_call *call)
{
	struct registry_card card = {0};
	struct source source = {0};
	uint64_t id = 0;
	int r;

	api_get_number(&call->body, "member", API_OPTIONAL, 1, API_NUMBER_MAX, &card.member);
	api_get_text(&call->body, "label", API_OPTIONAL, 0, REGISTRY_NAME_MAX, card.label);
	read_source(call, &source);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = card.member ? judge_member(call, card.member) : 0; /* none: a spare card */
	if (r == 0)
		r = find_card(call, &source, &card);
	if (r != 0)
		return r;
	snprintf(card.issued_by, sizeof(card.issued_by), "%s", call->actor.name);
	r = api_begin(call);
	if (r == 0)
		r = card.member ? registry_card_issue(call->registry, &card, &id)
				: registry_card_spare(call->registry, &card, &id);
	call->status = 201;
	return api_card_finish(
		call, r, id, "card.issue", NULL, source.claim ? &source.unknown : NULL);
}

/* ---- replacing ---- */

/* Inside a change: the old one revoked unless it is already, the new one issued, both tied. */
static int swap(struct api_call *call, const struct registry_card *old,
	const struct registry_card *card, const char *why, uint64_t *ret_id)
{
	struct registry *registry = call->registry;
	int r = 0;

	if (old->state != CARD_STATE_REVOKED)
		r = registry_card_act(
			registry, old->id, REGISTRY_CARD_REVOKE, call->actor.name, why, 0);
	if (r >= 0)
		r = registry_card_issue(registry, card, ret_id);
	if (r >= 0)
		r = registry_card_replaced(registry, old->id, *ret_id);
	return r;
}

static int audit_one(struct api_call *call, const char *action, const struct registry_card *before,
	const struct registry_card *after)
{
	CLEANUP(api_writer_free) struct api_writer was = {0}, is = {0};
	char object[80];

	if (before)
		api_write_card(&was, before);
	api_write_card(&is, after);
	api_object_name(object, "card", after->id);
	return api_audit(call, action, object, &was, &is);
}

static void write_replaced(struct api_call *call, const struct registry_card *card,
	const struct registry_card *old, const struct revision *revision)
{
	api_object(&call->out, NULL);
	api_object(&call->out, "card");
	api_card_show(call, card);
	api_end(&call->out);
	api_object(&call->out, "replaced");
	api_card_show(call, old);
	api_end(&call->out);
	api_confirmations(call, &call->out, revision);
	api_end(&call->out);
}

static int replace(struct api_call *call, const struct registry_card *old,
	const struct registry_card *card, const char *why)
{
	struct registry_card was, is;
	struct revision revision;
	uint64_t id = 0;
	int r = api_begin(call);

	if (r == 0)
		r = swap(call, old, card, why, &id);
	if (r >= 0)
		r = registry_card(call->registry, old->id, &was);
	if (r >= 0)
		r = registry_card(call->registry, id, &is);
	if (r >= 0)
		r = audit_one(call, "card.replace", old, &was);
	if (r >= 0)
		r = audit_one(call, "card.issue", NULL, &is);
	r = api_commit(call, r, &revision);
	if (r < 0)
		return r;
	call->status = 201;
	write_replaced(call, &is, &was, &revision);
	return 0;
}

int api_card_replace(struct api_call *call)
{
	char why[REGISTRY_NAME_MAX + 1] = "replaced";
	struct registry_card old, card = {0};
	struct source source = {0};
	int r = registry_card(call->registry, call->id, &old);

	if (r < 0)
		return r;
	memcpy(card.label, old.label, sizeof(card.label));
	card.member = old.member;
	snprintf(card.issued_by, sizeof(card.issued_by), "%s", call->actor.name);
	api_get_text(&call->body, "label", API_OPTIONAL, 0, REGISTRY_NAME_MAX, card.label);
	api_get_text(&call->body, "why", API_OPTIONAL, 0, REGISTRY_NAME_MAX, why);
	read_source(call, &source);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, old.version))
		return API_ANSWERED;
	if (old.member == 0 || old.replaced_by != 0)
		return api_refuse(call, 409, "state", "Not as it is now",
			"card %" PRIu64 " %s: issue a new card to the member instead", old.id,
			old.member == 0 ? "belongs to nobody" : "was replaced already");
	r = judge_member(call, old.member);
	if (r == 0)
		r = find_card(call, &source, &card);
	return r == 0 ? replace(call, &old, &card, why) : r;
}
