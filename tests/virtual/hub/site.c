/* SPDX-License-Identifier: Apache-2.0 */
#include "site.h"

#include "crypto/hash.h"

#include <stdlib.h>
#include <string.h>

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static uint8_t *copy(const uint8_t *data, int size)
{
	return memcpy(need(malloc((size_t)size)), data, (size_t)size);
}

static void remove_item(struct site *site, const uint8_t *key, int key_size)
{
	for (size_t i = 0; i < site->item_count; i++) {
		struct site_item *item = &site->items[i];

		if (item->key_size != key_size || memcmp(item->key, key, (size_t)key_size) != 0)
			continue;
		roster_digest_take(site->digest, item->bytes, (size_t)item->size, crypto_hash256);
		free(item->bytes);
		memmove(item, item + 1, (--site->item_count - i) * sizeof(*item));
		return;
	}
}

void site_put(struct site *site, const struct roster_record *record)
{
	static uint8_t bytes[ROSTER_RECORD_MAX];
	struct site_item item;
	int size = roster_record_encode(record, bytes);

	item.key_size = roster_record_key(record, item.key);
	if (size < 0 || item.key_size < 0)
		abort();
	remove_item(site, item.key, item.key_size);
	if (!record->gone) {
		item.bytes = copy(bytes, size);
		item.size = size;
		site->items =
			need(reallocarray(site->items, site->item_count + 1, sizeof(*site->items)));
		site->items[site->item_count++] = item;
		roster_digest_add(site->digest, bytes, (size_t)size, crypto_hash256);
	}
	site->revision.number++;
	site->changes =
		need(reallocarray(site->changes, site->change_count + 1, sizeof(*site->changes)));
	site->changes[site->change_count++] =
		(struct site_change){site->revision, copy(bytes, size), size};
}

static size_t add(uint8_t **run, size_t size, const uint8_t *bytes, int n)
{
	int more;

	*run = need(realloc(*run, size + (size_t)n + 2));
	more = roster_run_add(*run, size, size + (size_t)n + 2, bytes, (size_t)n);
	if (more < 0)
		abort();
	return (size_t)more;
}

uint8_t *site_run(const struct site *site, const struct revision *from, size_t *ret_size)
{
	uint8_t *run = need(malloc(1));
	size_t size = 0;

	for (size_t i = 0; !from && i < site->item_count; i++)
		size = add(&run, size, site->items[i].bytes, site->items[i].size);
	for (size_t i = 0; from && i < site->change_count; i++)
		if (revision_compare(&site->changes[i].revision, from) > 0)
			size = add(&run, size, site->changes[i].bytes, site->changes[i].size);
	*ret_size = size;
	return run;
}

uint8_t *site_part(const uint8_t *run, size_t size, size_t first, size_t max, size_t *ret_size,
	size_t *ret_next)
{
	uint8_t *part = need(malloc(1));
	const uint8_t *record;
	size_t at = 0, n, used = 0, number = 0;

	*ret_next = 0;
	while (roster_run_next(run, size, &at, &record, &n) > 0) {
		if (number++ < first)
			continue;
		if (used > 0 && used + n + 2 > max) {
			*ret_next = number - 1;
			break;
		}
		used = add(&part, used, record, (int)n);
	}
	*ret_size = used;
	return part;
}
