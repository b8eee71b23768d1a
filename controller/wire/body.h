/* SPDX-License-Identifier: Apache-2.0 */
/* What the bodies of messages are made of; beside wire/json.h. */
#pragma once

#include "core/roster.h"
#include "crypto/sign.h"
#include "wire/json.h"

#include <stdbool.h>

/* Compact text of a value that this takes over. 0, -EMSGSIZE beyond max bytes, or -ENOMEM (also for
 * a NULL value). */
int body_dump(json_t *value, size_t max, char **ret_text);

/* The object of a body of this type: version 1, at most max bytes, no key twice. The caller owns
 * it. 0 or -EINVAL. */
int body_open(const struct json_place *place, const char *body, size_t size, size_t max,
	const char *type, json_t **ret_object);

/* Each writer makes a new value, NULL when there is no memory. */
json_t *body_hex(const uint8_t *data, size_t size);
json_t *body_base64(const uint8_t *data, size_t size);
json_t *body_revision(const struct revision *revision);
json_t *body_public(const struct sign_public *key);

/* Each getter: 0, or -EINVAL with the place's err. */
int body_get_object(
	const struct json_place *place, const json_t *object, const char *key, json_t **ret_value);
int body_get_name(const struct json_place *place, const json_t *object, const char *key,
	char out[NAME_ID_MAX]);
int body_get_revision(const struct json_place *place, const json_t *object, const char *key,
	struct revision *ret_revision);
int body_get_u32(const struct json_place *place, const json_t *object, const char *key,
	uint32_t min, uint32_t max, uint32_t *ret_number);
/* Microseconds since 1970. */
int body_get_time(
	const struct json_place *place, const json_t *object, const char *key, int64_t *ret_us);
int body_get_bool(
	const struct json_place *place, const json_t *object, const char *key, bool *ret_bool);
/* Text without control characters of min to room - 1 bytes. */
int body_get_line(const struct json_place *place, const json_t *object, const char *key, size_t min,
	char *out, size_t room);
/* A public key, whose id must be its own. */
int body_get_public(const struct json_place *place, const json_t *object, const char *key,
	struct sign_public *ret_key);
/* The place of a value in names: its index, or -EINVAL. */
int body_get_choice(const struct json_place *place, const json_t *object, const char *key,
	const char *const *names, size_t count);

/* Can text in room bytes stand in a message: ended, UTF-8, no control characters? */
bool body_line_valid(const char *text, size_t room);
