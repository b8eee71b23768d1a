/* SPDX-License-Identifier: Apache-2.0 */
#include "catalogue.h"

#include "wire/utf8.h"

#include <stdarg.h>
#include <string.h>

enum { KEY_TYPE, KEY_UID, KEY_ATQA, KEY_SAK, KEY_ATS, KEY_ABOUT, N_KEYS };

static const char *const key_names[N_KEYS] = {"type", "uid", "atqa", "sak", "ats", "about"};

static const char *const kind_names[] = {
	[CARD_KIND_PLAIN] = "plain",
	[CARD_KIND_NTAG] = "ntag",
	[CARD_KIND_CLASSIC] = "classic",
	[CARD_KIND_DESFIRE] = "desfire",
	[CARD_KIND_PHONE] = "phone",
	[CARD_KIND_TYPEB] = "typeb",
	[CARD_KIND_FELICA] = "felica",
};

struct reading {
	struct catalogue *out;
	struct card_spec card;
	bool seen[N_KEYS];
	bool in_card;
	unsigned line, card_line;
	const char *path;
	char *err;
};

const char *card_kind_name(enum card_kind kind)
{
	return kind_names[kind];
}

const char *hex_format(const uint8_t *bytes, size_t n, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret_text[i * 2] = digits[bytes[i] >> 4];
		ret_text[i * 2 + 1] = digits[bytes[i] & 15];
	}
	ret_text[n * 2] = '\0';
	return ret_text;
}

const struct card_spec *catalogue_find(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->n_cards; i++)
		if (strcmp(catalogue->cards[i].name, name) == 0)
			return &catalogue->cards[i];
	return NULL;
}

__attribute__((format(printf, 3, 4))) static int refuse(
	struct reading *r, unsigned line, const char *format, ...)
{
	int used = snprintf(r->err, ERR_MAX, "%s:%u: ", r->path, line);
	va_list args;

	if (used < 0 || used >= ERR_MAX)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(r->err + used, ERR_MAX - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Hex pairs, optionally parted by blanks or colons. Returns the number of bytes or -1. */
static int hex_parse(const char *text, uint8_t *ret_bytes, size_t max)
{
	size_t n = 0;

	for (const char *p = text; *p; p += 2) {
		while (n && (*p == ' ' || *p == ':'))
			p++;
		int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);
		if (low < 0 || n == max)
			return -1;
		ret_bytes[n++] = (uint8_t)(high << 4 | low);
	}
	return (int)n;
}

static int set_type(struct reading *r, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (strcmp(kind_names[i], value) == 0) {
			r->card.kind = (enum card_kind)i;
			return 0;
		}
	}
	return refuse(r, r->line,
		"type \"%s\" is unknown; expected ntag, classic, desfire, phone, plain, typeb or "
		"felica",
		value);
}

static int set_uid(struct reading *r, const char *value)
{
	struct card_spec *card = &r->card;
	int n;

	if (strcmp(value, "random") == 0) {
		card->random_uid = true;
		card->uid_len = 4;
		return 0;
	}
	n = hex_parse(value, card->uid, CARD_UID_MAX);
	if (n != 4 && n != 7 && n != 8 && n != 10)
		return refuse(r, r->line,
			"uid \"%s\": expected 4, 7 or 10 bytes in hex (felica 8), or \"random\"",
			value);
	card->uid_len = (uint8_t)n;
	if (n == 4 && card->uid[0] == 0x08)
		return refuse(r, r->line,
			"uid \"%s\": four bytes starting 08 are random; write uid = random", value);
	for (int i = 0; i + 4 <= n && n != 8; i += 3)
		if (card->uid[i] == 0x88)
			return refuse(r, r->line,
				"uid \"%s\": byte %d cannot be 88, the cascade tag", value, i + 1);
	return 0;
}

static int set_bytes(
	struct reading *r, int key, const char *value, uint8_t *ret_bytes, size_t min, size_t max)
{
	int n = hex_parse(value, ret_bytes, max);

	if (n >= (int)min)
		return n;
	if (min == max)
		return refuse(r, r->line, "%s \"%s\": expected %zu byte%s in hex", key_names[key],
			value, min, min == 1 ? "" : "s");
	return refuse(r, r->line, "%s \"%s\": expected %zu to %zu bytes in hex", key_names[key],
		value, min, max);
}

static int set_about(struct reading *r, const char *value)
{
	if (strlen(value) >= CARD_ABOUT_MAX || !utf8_one_line(value))
		return refuse(
			r, r->line, "about: expected less than %d bytes of text", CARD_ABOUT_MAX);
	strcpy(r->card.about, value);
	return 0;
}

static int set_key(struct reading *r, int key, const char *value)
{
	struct card_spec *card = &r->card;
	int n = 0;

	switch (key) {
	case KEY_TYPE:
		return set_type(r, value);
	case KEY_UID:
		return set_uid(r, value);
	case KEY_ATQA:
		n = set_bytes(r, key, value, card->atqa, 2, 2);
		break;
	case KEY_SAK:
		n = set_bytes(r, key, value, &card->sak, 1, 1);
		break;
	case KEY_ATS:
		n = set_bytes(r, key, value, card->ats, 1, CARD_ATS_MAX);
		card->ats_len = (uint8_t)(n > 0 ? n : 0);
		break;
	case KEY_ABOUT:
		return set_about(r, value);
	}
	return n < 0 ? n : 0;
}

/* Cards that are not of type A have their number and nothing else. */
static int check_other_kind(struct reading *r)
{
	const struct card_spec *c = &r->card;
	unsigned wanted = c->kind == CARD_KIND_FELICA ? 8 : 4;

	if (r->seen[KEY_ATQA] || r->seen[KEY_SAK] || r->seen[KEY_ATS] || c->random_uid ||
		c->uid_len != wanted)
		return refuse(r, r->card_line,
			"card \"%s\": type %s expected a uid of %u bytes and nothing else", c->name,
			card_kind_name(c->kind), wanted);
	return 0;
}

/* Do the fields of one card fit together as ISO/IEC 14443-3 and -4 want? */
static int check_card(struct reading *r)
{
	const struct card_spec *c = &r->card;
	unsigned size_bits = (unsigned)c->atqa[1] >> 6, wanted = (unsigned)(c->uid_len - 4) / 3;
	bool iso_dep = c->sak & 0x20;
	unsigned interface_bytes;

	if (c->uid_len == 8)
		return refuse(r, r->card_line,
			"card \"%s\": a uid of 8 bytes; expected type felica", c->name);
	if (size_bits != wanted)
		return refuse(r, r->card_line,
			"card \"%s\": atqa %02x%02x does not announce a %u-byte uid; expected its "
			"second byte between %02x and %02x",
			c->name, c->atqa[0], c->atqa[1], c->uid_len, wanted << 6,
			wanted << 6 | 0x3F);
	if (c->sak & 0x04)
		return refuse(r, r->card_line,
			"card \"%s\": sak %02x has bit 04, \"more UID follows\"; expected the last "
			"SAK",
			c->name, c->sak);
	if (iso_dep != r->seen[KEY_ATS])
		return refuse(r, r->card_line,
			iso_dep ? "card \"%s\": sak %02x has bit 20; expected an ats"
				: "card \"%s\": sak %02x lacks bit 20; expected no ats",
			c->name, c->sak);
	if (!iso_dep && (c->kind == CARD_KIND_DESFIRE || c->kind == CARD_KIND_PHONE))
		return refuse(r, r->card_line, "card \"%s\": type %s expected sak with bit 20",
			c->name, card_kind_name(c->kind));
	if (c->kind == CARD_KIND_NTAG && c->uid_len != 7)
		return refuse(
			r, r->card_line, "card \"%s\": type ntag expected a 7-byte uid", c->name);
	interface_bytes = (unsigned)__builtin_popcount(c->ats[0] & 0x70u);
	if (iso_dep && c->ats_len < 1 + interface_bytes)
		return refuse(r, r->card_line,
			"card \"%s\": ats announces %u interface bytes; expected at least %u bytes",
			c->name, interface_bytes, interface_bytes + 1);
	return 0;
}

static int end_card(struct reading *r)
{
	struct catalogue *out = r->out;
	int status;

	if (!r->in_card)
		return 0;
	for (int key = 0; key < (card_is_type_a(&r->card) ? KEY_ATS : KEY_ATQA); key++)
		if (!r->seen[key])
			return refuse(r, r->card_line, "card \"%s\" lacks %s; expected it below",
				r->card.name, key_names[key]);
	status = card_is_type_a(&r->card) ? check_card(r) : check_other_kind(r);
	if (status < 0)
		return status;
	for (size_t i = 0; i < out->n_cards; i++) {
		const struct card_spec *other = &out->cards[i];
		if (!r->card.random_uid && !other->random_uid &&
			other->uid_len == r->card.uid_len &&
			memcmp(other->uid, r->card.uid, other->uid_len) == 0)
			return refuse(r, r->card_line,
				"card \"%s\" has the uid of \"%s\"; expected one of its own",
				r->card.name, other->name);
	}
	if (out->n_cards == CATALOGUE_MAX)
		return refuse(
			r, r->card_line, "too many cards; expected at most %d", CATALOGUE_MAX);
	out->cards[out->n_cards++] = r->card;
	return 0;
}

static int begin_card(struct reading *r, char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
	int status = end_card(r);

	if (status < 0)
		return status;
	if (n == 0 || n >= CARD_NAME_MAX || strcmp(name + n, "]") != 0)
		return refuse(r, r->line, "\"[%s\": expected [name] of 1 to %d of a-z, 0-9 and -",
			name, CARD_NAME_MAX - 1);
	name[n] = '\0';
	if (catalogue_find(r->out, name))
		return refuse(
			r, r->line, "card \"%s\" is there already; expected each name once", name);
	memset(&r->card, 0, sizeof(r->card));
	memset(r->seen, 0, sizeof(r->seen));
	memcpy(r->card.name, name, n + 1);
	r->in_card = true;
	r->card_line = r->line;
	return 0;
}

/* Blanks at both ends go; the text is changed in place. */
static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r");
	for (n = strlen(text); n && strchr(" \t\r", text[n - 1]); n--)
		;
	text[n] = '\0';
	return text;
}

static int read_line(struct reading *r, char *line)
{
	char *equals, *name;

	line = trim(line);
	if (*line == '\0' || *line == '#' || *line == ';')
		return 0;
	if (*line == '[')
		return begin_card(r, line + 1);
	equals = strchr(line, '=');
	if (!equals)
		return refuse(
			r, r->line, "\"%s\": expected [name], key = value or # comment", line);
	*equals = '\0';
	name = trim(line);
	if (!r->in_card)
		return refuse(
			r, r->line, "key \"%s\" before the first card; expected [name]", name);
	for (int key = 0; key < N_KEYS; key++) {
		if (strcmp(key_names[key], name) != 0)
			continue;
		if (r->seen[key])
			return refuse(r, r->line, "key \"%s\" again; expected it once", name);
		r->seen[key] = true;
		return set_key(r, key, trim(equals + 1));
	}
	return refuse(r, r->line,
		"key \"%s\" is unknown; expected type, uid, atqa, sak, ats or about", name);
}

int catalogue_parse(const char *path, const char *text, size_t n, struct catalogue *ret_catalogue,
	char err[ERR_MAX])
{
	CLEANUP(cleanup_free) struct catalogue *found = calloc(1, sizeof(*found));
	struct reading r = {.out = found, .path = path, .err = err};
	const char *end = text + n, *stop;
	char line[200];
	int status = 0;

	if (!found)
		return -ENOMEM;
	for (const char *p = text; p < end && status == 0; p = stop < end ? stop + 1 : end) {
		size_t length;

		stop = memchr(p, '\n', (size_t)(end - p));
		stop = stop ? stop : end;
		length = (size_t)(stop - p);
		r.line++;
		if (length >= sizeof(line) || memchr(p, '\0', length))
			return refuse(&r, r.line,
				"line is too long or not text; expected less than %zu characters",
				sizeof(line));
		memcpy(line, p, length);
		line[length] = '\0';
		status = read_line(&r, line);
	}
	if (status == 0)
		status = end_card(&r);
	if (status == 0 && found->n_cards == 0)
		status = refuse(&r, r.line, "no card; expected at least one [name]");
	if (status == 0)
		*ret_catalogue = *found;
	return status;
}

int catalogue_load(const char *path, struct catalogue *ret_catalogue, char err[ERR_MAX])
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
	CLEANUP(cleanup_free) char *text = malloc(CATALOGUE_BYTES_MAX + 1);
	size_t n;

	if (!text)
		return -ENOMEM;
	if (!file) {
		int error = errno;
		snprintf(err, ERR_MAX, "%s: %s; expected a readable card catalogue", path,
			strerror(error));
		return -error;
	}
	n = fread(text, 1, CATALOGUE_BYTES_MAX + 1, file);
	if (ferror(file)) {
		snprintf(err, ERR_MAX, "%s: cannot be read; expected a file", path);
		return -EIO;
	}
	if (n > CATALOGUE_BYTES_MAX) {
		snprintf(err, ERR_MAX, "%s: expected at most %d bytes", path, CATALOGUE_BYTES_MAX);
		return -EFBIG;
	}
	return catalogue_parse(path, text, n, ret_catalogue, err);
}
