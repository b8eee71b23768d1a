/* SPDX-License-Identifier: Apache-2.0 */
/* A keeper in a folder, and a roster handed to it. Included after faulty_vfs.h and a static
 * err[ERR_MAX]. */
#pragma once

#include "base/clock.h"
#include "roster_model.h"
#include "store/keeper.h"
#include <poll.h>

static inline struct keeper *keeper_bed_open(bool *ret_damaged)
{
	struct keeper_options options = {
		.cache_path = in_folder("cache.db"),
		.kept_path = in_folder("kept.db"),
		.site = "walker",
		.hash = crypto_hash256,
	};
	struct keeper *keeper = NULL;

	return keeper_open(&options, &keeper, ret_damaged, err) < 0 ? NULL : keeper;
}

/* The next answer, or one of kind 99 after half a minute. */
static inline struct keeper_event keeper_bed_next(struct keeper *keeper)
{
	struct pollfd fd = {.fd = keeper_fd(keeper), .events = POLLIN};
	uint64_t until = clock_mono_us() + 30000000;
	struct keeper_event event = {0};

	while (!keeper_next(keeper, &event)) {
		if (clock_mono_us() > until) {
			event.kind = (enum keeper_event_kind)99;
			break;
		}
		poll(&fd, 1, 1000);
	}
	return event;
}

static inline struct keeper_roster keeper_bed_roster(
	const struct model *m, const struct revision *from)
{
	struct keeper_roster roster = {.site = "walker", .snapshot = !from, .to = m->revision};

	if (from)
		roster.from = *from;
	model_digest(m, roster.digest);
	return roster;
}

/* Begins, fills in pieces of at most `piece` bytes (whole records) and commits: the last answer. */
static inline struct keeper_event keeper_bed_send(struct keeper *keeper,
	const struct keeper_roster *roster, const uint8_t *run, size_t size, size_t piece)
{
	struct keeper_event event;
	const uint8_t *record;
	size_t at = 0, from = 0, record_size;

	if (keeper_roster_begin(keeper, roster) < 0)
		abort();
	event = keeper_bed_next(keeper);
	while (event.error == 0 && from < size) {
		uint8_t *copy;

		while (at < size && at - from < piece)
			if (roster_run_next(run, size, &at, &record, &record_size) < 0)
				at = size;
		copy = malloc(at - from);
		memcpy(copy, run + from, at - from);
		if (keeper_roster_fill(keeper, copy, at - from) < 0)
			abort();
		from = at;
		event = keeper_bed_next(keeper);
	}
	if (event.error == 0) {
		if (keeper_roster_commit(keeper) < 0)
			abort();
		event = keeper_bed_next(keeper);
	}
	return event;
}

/* from NULL: a snapshot. */
static inline struct keeper_event keeper_bed_take(
	struct keeper *keeper, const struct model *m, const struct revision *from)
{
	static uint8_t run[MODEL_RUN_MAX];
	struct keeper_roster roster = keeper_bed_roster(m, from);
	size_t size = model_run(m, from != NULL, run);

	return keeper_bed_send(keeper, &roster, run, size, 3000);
}

/* Is what the cache holds this model, head, digest and each card? */
static inline const char *keeper_bed_compare(struct cache *cache, const struct model *m)
{
	static struct roster_record wanted;
	uint8_t digest[ROSTER_DIGEST_SIZE], summed[ROSTER_DIGEST_SIZE];
	struct cache_head head;
	uint64_t cards = 0;

	model_digest(m, digest);
	if (cache_head(cache, &head) < 0 || head.origin != CACHE_ORIGIN_HUB)
		return "head";
	if (revision_compare(&head.revision, &m->revision) != 0)
		return "revision";
	if (cache_digest(cache, crypto_hash256, summed) < 0 ||
		memcmp(summed, digest, sizeof(digest)) != 0)
		return "digest of the rows";
	if (memcmp(head.digest, digest, sizeof(digest)) != 0)
		return "digest of the head";
	for (unsigned i = MODEL_CARD_AT; i < MODEL_EXCEPTION_AT; i++) {
		struct roster_card found;
		struct token token;
		static uint8_t bytes[ROSTER_RECORD_MAX];
		int size;

		model_token(i, &token);
		if (cache_card(cache, &token, &found) != m->rows[i].there)
			return "a card's presence";
		if (!m->rows[i].there)
			continue;
		cards++;
		wanted.kind = ROSTER_KIND_CARD;
		wanted.card = found;
		size = roster_record_encode(&wanted, bytes);
		if (size != (int)m->rows[i].size ||
			memcmp(bytes, m->rows[i].bytes, m->rows[i].size) != 0)
			return "a card";
	}
	return head.cards == cards ? NULL : "the number of cards";
}
