/* SPDX-License-Identifier: Apache-2.0 */
/* Who is inside, out of the registry. */
#include "base/clock.h"
#include "crypto/hash.h"
#include "hub/hub.h"
#include "store/registry_days.h"

#include <string.h>
#include <strings.h>

#define PAGE 16 /* events read at once */

static int by_name(const void *a, const void *b)
{
	const struct rollcall_person *pa = a, *pb = b;
	int c = strcasecmp(pa->name, pb->name);

	return c ? c : strcmp(pa->name, pb->name);
}

/* Whoever came by a door is where it leads to. */
static void fill_person(const struct registry_present *row, struct rollcall_person *person)
{
	entry_text_set(person->name, sizeof(person->name), row->name);
	strcpy(person->zone, row->door);
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
	qsort(list->people, list->people_count, sizeof(*list->people), by_name);
	return 0;
}

static int fill_event(struct hub *hub, const struct registry_event *row, struct rollcall *list)
{
	struct rollcall_event *event = &list->events[list->event_count];
	uint32_t listed, arrived;
	int r = registry_event_count(hub->registry, row->id, &listed, &arrived);

	if (r < 0)
		return r;
	entry_text_set(event->title, sizeof(event->title), row->title);
	event->headcount = arrived;
	list->event_count++;
	return 0;
}

/* Those that go on now. */
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
		n = registry_events(hub->registry, after, now_us, rows, PAGE);
		if (n < 0)
			return n;
		for (int i = 0; i < n && r >= 0; i++) {
			after = rows[i].id;
			if (rows[i].doors_from_us <= now_us &&
				list->event_count < ROLLCALL_EVENTS_MAX)
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
	strcpy(list.site, site.site);
	entry_text_set(list.title, sizeof(list.title), site.title);
	snprintf(list.timezone, sizeof(list.timezone), "%s", site.roster.timezone);
	*ret_list = list;
	return 0;
}
