/* SPDX-License-Identifier: Apache-2.0 */
/* This door's own share (door/share.h): out of the journal, into the journal, and settled. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/text.h"
#include "door/door.h"

#include <inttypes.h>
#include <string.h>

#define LOOK_MAX 50000 /* entries read at a start: a door without a hub has a long journal */

static bool read_entry(const struct entry *entry, struct share_event *ret_event)
{
	struct civil at;

	return clock_civil(entry->wall_us, &at) == 0 && share_read(entry, &at, ret_event);
}

static void add(struct door *door, const struct share_event *event)
{
	struct door_usage *usage = &door->usage;
	int r = share_add(&usage->share, event);

	if (r != 0 && !usage->told_full)
		log_warning("standing: more than %d of this door's events are not in the hub's "
			    "roster: the oldest no longer count here",
			SHARE_MAX);
	usage->told_full |= r != 0;
}

/* The standing has when a stay began; passback asks for the last coming. Full, it forgets the
 * first. */
static void add_coming(struct door *door, const struct share_event *event)
{
	if (door->conf.passback != PASSBACK_NONE && event->event.what == STANDING_ARRIVED)
		(void)share_add(&door->usage.came, event);
}

/* ---- entries ---- */

int usage_append(
	struct door *door, const struct entry *entry, uint64_t pool, enum allowance_kind pool_kind)
{
	struct share_event event;
	int r = record_append(door, entry);

	if (r < 0 || !read_entry(entry, &event))
		return r;
	if (entry->subject.use & ENTRY_USE_POOL) {
		event.pool = pool;
		event.event.pool = pool_kind;
	}
	add(door, &event);
	add_coming(door, &event);
	return 0;
}

/* ---- at a start ---- */

static bool is_wiped(const struct door *door, int32_t date, uint16_t minute)
{
	return door->usage.wipe_due || decide_minute(date, minute) <= door->usage.wiped;
}

/* The entry names the card; which pool and which kind that is, the roster knows. */
static void find_pool(struct door *door, uint64_t card, struct share_event *event)
{
	const struct decide_rights *rights;
	struct roster_card row;

	if (!door->roster.cache || cache_card_numbered(door->roster.cache, card, &row) <= 0)
		return;
	rights = rules_find(&door->roster.rules, row.tier);
	event->pool = row.pool;
	event->event.pool = rights ? rights->allowance.kind : ALLOWANCE_NONE;
}

static void look(void *userdata, uint64_t seq, const struct entry *entry)
{
	struct door *door = userdata;
	struct share_event event;

	if (!read_entry(entry, &event))
		return;
	event.seq = seq;
	if (entry->subject.use & ENTRY_USE_POOL)
		find_pool(door, entry->subject.card, &event);
	add(door, &event);
	if (!is_wiped(door, event.event.date, event.event.minute))
		add_coming(door, &event);
}

void usage_committed(struct door *door, uint64_t seq, const struct entry *entry)
{
	struct share *share = &door->usage.share;

	if (entry->kind != ENTRY_KIND_RECOVERED) {
		struct share_event event;

		if (read_entry(entry, &event))
			share_committed(share, seq);
	} else if (seq > share->counted_seq && !share_has(share, seq)) {
		look(door, seq, entry); /* of the process before, on disk only now */
	}
}

/* Everything of this journal after seq, then what waits for the disk. */
static void load(struct door *door, uint64_t after_seq)
{
	struct share old = door->usage.share;
	uint64_t last_seq = door->journal_report.last_seq;
	char path[PATH_MAX], err[ERR_MAX];

	door->usage.share = (struct share){.counted_seq = after_seq, .acked_seq = after_seq};
	if (last_seq > LOOK_MAX && after_seq < last_seq - LOOK_MAX)
		after_seq = last_seq - LOOK_MAX;
	door_conf_path(door->conf.store_directory, "journal.db", path);
	if (journal_look(path, after_seq, crypto_hash256, look, door, err) < 0)
		log_error("standing: %s; what members used here lately is not known", err);
	for (size_t i = 0; i < old.count; i++)
		if (old.events[i].seq == 0)
			add(door, &old.events[i]);
	share_free(&old);
}

static int keep_load(struct door *door, const char *name, char *out, size_t size)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;
	int r = door->sync.keeper ? keeper_value(door->sync.keeper, name, &text, &length) : -ENODEV;

	*out = '\0';
	if (r == 0)
		snprintf(out, size, "%s", text);
	return r;
}

/* Acknowledged is counted, unless it was noted that the roster lags behind. */
static uint64_t find_mark(struct door *door)
{
	const struct journal_report *report = &door->journal_report;
	char id[2 * ENTRY_JOURNAL_SIZE + 1], *kept = door->usage.kept;
	uint64_t seq;

	text_hex(report->id, sizeof(report->id), id);
	if (keep_load(door, "counted", kept, sizeof(door->usage.kept)) < 0 ||
		strncmp(kept, id, strlen(id)) != 0 ||
		sscanf(kept + strlen(id), "%" SCNu64, &seq) != 1 || seq > report->acked_seq)
		return report->acked_seq;
	return seq;
}

/* ---- presence that is no longer believed ---- */

void usage_wipe(struct door *door)
{
	struct door_usage *usage = &door->usage;
	struct civil now;
	char text[32];

	usage->came.count = 0;
	/* a clock in doubt would forget those who are still to come, or nobody */
	usage->wipe_due = !clock_trust_ok(door->clock) || clock_civil(clock_wall_us(), &now) < 0;
	if (!usage->wipe_due)
		usage->wiped = decide_minute(now.date, now.minute);
	if (door->conf.passback == PASSBACK_NONE || !door->sync.keeper)
		return;
	snprintf(text, sizeof(text), "%" PRId64 "%s", usage->wiped, usage->wipe_due ? " due" : "");
	(void)sync_keep(door, "wiped", text, 0);
}

static void settle_wipe(struct door *door)
{
	if (door->usage.wipe_due && clock_trust_ok(door->clock))
		usage_wipe(door);
}

/* What this start has wiped already, by fire or a hold, is newer. */
static void load_wiped(struct door *door)
{
	struct door_usage *usage = &door->usage;
	char text[32];

	if (usage->wiped == 0 && !usage->wipe_due &&
		keep_load(door, "wiped", text, sizeof(text)) == 0) {
		usage->wiped = strtoll(text, NULL, 10);
		usage->wipe_due = strstr(text, "due") != NULL;
	}
	settle_wipe(door);
}

/* ---- start and stop ---- */

void usage_start(struct door *door)
{
	if (!door->journal_report.open)
		return; /* once the disk heals */
	load_wiped(door);
	load(door, find_mark(door));
}

void usage_rewind(struct door *door, uint64_t seq)
{
	if (seq < door->usage.share.counted_seq)
		load(door, seq);
}

void usage_stop(struct door *door)
{
	share_free(&door->usage.share);
	share_free(&door->usage.came);
}

/* ---- what the hub counts ---- */

void usage_heard(struct door *door, uint64_t seq, const struct revision *revision)
{
	share_heard(&door->usage.share, seq, revision);
}

void usage_settle(struct door *door)
{
	(void)share_settle(
		&door->usage.share, door->feed.acked_seq, &door->roster.rules.head.revision);
}

void usage_keep(struct door *door)
{
	const struct share *share = &door->usage.share;
	char id[2 * ENTRY_JOURNAL_SIZE + 1], value[sizeof(door->usage.kept)] = "";

	settle_wipe(door);
	text_hex(door->journal_report.id, sizeof(door->journal_report.id), id);
	if (share->mark_count > 0)
		snprintf(value, sizeof(value), "%s %" PRIu64, id, share->counted_seq);
	if (door->sync.keeper && strcmp(value, door->usage.kept) != 0 &&
		sync_keep(door, "counted", value, 0) == 0)
		strcpy(door->usage.kept, value);
}

void usage_believe(
	const struct door *door, uint64_t who, const struct civil *now, struct presence *presence)
{
	struct standing last = {.inside = true, .date = presence->date, .minute = presence->minute};
	const struct share *came = &door->usage.came;
	bool again = false;

	if (!presence->inside)
		return;
	for (size_t i = 0; i < came->count; i++) {
		const struct standing_event *e = &came->events[i].event;

		if (came->events[i].who != who ||
			decide_minute(e->date, e->minute) < decide_minute(last.date, last.minute))
			continue;
		last.date = e->date;
		last.minute = e->minute;
		again = true;
	}
	if (again)
		*presence = standing_presence(&last, now);
	else if (is_wiped(door, presence->date, presence->minute))
		presence->inside = false;
}
