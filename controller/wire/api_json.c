/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the API's JSON. */
#include "wire/api_json.h"

#include "core/civil.h"
#include "crypto/text.h"
#include "wire/utf8.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

void api_writer_free(struct api_writer *out)
{
	free(out->text);
	*out = (struct api_writer){0};
}

static void put(struct api_writer *out, const char *data, size_t size)
{
	size_t room = out->room ? out->room : 1024;
	char *grown;

	if (out->failed)
		return;
	while (room <= out->used + size)
		room *= 2;
	if (room > out->room) {
		grown = realloc(out->text, room);
		if (!grown) {
			out->failed = true;
			return;
		}
		out->text = grown;
		out->room = room;
	}
	memcpy(out->text + out->used, data, size);
	out->used += size;
	out->text[out->used] = '\0';
}

static void put_quoted(struct api_writer *out, const char *text)
{
	size_t size = strlen(text);
	char escape[8];

	put(out, "\"", 1);
	for (size_t i = 0; i < size;) {
		size_t n = utf8_size(text + i, size - i);
		unsigned char c = (unsigned char)text[i];

		if (n == 0) {
			put(out, "\xEF\xBF\xBD", 3);
			n = 1;
		} else if (c < ' ' || c == 0x7F) {
			snprintf(escape, sizeof(escape), "\\u%04x", c);
			put(out, escape, 6);
		} else {
			if (c == '"' || c == '\\')
				put(out, "\\", 1);
			put(out, text + i, n);
		}
		i += n;
	}
	put(out, "\"", 1);
}

static void put_key(struct api_writer *out, const char *key)
{
	if (out->comma)
		put(out, ",", 1);
	out->comma = true;
	if (!key)
		return;
	put_quoted(out, key);
	put(out, ":", 1);
}

static void put_word(struct api_writer *out, const char *key, const char *word)
{
	put_key(out, key);
	put(out, word, strlen(word));
}

static void open_value(struct api_writer *out, const char *key, char opening, char closing)
{
	put_key(out, key);
	put(out, &opening, 1);
	out->comma = false;
	if (out->depth == API_DEPTH_MAX)
		out->failed = true;
	else
		out->closing[out->depth++] = closing;
}

void api_object(struct api_writer *out, const char *key)
{
	open_value(out, key, '{', '}');
}

void api_list(struct api_writer *out, const char *key)
{
	open_value(out, key, '[', ']');
}

void api_end(struct api_writer *out)
{
	if (out->depth == 0) {
		out->failed = true;
		return;
	}
	put(out, &out->closing[--out->depth], 1);
	out->comma = true;
}

void api_text(struct api_writer *out, const char *key, const char *text)
{
	put_key(out, key);
	put_quoted(out, text);
}

void api_text_or_null(struct api_writer *out, const char *key, const char *text)
{
	if (*text)
		api_text(out, key, text);
	else
		api_null(out, key);
}

void api_number(struct api_writer *out, const char *key, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	put_word(out, key, text);
}

void api_integer(struct api_writer *out, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	put_word(out, key, text);
}

void api_number_or_null(struct api_writer *out, const char *key, uint64_t number)
{
	if (number)
		api_number(out, key, number);
	else
		api_null(out, key);
}

void api_bool(struct api_writer *out, const char *key, bool value)
{
	put_word(out, key, value ? "true" : "false");
}

void api_null(struct api_writer *out, const char *key)
{
	put_word(out, key, "null");
}

void api_time(struct api_writer *out, const char *key, int64_t us)
{
	char text[32];

	if (us == 0) {
		api_null(out, key);
		return;
	}
	api_time_format(us, text);
	api_text(out, key, text);
}

void api_date(struct api_writer *out, const char *key, int32_t date)
{
	char text[11];

	if (date == DATE_NONE) {
		api_null(out, key);
		return;
	}
	civil_date_format(date, text);
	api_text(out, key, text);
}

void api_hex(struct api_writer *out, const char *key, const uint8_t *data, size_t size)
{
	char text[2 * 64 + 1];

	if (size > 64) {
		out->failed = true;
		return;
	}
	text_hex(data, size, text);
	api_text(out, key, text);
}

void api_revision(struct api_writer *out, const char *key, const struct revision *revision)
{
	api_object(out, key);
	api_number(out, "generation", revision->generation);
	api_number(out, "number", revision->number);
	api_end(out);
}

void api_raw(struct api_writer *out, const char *key, const char *json)
{
	json_t *value = json && *json ? json_loads(json, JSON_REJECT_DUPLICATES, NULL) : NULL;
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	put_word(out, key, text ? text : "null");
	free(text);
	json_decref(value);
}

/* ---- times and numbers ---- */

void api_time_format(int64_t us, char out[32])
{
	int64_t second = us / 1000000, rest = us % 1000000;
	struct tm tm;
	time_t t;

	if (rest < 0) {
		rest += 1000000;
		second--;
	}
	t = (time_t)second;
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
		strcpy(out, "1970-01-01T00:00:00Z");
		return;
	}
	strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest)
		snprintf(out + 19, 13, ".%06d", (int)rest);
	strcat(out, "Z");
}

static int two_digits(const char *text, int max, int *ret)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -EINVAL;
	*ret = (text[0] - '0') * 10 + (text[1] - '0');
	return *ret <= max ? 0 : -EINVAL;
}

static int fraction(const char **at, int64_t *ret_us)
{
	int64_t unit = 100000, us = 0;
	const char *c = *at + 1;

	if (**at != '.') {
		*ret_us = 0;
		return 0;
	}
	for (; *c >= '0' && *c <= '9' && unit > 0; c++, unit /= 10)
		us += (*c - '0') * unit;
	if (c == *at + 1)
		return -EINVAL;
	*at = c;
	*ret_us = us;
	return 0;
}

int api_time_parse(const char *text, int64_t *ret_us)
{
	char day[11];
	int32_t date;
	int hour, minute, second;
	const char *at = text + 19;
	int64_t us;

	if (strnlen(text, 20) < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':')
		return -EINVAL;
	memcpy(day, text, 10);
	day[10] = '\0';
	if (civil_date_parse(day, &date) < 0 || two_digits(text + 11, 23, &hour) < 0 ||
		two_digits(text + 14, 59, &minute) < 0 || two_digits(text + 17, 59, &second) < 0 ||
		fraction(&at, &us) < 0 || strcmp(at, "Z") != 0)
		return -EINVAL;
	*ret_us = ((int64_t)date * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + us;
	return 0;
}

int api_number_parse(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (*text == '\0' || strlen(text) > 16 || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9')
			return -EINVAL;
		number = number * 10 + (uint64_t)(*c - '0');
	}
	if (number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}
