/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the API's bodies: every wrong field is noted, so that a person mends all of them at once.
 */
#include "wire/api_json.h"

#include "core/civil.h"
#include "wire/utf8.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#define SHOWN 40 /* bytes of a foreign name that a message repeats */

void api_errors_add(struct api_errors *errors, const char *field, const char *format, ...)
{
	struct api_error *row = &errors->rows[errors->count];
	size_t used = 0, size = strlen(field);
	va_list args;

	if (errors->count == API_ERRORS_MAX)
		return;
	errors->count++;
	/* cut between characters */
	for (size_t n; used < size && used < sizeof(row->field) - 5; used += n) {
		n = utf8_size(field + used, size - used);
		n = n ? n : 1;
		memcpy(row->field + used, field + used, n);
	}
	row->field[used] = '\0';
	va_start(args, format);
	vsnprintf(row->detail, sizeof(row->detail), format, args);
	va_end(args);
}

char *api_errors_text(const struct api_errors *errors)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};

	api_list(&out, NULL);
	for (size_t i = 0; i < errors->count; i++) {
		api_object(&out, NULL);
		api_text(&out, "field", errors->rows[i].field);
		api_text(&out, "detail", errors->rows[i].detail);
		api_end(&out);
	}
	api_end(&out);
	return out.failed ? NULL : STEAL(out.text);
}

/* ---- the whole body ---- */

int api_body_open(const char *text, size_t size, struct api_errors *errors, struct api_body *ret)
{
	json_error_t error;

	*ret = (struct api_body){.errors = errors};
	ret->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	ret->object = ret->root;
	if (!ret->root)
		api_errors_add(errors, "", "not JSON at line %d, column %d: %s", error.line,
			error.column, error.text);
	else if (!json_is_object(ret->object))
		api_errors_add(errors, "", "expected a JSON object");
	else
		return 0;
	return -EINVAL;
}

void api_body_free(struct api_body *body)
{
	json_decref(body->root);
	body->root = NULL;
}

static void note(struct api_body *body, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void note(struct api_body *body, const char *key, const char *format, ...)
{
	char field[128], detail[ERR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	snprintf(field, sizeof(field), "%s%.*s", body->prefix, SHOWN, key);
	api_errors_add(body->errors, field, "%s", detail);
}

bool api_body_done(struct api_body *body)
{
	/* jansson's iterators take a pointer to non-const and change nothing */
	json_t *object = (json_t *)(uintptr_t)body->object;

	for (void *i = json_object_iter(object); i; i = json_object_iter_next(object, i)) {
		const char *key = json_object_iter_key(i);
		bool known = false;

		for (size_t k = 0; k < body->known_count && !known; k++)
			known = strcmp(body->known[k], key) == 0;
		if (!known)
			note(body, key, "unknown field");
	}
	return body->errors->count == 0;
}

/* The field, noted as known; NULL where there is nothing to read, which is noted if it is wrong. */
static const json_t *find(struct api_body *body, const char *key, enum api_need need)
{
	const json_t *value = json_object_get(body->object, key);

	if (body->known_count < API_FIELDS_MAX)
		body->known[body->known_count++] = key;
	if (!value && need == API_REQUIRED)
		note(body, key, "missing");
	return value;
}

/* A null that may be one. */
static bool none(const json_t *value, enum api_need need)
{
	return need == API_NULLABLE && json_is_null(value);
}

bool api_is_null(const struct api_body *body, const char *key)
{
	return json_is_null(json_object_get(body->object, key));
}

/* ---- one field ---- */

bool api_get_text(struct api_body *body, const char *key, enum api_need need, size_t min,
	size_t max, char *out)
{
	const json_t *value = find(body, key, need);
	const char *text = json_string_value(value);

	if (!value)
		return false;
	if (none(value, need)) {
		*out = '\0';
		return true;
	}
	if (!text) {
		note(body, key, "expected text");
		return false;
	}
	if (strlen(text) < min || strlen(text) > max) {
		note(body, key, "expected %zu to %zu bytes of text, got %zu", min, max,
			strlen(text));
		return false;
	}
	if (!utf8_one_line(text)) {
		note(body, key, "holds a control character; write it on one line");
		return false;
	}
	strcpy(out, text);
	return true;
}

bool api_get_name(struct api_body *body, const char *key, enum api_need need, char out[NAME_ID_MAX])
{
	const json_t *value = find(body, key, need);
	const char *text = json_string_value(value);

	if (!value)
		return false;
	if (none(value, need)) {
		*out = '\0';
		return true;
	}
	if (!text || !name_id_valid(text)) {
		note(body, key, "expected 1 to 32 of a-z, 0-9 and -");
		return false;
	}
	strcpy(out, text);
	return true;
}

bool api_get_number(struct api_body *body, const char *key, enum api_need need, uint64_t min,
	uint64_t max, uint64_t *ret)
{
	const json_t *value = find(body, key, need);
	json_int_t number = json_integer_value(value);

	if (!value)
		return false;
	if (none(value, need)) {
		*ret = 0;
		return true;
	}
	if (!json_is_integer(value) || number < 0 || (uint64_t)number < min ||
		(uint64_t)number > max) {
		note(body, key, "expected a whole number from %" PRIu64 " to %" PRIu64, min, max);
		return false;
	}
	*ret = (uint64_t)number;
	return true;
}

bool api_get_u32(struct api_body *body, const char *key, enum api_need need, uint32_t min,
	uint32_t max, uint32_t *ret)
{
	uint64_t number;

	if (!api_get_number(body, key, need, min, max, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}

bool api_get_bool(struct api_body *body, const char *key, enum api_need need, bool *ret)
{
	const json_t *value = find(body, key, need);

	if (!value)
		return false;
	if (!json_is_boolean(value)) {
		note(body, key, "expected true or false");
		return false;
	}
	*ret = json_is_true(value);
	return true;
}

bool api_get_time(struct api_body *body, const char *key, enum api_need need, int64_t *ret)
{
	const json_t *value = find(body, key, need);

	if (!value)
		return false;
	if (none(value, need)) {
		*ret = 0;
		return true;
	}
	if (!json_is_string(value) || api_time_parse(json_string_value(value), ret) < 0) {
		note(body, key, "expected a time in UTC as 2026-12-24T18:00:00Z%s",
			need == API_NULLABLE ? ", or null" : "");
		return false;
	}
	return true;
}

bool api_get_date(struct api_body *body, const char *key, enum api_need need, int32_t *ret)
{
	const json_t *value = find(body, key, need);

	if (!value)
		return false;
	if (none(value, need)) {
		*ret = DATE_NONE;
		return true;
	}
	if (!json_is_string(value) || civil_date_parse(json_string_value(value), ret) < 0) {
		note(body, key, "expected a date as 2026-12-24%s",
			need == API_NULLABLE ? ", or null" : "");
		return false;
	}
	return true;
}

/* "one of active, closed". */
static void note_words(
	struct api_body *body, const char *key, const char *const *words, size_t count)
{
	char list[ERR_MAX / 2] = "";

	for (size_t i = 0; i < count; i++) {
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, words[i], sizeof(list) - strlen(list) - 1);
	}
	note(body, key, "expected one of %s", list);
}

static int word_index(const json_t *value, const char *const *words, size_t count)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; text && i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	return -EINVAL;
}

bool api_get_word(struct api_body *body, const char *key, enum api_need need,
	const char *const *words, size_t count, int *ret)
{
	const json_t *value = find(body, key, need);
	int i = word_index(value, words, count);

	if (!value)
		return false;
	if (i < 0) {
		note_words(body, key, words, count);
		return false;
	}
	*ret = i;
	return true;
}

bool api_get_words(struct api_body *body, const char *key, enum api_need need,
	const char *const *words, size_t count, uint32_t *ret)
{
	const json_t *value = find(body, key, need);
	uint32_t bits = 0;

	if (!value)
		return false;
	if (!json_is_array(value)) {
		note(body, key, "expected a list");
		return false;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		int bit = word_index(json_array_get(value, i), words, count);

		if (bit < 0) {
			note_words(body, key, words, count);
			return false;
		}
		if (bits & 1u << bit) {
			note(body, key, "%s stands twice", words[bit]);
			return false;
		}
		bits |= 1u << bit;
	}
	*ret = bits;
	return true;
}

bool api_get_list(struct api_body *body, const char *key, enum api_need need, size_t max,
	void (*fn)(struct api_body *item, size_t index, void *userdata), void *userdata,
	size_t *ret_count)
{
	const json_t *value = find(body, key, need);
	size_t before = body->errors->count;

	if (!value)
		return false;
	if (!json_is_array(value) || json_array_size(value) > max) {
		note(body, key, "expected a list of at most %zu", max);
		return false;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct api_body item = {.errors = body->errors, .object = json_array_get(value, i)};

		snprintf(item.prefix, sizeof(item.prefix), "%s[%zu].", key, i);
		if (json_is_object(item.object))
			fn(&item, i, userdata);
		else
			note(&item, "", "expected an object");
	}
	*ret_count = json_array_size(value);
	return body->errors->count == before;
}

bool api_get_object(struct api_body *body, const char *key, enum api_need need,
	void (*fn)(struct api_body *item, void *userdata), void *userdata)
{
	const json_t *value = find(body, key, need);
	struct api_body item = {.errors = body->errors, .object = value};
	size_t before = body->errors->count;

	if (!value || none(value, need))
		return false;
	snprintf(item.prefix, sizeof(item.prefix), "%s.", key);
	if (json_is_object(value))
		fn(&item, userdata);
	else
		note(body, key, "expected an object%s", need == API_NULLABLE ? ", or null" : "");
	return body->errors->count == before;
}
