/* SPDX-License-Identifier: Apache-2.0 */
/* Entries: made here, handed to the journal, and what the journal answers. */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/text.h"
#include "door/door.h"
#include "wire/message.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>

/* How long a stop waits for the disk; what is left is in the intent file. */
#define STOP_WAIT_MS 1000

void record_prepare(struct door *door, struct entry *entry, enum entry_kind kind)
{
	*entry = (struct entry){
		.kind = kind,
		.wall_us = clock_wall_us(),
		.mono_us = clock_mono_us(),
		.clock = door->clock,
		.revision = door->roster.rules.head.revision,
	};
	memcpy(entry->boot_id, door->boot_id, sizeof(entry->boot_id));
}

bool record_has_room(const struct door *door)
{
	return door->journal && journal_pending(door->journal) < JOURNAL_PENDING_MAX;
}

int record_append(struct door *door, const struct entry *entry)
{
	/* no journal at all: only while the door comes to life or leaves */
	int r = door->journal ? journal_append(door->journal, entry) : -ENODEV;

	if (r == 0)
		return 0;
	if (r == -ENOSPC)
		log_error("journal: %d entries wait for the disk and no more can be kept: this %s "
			  "entry is lost and will be counted; free space or replace the card now",
			JOURNAL_PENDING_MAX, entry_kind_name(entry->kind));
	else
		log_error("journal: a %s entry was not taken: %s", entry_kind_name(entry->kind),
			strerror(-r));
	return r;
}

void record_event(struct door *door, enum entry_kind kind, const char *format, ...)
{
	char text[ERR_MAX];
	struct entry entry;
	va_list args;

	record_prepare(door, &entry, kind);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* parts of it may come from outside: cut and cleaned, or the entry would be refused */
	entry_text_set(entry.detail, sizeof(entry.detail), text);
	(void)record_append(door, &entry); /* it has been logged */
}

int record_act(struct door *door, enum entry_kind kind, const char *actor, const char *format, ...)
{
	char text[ERR_MAX];
	struct entry entry;
	va_list args;

	record_prepare(door, &entry, kind);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	entry_text_set(entry.detail, sizeof(entry.detail), text);
	entry.has_subject = actor && *actor;
	if (entry.has_subject)
		entry_text_set(entry.subject.actor, sizeof(entry.subject.actor), actor);
	return record_append(door, &entry);
}

static void set_failing(struct door *door, bool failing)
{
	door->journal_failing = failing;
	lights_refresh(door);
	door_status(door);
}

static void say_report(struct door *door)
{
	const struct journal_report *report = &door->journal_report;

	if (report->damaged)
		log_error("journal: the file was damaged; it is kept as %s and a new journal began",
			report->damaged_path);
	if (*report->intent_note)
		log_warning("journal: %s", report->intent_note);
	if (report->recovered)
		log_warning("journal: %u entr%s of a run that ended suddenly recovered",
			report->recovered, report->recovered == 1 ? "y" : "ies");
	log_info("journal: last entry %llu, acknowledged %llu",
		(unsigned long long)report->last_seq, (unsigned long long)report->acked_seq);
}

/* The disk is back, perhaps after a start without it: only now is known where the journal stands.
 */
static void take_healed(struct door *door)
{
	struct journal_report before = door->journal_report;

	journal_status(door->journal, &door->journal_report);
	log_info("journal: the disk takes entries again");
	set_failing(door, false);
	/* a start without the disk, or a file that went bad and has a successor */
	if (!before.open || memcmp(before.id, door->journal_report.id, sizeof(before.id)) != 0) {
		say_report(door);
		usage_start(door);
		feed_journal_known(door);
	}
}

/* The outbox cannot be read: said when that begins, for the feed asks every second. */
static void say_unreadable(struct door *door, const struct journal_event *event)
{
	if (event->error < 0 && !door->feed.unreadable)
		log_error("journal feed: %s; nothing more is sent until then", event->message);
	door->feed.unreadable = event->error < 0;
}

/* An acknowledgement with a good signature that is not for these entries: another journal's, or one
 * of a log that forked. */
static void take_refused_ack(struct door *door, const struct journal_event *event)
{
	/* without the file's name, which the entry has no room for */
	const char *why = strstr(event->message, "the acknowledgement");

	if (event->error == -EBADMSG)
		broker_refuse(door, BROKER_TOPIC_ACK, ENTRY_KIND_MESSAGE_REFUSED,
			why ? why : event->message);
	else
		log_warning("journal: an acknowledgement was refused: %s", event->message);
}

/* Of every entry that is durable: journalctl -o verbose MESSAGE_ID=… */
#define ENTRY_MESSAGE_ID "b235b99f1fda98f16a657e21fb6c930f"

/* For those who look into systemd's journal; nothing about a card or a person. */
static void say_entry(uint64_t seq, const struct entry *entry)
{
	const char *kind = entry_kind_name(entry->kind), *class = message_live_class(entry);
	const char *verdict = entry->grant ? "grant" : "deny";
	char fields[256], decided[96] = "";

	if (entry->decided)
		snprintf(decided, sizeof(decided), "TAPIN_VERDICT=%s\nTAPIN_REASON=%s\n", verdict,
			reason_info(entry->reason)->name);
	snprintf(fields, sizeof(fields),
		"MESSAGE_ID=" ENTRY_MESSAGE_ID "\nTAPIN_SEQ=%" PRIu64 "\nTAPIN_KIND=%s\n%s", seq,
		kind, decided);
	log_record(class && strcmp(class, "alarm") == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
		fields, "entry %" PRIu64 ": %s%s%s", seq, kind, entry->decided ? " " : "",
		entry->decided ? reason_info(entry->reason)->name : "");
}

static void take_event(struct door *door, struct journal_event *event)
{
	switch (event->kind) {
	case JOURNAL_EVENT_COMMITTED:
		say_entry(event->seq, &event->entry);
		feed_committed(door, event->seq, &event->entry);
		return;
	case JOURNAL_EVENT_FAULT:
		log_error("journal: %s", event->message);
		set_failing(door, true);
		return;
	case JOURNAL_EVENT_HEALED:
		take_healed(door);
		return;
	case JOURNAL_EVENT_BATCH:
		say_unreadable(door, event);
		feed_batch(door, event->batch);
		free(event->batch);
		return;
	case JOURNAL_EVENT_ACKED:
		feed_acked(door, event->seq);
		return;
	case JOURNAL_EVENT_ACK_REFUSED:
		take_refused_ack(door, event);
		return;
	case JOURNAL_EVENT_ERASED:
		erase_journal_done(door, event);
		return;
	}
}

static int on_journal(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct door *door = userdata;
	struct journal_event event;

	(void)source;
	(void)fd;
	(void)revents;
	if (journal_next(door->journal, &event) > 0)
		take_event(door, &event);
	return 0;
}

/* Provisioning happens beside the daemon: the first start afterwards tells of it. */
static void record_provisioned(struct door *door)
{
	CLEANUP(cleanup_free) char *key_id = NULL;
	char path[PATH_MAX];
	size_t size;

	door_conf_path(door->conf.key_directory, "provisioned", path);
	if (file_read(path, KEY_ID_SIZE, &key_id, &size) < 0)
		return;
	key_id[strcspn(key_id, "\r\n")] = '\0';
	record_event(door, ENTRY_KIND_PROVISIONED, "key %s", key_id);
	/* the entry is in the intent file: twice after a crash in between is better than never */
	unlink(path);
}

/* What the hub said at provisioning: a journal that is begun anew here continues that one. */
static const uint8_t *read_before(const struct door *door, uint8_t out[ENTRY_HASH_SIZE])
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[PATH_MAX];
	size_t size;

	door_conf_path(door->conf.key_directory, "journal.before", path);
	if (file_read(path, 2 * ENTRY_HASH_SIZE + 2, &text, &size) < 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	return text_unhex(text, out, ENTRY_HASH_SIZE) == 0 ? out : NULL;
}

int record_start(struct door *door, char err[ERR_MAX])
{
	char path[PATH_MAX], intent[PATH_MAX];
	uint8_t before[ENTRY_HASH_SIZE];
	struct journal_options options = {
		.path = path,
		.intent_path = intent,
		.site = door->conf.site,
		.door = door->conf.door,
		.hash = crypto_hash256,
		.random = crypto_random,
		.before = read_before(door, before),
		.wall_us = clock_wall_us(),
		.mono_us = clock_mono_us(),
		.clock = door->clock,
	};
	int r;

	memcpy(options.boot_id, door->boot_id, sizeof(options.boot_id));
	door_conf_path(door->conf.store_directory, "journal.db", path);
	door_conf_path(door->conf.run_directory, "journal.intent", intent);
	r = journal_open(&options, &door->journal, &door->journal_report, err);
	if (r < 0)
		return r;
	if (door->journal_report.open)
		say_report(door);
	r = sd_event_add_io(door->event, &door->journal_io, journal_fd(door->journal), EPOLLIN,
		on_journal, door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the journal cannot be watched: %s", strerror(-r));
		return r;
	}
	return 0;
}

void record_started(struct door *door)
{
	char found[ERR_MAX];

	inputs_describe(door, found, sizeof(found));
	record_event(door, ENTRY_KIND_STARTED, "tapin-door %s%s", TAPIN_VERSION, found);
	record_provisioned(door);
	door->recorded = true;
}

void record_stop(struct door *door)
{
	unsigned left = 0;

	if (!door->journal)
		return;
	if (door->recorded)
		record_event(door, ENTRY_KIND_STOPPED, "%s", "");
	door->journal_io = sd_event_source_disable_unref(door->journal_io);
	door->journal = journal_close(door->journal, STOP_WAIT_MS, &left);
	if (left)
		log_warning(
			"journal: %u entries are not on disk yet; they are in journal.intent and "
			"will be written at the next start",
			left);
}
