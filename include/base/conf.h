/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini configuration as a table: one row a key, one parser a type. Unknown sections, unknown or
 * doubled keys and bad values are refused with file, line and what was expected.
 */
#pragma once

#include "base/util.h"
#include <stddef.h>
#include <stdint.h>

/* Parses value into field; 0, or -EINVAL. expects says in words what a good value is ("a whole
 * number from 1 to 60000"). */
struct conf_key;
typedef int (*conf_parse_fn)(const struct conf_key *key, const char *value, void *field);

struct conf_key {
	const char *section;
	const char *key;
	conf_parse_fn parse;
	size_t offset;       /* of the field in the target struct */
	const char *expects; /* for the message */
	int64_t min; /* numbers: bounds; texts: max is the room of the field, NUL included */
	int64_t max;
};

#define CONF_KEYS_MAX 64

/*
 * Reads file into target. 0, or negative errno with err = "door.conf:12: [door] release_ms = 0:
 * expected …". At most CONF_KEYS_MAX rows.
 */
int conf_read(const char *file, const struct conf_key *keys, size_t count, void *target,
	char err[ERR_MAX]);

/* Parsers for common types. */
int conf_parse_text(const struct conf_key *key, const char *value, void *field); /* char[max] */
int conf_parse_u32(
	const struct conf_key *key, const char *value, void *field); /* uint32_t, min … max */
int conf_parse_bool(const struct conf_key *key, const char *value,
	void *field); /* bool: yes/no, true/false, on/off */
