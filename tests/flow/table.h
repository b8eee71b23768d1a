/* SPDX-License-Identifier: Apache-2.0 */
/* What the players of the JSON tables share: reading a row, and keeping its first fault. */
#pragma once

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The first thing that is wrong with a row. */
struct play {
	bool failed;
	char why[512];
};

static void wrong(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct play *p, const char *format, ...)
{
	va_list args;

	if (p->failed)
		return;
	p->failed = true;
	va_start(args, format);
	vsnprintf(p->why, sizeof(p->why), format, args);
	va_end(args);
}

static void unpack(struct play *p, json_t *object, const char *format, ...)
{
	json_error_t error;
	va_list args;

	va_start(args, format);
	if (json_vunpack_ex(object, &error, 0, format, args) < 0)
		wrong(p, "table: %s", error.text);
	va_end(args);
}

static unsigned index_of(struct play *p, const char *text, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, names[i]) == 0)
			return (unsigned)i;
	wrong(p, "table: \"%s\" is not known here", text);
	return 0;
}
