/* SPDX-License-Identifier: Apache-2.0 */
/* tapin explain: the decision that a door would make, step by step. */
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "cli/when.h"
#include "crypto/sign.h"
#include "crypto/text.h"
#include "store/rules.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#define RELEASE_MAX_MS_DEFAULT 30000 /* door.conf's */

struct query {
	const char *cache;
	const char *door;
	const char *uid_text;
	const char *key_path;
	const char *token_text;
	const char *at_text;
	const char *timezone;
	uint64_t card; /* 0: named otherwise */
	uint64_t member;
	enum clock_trust clock;
	bool lockdown;
	bool needs_proof;
	bool json;
	uint32_t release_ms;
	uint32_t release_max_ms;
	/* from these */
	struct uid uid;
	struct token token;
};

static const char help[] =
	"tapin explain: shows why a card would come in or not, step by step.\n"
	"\n"
	"  tapin explain --cache FILE --door D CARD [--at T] [--timezone ZONE] [--json] …\n"
	"\n"
	"  --cache FILE     a door's cache.db, or a copy; it is only read\n"
	"  --door D         the door's id\n"
	"CARD is one of\n"
	"  --card N         its number in the roster\n"
	"  --member N       its member's number, of one who has one card\n"
	"  --token HEX      its token, 32 hex digits\n"
	"  --uid HEX --card-key FILE\n"
	"                   its UID, and the card.key that tokens are made with\n"
	"\n"
	"  --at T           local time, 2026-12-24 or 2026-12-24T19:30; default: now\n"
	"  --timezone ZONE  default: the roster's\n"
	"  --clock TRUST    synced (default), rtc, kept or unset: how the door trusts its clock\n"
	"  --lockdown       the door is in lockdown\n"
	"  --needs-proof    the door takes only cards that prove themselves\n"
	"  --release-ms N   the door's own release, 1000 to 60000; default 5000\n"
	"  --release-max-ms N  bound of a member's longer one; default 30000\n"
	"  --json           one line of JSON\n"
	"\n"
	"Exit: 0 granted, 10 denied, 1 the question cannot be answered, 2 wrong options.\n";

/* ---- options ---- */

static int parse_number(
	const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || text[strspn(text, "0123456789")] || value < min || value > max) {
		log_error("%s %s: expected a whole number from %" PRIu64 " to %" PRIu64, option,
			text, min, max);
		return -EINVAL;
	}
	*ret = value;
	return 0;
}

static int parse_release(const char *option, const char *text, uint32_t *ret)
{
	uint64_t value;
	int r = parse_number(option, text, RELEASE_MS_MIN, RELEASE_MS_MAX, &value);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

static int parse_clock(const char *text, enum clock_trust *ret)
{
	for (unsigned i = CLOCK_TRUST_UNSET; i <= CLOCK_TRUST_SYNCED; i++)
		if (strcmp(text, clock_trust_name((enum clock_trust)i)) == 0)
			return *ret = (enum clock_trust)i, 0;
	log_error("--clock %s: write synced, rtc, kept or unset", text);
	return -EINVAL;
}

static int parse_option(int c, struct query *q)
{
	switch (c) { /* getopt's letters */
	case 'c':
		q->cache = optarg;
		return 0;
	case 'd':
		q->door = optarg;
		return 0;
	case 'u':
		q->uid_text = optarg;
		return 0;
	case 'k':
		q->key_path = optarg;
		return 0;
	case 't':
		q->token_text = optarg;
		return 0;
	case 'n':
		return parse_number("--card", optarg, 1, INT64_MAX, &q->card);
	case 'b':
		return parse_number("--member", optarg, 1, INT64_MAX, &q->member);
	case 'a':
		q->at_text = optarg;
		return 0;
	case 'z':
		q->timezone = optarg;
		return 0;
	case 'o':
		return parse_clock(optarg, &q->clock);
	case 'l':
		q->lockdown = true;
		return 0;
	case 'p':
		q->needs_proof = true;
		return 0;
	case 'r':
		return parse_release("--release-ms", optarg, &q->release_ms);
	case 'm':
		return parse_release("--release-max-ms", optarg, &q->release_max_ms);
	case 'j':
		q->json = true;
		return 0;
	default: /* getopt said what */
		return -EINVAL;
	}
}

static int check(struct query *q)
{
	int named =
		(q->card != 0) + (q->member != 0) + (q->token_text != NULL) + (q->uid_text != NULL);

	if (!q->cache || !q->door || named != 1 || !q->uid_text != !q->key_path)
		log_error("explain: expected --cache, --door and one of --card, --member, --token, "
			  "or --uid "
			  "with --card-key; see tapin explain --help");
	else if (!name_id_valid(q->door))
		log_error("--door %s: expected 1 to 32 of a-z, 0-9 and -", q->door);
	else if (q->uid_text && uid_parse(q->uid_text, &q->uid) < 0)
		log_error("--uid: expected 8, 14 or 20 hex digits");
	else if (q->token_text && text_unhex(q->token_text, q->token.bytes, TOKEN_SIZE) < 0)
		log_error("--token: expected %d hex digits", 2 * TOKEN_SIZE);
	else
		return 0;
	return -EINVAL;
}

/* 1 go on, 0 all done, negative: wrong, and said so. */
static int parse_options(int argc, char **argv, struct query *q)
{
	static const struct option table[] = {
		{"cache", required_argument, NULL, 'c'},
		{"door", required_argument, NULL, 'd'},
		{"uid", required_argument, NULL, 'u'},
		{"card-key", required_argument, NULL, 'k'},
		{"token", required_argument, NULL, 't'},
		{"card", required_argument, NULL, 'n'},
		{"member", required_argument, NULL, 'b'},
		{"at", required_argument, NULL, 'a'},
		{"timezone", required_argument, NULL, 'z'},
		{"clock", required_argument, NULL, 'o'},
		{"lockdown", no_argument, NULL, 'l'},
		{"needs-proof", no_argument, NULL, 'p'},
		{"release-ms", required_argument, NULL, 'r'},
		{"release-max-ms", required_argument, NULL, 'm'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", table, NULL)) >= 0) {
		if (c == 'h')
			return fputs(help, stdout), 0;
		if (parse_option(c, q) < 0)
			return -EINVAL;
	}
	if (optind < argc) {
		log_error("explain: %s is not an option; see tapin explain --help", argv[optind]);
		return -EINVAL;
	}
	return check(q) < 0 ? -EINVAL : 1;
}

/* ---- the question ---- */

/* 1 and *ret_card, 0 when the roster does not have it, or negative errno, and said so. */
static int find_card(struct cache *cache, struct query *q, struct roster_card *ret_card)
{
	int r;

	if (q->card)
		r = cache_card_numbered(cache, q->card, ret_card);
	else if (q->member)
		r = cache_card_of_member(cache, q->member, ret_card);
	else
		r = cache_card(cache, &q->token, ret_card);

	if (r == -ENOTUNIQ)
		log_error("--%s %" PRIu64 ": two cards of this roster have it; name one by %s",
			q->card ? "card" : "member", q->card ? q->card : q->member,
			q->card ? "--token or --uid" : "--card");
	else if (r < 0)
		log_error("%s: the card cannot be looked up: %s; import the roster again", q->cache,
			strerror(-r));
	return r;
}

static int make_token(struct query *q)
{
	struct card_key key;
	char err[ERR_MAX];
	int r;

	if (!q->uid_text)
		return 0;
	r = crypto_init();
	if (r < 0)
		return log_error("explain: the crypto library does not start"), r;
	r = key_load_card(q->key_path, &key, err);
	if (r < 0)
		return log_error("%s", err), r;
	crypto_card_token(&key, &q->uid, &q->token);
	crypto_wipe(&key, sizeof(key));
	return 0;
}

/* The zone and the time asked for. 0, or -EINVAL, and said so. */
static int set_time(const struct query *q, struct explanation *e)
{
	int64_t at = clock_wall_us() / 1000000;

	if (when_set_zone(q->timezone ? "--timezone" : "the roster's timezone",
		    *e->timezone ? e->timezone : NULL) < 0)
		return -EINVAL;
	if (q->at_text && when_parse("--at", q->at_text, WHEN_NEXT, &at) < 0)
		return -EINVAL;
	return clock_civil(at * 1000000, &e->now);
}

/* A text that was cut may end inside a character. */
static void trim(char text[DECIDE_LOOKED_MAX])
{
	size_t n = strlen(text), i = n;
	unsigned lead, wanted;

	while (i > 0 && ((unsigned char)text[i - 1] & 0xC0) == 0x80)
		i--;
	if (n < DECIDE_LOOKED_MAX - 1 || i == 0)
		return;
	lead = (unsigned char)text[i - 1];
	wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	if (n - (i - 1) < wanted)
		text[i - 1] = '\0';
}

/* Through the same module as the door's own decisions; what the door itself saw since the roster's
 * revision, and how long the hub has been silent, only the door knows. */
static int ask(const struct query *q, struct cache *cache, const struct rules *rules,
	struct explanation *e)
{
	struct rules_member member;
	const struct decide_door door = {
		.lockdown = q->lockdown,
		.needs_proof = q->needs_proof,
		.release_ms = q->release_ms,
		.release_max_ms = q->release_max_ms,
		.id = q->door,
		.passback.reset_minute = rules->head.checkout_minute,
	};
	struct decide_input in = {
		.read_ok = true, .uid = q->uid, .door = &door, .clock = e->clock, .now = e->now};

	if (!q->uid_text) /* the question is not about its UID: any that names one card will do */
		in.uid = (struct uid){.len = 4, .bytes = {0x04, 0x10, 0x20, 0x30}};
	rules_input(rules, e->card, &in);
	if (e->card) {
		const struct civil *now = clock_trust_ok(e->clock) ? &e->now : NULL;
		int r = rules_member(cache, rules, e->card, q->door, now, &member);

		if (r < 0)
			return r;
		rules_member_input(rules, &member, 0, true, &in);
	}
	e->verdict = decide_explain(&in, e->notes, &e->note_count);
	for (unsigned i = 0; i < e->note_count; i++) {
		trim(e->notes[i].looked);
		if (e->notes[i].step == 1 && !q->uid_text)
			strcpy(e->notes[i].looked, q->card || q->member
							   ? "named by its number, not read"
							   : "named by its token, not read");
	}
	return 0;
}

static int print(const struct query *q, const struct explanation *e)
{
	CLEANUP(cleanup_free) char *json = NULL;

	if (!q->json) {
		report_print(stdout, e);
	} else {
		json = explanation_json(e);
		if (!json)
			return log_error("explain: no memory"), CLI_EXIT_REFUSED;
		puts(json);
	}
	return e->verdict.grant ? CLI_EXIT_DONE : CLI_EXIT_DENIED;
}

static int explain(struct query *q, struct cache *cache, const struct rules *rules)
{
	struct explanation e = {
		.site = rules->head.site,
		.door = q->door,
		.door_listed = rules->door_listed,
		.revision = rules->head.revision,
		.timezone = q->timezone ? q->timezone : rules->head.timezone,
		.clock = q->clock,
	};
	const struct decide_rights *rights;
	char hours[HOURS_FORMAT_MAX];
	struct roster_card card;
	int r;

	if (set_time(q, &e) < 0)
		return CLI_EXIT_USAGE;
	r = find_card(cache, q, &card);
	if (r < 0)
		return CLI_EXIT_REFUSED;
	e.card = r > 0 ? &card : NULL;
	rights = r > 0 ? rules_find(rules, card.tier) : NULL;
	if (rights && rights->hours && hours_format(rights->hours, hours, sizeof(hours)) > 0)
		e.hours = hours;
	r = ask(q, cache, rules, &e);
	if (r < 0)
		return log_error("%s: what it says of the member cannot be read: %s", q->cache,
			       strerror(-r)),
		       CLI_EXIT_REFUSED;
	return print(q, &e);
}

int cli_explain(int argc, char **argv)
{
	struct query q = {.clock = CLOCK_TRUST_SYNCED,
		.release_ms = RELEASE_MS_DEFAULT,
		.release_max_ms = RELEASE_MAX_MS_DEFAULT};
	struct cache *cache = NULL;
	struct rules rules;
	char err[ERR_MAX];
	int r = parse_options(argc, argv, &q);

	if (r <= 0)
		return r < 0 ? CLI_EXIT_USAGE : CLI_EXIT_DONE;
	if (make_token(&q) < 0)
		return CLI_EXIT_REFUSED;
	if (cache_open_read(q.cache, &cache, err) < 0)
		return log_error("%s", err), CLI_EXIT_REFUSED;
	r = rules_load(cache, q.door, &rules);
	if (r < 0) {
		log_error("%s: its rules cannot be read: %s; import the roster again", q.cache,
			strerror(-r));
		r = CLI_EXIT_REFUSED;
	} else {
		r = explain(&q, cache, &rules);
		rules_free(&rules);
	}
	cache_close(cache);
	return r;
}
