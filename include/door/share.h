/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This door's own share of what members used and where they are: what its entries say and the
 * roster in force does not count yet.
 *
 * The journal is where it is kept: at a start the entries above the counted mark are read again. An
 * entry leaves the share when the hub has acknowledged it and the roster's revision has reached the
 * one that the acknowledgement names. Until then a tap is judged by the roster's standing and the
 * share together (core/standing.h): a day that both know counts once.
 */
#pragma once

#include "core/entry.h"
#include "core/standing.h"
#include <stddef.h>

#define SHARE_MAX 16384    /* events; beyond it the oldest are forgotten: months without a hub */
#define SHARE_MARKS_MAX 16 /* acknowledgements that wait for their revision */

struct share_event {
	uint64_t seq;  /* of its entry; 0: not on disk yet */
	uint64_t who;  /* share_who */
	uint64_t pool; /* of a unit that a shared pool paid; 0: none */
	struct standing_event event;
};

struct share {
	struct share_event *events; /* in the order of their entries */
	size_t count, room;
	uint64_t acked_seq;
	uint64_t counted_seq; /* the roster counts what entries up to here say */
	unsigned mark_count;
	struct {
		uint64_t seq;
		struct revision revision;
	} marks[SHARE_MARKS_MAX];
};

/* Zeros are an empty share. */
void share_free(struct share *share);

/* A member, or a card that nobody has: a guest's. */
uint64_t share_who(uint64_t member, uint64_t card);

/* What an entry says of its member: true and *ret_event, but for the pool. at: its local time. Says
 * nothing under a clock that was not trusted. */
bool share_read(const struct entry *entry, const struct civil *at, struct share_event *ret_event);

/* 1 when an older event had to go, 0, or -ENOMEM. */
int share_add(struct share *share, const struct share_event *event);
/* An entry of which share_read said something is on disk: entries get there in their order. */
void share_committed(struct share *share, uint64_t seq);

/* The entry of seq is in it. */
bool share_has(const struct share *share, uint64_t seq);

/* The hub's word about entries up to seq; it counts with share_settle, once the journal's own mark
 * has reached seq, too. */
void share_heard(struct share *share, uint64_t seq, const struct revision *revision);
/* Forgets what a roster of this revision counts, of entries up to acked_seq. True when the mark
 * moved. */
bool share_settle(struct share *share, uint64_t acked_seq, const struct revision *in_force);
/* The same for entries up to seq, whatever is in force. */
void share_forget(struct share *share, uint64_t seq);

/* Adds the share of one to their standing. */
void share_apply(const struct share *share, uint64_t who, uint16_t checkout_minute,
	struct standing *standing);
/* Units of a pool in the month of now. */
uint32_t share_pool_used(const struct share *share, uint64_t pool, const struct civil *now);
