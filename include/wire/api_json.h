/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's JSON: a writer that answers are built with, and a reader of bodies that are hostile
 * until proven otherwise. Neither knows the registry; the programs bring field and value together.
 */
#pragma once

#include "base/util.h"
#include "core/roster.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ---- */

#define API_DEPTH_MAX 12

/* Zeros are an empty one. Once it failed (memory, depth) it stays failed: look at the end. Always
 * valid UTF-8: bytes that are not become U+FFFD. */
struct api_writer {
	char *text; /* NUL-terminated; owned */
	size_t used;
	size_t room;
	bool failed;
	bool comma; /* the next value has one before it */
	unsigned depth;
	char closing[API_DEPTH_MAX];
};

void api_writer_free(struct api_writer *out);

/* key NULL: inside a list, or the whole. */
void api_object(struct api_writer *out, const char *key);
void api_list(struct api_writer *out, const char *key);
void api_end(struct api_writer *out);
void api_text(struct api_writer *out, const char *key, const char *text);
/* "" is null. */
void api_text_or_null(struct api_writer *out, const char *key, const char *text);
void api_number(struct api_writer *out, const char *key, uint64_t number);
/* One that may be below 0. */
void api_integer(struct api_writer *out, const char *key, int64_t number);
/* 0 is null. */
void api_number_or_null(struct api_writer *out, const char *key, uint64_t number);
void api_bool(struct api_writer *out, const char *key, bool value);
void api_null(struct api_writer *out, const char *key);
/* RFC 3339, UTC, microseconds; 0 is null. */
void api_time(struct api_writer *out, const char *key, int64_t us);
/* DATE_NONE is null. */
void api_date(struct api_writer *out, const char *key, int32_t date);
void api_hex(struct api_writer *out, const char *key, const uint8_t *data, size_t size);
void api_revision(struct api_writer *out, const char *key, const struct revision *revision);
/* Text that should be JSON already: written anew if it is, else null. NULL and "" are null. */
void api_raw(struct api_writer *out, const char *key, const char *json);

/* ---- times ---- */

/* "2026-11-22T18:00:00Z", with up to six digits of a second, 1970 … 9999. 0 or -EINVAL. */
int api_time_parse(const char *text, int64_t *ret_us);
/* "2026-11-22T18:00:00Z" or with ".000001"; needs 32 bytes. */
void api_time_format(int64_t us, char out[32]);
/* A number of 1 to 2^53 - 1 without signs, leading zeros or spaces. 0 or -EINVAL. */
int api_number_parse(const char *text, uint64_t max, uint64_t *ret_number);

/* ---- reading ---- */

#define API_ERRORS_MAX 32
#define API_FIELDS_MAX 32               /* of one object */
#define API_NUMBER_MAX 9007199254740991 /* what every reader of JSON can hold */

struct api_error {
	char field[64];
	char detail[ERR_MAX];
};

/* What is wrong with a body: every field, not the first. */
struct api_errors {
	size_t count;
	struct api_error rows[API_ERRORS_MAX];
};
void api_errors_add(struct api_errors *errors, const char *field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* As the list of a problem document; the caller frees. NULL without memory. */
char *api_errors_text(const struct api_errors *errors);

struct json_t;

/* One object of a body. Getters note which fields there are; api_body_done finds the rest. */
struct api_body {
	struct api_errors *errors;
	struct json_t *root; /* owned by the outermost */
	const struct json_t *object;
	char prefix[48]; /* "doors[0]." */
	const char *known[API_FIELDS_MAX];
	size_t known_count;
};

/* Parses one object of exactly size bytes; refuses duplicate keys, NULs and bytes that are not
 * UTF-8. 0, or -EINVAL with what is wrong among errors. Free also after a failure. */
int api_body_open(const char *text, size_t size, struct api_errors *errors, struct api_body *ret);
void api_body_free(struct api_body *body);
/* Notes each field that no getter asked for. True where the whole body is good. */
bool api_body_done(struct api_body *body);

enum api_need {
	API_OPTIONAL,
	API_REQUIRED,
	API_NULLABLE, /* optional; null is the field's own "none" */
};
/*
 * Each getter: true where the field is there and good, and *ret is set; otherwise *ret stays, and
 * what is wrong is noted.
 */
bool api_get_text(struct api_body *body, const char *key, enum api_need need, size_t min,
	size_t max, char *out);
/* A site's, door's or operator's id; null: "". */
bool api_get_name(
	struct api_body *body, const char *key, enum api_need need, char out[NAME_ID_MAX]);
/* null: 0. */
bool api_get_number(struct api_body *body, const char *key, enum api_need need, uint64_t min,
	uint64_t max, uint64_t *ret);
bool api_get_u32(struct api_body *body, const char *key, enum api_need need, uint32_t min,
	uint32_t max, uint32_t *ret);
bool api_get_bool(struct api_body *body, const char *key, enum api_need need, bool *ret);
/* null: 0. */
bool api_get_time(struct api_body *body, const char *key, enum api_need need, int64_t *ret);
/* null: DATE_NONE. */
bool api_get_date(struct api_body *body, const char *key, enum api_need need, int32_t *ret);
/* One of count words: its index. */
bool api_get_word(struct api_body *body, const char *key, enum api_need need,
	const char *const *words, size_t count, int *ret);
/* A list of words without repeats: bit i for words[i]. */
bool api_get_words(struct api_body *body, const char *key, enum api_need need,
	const char *const *words, size_t count, uint32_t *ret);
/* A list of at most max objects: fn reads each (it calls api_body_done itself). *ret_count. */
bool api_get_list(struct api_body *body, const char *key, enum api_need need, size_t max,
	void (*fn)(struct api_body *item, size_t index, void *userdata), void *userdata,
	size_t *ret_count);
/* One object, which fn reads as above; false for null. */
bool api_get_object(struct api_body *body, const char *key, enum api_need need,
	void (*fn)(struct api_body *item, void *userdata), void *userdata);
/* Whether the field is null. */
bool api_is_null(const struct api_body *body, const char *key);
