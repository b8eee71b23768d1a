/* SPDX-License-Identifier: Apache-2.0 */
#include "reader/presence.h"

void presence_init(struct presence *presence, uint32_t misses)
{
	*presence = (struct presence){.misses = misses ? misses : 1};
}

static bool was_seen(const struct presence *p, const struct uid *uid)
{
	for (uint32_t i = 0; i < p->seen_count; i++)
		if (uid_equal(&p->seen[i], uid))
			return true;
	return false;
}

/* The card becomes the present one; returns its handle if it counts, else 0. */
static uint32_t arrive(struct presence *p, const struct uid *uid)
{
	p->here = true;
	p->selected = true;
	p->uid = *uid;
	p->missed = 0;
	p->handle = 0;
	if (p->seen_count == PRESENCE_SEEN_MAX || was_seen(p, uid))
		return 0;
	p->seen[p->seen_count++] = *uid;
	if (++p->handles == 0) /* 0 means none */
		p->handles = 1;
	p->handle = p->handles;
	return p->handle;
}

/* The present card was not named; returns the handle of a counted card that is thereby removed. */
static uint32_t miss(struct presence *p)
{
	uint32_t removed;

	p->selected = false;
	if (!p->here || ++p->missed < p->misses)
		return 0;
	removed = p->handle;
	p->here = false;
	p->handle = 0;
	return removed;
}

struct presence_change presence_card(struct presence *presence, const struct uid *uid)
{
	struct presence_change change = {0};

	presence->empty = 0;
	if (presence->here && uid_equal(&presence->uid, uid)) {
		presence->missed = 0;
		presence->selected = true;
		return change;
	}
	change.removed = miss(presence);
	if (!presence->here)
		change.arrived = arrive(presence, uid);
	return change;
}

struct presence_change presence_nobody(struct presence *presence)
{
	struct presence_change change = {.removed = miss(presence)};

	if (presence->empty < presence->misses)
		presence->empty++;
	if (presence->empty == presence->misses)
		presence->seen_count = 0;
	return change;
}

void presence_unknown(struct presence *presence)
{
	presence->selected = false;
	presence->missed = 0;
	presence->empty = 0;
}

bool presence_reaches(const struct presence *presence, uint32_t handle)
{
	return handle && presence->selected && presence->handle == handle;
}
