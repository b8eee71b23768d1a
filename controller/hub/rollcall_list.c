/* SPDX-License-Identifier: Apache-2.0 */
/* Who is inside, out of the registry. */
#include "base/clock.h"
#include "crypto/hash.h"
#include "hub/hub.h"
#include "store/registry_days.h"

#include <string.h>
#include <strings.h>

#define PAGE 16                          /* events and guests read at once */
#define AFTER_MAX_US (1440LL * 60000000) /* that an event's guests may stay after it */

static int by_name(const void *a, const void *b)
{
	const struct rollcall_person *pa = a, *pb = b;
	int c = strcasecmp(pa->name, pb->name);

	return c ? c : strcmp(pa->name, pb->name);
}

_Static_assert(REGISTRY_ZONE_MAX <= ROLLCALL_ZONE_MAX, "where somebody is fits the list");

/* Whoever came by a door is where it leads to. */
static void fill_person(const struct registry_present *row, struct rollcall_person *person)
{
	entry_text_set(person->name, sizeof(person->name), row->name);
	strcpy(person->zone, *row->zone ? row->zone : row->door);
	person->since_us = row->since_us > 0 ? row->since_us : 0;
	person->sure = row->sure;
}

static int fill_people(struct hub *hub, struct rollcall *list)
{
	CLEANUP(cleanup_free) struct registry_present *rows = NULL;
	int count = registry_present(hub->registry, &rows);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		*(rows[i].sure ? &list->sure : &list->likely) += 1;
	list->people_count = count < ROLLCALL_PEOPLE_MAX ? (size_t)count : ROLLCALL_PEOPLE_MAX;
	list->people = calloc(list->people_count + 1, sizeof(*list->people));
	if (!list->people)
		return -ENOMEM;
	for (size_t i = 0; i < list->people_count; i++)
		fill_person(&rows[i], &list->people[i]);
	crypto_wipe(rows, (size_t)count * sizeof(*rows));
	return 0;
}

/* ---- events ---- */

/* Who came and is a name alone: no door will tell that they left, so they stay while it goes on. */
static int add_name(const struct registry_event *event, const struct registry_event_guest *guest,
	struct rollcall *list)
{
	struct rollcall_person *people, *p;

	list->likely++;
	if (list->people_count == ROLLCALL_PEOPLE_MAX)
		return 0;
	people = reallocarray(list->people, list->people_count + 1, sizeof(*people));
	if (!people)
		return -ENOMEM;
	list->people = people;
	p = &people[list->people_count++];
	*p = (struct rollcall_person){.since_us = guest->arrived_us};
	entry_text_set(p->name, sizeof(p->name), guest->name);
	entry_text_set(p->zone, sizeof(p->zone), *event->room ? event->room : event->title);
	return 0;
}

static int add_names(struct hub *hub, const struct registry_event *event, struct rollcall *list)
{
	CLEANUP(cleanup_free) struct registry_event_guest *rows = calloc(PAGE, sizeof(*rows));
	uint64_t after = 0;
	int n = PAGE, r = rows ? 0 : -ENOMEM;

	while (r == 0 && n == PAGE) {
		n = registry_event_guests(hub->registry, event->id, after, rows, PAGE);
		for (int i = 0; r == 0 && i < n; i++) {
			const struct registry_event_guest *g = &rows[i];

			after = g->id;
			if (g->arrived_us > 0 && !g->member && !g->card && *g->name)
				r = add_name(event, g, list);
		}
	}
	return n < 0 ? n : r;
}

static int fill_event(struct hub *hub, const struct registry_event *row, struct rollcall *list)
{
	struct rollcall_event *event = &list->events[list->event_count];
	uint32_t listed, arrived;
	int r = registry_event_count(hub->registry, row->id, &listed, &arrived);

	if (r < 0)
		return r;
	entry_text_set(event->title, sizeof(event->title), row->title);
	event->headcount = row->headcount > arrived ? row->headcount : arrived;
	list->event_count++;
	return add_names(hub, row, list);
}

static bool goes_on(const struct registry_event *e, int64_t now_us)
{
	int64_t from_us = e->starts_us - e->before_minutes * 60000000LL;
	int64_t until_us = e->ends_us + e->after_minutes * 60000000LL;

	return (e->starts_us > 0 && from_us <= now_us && now_us < until_us) ||
	       (e->doors_from_us > 0 && e->doors_from_us <= now_us && now_us < e->doors_until_us);
}

static int fill_events(struct hub *hub, struct rollcall *list)
{
	CLEANUP(cleanup_free) struct registry_event *rows = calloc(PAGE, sizeof(*rows));
	int64_t now_us = clock_wall_us();
	uint64_t after = 0;
	int n = PAGE, r = 0;

	list->events = calloc(ROLLCALL_EVENTS_MAX, sizeof(*list->events));
	if (!rows || !list->events)
		return -ENOMEM;
	while (r >= 0 && n == PAGE) {
		n = registry_events(hub->registry, after, now_us - AFTER_MAX_US, rows, PAGE);
		if (n < 0)
			return n;
		for (int i = 0; i < n && r >= 0; i++) {
			after = rows[i].id;
			if (goes_on(&rows[i], now_us) && list->event_count < ROLLCALL_EVENTS_MAX)
				r = fill_event(hub, &rows[i], list);
		}
	}
	return r;
}

int hub_rollcall_list(struct hub *hub, struct rollcall *ret_list)
{
	struct rollcall list = {0};
	struct registry_site site;
	int r = registry_site(hub->registry, &site);

	if (r >= 0)
		r = fill_people(hub, &list);
	if (r >= 0)
		r = fill_events(hub, &list);
	if (r < 0) {
		rollcall_free(&list);
		return r;
	}
	qsort(list.people, list.people_count, sizeof(*list.people), by_name);
	strcpy(list.site, site.site);
	entry_text_set(list.title, sizeof(list.title), site.title);
	snprintf(list.timezone, sizeof(list.timezone), "%s", site.roster.timezone);
	*ret_list = list;
	return 0;
}
