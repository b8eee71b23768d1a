/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arriving and leaving: a granted tap counts once the door opens within its release, or at once
 * where no contact tells. Whoever tapped for one opening came through it; by force nobody came in,
 * but who tapped to leave went out by the handle.
 */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <string.h>

static void write_one(struct door *door, enum entry_kind kind, const struct entry_subject *subject,
	const char *detail)
{
	struct entry entry;

	record_prepare(door, &entry, kind);
	entry.has_subject = true;
	entry.subject = *subject;
	entry_text_set(entry.detail, sizeof(entry.detail), detail);
	log_info("%s: %s", entry_kind_name(kind), detail);
	(void)usage_append(door, &entry, 0, ALLOWANCE_NONE);
}

static const char *detail_of(const struct door *door, enum entry_kind kind, bool opened)
{
	bool checkin = door->conf.role == DOOR_ROLE_CHECKIN;

	if (kind == ENTRY_KIND_LEFT)
		return checkin ? "second tap" : "exit reader";
	if (checkin)
		return "check-in";
	return opened ? "door opened" : "no contact";
}

static uint64_t who_of(const struct entry_subject *subject)
{
	return share_who(subject->member, subject->card);
}

/* The one who tapped again waits once; beyond the room the first has waited longest. */
static void wait_for_opening(struct door *door, const struct door_arrival *arrival)
{
	struct door_arrivals *all = &door->arrivals;
	unsigned i = 0;

	while (i < all->count && who_of(&all->waiting[i].subject) != who_of(&arrival->subject))
		i++;
	if (i == all->count && all->count == DOOR_ARRIVALS_MAX)
		i = 0;
	if (i < all->count)
		memmove(&all->waiting[i], &all->waiting[i + 1],
			(--all->count - i) * sizeof(all->waiting[0]));
	all->waiting[all->count++] = *arrival;
}

void arrive_tap(
	struct door *door, const struct entry_subject *subject, bool leaves, uint32_t release_ms)
{
	struct door_arrival arrival = {.subject = *subject,
		.kind = leaves ? ENTRY_KIND_LEFT : ENTRY_KIND_ARRIVED,
		/* the contact tells of the opening only after its debounce */
		.until_ms = clock_mono_ms() + release_ms + FORCED_GRACE_MS_DEFAULT};
	enum doorway_contact contact = door->doorway.contact;

	arrival.subject.has_token = false;
	arrival.subject.key_id = 0;
	arrival.subject.use = 0; /* the tap's entry has it */
	if (contact == DOORWAY_CONTACT_CLOSED && door->conf.role != DOOR_ROLE_CHECKIN)
		wait_for_opening(door, &arrival);
	else
		write_one(door, arrival.kind, &arrival.subject,
			detail_of(door, arrival.kind, contact == DOORWAY_CONTACT_OPEN));
}

void arrive_opened(struct door *door, bool forced)
{
	struct door_arrivals all = door->arrivals;
	uint64_t now_ms = clock_mono_ms();

	door->arrivals.count = 0;
	for (unsigned i = 0; i < all.count; i++)
		if (all.waiting[i].until_ms >= now_ms &&
			(!forced || all.waiting[i].kind == ENTRY_KIND_LEFT))
			write_one(door, all.waiting[i].kind, &all.waiting[i].subject,
				detail_of(door, all.waiting[i].kind, true));
}

bool arrive_coming(const struct door *door, uint64_t who)
{
	const struct door_arrivals *all = &door->arrivals;
	uint64_t now_ms = clock_mono_ms();

	for (unsigned i = 0; i < all->count; i++)
		if (all->waiting[i].kind == ENTRY_KIND_ARRIVED &&
			all->waiting[i].until_ms >= now_ms &&
			who_of(&all->waiting[i].subject) == who)
			return true;
	return false;
}
