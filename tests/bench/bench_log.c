/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the collected log on the disk of the current folder:
 *   bench_log [ENTRIES [SECONDS MEMBERS]]
 * SECONDS between two entries: a million in a year (30, of 11,000 members) unless said otherwise; a
 * hub with 6,000 taps a month has one in 200, of 140.
 */
#include "../unit/chain_bed.h"
#include "base/clock.h"
#include "store/registry_days.h"
#include "store/registry_log.h"
#include "store/registry_people.h"
#include "store/registry_report.h"
#include "store/registry_site.h"
#include <sys/stat.h>
#include <time.h>

#define DOORS 20
#define REPEATS 200
#define PAGE 50
#define START_US (1795305600LL * 1000000)

static char err[ERR_MAX];
static struct registry *reg;
static int64_t now_us = START_US; /* goes with the entries */
static int64_t step_us = 30000000;
static uint64_t entries, members = 11000, state = 88172645463325252ull;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench_log: %s: %s\n", what, reg ? registry_error(reg) : err);
	exit(1);
}

static int64_t bench_clock(void)
{
	return now_us;
}

static uint64_t pick(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static struct entry any_entry(uint64_t n)
{
	struct entry e = {.kind = pick(20) ? ENTRY_KIND_TAP : ENTRY_KIND_OPENED,
		.wall_us = START_US + (int64_t)n * step_us,
		.clock = CLOCK_TRUST_SYNCED};

	if (e.kind != ENTRY_KIND_TAP)
		return e;
	e.decided = true;
	e.grant = pick(20) > 0;
	e.reason = e.grant ? REASON_GRANTED : pick(50) ? REASON_OUTSIDE_HOURS : REASON_CARD_UNKNOWN;
	e.has_subject = true;
	e.subject.has_token = true;
	e.subject.key_id = 1;
	e.subject.member = pick(members) + 1;
	e.subject.card = e.subject.member;
	if (e.grant)
		e.subject.use = pick(2) ? ENTRY_USE_UNIT : 0;
	return e;
}

/* What follows a granted tap: the member is in. */
static struct entry arrival_of(const struct entry *tap)
{
	struct entry e = *tap;

	e.kind = ENTRY_KIND_ARRIVED;
	e.decided = e.grant = false;
	e.reason = REASON_NONE;
	e.wall_us += 1000000;
	e.subject.use = 0;
	e.subject.has_token = false;
	e.subject.key_id = 0;
	snprintf(e.detail, sizeof(e.detail), "door opened");
	return e;
}

/* Everybody has a card, and an allowance: each of their taps moves what the doors are told. */
static void make_members(void)
{
	struct registry_card card = {.key_id = 1, .label = "fob", .issued_by = "root"};
	struct registry_tier *tier = calloc(1, sizeof(*tier));
	struct registry_member member = {.state = MEMBER_STATE_ACTIVE,
		.name = "Ada",
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};

	snprintf(tier->name, sizeof(tier->name), "Days");
	snprintf(tier->roster.hours, sizeof(tier->roster.hours), "24/7");
	tier->roster.allowance = (struct allowance){.kind = ALLOWANCE_DAYS, .limit = 31};
	if (registry_begin(reg) < 0 || registry_tier_add(reg, tier, &member.tier) < 0)
		die("tier");
	for (uint64_t i = 0; i < members; i++) {
		memcpy(card.token.bytes, &i, sizeof(i));
		if (registry_member_add(reg, &member, &card.member) < 0 ||
			registry_card_issue(reg, &card, NULL) < 0)
			die("member");
	}
	if (registry_commit(reg, NULL) < 0)
		die("members");
	free(tier);
}

/* What this process used of a processor: other load does not count. */
static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Each door sends batches of 64, in turn; 8 batches a transaction. */
static void collect(void)
{
	static struct chain_bed doors[DOORS];
	uint64_t start = clock_mono_us(), took = 0, used = 0, cpu;
	struct registry_mark mark;
	char name[NAME_ID_MAX];

	for (unsigned i = 0; i < DOORS; i++) {
		snprintf(name, sizeof(name), "door-%u", i);
		chain_begin(&doors[i], "bench", name, NULL);
		if (chain_door(reg, name, &chain_key()->public, now_us, false) < 0)
			die("door");
	}
	for (uint64_t n = 0; n < entries;) {
		struct registry_batch batches[8];
		struct registry_batch_row *rows[8];

		for (unsigned b = 0; b < 8; b++) {
			struct chain_bed *c = &doors[pick(DOORS)];
			uint64_t first = c->count + 1;

			for (unsigned i = 0; i < 64; i++) {
				struct entry e = any_entry(n++);

				chain_add(c, &e);
				if (e.grant && i < 63) {
					e = arrival_of(&e);
					chain_add(c, &e);
					i++, n++;
				}
			}
			batches[b] = chain_batch(c, first, c->count);
			rows[b] = calloc(64, sizeof(**rows));
			memcpy(rows[b], batches[b].rows, 64 * sizeof(**rows));
			batches[b].rows = rows[b];
		}
		now_us = START_US + (int64_t)n * step_us;
		start = clock_mono_us();
		cpu = cpu_us();
		if (registry_log_begin(reg) < 0)
			die("begin");
		for (unsigned b = 0; b < 8; b++)
			if (registry_log_take(reg, &batches[b], &mark) != REGISTRY_TAKEN_NEW)
				die("take");
		if (registry_log_commit(reg) < 0)
			die("commit");
		took += clock_mono_us() - start;
		used += cpu_us() - cpu;
		for (unsigned b = 0; b < 8; b++)
			free(rows[b]);
	}
	printf("%-44s %.0f entries a second, 512 a transaction; %.0f a second of CPU\n", "taken",
		(double)entries * 1e6 / (double)took, (double)entries * 1e6 / (double)used);
	for (unsigned i = 0; i < DOORS; i++)
		chain_free(&doors[i]);
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void any_door(struct registry_log_query *q)
{
	static char name[NAME_ID_MAX];

	snprintf(name, sizeof(name), "door-%u", (unsigned)pick(DOORS));
	q->door = name;
}

static void any_day(struct registry_log_query *q)
{
	q->from_us = START_US + (int64_t)pick(entries) * step_us;
	q->until_us = q->from_us + 86400LL * 1000000;
}

static void deep(struct registry_log_query *q)
{
	q->below = pick(entries) + 1;
}

/* The kinds of question that people ask. */
enum ask {
	NEWEST,
	DOOR,
	DOOR_DEEP,
	MEMBER,
	CARD,
	TIME,
	TIME_ALL,
	TIME_NONE,
	DOOR_TIME,
	MEMBER_TIME,
	DENIED,
	DENIED_DOOR,
	REASON,
	KIND,
	FOLLOW,
	ASKS
};

static const char *const asked[ASKS] = {"the newest", "by door", "by door, deep in it", "by member",
	"by card", "by time: one day", "by time: all of it", "by time: nothing there",
	"by door and day", "by member and time", "denials", "denials at a door", "by reason (rare)",
	"by kind", "follow from an id"};

static void compose(enum ask ask, struct registry_log_query *q)
{
	switch (ask) {
	case NEWEST:
		break;
	case DOOR:
		any_door(q);
		break;
	case DOOR_DEEP:
		any_door(q);
		deep(q);
		break;
	case MEMBER:
		q->member = pick(members) + 1;
		break;
	case CARD:
		q->card = pick(members) + 1;
		break;
	case TIME:
		any_day(q);
		break;
	case TIME_ALL:
		q->from_us = START_US - 1;
		deep(q);
		break;
	case TIME_NONE:
		q->until_us = START_US;
		break;
	case DOOR_TIME:
		any_door(q);
		any_day(q);
		break;
	case MEMBER_TIME:
		q->member = pick(members) + 1;
		any_day(q);
		break;
	case DENIED:
		q->verdict = 0;
		deep(q);
		break;
	case DENIED_DOOR:
		any_door(q);
		q->verdict = 0;
		deep(q);
		break;
	case REASON:
		q->reason = REASON_CARD_UNKNOWN;
		deep(q);
		break;
	case KIND:
		q->kind = ENTRY_KIND_OPENED;
		deep(q);
		break;
	case FOLLOW:
		q->above = pick(entries) + 1;
		break;
	case ASKS:
		break;
	}
}

static void question(enum ask ask)
{
	static struct registry_entry rows[PAGE];
	uint64_t us[REPEATS], found = 0;

	for (unsigned i = 0; i < REPEATS; i++) {
		struct registry_log_query q = {
			.verdict = -1, .reason = -1, .kind = -1, .limit = PAGE};
		uint64_t start;
		int count;

		compose(ask, &q);
		start = clock_mono_us();
		count = registry_log(reg, &q, rows);
		us[i] = clock_mono_us() - start;
		if (count < 0)
			die("query");
		found += (uint64_t)count;
	}
	qsort(us, REPEATS, sizeof(us[0]), by_size);
	printf("page of %d %-33s median %7.3f ms  p99 %7.3f ms  worst %7.3f ms  (%.0f rows)\n",
		PAGE, asked[ask], (double)us[REPEATS / 2] / 1000,
		(double)us[REPEATS * 99 / 100] / 1000, (double)us[REPEATS - 1] / 1000,
		(double)found / REPEATS);
}

/* Of a month in the middle. */
static void report(void)
{
	static const char *const sections[] = {
		"visits", "hours", "events", "allowance", "cards", "denied taps"};
	struct civil civil;

	if (clock_civil(START_US + (int64_t)(entries / 2) * step_us, &civil) < 0)
		die("clock");
	for (unsigned i = 0; i <= ARRAY_SIZE(sections); i++) {
		unsigned which = i < ARRAY_SIZE(sections) ? 1u << i : REGISTRY_REPORT_ALL;
		struct registry_report *r = NULL;
		uint64_t start = cpu_us();

		if (registry_report(reg, registry_month_of(civil.date), which, false, &r) < 0)
			die("report");
		printf("report of a month: %-25s %7.1f ms of CPU  (%u visits)\n",
			i < ARRAY_SIZE(sections) ? sections[i] : "all of it",
			(double)(cpu_us() - start) / 1000, r->visits);
		free(r);
	}
}

static void verify(void)
{
	uint64_t start = clock_mono_us(), checked = 0;
	struct registry_chain *chains = NULL;
	int count = registry_log_verify("hub.db", "bench", crypto_hash256, &chains, err);

	for (int i = 0; i < count; i++) {
		if (!chains[i].whole || chains[i].signed_entries != chains[i].entries)
			count = -1;
		checked += count < 0 ? 0 : chains[i].entries;
	}
	if (count < 0)
		die("verify");
	printf("%-44s %llu entries of %d journals, all signed, in %.2f s\n", "registry_log_verify",
		(unsigned long long)checked, count, (double)(clock_mono_us() - start) / 1e6);
	free(chains);
}

int main(int argc, char **argv)
{
	struct registry_options options = {.path = "hub.db",
		.site = "bench",
		.timezone = "Europe/London",
		.hash = crypto_hash256,
		.now_us = bench_clock};
	uint64_t start;
	struct stat st;

	entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	entries = (entries + 511) / 512 * 512;
	step_us = argc > 3 ? strtoll(argv[2], NULL, 10) * 1000000 : step_us;
	members = argc > 3 ? strtoull(argv[3], NULL, 10) : members;
	if (crypto_init() < 0 || registry_open(&options, &reg, err) < 0)
		die("open");
	make_members();
	collect();
	registry_close(reg);
	reg = NULL;
	start = clock_mono_us();
	if (registry_open(&options, &reg, err) < 0)
		die("open");
	if (stat("hub.db", &st) == 0)
		printf("%-44s %.2f s, %.0f MB\n", "registry_open with its check",
			(double)(clock_mono_us() - start) / 1e6, (double)st.st_size / 1e6);
	for (enum ask ask = NEWEST; ask < ASKS; ask++)
		question(ask);
	report();
	verify();
	registry_close(reg);
	return 0;
}
