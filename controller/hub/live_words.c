/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of the audit is about, in the words of GET /stream. */
#include "live.h"

#include <string.h>

#define ROWS 32 /* of one flush; more, and everything may have changed */

static const struct {
	const char *action; /* whole, or ending in '.' for all of a noun; the first that fits */
	unsigned words;     /* 0: nothing that anybody shows */
} rows[] = {
	{"alarm.", LIVE_ALARMS},
	{"allowance.", LIVE_PEOPLE},
	{"backup.", 0},
	{"card.enrol", LIVE_ENROLMENTS | LIVE_COMMANDS | LIVE_PEOPLE},
	{"card.", LIVE_PEOPLE},
	{"door.", LIVE_DOORS | LIVE_COMMANDS},
	{"event.import", LIVE_EVENTS | LIVE_PEOPLE},
	{"event.", LIVE_EVENTS},
	{"exception.", LIVE_RULES},
	{"guest.", LIVE_PEOPLE},
	{"holiday.", LIVE_RULES},
	{"log.", 0},
	{"member.erase", LIVE_PEOPLE | LIVE_PRESENCE | LIVE_EVENTS | LIVE_ENTRIES},
	{"member.export", 0},
	{"member.", LIVE_PEOPLE | LIVE_PRESENCE},
	{"operator.", LIVE_OPERATORS | LIVE_SITE},
	{"pool.", LIVE_RULES | LIVE_PEOPLE},
	{"presence.", LIVE_PRESENCE},
	{"report.", 0},
	{"retention.", LIVE_PEOPLE | LIVE_ENTRIES},
	{"session.", 0},
	{"site.lockdown", LIVE_SITE | LIVE_DOORS},
	{"site.change", LIVE_SITE | LIVE_DOORS | LIVE_RULES},
	{"site.", LIVE_SITE},
	{"tier.", LIVE_RULES | LIVE_PEOPLE},
};

void live_words_write(struct api_writer *out, unsigned words)
{
	static const char *const names[] = {"doors", "presence", "alarms", "people", "rules",
		"events", "site", "commands", "enrolments", "log"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (words & 1u << i)
			api_text(out, NULL, names[i]);
}

static unsigned words_of(const char *action)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].action);

		if (rows[i].action[n - 1] == '.' ? strncmp(action, rows[i].action, n) == 0
						 : strcmp(action, rows[i].action) == 0)
			return rows[i].words;
	}
	return LIVE_ALL;
}

unsigned live_words_audited(struct registry *registry, uint64_t *audit_id)
{
	const struct registry_audit_query query = {.limit = ROWS};
	struct registry_audit *found = NULL;
	int n = registry_audit(registry, &query, &found);
	uint64_t newest = n > 0 ? found[0].id : *audit_id;
	unsigned words = n < 0 ? LIVE_ALL : 0;

	for (int i = 0; i < n && found[i].id > *audit_id; i++)
		words |= i == ROWS - 1 ? LIVE_ALL : words_of(found[i].action);
	if (n >= 0)
		registry_audit_free(found, (size_t)n);
	*audit_id = newest;
	return words;
}

uint64_t live_audit_newest(struct registry *registry)
{
	const struct registry_audit_query query = {.limit = 1};
	struct registry_audit *found = NULL;
	int n = registry_audit(registry, &query, &found);
	uint64_t newest = n > 0 ? found[0].id : 0;

	if (n >= 0)
		registry_audit_free(found, (size_t)n);
	return newest;
}
