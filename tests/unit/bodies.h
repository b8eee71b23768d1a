/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of message bodies: what a good body turns into when each of its values is taken
 * away or made into nonsense must be refused with a message. Bodies can be written into a folder as
 * samples, for the schemas to judge (tests/system/test_schema.sh).
 */
#pragma once

#include "base/util.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

/* Reads a body; frees what it read. */
typedef int (*body_reader)(const char *body, size_t size, char err[ERR_MAX]);

static const char *const body_nonsense[] = {"null", "true", "-1", "1.5", "\"\"", "\"a\\nb\"",
	"\"\\u0000\"", "[]", "{}", "18446744073709551615", "[[]]", "\"ZZ\""};

/* allowed: "PATH=VALUE" lines of nonsense that is none, "PATH=" for keys that may be missing. */
static bool body_allowed(const char *const *allowed, const char *path, const char *value)
{
	char line[160];

	snprintf(line, sizeof(line), "%s=%s", path, value);
	for (; allowed && *allowed; allowed++)
		if (strcmp(*allowed, line) == 0)
			return true;
	return false;
}

static void body_judge(
	body_reader read, const json_t *root, bool allowed, const char *path, const char *value)
{
	CLEANUP(cleanup_free) char *body = json_dumps(root, JSON_COMPACT);
	char err[ERR_MAX] = "";
	int r = read(body, strlen(body), err);

	if (allowed ? r != 0 : r != -EBADMSG || !*err)
		fail_msg("%s = %s: %d \"%s\"\n%s", path, value, r, err, body);
}

static void body_spoil(
	body_reader read, json_t *root, json_t *at, const char *path, const char *const *allowed);

/* Puts each nonsense where value stands; put returns it to its place afterwards. */
static void body_spoil_value(body_reader read, json_t *root, json_t *parent, const char *key,
	size_t index, const char *path, const char *const *allowed)
{
	json_t *good = key ? json_object_get(parent, key) : json_array_get(parent, index);

	json_incref(good);
	for (size_t i = 0; i < ARRAY_SIZE(body_nonsense); i++) {
		json_t *bad = json_loads(body_nonsense[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		bool same;

		if (!bad) /* a number that jansson does not read */
			continue;
		same = json_equal(bad, good);
		if (key)
			json_object_set_new(parent, key, bad);
		else
			json_array_set_new(parent, index, bad);
		body_judge(read, root, same || body_allowed(allowed, path, body_nonsense[i]), path,
			body_nonsense[i]);
	}
	if (key)
		json_object_set(parent, key, good);
	else
		json_array_set(parent, index, good);
	if (key) {
		json_object_del(parent, key);
		body_judge(read, root, body_allowed(allowed, path, ""), path, "missing");
		json_object_set(parent, key, good);
	}
	body_spoil(read, root, good, path, allowed);
	json_decref(good);
}

static void body_spoil(
	body_reader read, json_t *root, json_t *at, const char *path, const char *const *allowed)
{
	char below[128];

	if (json_is_object(at)) {
		const char *keys[32];
		size_t count = 0;

		for (void *i = json_object_iter(at); i; i = json_object_iter_next(at, i))
			keys[count++] = json_object_iter_key(i);
		for (size_t i = 0; i < count; i++) {
			char key[64];

			snprintf(key, sizeof(key), "%s", keys[i]); /* deleted and set again */
			snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
			for (size_t j = i + 1; j < count; j++) /* pointers into the object */
				assert_ptr_not_equal(keys[i], keys[j]);
			body_spoil_value(read, root, at, key, 0, below, allowed);
		}
	}
	for (size_t i = 0; json_is_array(at) && i < json_array_size(at); i++) {
		snprintf(below, sizeof(below), "%s[]", path);
		body_spoil_value(read, root, at, NULL, i, below, allowed);
	}
}

/* Everything that a good body may be turned into. max: its bound in bytes; strict: unknown keys are
 * refused. */
static void body_sweep(
	body_reader read, const char *good, size_t max, bool strict, const char *const *allowed)
{
	size_t size = strlen(good);
	char err[ERR_MAX] = "", *long_one = malloc(max + 2), *changed = malloc(size + 64);
	json_t *root = json_loads(good, 0, NULL);

	if (read(good, size, err) < 0)
		fail_msg("%s\n%s", err, good);
	body_spoil(read, root, root, "", allowed);
	json_decref(root);
	/* bounds, a key twice, a key that nobody knows, the end cut off */
	memset(long_one, ' ', max + 2);
	memcpy(long_one, good, size);
	assert_int_equal(read(long_one, max, err), 0);
	assert_int_equal(read(long_one, max + 1, err), -EBADMSG);
	snprintf(changed, size + 64, "{\"site\":\"walker\",\"site\":\"walker\",%s", good + 1);
	assert_int_equal(read(changed, strlen(changed), err), -EBADMSG);
	snprintf(changed, size + 64, "{\"new\":{},%s", good + 1);
	assert_int_equal(read(changed, strlen(changed), err), strict ? -EBADMSG : 0);
	for (size_t cut = 0; cut < size; cut += 1 + size / 300)
		assert_int_equal(read(good, cut, err), -EBADMSG);
	free(long_one);
	free(changed);
}

/* One value at the top changed to JSON text. */
static int body_with(body_reader read, const char *good, const char *key, const char *value)
{
	json_t *root = json_loads(good, 0, NULL);
	CLEANUP(cleanup_free) char *body = NULL;
	char err[ERR_MAX] = "";
	int r;

	json_object_set_new(root, key, json_loads(value, JSON_DECODE_ANY, NULL));
	body = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	r = read(body, strlen(body), err);
	if (r < 0)
		assert_true(*err);
	return r;
}

/* Writes FOLDER/NAME.json. */
static __attribute__((unused)) void body_sample(
	const char *folder, const char *name, const char *body)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.json", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(body, file);
	fclose(file);
}
