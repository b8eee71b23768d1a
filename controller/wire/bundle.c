/* SPDX-License-Identifier: Apache-2.0 */
/* The file that a host carries to a new door, and what the hub answers it with. */
#include "wire/bundle.h"

#include "body.h"

#include <string.h>

#define CLAIM_HEX "0123456789abcdef"

static const char *const bundle_keys[] = {"tapin_bundle", "site", "door", "timezone", "claim",
	"secret", "expires_us", "root", "mqtt"};
static const char *const mqtt_keys[] = {"host", "port", "username", "password", "ca"};

static bool claim_valid(const char claim[17])
{
	return memchr(claim, '\0', 17) && strlen(claim) == 16 &&
	       claim[strspn(claim, CLAIM_HEX)] == '\0';
}

static bool timezone_valid(const char *zone, size_t room)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";

	return memchr(zone, '\0', room) && *zone && *zone != '/' &&
	       zone[strspn(zone, allowed)] == '\0';
}

/* Of an account or a host: something, without spaces. */
static bool word_valid(const char *text, size_t room)
{
	return body_line_valid(text, room) && *text && !strchr(text, ' ');
}

static bool ca_valid(const char *ca)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/=-:,. \t\r\n";

	return strlen(ca) <= BUNDLE_CA_MAX && ca[strspn(ca, allowed)] == '\0' &&
	       strstr(ca, "-----BEGIN CERTIFICATE-----") != NULL;
}

static bool valid(const struct bundle *b)
{
	return name_id_valid(b->site) && name_id_valid(b->door) &&
	       timezone_valid(b->timezone, sizeof(b->timezone)) && claim_valid(b->claim) &&
	       b->expires_us >= 0 && word_valid(b->mqtt_host, sizeof(b->mqtt_host)) &&
	       b->mqtt_port > 0 && word_valid(b->mqtt_username, sizeof(b->mqtt_username)) &&
	       word_valid(b->mqtt_password, sizeof(b->mqtt_password)) &&
	       (!b->mqtt_ca || ca_valid(b->mqtt_ca));
}

int bundle_write(const struct bundle *b, char **ret_text)
{
	json_t *mqtt, *object;
	char *text;

	if (!valid(b))
		return -EINVAL;
	mqtt = json_pack("{s:s, s:i, s:s, s:s, s:s*}", "host", b->mqtt_host, "port",
		(int)b->mqtt_port, "username", b->mqtt_username, "password", b->mqtt_password, "ca",
		b->mqtt_ca);
	object = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o}", "tapin_bundle",
		BUNDLE_VERSION, "site", b->site, "door", b->door, "timezone", b->timezone, "claim",
		b->claim, "secret", body_base64(b->secret, sizeof(b->secret)), "expires_us",
		(json_int_t)b->expires_us, "root", body_public(&b->root), "mqtt", mqtt);
	text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
	json_decref(object);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

static int get_word(const struct json_place *place, const json_t *object, const char *key,
	char *out, size_t room)
{
	int r = body_get_line(place, object, key, 1, out, room);

	if (r == 0 && !word_valid(out, room))
		return json_complain(place, key, "expected one word");
	return r;
}

static int get_ca(const struct json_place *place, const json_t *object, char **ret_ca)
{
	const json_t *value = json_object_get(object, "ca");
	const char *text = json_string_value(value);

	if (!value)
		return 0;
	if (!text || strlen(text) != json_string_length(value) || !ca_valid(text))
		return json_complain(place, "ca", "expected certificates as PEM, at most %d bytes",
			BUNDLE_CA_MAX);
	*ret_ca = strdup(text);
	return *ret_ca ? 0 : json_complain(place, "ca", "no memory");
}

static int get_mqtt(const struct json_place *place, const json_t *object, struct bundle *b)
{
	uint32_t port = 0;
	json_t *mqtt;
	int r = body_get_object(place, object, "mqtt", &mqtt);

	if (r == 0)
		r = json_only_keys(place, mqtt, mqtt_keys, ARRAY_SIZE(mqtt_keys));
	if (r == 0)
		r = get_word(place, mqtt, "host", b->mqtt_host, sizeof(b->mqtt_host));
	if (r == 0)
		r = body_get_u32(place, mqtt, "port", 1, UINT16_MAX, &port);
	if (r == 0)
		r = get_word(place, mqtt, "username", b->mqtt_username, sizeof(b->mqtt_username));
	if (r == 0)
		r = get_word(place, mqtt, "password", b->mqtt_password, sizeof(b->mqtt_password));
	b->mqtt_port = (uint16_t)port;
	return r == 0 ? get_ca(place, mqtt, &b->mqtt_ca) : r;
}

static int get_claim(const struct json_place *place, const json_t *object, char claim[17])
{
	int r = body_get_line(place, object, "claim", 16, claim, 17);

	if (r == 0 && !claim_valid(claim))
		return json_complain(place, "claim", "expected 16 hex digits");
	return r;
}

static int get_bundle(const struct json_place *place, const json_t *object, struct bundle *b)
{
	uint64_t version;
	int r = json_only_keys(place, object, bundle_keys, ARRAY_SIZE(bundle_keys));

	if (r == 0)
		r = json_get_number(
			place, object, "tapin_bundle", BUNDLE_VERSION, BUNDLE_VERSION, &version);
	if (r == 0)
		r = body_get_name(place, object, "site", b->site);
	if (r == 0)
		r = body_get_name(place, object, "door", b->door);
	if (r == 0)
		r = body_get_line(place, object, "timezone", 1, b->timezone, sizeof(b->timezone));
	if (r == 0 && !timezone_valid(b->timezone, sizeof(b->timezone)))
		r = json_complain(place, "timezone", "expected a time zone as \"Europe/London\"");
	if (r == 0)
		r = get_claim(place, object, b->claim);
	if (r == 0 && json_get_base64(place, object, "secret", sizeof(b->secret), b->secret,
			      sizeof(b->secret)) < 0)
		r = -EINVAL;
	if (r == 0)
		r = body_get_time(place, object, "expires_us", &b->expires_us);
	if (r == 0)
		r = body_get_public(place, object, "root", &b->root);
	return r == 0 ? get_mqtt(place, object, b) : r;
}

int bundle_read(const char *file_name, const char *text, size_t size, struct bundle *ret_bundle,
	char err[ERR_MAX])
{
	const struct json_place place = {.file = file_name, .err = err};
	struct bundle bundle = {0};
	json_t *object;
	int r;

	if (size > BUNDLE_FILE_MAX) {
		json_complain(
			&place, "", "larger than %d bytes: this is no bundle", BUNDLE_FILE_MAX);
		return -EBADMSG;
	}
	if (json_read_object(&place, text, size, &object) < 0) {
		char why[ERR_MAX];

		snprintf(why, sizeof(why), "%s", err);
		snprintf(err, ERR_MAX,
			"%.300s: this is no bundle; carry the file here that the hub made (tapin "
			"door bundle)",
			why);
		return -EBADMSG;
	}
	r = get_bundle(&place, object, &bundle);
	json_decref(object);
	if (r < 0) {
		bundle_free(&bundle);
		return -EBADMSG;
	}
	*ret_bundle = bundle;
	crypto_wipe(&bundle, sizeof(bundle));
	return 0;
}

void bundle_free(struct bundle *bundle)
{
	free(bundle->mqtt_ca);
	crypto_wipe(bundle, sizeof(*bundle));
}

/* ---- claim ---- */

int claim_write(const struct claim *c, char **ret_body)
{
	if (!name_id_valid(c->site) || !name_id_valid(c->door) || !claim_valid(c->claim))
		return -EINVAL;
	return body_dump(json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "version",
				 BUNDLE_VERSION, "type", "claim", "site", c->site, "door", c->door,
				 "claim", c->claim, "key", body_public(&c->key), "box",
				 body_base64(c->box, sizeof(c->box)), "nonce",
				 body_hex(c->nonce, sizeof(c->nonce)), "proof",
				 body_hex(c->proof, sizeof(c->proof))),
		SYNC_BODY_MAX, ret_body);
}

static int read_claim(const struct json_place *place, const json_t *object, struct claim *c)
{
	int r = body_get_name(place, object, "site", c->site);

	if (r == 0)
		r = body_get_name(place, object, "door", c->door);
	if (r == 0)
		r = get_claim(place, object, c->claim);
	if (r == 0)
		r = body_get_public(place, object, "key", &c->key);
	if (r == 0 &&
		json_get_base64(place, object, "box", sizeof(c->box), c->box, sizeof(c->box)) < 0)
		r = -EINVAL;
	if (r == 0)
		r = json_get_hex(place, object, "nonce", c->nonce, sizeof(c->nonce));
	if (r == 0)
		r = json_get_hex(place, object, "proof", c->proof, sizeof(c->proof));
	return r;
}

int claim_read(const char *body, size_t size, struct claim *ret_claim, char err[ERR_MAX])
{
	const struct json_place place = {.file = "claim", .err = err};
	struct claim claim = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "claim", &object);

	if (r < 0)
		return -EBADMSG;
	r = read_claim(&place, object, &claim);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_claim = claim;
	return 0;
}
