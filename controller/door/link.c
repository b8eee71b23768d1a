/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-reader's socket, and whether the reader is well. */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <pwd.h>
#include <string.h>
#include <sys/epoll.h>

/* The hardware is in fault when its last good answer is older than this. */
#define READER_STALE_MS 2000
/* A reader_ok entry waits until the reader was well for so long: a flapping reader fills no
 * journal. */
#define READER_WELL_MS 2000
#define READER_TICK_MS 500
#define RESET_AGAIN_MS 1000
#define READER_CARDS_MAX 100 /* a second */
#define READER_CARD_OLD_US 2000000

const char *link_state_name(enum reader_state state)
{
	switch (state) {
	case READER_STATE_MISSING:
		return "missing";
	case READER_STATE_FAULT:
		return "fault";
	case READER_STATE_OK:
		return "ok";
	}
	return "fault";
}

/* One entry as the reader fails, one when it has been well again for a while; what happens between
 * is counted. */
static void record_fault(struct door *door)
{
	struct door_reader *reader = &door->reader;

	reader->faults++;
	if (reader->fault_recorded)
		return;
	reader->fault_recorded = true;
	reader->faults = 1;
	record_event(door, ENTRY_KIND_READER_FAULT, "%s: %.100s", link_state_name(reader->state),
		reader->text);
}

static void set_state(struct door *door, enum reader_state state, const char *why)
{
	struct door_reader *reader = &door->reader;

	if (reader->state == state)
		return;
	reader->state = state;
	reader->changed_ms = clock_mono_ms();
	snprintf(reader->text, sizeof(reader->text), "%s", why);
	if (state == READER_STATE_OK) {
		log_info("reader: ok: %s", why);
	} else {
		log_warning("reader: %s: %s; cards are not read until it is back",
			link_state_name(state), why);
		record_fault(door);
	}
	lights_refresh(door);
	door_status(door);
}

static void lost(struct door *door, const char *why)
{
	door->reader.io = sd_event_source_disable_unref(door->reader.io);
	door->reader.good_ms = 0;
	set_state(door, READER_STATE_MISSING, why);
}

/* ---- the last step of its recovery ---- */

/* 0 or negative errno; said only as it begins to fail, for a line that fails is tried each second.
 */
static int drive_reset(struct door *door, bool active)
{
	struct gpio_line *line = door->outputs[DOOR_LINE_READER_RESET];
	int r = gpio_line_set(line, active);

	if (r < 0 && !door->reader.reset_failed)
		log_error("reader: its reset line %s cannot be driven: %s; check the wiring",
			gpio_line_resolved(line), strerror(-r));
	door->reader.reset_failed = r < 0;
	return r;
}

static void end_reset_in(struct door_reader *reader, uint32_t ms)
{
	sd_event_source_set_time(reader->reset_over, (clock_mono_ms() + ms) * 1000);
	sd_event_source_set_enabled(reader->reset_over, SD_EVENT_ONESHOT);
}

static int on_reset_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)usec;
	/* a reader that stays in reset reads nothing */
	if (drive_reset(door, false) < 0)
		end_reset_in(&door->reader, RESET_AGAIN_MS);
	return 0;
}

static void consider_reset(struct door *door)
{
	struct door_reader *reader = &door->reader;
	uint64_t now_ms = clock_mono_ms();
	uint32_t waited_s;

	if (!reader->reset_over)
		return;
	waited_s = reset_due(&reader->reset, reader->state == READER_STATE_OK, now_ms);
	if (waited_s == 0)
		return;
	log_warning("reader: no good answer for %u s: reset by its line", waited_s);
	record_event(door, ENTRY_KIND_READER_RESET, "by its line, after %u s without an answer",
		waited_s);
	(void)drive_reset(door, true);
	end_reset_in(reader, RESET_PULSE_MS);
}

static int start_reset(struct door *door)
{
	struct door_reader *reader = &door->reader;
	int r;

	if (!door->outputs[DOOR_LINE_READER_RESET])
		return 0;
	r = sd_event_add_time(
		door->event, &reader->reset_over, CLOCK_MONOTONIC, 0, 1000, on_reset_over, door);
	if (r < 0)
		return r;
	sd_event_source_set_enabled(reader->reset_over, SD_EVENT_OFF);
	reset_init(&reader->reset, door->conf.reader_reset_s, clock_mono_ms());
	return 0;
}

/* A kernel that keeps outputs would keep the reader in reset. */
static void stop_reset(struct door *door)
{
	if (!door->reader.reset_over)
		return;
	(void)drive_reset(door, false);
	door->reader.reset_over = sd_event_source_disable_unref(door->reader.reset_over);
}

/* ---- what it says ---- */

static void take_alive(struct door *door, const struct reader_record *record)
{
	uint64_t now_ms = clock_mono_ms();
	uint32_t age_ms;

	if (reader_u32_unpack(record, &age_ms) < 0)
		return;
	if (age_ms < now_ms)
		door->reader.good_ms = now_ms - age_ms;
	/* a fault that the reader told ends when it says so, however young its last good answer */
	if (age_ms <= READER_STALE_MS && !door->reader.told_fault)
		set_state(door, READER_STATE_OK, "it answers");
}

/* Nobody taps that fast: a reader that does is broken or hostile, and would fill the journal. */
static bool too_many(struct door_reader *reader)
{
	uint64_t now_ms = clock_mono_ms();

	if (now_ms - reader->cards_since_ms >= 1000) {
		if (reader->cards > READER_CARDS_MAX)
			log_warning("reader: %u cards within a second were ignored",
				reader->cards - READER_CARDS_MAX);
		reader->cards_since_ms = now_ms;
		reader->cards = 0;
	}
	return ++reader->cards > READER_CARDS_MAX;
}

static void take_card(struct door *door, const struct reader_record *record)
{
	struct reader_card card;

	door->reader.good_ms = clock_mono_ms();
	if (too_many(&door->reader))
		return;
	if (reader_card_unpack(record, &card) < 0)
		tap_unread(door, "a card record that makes no sense");
	/* whoever tapped while this loop was held up has given up or taps again */
	else if (card.mono_us + READER_CARD_OLD_US < clock_mono_us())
		tap_unread(door, "a card that was read too long ago");
	else
		tap_card(door, &card);
}

static void take_record(struct door *door, const struct reader_record *record)
{
	char text[READER_TEXT_MAX + 1];
	uint32_t code;

	switch (record->kind) {
	case READER_KIND_HELLO:
		door->reader.told_fault = false;
		if (reader_hello_unpack(record, text) == 0)
			log_info("reader: connected: %s", text);
		return;
	case READER_KIND_ALIVE:
		take_alive(door, record);
		return;
	case READER_KIND_CARD:
		take_card(door, record);
		return;
	case READER_KIND_FAULT:
		if (reader_text_unpack(record, &code, text) == 0)
			set_state(door, READER_STATE_FAULT, text);
		door->reader.told_fault = true;
		return;
	case READER_KIND_OK:
		door->reader.told_fault = false;
		door->reader.good_ms = clock_mono_ms();
		set_state(door, READER_STATE_OK, "it answers again");
		return;
	case READER_KIND_REMOVED:
	case READER_KIND_TRANSCEIVE:
	case READER_KIND_RESULT:
		return;
	}
}

static int on_record(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct door *door = userdata;
	struct reader_record record;
	int r;

	(void)source;
	(void)fd;
	(void)revents;
	/* one at a time: the loop looks at strike and inputs between two records */
	r = reader_link_receive(door->reader.link, &record);
	if (r > 0)
		take_record(door, &record);
	else if (r < 0)
		lost(door, r == -ECONNRESET ? "tapin-reader went away"
					    : "tapin-reader sent a packet that makes no sense");
	return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct door *door = userdata;
	char err[ERR_MAX];
	int r;

	(void)fd;
	(void)revents;
	r = reader_link_accept(door->reader.link, err);
	/* EMFILE and its like leave the connection waiting: look again at the next tick */
	if (r < 0 && r != -EPERM)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (r < 0)
		log_warning("reader: %s", r == -EPERM ? err : strerror(-r));
	if (r <= 0)
		return 0;
	door->reader.reset.tried = true;
	sd_event_source_disable_unref(door->reader.io);
	door->reader.io = NULL;
	r = sd_event_add_io(door->event, &door->reader.io, reader_link_fd(door->reader.link),
		EPOLLIN, on_record, door);
	if (r < 0)
		log_error("reader: its connection cannot be watched: %s", strerror(-r));
	else
		sd_event_source_set_priority(door->reader.io, DOOR_PRIORITY_READER);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	struct door_reader *reader = &door->reader;
	uint64_t now_ms = clock_mono_ms();

	(void)usec;
	sd_event_source_set_enabled(reader->listen, SD_EVENT_ON);
	if (reader->state == READER_STATE_OK && now_ms - reader->good_ms > READER_STALE_MS)
		set_state(door, READER_STATE_FAULT, "it has not answered for two seconds");
	if (reader->state == READER_STATE_OK && reader->fault_recorded &&
		now_ms - reader->changed_ms > READER_WELL_MS) {
		reader->fault_recorded = false;
		record_event(door, ENTRY_KIND_READER_OK, "after %u fault%s", reader->faults,
			reader->faults == 1 ? "" : "s");
	}
	reader->reset.tried = reader->reset.tried || reader->state == READER_STATE_FAULT;
	consider_reset(door);
	sd_event_source_set_time(source, (now_ms + READER_TICK_MS) * 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

uid_t link_peer_uid(const struct door_conf *conf, gid_t *ret_group)
{
	const struct passwd *pw = getpwnam(conf->reader_user);

	*ret_group = pw ? pw->pw_gid : (gid_t)-1;
	return pw ? pw->pw_uid : (uid_t)-1;
}

int link_start(struct door *door, char err[ERR_MAX])
{
	struct door_reader *reader = &door->reader;
	gid_t group;
	uid_t uid = link_peer_uid(&door->conf, &group);
	int r;

	reader->changed_ms = clock_mono_ms();
	snprintf(reader->text, sizeof(reader->text), "tapin-reader has not connected yet");
	r = reader_link_listen(door->conf.reader_socket, uid, group, &reader->link, err);
	if (r < 0)
		return r;
	r = sd_event_add_io(door->event, &reader->listen, reader_link_listen_fd(reader->link),
		EPOLLIN, on_accept, door);
	if (r >= 0)
		r = sd_event_add_time(door->event, &reader->timer, CLOCK_MONOTONIC,
			(clock_mono_ms() + READER_TICK_MS) * 1000, 50000, on_tick, door);
	if (r >= 0)
		r = start_reset(door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the reader's socket cannot be watched: %s", strerror(-r));
		return r;
	}
	sd_event_source_set_priority(reader->listen, DOOR_PRIORITY_READER);
	return 0;
}

void link_stop(struct door *door)
{
	struct door_reader *reader = &door->reader;

	stop_reset(door);
	reader->listen = sd_event_source_disable_unref(reader->listen);
	reader->io = sd_event_source_disable_unref(reader->io);
	reader->timer = sd_event_source_disable_unref(reader->timer);
	reader->link = reader_link_free(reader->link);
}
