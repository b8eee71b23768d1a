/* SPDX-License-Identifier: Apache-2.0 */
/* A card: its token, the roster's record of it, the decision, and what follows. */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"
#include "door/keys.h"

#include <string.h>

static int load(struct door *door)
{
	struct rules rules;
	int r = rules_load(door->roster.cache, door->conf.door, &rules);

	if (r < 0)
		return r;
	for (size_t i = 0; i < rules.tier_count; i++)
		if (rules.tiers[i].refused)
			log_error("roster: the hours of tier %u cannot be read (%s): it opens "
				  "nothing; import the roster again",
				rules.tiers[i].tier, rules.tiers[i].refused);
	rules_free(&door->roster.rules);
	door->roster.rules = rules;
	sync_load_force(door);
	usage_settle(door);
	return 0;
}

bool tap_has_hub_roster(const struct door *door)
{
	return door->roster.cache && door->roster.rules.head.origin == CACHE_ORIGIN_HUB;
}

static void say_roster(const struct door *door)
{
	const struct rules *rules = &door->roster.rules;
	const struct cache_head *head = &rules->head;

	if (head->origin == CACHE_ORIGIN_EMPTY)
		log_warning("roster: none yet, so nobody can come in; %s",
			door->keys.hub_count || door->keys.has_root
				? "the hub is asked for it"
				: "fill it with tapin-door --import FILE");
	else
		log_info(
			"roster: %llu cards, %zu tiers, %u closures and openings, revision %u.%llu",
			(unsigned long long)head->cards, rules->tier_count,
			rules->calendar->exception_count, head->revision.generation,
			(unsigned long long)head->revision.number);
}

static int open_cache(struct door *door, char err[ERR_MAX])
{
	struct door_roster *roster = &door->roster;
	char path[PATH_MAX];
	bool damaged = false;
	int r;

	door_conf_path(door->conf.store_directory, "cache.db", path);
	r = cache_open(path, &roster->cache, &damaged, err);
	if (r < 0)
		return r;
	if (damaged) {
		log_error("%s", err);
		record_event(door, ENTRY_KIND_CACHE_DAMAGED, "%.150s", err);
	}
	r = cache_version(roster->cache, &roster->version);
	if (r == 0)
		r = load(door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: cannot be read: %s", path, strerror(-r));
		roster->cache = cache_close(roster->cache);
	}
	return r;
}

static int open_keys(struct door *door, char err[ERR_MAX])
{
	const char *missing = site_keys_missing(door->conf.key_directory);
	int r = keys_load(door->conf.key_directory, &door->keys, err);

	if (r < 0)
		return r;
	site_keys_start(door);
	if (missing)
		log_write(*door->conf.mqtt_host ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "keys: %s",
			missing);
	return 0;
}

static int open_all(struct door *door)
{
	char err[ERR_MAX] = "";
	int r = 0;

	if (!door->keys.loaded)
		r = open_keys(door, err);
	if (r == 0)
		r = open_cache(door, err);
	if (r == 0)
		say_roster(door);
	else if (!door->roster.failed)
		log_error("%s; every card is refused until this is mended",
			*err ? err : strerror(-r));
	door->roster.failed = r < 0;
	return r;
}

void tap_start(struct door *door)
{
	(void)open_all(door); /* said there; tap_refresh tries again */
}

void tap_stop(struct door *door)
{
	rules_free(&door->roster.rules);
	door->roster.cache = cache_close(door->roster.cache);
}

void tap_retry(struct door *door)
{
	if (!door->roster.cache && open_all(door) == 0)
		lights_refresh(door);
}

void tap_refresh(struct door *door)
{
	int64_t version;
	int r;

	if (!door->roster.cache)
		return;
	r = cache_version(door->roster.cache, &version);
	if (r == 0 && version == door->roster.version)
		return;
	r = r < 0 ? r : load(door);
	if (r < 0) {
		log_error(
			"roster: cannot be read: %s; the one before stays in force", strerror(-r));
		return;
	}
	door->roster.version = version;
	feed_status(door);
	lights_refresh(door); /* it may be the first */
	/* the revision stands in each entry: a change of one card is no entry of its own */
	if (tap_has_hub_roster(door) && !fetch_is_snapshot(door))
		return;
	say_roster(door);
	record_event(door, ENTRY_KIND_ROSTER_IMPORTED, "revision %u.%llu, %llu cards",
		door->roster.rules.head.revision.generation,
		(unsigned long long)door->roster.rules.head.revision.number,
		(unsigned long long)door->roster.rules.head.cards);
}

static uint8_t use_of(const struct verdict *verdict)
{
	return (uint8_t)((verdict->uses_unit ? ENTRY_USE_UNIT : 0) |
			 (verdict->free ? ENTRY_USE_FREE : 0) |
			 (verdict->from_pool ? ENTRY_USE_POOL : 0));
}

static void fill_subject(struct entry *entry, const struct door *door, const struct token *token,
	const struct judged *judged)
{
	entry->has_subject = true;
	entry->subject.has_token = true;
	entry->subject.token = *token;
	entry->subject.key_id = door->keys.card.id;
	if (!judged->known)
		return;
	entry->subject.card = judged->row.card;
	entry->subject.member = judged->row.member;
	entry->subject.sponsor =
		judged->verdict.sponsor ? judged->verdict.sponsor : judged->row.sponsor;
	entry->subject.event = judged->verdict.event;
	entry->subject.use = use_of(&judged->verdict);
}

/* What a full journal does to a verdict (door.conf, [store] when_full): staff may pass, the others
 * may not. */
static void refuse_unrecorded(
	struct door *door, struct verdict *verdict, const struct roster_card *row)
{
	const struct decide_rights *rights =
		row ? rules_find(&door->roster.rules, row->tier) : NULL;
	bool staff = rights && (rights->flags & TIER_FLAG_STAFF);

	door->refused_taps++;
	if (!verdict->grant)
		return;
	if (staff && door->conf.when_full == DOOR_WHEN_FULL_STAFF) {
		verdict->warnings |= WARNING_JOURNAL;
		log_warning("tap: staff admitted without a record: the journal is full");
		return;
	}
	*verdict = (struct verdict){.reason = REASON_JOURNAL_FULL};
}

static void show_verdict(struct door *door, const struct verdict *verdict)
{
	/* the strike does not obey: nobody is welcomed by a door that stays shut */
	if (verdict->grant && !io_lets_in(door)) {
		lights_show(door, PATTERN_SEE_HOST);
		log_error("tap: granted, but the strike was not released");
		return;
	}
	lights_show(door, pattern_of_reason(reason_info(verdict->reason)->pattern));
}

static void say_verdict(const struct verdict *verdict)
{
	const struct reason_info *info = reason_info(verdict->reason);

	log_info("tap: %s %s: \"%s\"", verdict->grant ? "GRANT" : "DENY", info->name, info->member);
}

/* Without a look at the roster. */
static void refuse(struct door *door, enum reason reason, const char *detail)
{
	struct verdict verdict = {.reason = reason};
	struct entry entry;

	record_prepare(door, &entry, ENTRY_KIND_TAP);
	entry.decided = true;
	entry.reason = verdict.reason;
	entry_text_set(entry.detail, sizeof(entry.detail), detail);
	(void)record_append(door, &entry);
	lights_show(door, pattern_of_reason(reason_info(verdict.reason)->pattern));
	say_verdict(&verdict);
}

void tap_unread(struct door *door, const char *why)
{
	log_warning("tap: %s", why);
	refuse(door, REASON_READ_ERROR, why);
}

/* Its number is of another kind than the roster's and often random: a match would be chance, or
 * somebody's design. */
const char *tap_unsupported(enum reader_protocol protocol)
{
	switch (protocol) {
	case READER_PROTOCOL_ISO14443A:
		return NULL;
	case READER_PROTOCOL_ISO14443B:
		return "a card of ISO 14443 B, which is not supported";
	case READER_PROTOCOL_FELICA:
		return "a FeliCa card, which is not supported";
	}
	return "a card of a kind that is not supported";
}

/* Not in the roster, or a card that was given back. */
static bool is_new(const struct judged *judged)
{
	return judged->verdict.reason != REASON_INTERNAL &&
	       (!judged->known || judged->row.state == CARD_STATE_UNASSIGNED);
}

/* Whoever leaves is not kept on the books because the hours are over. */
static bool leaves(const struct door *door, const struct judged *judged)
{
	enum reason reason = judged->verdict.reason;

	if (door->conf.role != DOOR_ROLE_EXIT &&
		!(door->conf.role == DOOR_ROLE_CHECKIN && judged->inside))
		return false;
	return judged->verdict.grant || reason == REASON_OUTSIDE_HOURS ||
	       reason == REASON_CLOSED_DAY;
}

static void come_or_leave(
	struct door *door, const struct judged *judged, const struct entry_subject *subject)
{
	const struct verdict *verdict = &judged->verdict;
	bool leaving = leaves(door, judged);
	/* a strike that does not obey lets nobody in, and no contact would tell */
	bool opens = verdict->grant && io_lets_in(door);

	if (judged->known && (leaving || opens))
		arrive_tap(door, subject, leaving,
			verdict->grant ? verdict->release_ms : door->conf.release_ms);
}

/* The entry of a decision; the warnings that the door itself adds are in the verdict already. */
static void write_entry(
	struct door *door, const struct token *token, struct judged *judged, struct entry *entry)
{
	struct verdict *verdict = &judged->verdict;

	record_prepare(door, entry, ENTRY_KIND_TAP);
	entry->decided = true;
	entry->grant = verdict->grant;
	entry->reason = verdict->reason;
	entry->warnings = verdict->warnings;
	fill_subject(entry, door, token, judged);
	/* the intent is in the mapped file before the strike moves; the disk comes later */
	if (usage_append(door, entry, judged->row.pool, judged->kind) < 0)
		refuse_unrecorded(door, verdict, judged->known ? &judged->row : NULL);
}

static void carry_out(struct door *door, const struct token *token, struct judged *judged)
{
	struct verdict *verdict = &judged->verdict;
	struct entry entry;

	if (verdict->grant && door->journal_failing)
		verdict->warnings |= WARNING_JOURNAL;
	if (verdict->grant &&
		(door->doorway.contact == DOORWAY_CONTACT_OPEN || judge_unlocked(door)))
		verdict->warnings |= WARNING_DOOR_WAS_OPEN;
	write_entry(door, token, judged, &entry);
	/* the decision lets only the override flag pass a lockdown */
	if (verdict->grant)
		io_doorway(door,
			door->doorway.lockdown ? DOORWAY_EVENT_GRANT_OVERRIDE : DOORWAY_EVENT_GRANT,
			verdict->release_ms);
	if (verdict->grant && door->doorway.lockdown)
		lift_by_card(door, &entry);
	if (verdict->opens_up)
		schedule_open_up(door);
	come_or_leave(door, judged, &entry.subject);
	show_verdict(door, verdict);
	say_verdict(verdict);
}

void tap_card(struct door *door, const struct reader_card *card)
{
	const char *why = tap_unsupported(card->protocol);
	struct judged judged;
	struct token token;

	tap_refresh(door);
	if (why) {
		log_info("tap: %s", why);
		refuse(door, REASON_CARD_UNSUPPORTED, why);
		return;
	}
	/* without keys there is no token, without a cache no roster: an error is a denial */
	if (!door->roster.cache) {
		refuse(door, REASON_INTERNAL, "");
		return;
	}
	crypto_card_token(&door->keys.card, &card->uid, &token);
	judge_card(door, &card->uid, &token, &judged);
	/* while a host enrols, an unknown card is the one that is meant; known ones decide */
	if (door->enrol.machine.on && is_new(&judged) && enrol_card(door, card, &token))
		return;
	carry_out(door, &token, &judged);
}
