/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's answer to a claim, and what it seals inside. */
#include "wire/bundle.h"

#include "body.h"

#include <string.h>

#define KEYS_MESSAGE_MAX 8192 /* the signed line and the body of `keys` */
#define WELCOME_TEXT_MAX 4096

/* ---- the answer as it travels ---- */

static bool answer_valid(const struct claim_answer *answer)
{
	if (!body_line_valid(answer->refused, sizeof(answer->refused)) ||
		(answer->keys && strlen(answer->keys) > KEYS_MESSAGE_MAX))
		return false;
	if (*answer->refused)
		return answer->size == 0;
	return answer->keys && answer->size > 0 && answer->size <= BUNDLE_WELCOME_MAX;
}

int claim_answer_write(const struct claim_answer *answer, char **ret_body)
{
	bool refused = *answer->refused;

	if (!answer_valid(answer))
		return -EINVAL;
	return body_dump(
		json_pack("{s:i, s:s, s:o, s:s*, s:o*, s:s*}", "version", BUNDLE_VERSION, "type",
			"claim_answer", "nonce", body_hex(answer->nonce, sizeof(answer->nonce)),
			"refused", refused ? answer->refused : NULL, "sealed",
			refused ? NULL : body_base64(answer->sealed, answer->size), "keys",
			answer->keys),
		SYNC_BODY_MAX, ret_body);
}

static int get_sealed(
	const struct json_place *place, const json_t *object, struct claim_answer *answer)
{
	int n;

	answer->sealed = malloc(BUNDLE_WELCOME_MAX);
	if (!answer->sealed)
		return json_complain(place, "sealed", "no memory");
	n = json_get_base64(place, object, "sealed", 1, answer->sealed, BUNDLE_WELCOME_MAX);
	if (n < 0)
		return n;
	answer->size = (size_t)n;
	return 0;
}

static int get_keys(
	const struct json_place *place, const json_t *object, struct claim_answer *answer)
{
	const json_t *value = json_object_get(object, "keys");
	const char *text = json_string_value(value);

	if (!value && *answer->refused)
		return 0;
	if (!text || strlen(text) != json_string_length(value) || strlen(text) > KEYS_MESSAGE_MAX)
		return json_refuse(place, "keys", value, "the whole signed message of keys");
	answer->keys = strdup(text);
	return answer->keys ? 0 : json_complain(place, "keys", "no memory");
}

static int get_answer(
	const struct json_place *place, const json_t *object, struct claim_answer *answer)
{
	int r = json_get_hex(place, object, "nonce", answer->nonce, sizeof(answer->nonce));

	if (r < 0)
		return r;
	if (!json_object_get(object, "refused"))
		r = get_sealed(place, object, answer);
	else if (json_object_get(object, "sealed"))
		r = json_complain(place, "sealed", "expected either \"sealed\" or \"refused\"");
	else
		r = body_get_line(
			place, object, "refused", 1, answer->refused, sizeof(answer->refused));
	return r == 0 ? get_keys(place, object, answer) : r;
}

int claim_answer_read(
	const char *body, size_t size, struct claim_answer *ret_answer, char err[ERR_MAX])
{
	const struct json_place place = {.file = "answer to a claim", .err = err};
	struct claim_answer answer = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "claim_answer", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_answer(&place, object, &answer);
	json_decref(object);
	if (r < 0) {
		claim_answer_free(&answer);
		return -EBADMSG;
	}
	*ret_answer = answer;
	return 0;
}

void claim_answer_free(struct claim_answer *answer)
{
	free(answer->sealed);
	free(answer->keys);
	answer->sealed = NULL;
	answer->keys = NULL;
	answer->size = 0;
}

/* ---- inside the seal ---- */

int welcome_write(const struct welcome *w, char **ret_text)
{
	if (!name_id_valid(w->site) || !name_id_valid(w->door) || w->card.id == 0 ||
		!*w->mqtt_username ||
		!body_line_valid(w->mqtt_username, sizeof(w->mqtt_username)) ||
		!*w->mqtt_password || !body_line_valid(w->mqtt_password, sizeof(w->mqtt_password)))
		return -EINVAL;
	return body_dump(
		json_pack("{s:i, s:s, s:s, s:s, s:{s:I, s:o}, s:{s:s, s:s}, s:o}", "version",
			BUNDLE_VERSION, "type", "welcome", "site", w->site, "door", w->door,
			"card_key", "id", (json_int_t)w->card.id, "key",
			body_base64(w->card.bytes, sizeof(w->card.bytes)), "mqtt", "username",
			w->mqtt_username, "password", w->mqtt_password, "journal_before",
			body_hex(w->journal_before, sizeof(w->journal_before))),
		WELCOME_TEXT_MAX, ret_text);
}

static int get_accounts(const struct json_place *place, const json_t *object, struct welcome *w)
{
	json_t *card, *mqtt;
	int r = body_get_object(place, object, "card_key", &card);

	if (r == 0)
		r = body_get_u32(place, card, "id", 1, UINT32_MAX, &w->card.id);
	if (r == 0 && json_get_base64(place, card, "key", sizeof(w->card.bytes), w->card.bytes,
			      sizeof(w->card.bytes)) < 0)
		r = -EINVAL;
	if (r == 0)
		r = body_get_object(place, object, "mqtt", &mqtt);
	if (r == 0)
		r = body_get_line(
			place, mqtt, "username", 1, w->mqtt_username, sizeof(w->mqtt_username));
	if (r == 0)
		r = body_get_line(
			place, mqtt, "password", 1, w->mqtt_password, sizeof(w->mqtt_password));
	return r;
}

static int get_welcome(const struct json_place *place, const json_t *object, struct welcome *w)
{
	int r = body_get_name(place, object, "site", w->site);

	if (r == 0)
		r = body_get_name(place, object, "door", w->door);
	if (r == 0)
		r = get_accounts(place, object, w);
	if (r == 0)
		r = json_get_hex(place, object, "journal_before", w->journal_before,
			sizeof(w->journal_before));
	return r;
}

int welcome_read(const char *text, size_t size, struct welcome *ret_welcome, char err[ERR_MAX])
{
	const struct json_place place = {.file = "welcome", .err = err};
	struct welcome welcome = {0};
	json_t *object;
	int r = body_open(&place, text, size, WELCOME_TEXT_MAX, "welcome", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_welcome(&place, object, &welcome);
	json_decref(object);
	if (r == 0)
		*ret_welcome = welcome;
	crypto_wipe(&welcome, sizeof(welcome));
	return r < 0 ? -EBADMSG : 0;
}
