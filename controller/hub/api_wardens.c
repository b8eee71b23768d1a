/* SPDX-License-Identifier: Apache-2.0 */
/* The wardens' key, which the roll call is sealed to. Its secret half never comes here. */
#include "api.h"
#include "crypto/text.h"
#include "crypto/warden.h"

#include <string.h>

static void write_wardens(
	struct api_call *call, struct api_writer *out, const struct registry_wardens *wardens)
{
	char base64[BASE64_ROOM(SEAL_KEY_SIZE)] = "";
	struct warden_public key = {0};
	bool set = wardens->set && warden_public_set(wardens->public, &key) == 0;

	if (set)
		text_base64(key.bytes, sizeof(key.bytes), base64);
	api_object(out, NULL);
	api_text_or_null(out, "key", key.id);
	api_text_or_null(out, "public", base64);
	api_text_or_null(out, "set_by", wardens->set_by);
	api_time(out, "set_at", wardens->set_us);
	/* of no business in the audit */
	if (out == &call->out)
		api_time(out, "as_of", hub_rollcall_as_of(call->hub));
	api_end(out);
}

static int show_wardens(struct api_call *call)
{
	struct registry_wardens wardens;
	int r = registry_wardens(call->registry, &wardens);

	if (r >= 0)
		write_wardens(call, &call->out, &wardens);
	return r;
}

/* What is wrong is among the errors. */
static void read_key(struct api_call *call, bool *ret_none, struct warden_public *ret_key)
{
	uint8_t bytes[SEAL_KEY_SIZE];
	char text[64] = "";

	*ret_none = api_is_null(&call->body, "public");
	if (!api_get_text(
		    &call->body, "public", *ret_none ? API_NULLABLE : API_REQUIRED, 44, 44, text) ||
		*ret_none)
		return;
	if (text_unbase64(text, strlen(text), bytes, sizeof(bytes)) != (int)sizeof(bytes) ||
		warden_public_set(bytes, ret_key) < 0)
		api_errors_add(&call->errors, "public",
			"is no wardens' key: tapin rollcall key FILE makes one");
}

static int set_wardens(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0}, after = {0};
	struct registry_wardens wardens;
	struct warden_public key;
	bool none;
	int r;

	read_key(call, &none, &key);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = registry_wardens(call->registry, &wardens);
	if (r < 0)
		return r;
	write_wardens(call, &before, &wardens);
	r = api_begin(call);
	if (r == 0)
		r = registry_wardens_set(call->registry, none ? NULL : key.bytes, call->actor.name);
	if (r >= 0)
		r = registry_wardens(call->registry, &wardens);
	if (r >= 0) {
		write_wardens(call, &call->out, &wardens);
		write_wardens(call, &after, &wardens);
		r = api_audit(call, "site.wardens", "site", &before, &after);
	}
	return api_commit(call, r, NULL);
}

const struct api_route api_warden_routes[] = {
	{"GET", "/site/wardens", API_ALL, API_TAKES_NOTHING, NULL, show_wardens, 0, API_ROW},
	{"PUT", "/site/wardens", API_ADMIN, API_TAKES_JSON, NULL, set_wardens, 0, API_ROW},
	{0},
};
