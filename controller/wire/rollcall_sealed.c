/* SPDX-License-Identifier: Apache-2.0 */
/* A list in its box, and the file that a door keeps it in. */
#include "wire/rollcall.h"

#include "crypto/hash.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <string.h>

#define MAGIC "tapin-rollcall-1"
#define LINE_SIZE_MAX 160

static void make_id(const struct rollcall_sealed *sealed, uint8_t id[ROLLCALL_ID_SIZE])
{
	uint8_t hash[ENTRY_HASH_SIZE];
	char head[LINE_SIZE_MAX];
	int n = snprintf(head, sizeof(head), "%s%c%s%c%" PRId64 "%c", sealed->site, 0, sealed->key,
		0, sealed->as_of_us, 0);
	const struct entry_part parts[] = {{head, (size_t)n}, {sealed->data, sealed->size}};

	crypto_hash256(parts, ARRAY_SIZE(parts), hash);
	memcpy(id, hash, ROLLCALL_ID_SIZE);
}

static bool id_fits(const struct rollcall_sealed *sealed)
{
	uint8_t id[ROLLCALL_ID_SIZE];

	make_id(sealed, id);
	return memcmp(id, sealed->id, sizeof(id)) == 0;
}

void rollcall_sealed_free(struct rollcall_sealed *sealed)
{
	free(sealed->data);
	*sealed = (struct rollcall_sealed){0};
}

/* ---- the box ---- */

int rollcall_seal(const struct rollcall *list, const struct warden_public *key,
	struct rollcall_sealed *ret_sealed)
{
	struct rollcall_sealed sealed = {.as_of_us = list->as_of_us};
	char *text;
	size_t size;
	int r = rollcall_write(list, &text);

	if (r < 0)
		return r;
	size = strlen(text);
	sealed.size = size + SEAL_OVERHEAD;
	sealed.data = malloc(sealed.size);
	r = sealed.data ? seal_make(key->bytes, text, size, sealed.data) : -ENOMEM;
	crypto_wipe(text, size);
	free(text);
	if (r < 0) {
		free(sealed.data);
		return r;
	}
	strcpy(sealed.site, list->site);
	strcpy(sealed.key, key->id);
	make_id(&sealed, sealed.id);
	*ret_sealed = sealed;
	return 0;
}

/* What was sealed must be what the outside says. */
static int open_text(const struct rollcall_sealed *sealed, const struct seal_pair *pair, char *text,
	struct rollcall *ret_list, char err[ERR_MAX])
{
	int r = seal_open(pair, sealed->data, sealed->size, (uint8_t *)text);

	if (r < 0)
		snprintf(err, ERR_MAX, "the box cannot be opened: it is damaged");
	else
		r = rollcall_read(text, sealed->size - SEAL_OVERHEAD, ret_list, err);
	if (r == 0 && (strcmp(ret_list->site, sealed->site) != 0 ||
			      ret_list->as_of_us != sealed->as_of_us)) {
		snprintf(err, ERR_MAX, "site or time outside are not those of the list inside");
		rollcall_free(ret_list);
		r = -EBADMSG;
	}
	return r;
}

int rollcall_open(const struct rollcall_sealed *sealed, const struct seal_pair *pair,
	struct rollcall *ret_list, char err[ERR_MAX])
{
	char id[KEY_ID_SIZE], *text;
	int r;

	sign_key_id(pair->public, id);
	if (strcmp(id, sealed->key) != 0) {
		snprintf(err, ERR_MAX,
			"it is sealed for the wardens' key %s, and this one is %s: use that key's "
			"file",
			sealed->key, id);
		return -EKEYREJECTED;
	}
	if (sealed->size < SEAL_OVERHEAD || sealed->size > ROLLCALL_SEALED_MAX) {
		snprintf(err, ERR_MAX, "its size of %zu bytes is out of bounds", sealed->size);
		return -EBADMSG;
	}
	text = malloc(sealed->size);
	if (!text) {
		snprintf(err, ERR_MAX, "not enough memory for it");
		return -ENOMEM;
	}
	r = open_text(sealed, pair, text, ret_list, err);
	crypto_wipe(text, sealed->size);
	free(text);
	return r;
}

/* ---- the file ---- */

int rollcall_file_write(const struct rollcall_sealed *sealed, char **ret_data, size_t *ret_size)
{
	char head[LINE_SIZE_MAX], id[2 * ROLLCALL_ID_SIZE + 1], *data;
	int n;

	text_hex(sealed->id, sizeof(sealed->id), id);
	n = snprintf(head, sizeof(head), MAGIC " %s %s %" PRId64 " %s\n", sealed->site, sealed->key,
		sealed->as_of_us, id);
	data = malloc((size_t)n + sealed->size);
	if (!data)
		return -ENOMEM;
	memcpy(data, head, (size_t)n);
	memcpy(data + n, sealed->data, sealed->size);
	*ret_data = data;
	*ret_size = (size_t)n + sealed->size;
	return 0;
}

/* Takes the words of the line apart; the line must be what would be written of them. Its key is
 * shown to people: nothing but digits. */
static bool read_head(const char *line, struct rollcall_sealed *sealed)
{
	char id[2 * ROLLCALL_ID_SIZE + 1], again[LINE_SIZE_MAX];
	uint8_t key[(KEY_ID_SIZE - 1) / 2];

	if (sscanf(line, MAGIC " %32s %16s %" SCNd64 " %32s", sealed->site, sealed->key,
		    &sealed->as_of_us, id) != 4 ||
		!name_id_valid(sealed->site) || sealed->as_of_us < 0 ||
		text_unhex(sealed->key, key, sizeof(key)) < 0 ||
		text_unhex(id, sealed->id, sizeof(sealed->id)) < 0)
		return false;
	text_hex(key, sizeof(key), sealed->key);
	text_hex(sealed->id, sizeof(sealed->id), id);
	snprintf(again, sizeof(again), MAGIC " %s %s %" PRId64 " %s", sealed->site, sealed->key,
		sealed->as_of_us, id);
	return strcmp(again, line) == 0;
}

int rollcall_file_read(
	const char *data, size_t size, struct rollcall_sealed *ret_sealed, char err[ERR_MAX])
{
	const char *end = memchr(data, '\n', size < LINE_SIZE_MAX ? size : LINE_SIZE_MAX - 1);
	struct rollcall_sealed sealed = {0};
	char line[LINE_SIZE_MAX];

	if (size < strlen(MAGIC) || memcmp(data, MAGIC, strlen(MAGIC)) != 0) {
		snprintf(err, ERR_MAX, "not a sealed roll call (it begins with \"" MAGIC "\")");
		return -EBADMSG;
	}
	if (end) {
		snprintf(line, sizeof(line), "%.*s", (int)(end - data), data);
		sealed.size = size - (size_t)(end + 1 - data);
		sealed.data = (uint8_t *)(uintptr_t)(end + 1);
	}
	if (!end || strlen(line) != (size_t)(end - data) || !read_head(line, &sealed) ||
		sealed.size > ROLLCALL_SEALED_MAX || !id_fits(&sealed)) {
		snprintf(err, ERR_MAX,
			"this roll call is damaged: take it from another door's machine");
		return -EBADMSG;
	}
	*ret_sealed = sealed;
	return 0;
}

/* ---- joining parts ---- */

uint32_t rollcall_parts(size_t size)
{
	return (uint32_t)((size + ROLLCALL_PART_MAX - 1) / ROLLCALL_PART_MAX);
}

static int begin(struct rollcall_join *join, const struct rollcall_part *part)
{
	uint8_t *data = malloc(part->of.size);

	if (!data)
		return -ENOMEM;
	rollcall_sealed_free(&join->of);
	join->of = part->of;
	join->of.data = data;
	join->next = 0;
	return 0;
}

int rollcall_join(struct rollcall_join *join, const struct rollcall_part *part)
{
	int r = part->part == 0 ? begin(join, part) : 0;

	if (r < 0)
		return r;
	if (!join->of.data || part->part != join->next || part->of.size != join->of.size ||
		memcmp(part->of.id, join->of.id, sizeof(join->of.id)) != 0)
		return -EAGAIN;
	memcpy(join->of.data + (size_t)part->part * ROLLCALL_PART_MAX, part->of.data,
		part->part_size);
	if (++join->next < rollcall_parts(join->of.size))
		return 0;
	return id_fits(&join->of) ? 1 : -EBADMSG;
}
