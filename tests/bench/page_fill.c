/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry as big as the page must bear, while no hub has it open:
 *   page_fill HUB.DB SITE MEMBERS ENTRIES [DOORS]
 * MEMBERS with a card each in three tiers, and a log of ENTRIES of the doors front and back, one
 * each 30 s up to now, signed by keys of their own; both doors are there and wait for their
 * bundles. With more DOORS there are door-3, door-4 and so on. 97 of 100 taps are granted; each
 * 25,000 entries hold one card_lost, each 200,000 one that is forced and one card_not_genuine. One
 * tap in 50 is an event's, one entry in 200 an operator's command, one in 10 an exit button; the
 * last of more than two doors has neither exits nor denials, and maya is never at it.
 */
#include "../unit/chain_bed.h"
#include "base/clock.h"
#include "store/registry_people.h"
#include "store/registry_site.h"

#define STEP_US (30LL * 1000000)
#define BATCH 64
#define AT_ONCE 8 /* batches of one commit */
#define RARE 25000
#define RARER 200000
#define DOORS_MAX 64
#define EVENTS 40

static const char *const firsts[] = {"Ada", "Aisha", "Bartosz", "Chidi", "Dilys", "Esther", "Farah",
	"Gwen", "Harjit", "Imogen", "José", "Kofi", "Léa", "Mohammed", "Niamh", "Olu", "Priya",
	"Quentin", "Rosa", "Sindre", "Tomasz", "Uma", "Vera", "Wei", "Xin", "Yusuf", "Zoë"};
static const char *const lasts[] = {"Adeyemi", "Bianchi", "Chowdhury", "Driscoll", "Evans",
	"Fischer", "García", "Hussain", "Ivanova", "Jones", "Kowalski", "Lovelace", "McAllister",
	"Nguyen", "O’Brien", "Patel", "Quinn", "Rahman", "Smith", "Tanaka", "Underhill", "Varga",
	"Williams", "Ximénez", "Young", "Zhang"};

static struct registry *reg;
static char err[ERR_MAX];
static int64_t now_us; /* goes with the entries */
static uint64_t state = 88172645463325252ull;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "page_fill: %s: %s\n", what, reg ? registry_error(reg) : err);
	exit(1);
}

static int64_t fill_clock(void)
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

static void add_tiers(uint32_t tiers[3])
{
	static const char *const names[] = {"Full time", "Evenings", "Ten days"};
	static const char *const hours[] = {"24/7", "Mo-Fr 17:00-23:00", "Mo-Fr 09:00-17:30"};

	if (registry_begin(reg) < 0)
		die("tiers");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct registry_tier *tier = calloc(1, sizeof(*tier));

		snprintf(tier->name, sizeof(tier->name), "%s", names[i]);
		snprintf(tier->roster.hours, sizeof(tier->roster.hours), "%s", hours[i]);
		if (registry_tier_add(reg, tier, &tiers[i]) < 0)
			die("tier");
		free(tier);
	}
	if (registry_commit(reg, NULL) < 0)
		die("tiers");
}

static void add_members(uint64_t members)
{
	struct registry_card card = {
		.has_token = true, .key_id = 1, .label = "fob", .issued_by = "root"};
	uint32_t tiers[3];

	add_tiers(tiers);
	for (uint64_t i = 0; i < members; i++) {
		const char *first = firsts[pick(ARRAY_SIZE(firsts))];
		struct registry_member member = {
			.state = pick(50) ? MEMBER_STATE_ACTIVE : MEMBER_STATE_CLOSED,
			.tier = tiers[pick(3)],
			.valid_from = DATE_NONE,
			.valid_until = DATE_NONE,
			.grace_until = DATE_NONE};

		snprintf(member.name, sizeof(member.name), "%s %s", first,
			lasts[pick(ARRAY_SIZE(lasts))]);
		snprintf(member.contact, sizeof(member.contact), "member%llu@example.org",
			(unsigned long long)i + 1);
		memcpy(card.token.bytes, &i, sizeof(i));
		if (i % 10000 == 0 && registry_begin(reg) < 0)
			die("members");
		if (registry_member_add(reg, &member, &card.member) < 0)
			die("member");
		if (member.state == MEMBER_STATE_ACTIVE &&
			registry_card_issue(reg, &card, NULL) < 0)
			die("card");
		if ((i % 10000 == 9999 || i + 1 == members) && registry_commit(reg, NULL) < 0)
			die("members");
	}
}

static struct entry any_command(struct entry e, bool quiet)
{
	static const char *const actors[] = {"otto", "maya"};

	e.kind = ENTRY_KIND_COMMAND;
	e.has_subject = true;
	snprintf(e.subject.actor, sizeof(e.subject.actor), "%s", actors[!quiet && pick(2)]);
	snprintf(e.detail, sizeof(e.detail), "unlock");
	return e;
}

static enum reason any_reason(uint64_t n, bool quiet)
{
	if (quiet)
		return REASON_GRANTED;
	if (n % RARE == RARE / 2)
		return REASON_CARD_LOST;
	if (n % RARER == 99)
		return REASON_CARD_NOT_GENUINE;
	if (pick(33))
		return REASON_GRANTED;
	return pick(20) ? REASON_OUTSIDE_HOURS : REASON_CARD_UNKNOWN;
}

/* A tap; every third entry says that its member came in. */
static struct entry any_tap(struct entry e, uint64_t n, uint64_t members, bool quiet)
{
	e.kind = ENTRY_KIND_TAP;
	e.decided = e.has_subject = true;
	e.reason = any_reason(n, quiet);
	e.grant = e.reason == REASON_GRANTED;
	e.subject.has_token = true;
	e.subject.key_id = 1;
	if (e.reason == REASON_CARD_UNKNOWN)
		return e;
	e.subject.member = pick(members) + 1;
	e.subject.card = e.subject.member;
	e.subject.event = pick(50) ? 0 : pick(EVENTS) + 1;
	if (!e.grant || n % 3)
		return e;
	e.kind = ENTRY_KIND_ARRIVED;
	e.decided = e.grant = false;
	e.reason = REASON_NONE;
	e.subject.has_token = false;
	e.subject.key_id = 0;
	snprintf(e.detail, sizeof(e.detail), "door opened");
	return e;
}

static struct entry any_entry(uint64_t n, uint64_t members, int64_t start_us, bool quiet)
{
	struct entry e = {.wall_us = start_us + (int64_t)n * STEP_US, .clock = CLOCK_TRUST_SYNCED};

	if (n % 200 == 7)
		return any_command(e, quiet);
	e.kind = n % RARER == 177 ? ENTRY_KIND_FORCED : ENTRY_KIND_EXIT;
	if (!quiet && (e.kind == ENTRY_KIND_FORCED || pick(10) == 0))
		return e;
	return any_tap(e, n, members, quiet);
}

static void take(struct chain_bed *door, uint64_t first)
{
	struct registry_batch batch = chain_batch(door, first, door->count);
	struct registry_mark mark;

	if (registry_log_take(reg, &batch, &mark) != REGISTRY_TAKEN_NEW)
		die("take");
}

static void add_door(struct chain_bed *door, const char *site, unsigned i)
{
	char name[NAME_ID_MAX];

	snprintf(name, sizeof(name), "door-%u", i + 1);
	chain_begin(door, site, i == 0 ? "front" : i == 1 ? "back" : name, NULL);
	if (chain_door(reg, door->door, &chain_key()->public, now_us, false) < 0)
		die("door");
}

static void add_log(const char *site, uint64_t members, uint64_t entries, unsigned count)
{
	int64_t start_us = clock_wall_us() - (int64_t)entries * STEP_US;
	static struct chain_bed doors[DOORS_MAX];

	now_us = start_us;
	for (unsigned i = 0; i < count; i++)
		add_door(&doors[i], site, i);
	for (uint64_t n = 0; n < entries;) {
		if (registry_log_begin(reg) < 0)
			die("log");
		for (unsigned b = 0; b < AT_ONCE && n < entries; b++) {
			struct chain_bed *door = &doors[pick(count)];
			uint64_t first = door->count + 1;
			bool quiet = count > 2 && door == &doors[count - 1];

			for (unsigned i = 0; i < BATCH && n < entries; i++, n++) {
				struct entry e = any_entry(n, members, start_us, quiet);

				chain_add(door, &e);
			}
			now_us = start_us + (int64_t)n * STEP_US;
			take(door, first);
		}
		if (registry_log_commit(reg) < 0)
			die("log");
	}
	for (unsigned i = 0; i < count; i++)
		chain_free(&doors[i]);
}

int main(int argc, char **argv)
{
	struct registry_options options = {
		.timezone = "Europe/London", .hash = crypto_hash256, .now_us = fill_clock};
	unsigned doors = argc == 6 ? (unsigned)atoi(argv[5]) : 2;

	if (argc < 5 || doors < 1 || doors > DOORS_MAX) {
		fputs("usage: page_fill HUB.DB SITE MEMBERS ENTRIES [DOORS]\n", stderr);
		return 2;
	}
	options.path = argv[1];
	options.site = argv[2];
	now_us = clock_wall_us();
	if (crypto_init() < 0 || registry_open(&options, &reg, err) < 0)
		die("open");
	add_members(strtoull(argv[3], NULL, 10));
	add_log(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10), doors);
	registry_close(reg);
	return 0;
}
