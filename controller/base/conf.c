/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct reading {
	const char *file;
	const struct conf_key *keys;
	size_t count;
	void *target;
	char *err;
	int line; /* of the value being read, counted by us: inih 55 does not hand it out */
	bool seen[CONF_KEYS_MAX];
	int result;
	int error_line;
};

static bool section_known(const struct reading *r, const char *section)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->keys[i].section, section) == 0)
			return true;
	return false;
}

static const struct conf_key *find_key(
	const struct reading *r, const char *section, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->keys[i].section, section) == 0 && strcmp(r->keys[i].key, name) == 0)
			return &r->keys[i];
	return NULL;
}

/* The key of the same section that differs least, for "did you mean": a shared start of three
 * letters. */
static const char *near_key(const struct reading *r, const char *section, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->keys[i].section, section) == 0 &&
			strncmp(r->keys[i].key, name, 3) == 0)
			return r->keys[i].key;
	return NULL;
}

static int refuse(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps the first mistake only; returns 0, inih's word for an error. */
static int refuse(struct reading *r, const char *format, ...)
{
	int n = r->result == 0 ? snprintf(r->err, ERR_MAX, "%s:%d: ", r->file, r->line) : ERR_MAX;
	va_list args;

	if (n > 0 && n < ERR_MAX) {
		va_start(args, format);
		vsnprintf(r->err + n, (size_t)(ERR_MAX - n), format, args);
		va_end(args);
	}
	r->result = -EINVAL;
	r->error_line = r->line;
	return 0;
}

static int unknown(struct reading *r, const char *section, const char *name)
{
	const char *near = near_key(r, section, name);

	if (!*section)
		return refuse(r, "%s stands before any [section]: put it under one", name);
	if (!section_known(r, section))
		return refuse(r, "[%s] is not a section of this file", section);
	if (near)
		return refuse(r, "[%s] %s is not a setting: did you mean %s?", section, name, near);
	return refuse(r, "[%s] %s is not a setting", section, name);
}

static int take(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	const struct conf_key *key = find_key(r, section, name);

	if (!key)
		return unknown(r, section, name);
	if (r->seen[key - r->keys])
		return refuse(r, "[%s] %s is set twice: keep one", section, name);
	r->seen[key - r->keys] = true;
	if (key->parse(key, value ? value : "", (char *)r->target + key->offset) < 0)
		return refuse(r, "[%s] %s = %.80s: expected %s", section, name, value ? value : "",
			key->expects);
	return 1;
}

struct lines {
	FILE *file;
	struct reading *reading;
};

static char *next_line(char *text, int size, void *stream)
{
	struct lines *lines = stream;
	char *got;

	if (lines->reading->result < 0)
		return NULL; /* the first mistake is the one to report */
	got = fgets(text, size, lines->file);
	if (!got)
		return NULL;
	lines->reading->line++;
	if (!strchr(text, '\n') && !feof(lines->file)) {
		refuse(lines->reading, "the line is longer than %s bytes", "190");
		return NULL;
	}
	return got;
}

int conf_read(const char *file, const struct conf_key *keys, size_t count, void *target,
	char err[ERR_MAX])
{
	CLEANUP(cleanup_fclose) FILE *f = fopen(file, "re");
	struct reading reading = {
		.file = file, .keys = keys, .count = count, .target = target, .err = err};
	struct lines lines = {.file = f, .reading = &reading};
	int line;

	if (count > CONF_KEYS_MAX)
		return -EOVERFLOW;
	if (!f) {
		int error = errno;

		snprintf(err, ERR_MAX, "%s: cannot be read: %s", file, strerror(error));
		return -error;
	}
	line = ini_parse_stream(next_line, &lines, take, &reading);
	/* inih reads on after a line it cannot parse, and hands back the first such line */
	if (line != 0 && (reading.result == 0 || line < reading.error_line)) {
		snprintf(err, ERR_MAX, "%s:%d: expected [section], key = value or # comment", file,
			line > 0 ? line : reading.line);
		return -EINVAL;
	}
	return reading.result;
}

int conf_parse_text(const struct conf_key *key, const char *value, void *field)
{
	size_t n = strlen(value);

	if (n == 0 || n >= (size_t)key->max)
		return -EINVAL;
	memcpy(field, value, n + 1);
	return 0;
}

int conf_parse_u32(const struct conf_key *key, const char *value, void *field)
{
	char *end;
	unsigned long long number;

	if (*value < '0' || *value > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno || *end || number > UINT32_MAX || (int64_t)number < key->min ||
		(int64_t)number > key->max)
		return -EINVAL;
	*(uint32_t *)field = (uint32_t)number;
	return 0;
}

int conf_parse_bool(const struct conf_key *key, const char *value, void *field)
{
	static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {
									"no", "false", "off"};

	(void)key;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(value, yes[i]) == 0) {
			*(bool *)field = true;
			return 0;
		}
		if (strcasecmp(value, no[i]) == 0) {
			*(bool *)field = false;
			return 0;
		}
	}
	return -EINVAL;
}
