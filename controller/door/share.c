/* SPDX-License-Identifier: Apache-2.0 */
#include "door/share.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CARD_BIT (UINT64_C(1) << 63) /* members' numbers have none: they are of 63 bits */

void share_free(struct share *share)
{
	free(share->events);
	*share = (struct share){0};
}

uint64_t share_who(uint64_t member, uint64_t card)
{
	return member ? member : card ? card | CARD_BIT : 0;
}

bool share_read(const struct entry *entry, const struct civil *at, struct share_event *ret_event)
{
	const struct entry_subject *subject = &entry->subject;
	enum entry_kind kind = entry_kind_was(entry);
	struct share_event event = {.who = share_who(subject->member, subject->card),
		.event = {.date = at->date, .minute = at->minute}};

	if (!entry->has_subject || event.who == 0 || !clock_trust_ok(entry->clock))
		return false;
	if (kind == ENTRY_KIND_ARRIVED)
		event.event.what = STANDING_ARRIVED;
	else if (kind == ENTRY_KIND_LEFT)
		event.event.what = STANDING_LEFT;
	else if (kind == ENTRY_KIND_TAP && (subject->use & ENTRY_USE_UNIT))
		event.event.what = STANDING_UNIT;
	else if (kind == ENTRY_KIND_TAP && (subject->use & ENTRY_USE_FREE))
		event.event.what = STANDING_FREE;
	else
		return false;
	*ret_event = event;
	return true;
}

/* ---- events ---- */

static void drop_first(struct share *share, size_t n)
{
	share->count -= n;
	memmove(share->events, share->events + n, share->count * sizeof(*share->events));
}

static int make_room(struct share *share)
{
	size_t room = share->room ? 2 * share->room : 64;
	struct share_event *events;

	if (share->count < share->room)
		return 0;
	events = reallocarray(share->events, room, sizeof(*events));
	if (!events)
		return -ENOMEM;
	share->events = events;
	share->room = room;
	return 0;
}

int share_add(struct share *share, const struct share_event *event)
{
	bool full = share->count == SHARE_MAX;

	if (full)
		drop_first(share, SHARE_MAX / 4); /* moving them all for each would be slow */
	if (make_room(share) < 0)
		return -ENOMEM;
	share->events[share->count++] = *event;
	return full;
}

void share_committed(struct share *share, uint64_t seq)
{
	for (size_t i = 0; i < share->count; i++)
		if (share->events[i].seq == 0) {
			share->events[i].seq = seq;
			return;
		}
}

bool share_has(const struct share *share, uint64_t seq)
{
	for (size_t i = 0; i < share->count; i++)
		if (share->events[i].seq == seq)
			return true;
	return false;
}

/* ---- what the hub counts ---- */

void share_heard(struct share *share, uint64_t seq, const struct revision *revision)
{
	unsigned last = share->mark_count;

	/* too many wait: the newest stands for the one before it */
	if (last == SHARE_MARKS_MAX)
		last--;
	else
		share->mark_count++;
	share->marks[last].seq = seq;
	share->marks[last].revision = *revision;
}

void share_forget(struct share *share, uint64_t seq)
{
	size_t n = 0;

	while (n < share->count && share->events[n].seq != 0 && share->events[n].seq <= seq)
		n++;
	if (n > 0)
		drop_first(share, n);
	if (share->counted_seq < seq)
		share->counted_seq = seq;
}

bool share_settle(struct share *share, uint64_t acked_seq, const struct revision *in_force)
{
	uint64_t counted = share->counted_seq;
	unsigned kept = 0;

	share->acked_seq = acked_seq;
	for (unsigned i = 0; i < share->mark_count; i++) {
		const struct revision *r = &share->marks[i].revision;
		bool there = in_force->generation != r->generation
				     ? in_force->generation > r->generation
				     : in_force->number >= r->number;

		if (share->marks[i].seq > acked_seq || !there)
			share->marks[kept++] = share->marks[i];
		else if (share->marks[i].seq > counted)
			counted = share->marks[i].seq;
	}
	share->mark_count = kept;
	if (counted == share->counted_seq)
		return false;
	share_forget(share, counted);
	return true;
}

/* ---- at a tap ---- */

void share_apply(const struct share *share, uint64_t who, uint16_t checkout_minute,
	struct standing *standing)
{
	for (size_t i = 0; i < share->count; i++)
		if (share->events[i].who == who)
			standing_take(standing, &share->events[i].event, checkout_minute);
}

uint32_t share_pool_used(const struct share *share, uint64_t pool, const struct civil *now)
{
	int32_t first = civil_date(now->year, now->month, 1);
	int32_t end = first + civil_month_days(now->year, now->month);
	uint32_t used = 0;

	for (size_t i = 0; i < share->count; i++)
		used += share->events[i].pool == pool && share->events[i].event.date >= first &&
			share->events[i].event.date < end;
	return used;
}
