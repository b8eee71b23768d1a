/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include "crypto/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define KEY_SHOWN 40 /* characters of a foreign key or value that a message repeats */

/* Repeats foreign text without what could act on a terminal. */
static void show(const char *text, char out[KEY_SHOWN + 4])
{
	size_t size = strnlen(text, KEY_SHOWN + 1);
	size_t shown = size > KEY_SHOWN ? KEY_SHOWN : size;

	for (size_t i = 0; i < shown; i++)
		out[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
	strcpy(out + shown, size > shown ? "..." : "");
}

static void show_value(const json_t *value, char out[KEY_SHOWN + 8])
{
	char text[KEY_SHOWN + 4];

	if (json_is_string(value)) {
		show(json_string_value(value), text);
		snprintf(out, KEY_SHOWN + 8, "\"%s\"", text);
	} else if (json_is_integer(value)) {
		snprintf(out, KEY_SHOWN + 8, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_real(value)) {
		snprintf(out, KEY_SHOWN + 8, "%g", json_real_value(value));
	} else {
		snprintf(out, KEY_SHOWN + 8, "%s",
			json_is_object(value)  ? "{...}"
			: json_is_array(value) ? "[...]"
			: json_is_true(value)  ? "true"
			: json_is_false(value) ? "false"
					       : "null");
	}
}

int json_complain(const struct json_place *place, const char *key, const char *format, ...)
{
	char where[128] = "", shown[KEY_SHOWN + 4];
	va_list args;
	int n;

	show(key, shown);
	if (place->list)
		snprintf(where, sizeof(where), "%s[%zu]%s%s", place->list, place->index,
			*shown ? "." : "", shown);
	else
		snprintf(where, sizeof(where), "%s", shown);
	n = snprintf(place->err, ERR_MAX, "%.200s: %s%s", place->file, where, *where ? ": " : "");
	va_start(args, format);
	if (n >= 0 && n < ERR_MAX)
		vsnprintf(place->err + n, (size_t)(ERR_MAX - n), format, args);
	va_end(args);
	return -EINVAL;
}

int json_refuse(
	const struct json_place *place, const char *key, const json_t *value, const char *expected)
{
	char shown[KEY_SHOWN + 8];

	if (!value)
		return json_complain(place, key, "missing, expected %s", expected);
	show_value(value, shown);
	return json_complain(place, key, "%s is refused, expected %s", shown, expected);
}

int json_read_object(
	const struct json_place *place, const char *text, size_t size, json_t **ret_object)
{
	json_error_t error;
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	char shown[KEY_SHOWN + 4];

	if (!object) {
		show(error.text, shown);
		return json_complain(place, "", "not JSON at line %d, column %d: %s", error.line,
			error.column, shown);
	}
	if (!json_is_object(object)) {
		json_decref(object);
		return json_complain(place, "", "expected a JSON object");
	}
	*ret_object = object;
	return 0;
}

int json_get_number(const struct json_place *place, const json_t *object, const char *key,
	uint64_t min, uint64_t max, uint64_t *ret_number)
{
	const json_t *value = json_object_get(object, key);
	char expected[80];

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		(uint64_t)json_integer_value(value) < min ||
		(uint64_t)json_integer_value(value) > max) {
		snprintf(expected, sizeof(expected), "a whole number from %" PRIu64 " to %" PRIu64,
			min, max);
		return json_refuse(place, key, value, expected);
	}
	*ret_number = (uint64_t)json_integer_value(value);
	return 0;
}

int json_get_text(const struct json_place *place, const json_t *object, const char *key,
	const char *expected, const char **ret_text)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		return json_refuse(place, key, value, expected);
	*ret_text = json_string_value(value);
	return 0;
}

int json_get_hex(const struct json_place *place, const json_t *object, const char *key,
	uint8_t *out, size_t size)
{
	const json_t *value = json_object_get(object, key);
	char expected[40];

	if (json_is_string(value) && text_unhex(json_string_value(value), out, size) == 0)
		return 0;
	snprintf(expected, sizeof(expected), "%zu hex digits", 2 * size);
	return json_refuse(place, key, value, expected);
}

int json_get_base64(const struct json_place *place, const json_t *object, const char *key,
	size_t min, uint8_t *out, size_t room)
{
	const json_t *value = json_object_get(object, key);
	char expected[60];
	int n = -EINVAL;

	if (json_is_string(value))
		n = text_unbase64(json_string_value(value), json_string_length(value), out, room);
	if (n >= 0 && (size_t)n >= min)
		return n;
	snprintf(expected, sizeof(expected), "base64 of %zu to %zu bytes", min, room);
	return json_refuse(place, key, value, expected);
}

/* Levenshtein distance of two short words; longer ones are as far away as can be. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[KEY_SHOWN + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > KEY_SHOWN || m > KEY_SHOWN)
		return UINT32_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

int json_known_key(
	const struct json_place *place, const char *key, const char *const *known, size_t count)
{
	const char *nearest = known[0];

	for (size_t i = 0; i < count; i++)
		if (strcmp(key, known[i]) == 0)
			return 0;
	for (size_t i = 1; i < count; i++)
		if (distance(key, known[i]) < distance(key, nearest))
			nearest = known[i];
	return json_complain(place, key, "unknown key; the nearest known one is \"%s\"", nearest);
}

int json_only_keys(const struct json_place *place, const json_t *object, const char *const *known,
	size_t count)
{
	/* jansson's iterators take a pointer to non-const and change nothing */
	for (void *i = json_object_iter((json_t *)(uintptr_t)object); i;
		i = json_object_iter_next((json_t *)(uintptr_t)object, i)) {
		int r = json_known_key(place, json_object_iter_key(i), known, count);

		if (r < 0)
			return r;
	}
	return 0;
}
