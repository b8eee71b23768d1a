/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON that came from outside: each getter checks presence, type and bounds and says in
 * words which value is wrong and what was expected. Duplicate keys are refused.
 */
#pragma once

#include "base/util.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Where a value stands, for messages: "FILE: LIST[INDEX].KEY". */
struct json_place {
	const char *file; /* or a word for the message */
	const char *list; /* NULL: at the top */
	size_t index;
	char *err; /* ERR_MAX bytes */
};

/* Writes "PLACE = VALUE: expected EXPECTED"; a NULL value is "missing". Returns -EINVAL. */
int json_refuse(
	const struct json_place *place, const char *key, const json_t *value, const char *expected);
/* The same with a sentence instead of a value. */
int json_complain(const struct json_place *place, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Parses one JSON object of exactly size bytes. The caller owns it; 0 or -EINVAL. */
int json_read_object(
	const struct json_place *place, const char *text, size_t size, json_t **ret_object);

/* A whole number from min to max. 0 or -EINVAL. */
int json_get_number(const struct json_place *place, const json_t *object, const char *key,
	uint64_t min, uint64_t max, uint64_t *ret_number);
/* A text; it belongs to the object. expected says what a good one is. */
int json_get_text(const struct json_place *place, const json_t *object, const char *key,
	const char *expected, const char **ret_text);
/* Exactly size bytes in hex. */
int json_get_hex(const struct json_place *place, const json_t *object, const char *key,
	uint8_t *out, size_t size);
/* min to room bytes in base64: their number, or -EINVAL. */
int json_get_base64(const struct json_place *place, const json_t *object, const char *key,
	size_t min, uint8_t *out, size_t room);

/* Refuses a key that is none of count known ones and names the nearest. 0 or -EINVAL. */
int json_only_keys(const struct json_place *place, const json_t *object, const char *const *known,
	size_t count);
/* The same for a single key. */
int json_known_key(
	const struct json_place *place, const char *key, const char *const *known, size_t count);
