/* SPDX-License-Identifier: Apache-2.0 */
#include "door/refusal.h"

/* FNV-1a: two that collide are said as one, which costs a line for a minute. */
static uint64_t hash(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001B3u;
	return (h ^ 0xFF) * 0x100000001B3u;
}

/* The slot of this one, or the one that was used the longest ago. */
static size_t find(const struct refusals *r, uint64_t key)
{
	size_t oldest = 0;

	for (size_t i = 0; i < REFUSAL_SLOTS; i++) {
		if (r->slots[i].hash == key)
			return i;
		if (r->slots[i].at_ms < r->slots[oldest].at_ms)
			oldest = i;
	}
	return oldest;
}

bool refusal_due(struct refusals *r, const char *what, const char *why, uint64_t now_ms,
	uint64_t *ret_unsaid)
{
	uint64_t key = hash(hash(0xCBF29CE484222325u, what), why) | 1;
	size_t i = find(r, key);

	if (now_ms - r->minute_ms >= REFUSAL_MS) {
		r->minute_ms = now_ms;
		r->said = 0;
	}
	if ((r->slots[i].hash == key && now_ms - r->slots[i].at_ms < REFUSAL_MS) ||
		r->said >= REFUSAL_ALL_MAX) {
		r->unsaid++;
		return false;
	}
	r->slots[i].hash = key;
	r->slots[i].at_ms = now_ms;
	r->said++;
	*ret_unsaid = r->unsaid;
	r->unsaid = 0;
	return true;
}
