/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tapin-door: everything the program owns, and what its files do for each other.
 *
 *   io.c      lines, strike, inputs, doorway        link.c    tapin-reader's socket and health
 *   lights.c  patterns on the lights and buzzer     tap.c     a card: token, roster, decision
 *   record.c  entries and the journal's answers     feed.c    MQTT: live, status, journal,
 * acknowledgements door.c    start, housekeeping, stop
 *
 * One loop thread. Priorities: what a person waits for goes before what nobody sees.
 */
#pragma once

#include "core/debounce.h"
#include "core/decide.h"
#include "core/doorway.h"
#include "core/entry.h"
#include "core/pattern.h"
#include "crypto/sign.h"
#include "door/conf.h"
#include "hw/gpio.h"
#include "hw/reader_link.h"
#include "store/journal.h"
#include "store/rules.h"
#include "wire/message.h"
#include "wire/mqtt.h"
#include <systemd/sd-event.h>

enum door_priority {
	DOOR_PRIORITY_STRIKE = -300, /* the release timer */
	DOOR_PRIORITY_INPUT = -200,
	DOOR_PRIORITY_READER = -100,
	DOOR_PRIORITY_NORMAL = 0,
	DOOR_PRIORITY_FEED = 100,
};

enum reader_state {
	READER_STATE_MISSING, /* no program is connected */
	READER_STATE_FAULT,   /* it is, but the hardware does not answer */
	READER_STATE_OK,
};

struct door_keys {
	bool loaded;
	struct card_key card;
	struct sign_secret door;
	size_t hub_count; /* 0: no hub, acknowledgements are refused */
	struct sign_public hub[2];
};

/* One input: its line, its debouncer and the loop's sources. */
struct door_input {
	struct door *door;
	enum door_line line;
	struct gpio_line *gpio;
	struct debounce debounce;
	sd_event_source *edge;
	sd_event_source *timer;
};

struct door_lights {
	enum pattern pattern;
	unsigned step;
	sd_event_source *timer;
};

struct door_roster {
	struct cache *cache; /* NULL while keys or cache are not to be had: every card is refused */
	struct rules rules;
	int64_t version; /* of the file's content, to see an import */
	bool failed;     /* it was said once */
};

struct door_reader {
	struct reader_link *link;
	enum reader_state state;
	uint64_t good_ms;        /* monotonic time of the hardware's last good answer; 0 never */
	uint64_t changed_ms;     /* since when the state holds */
	bool told_fault;         /* by the reader itself, until it says OK */
	bool fault_recorded;     /* a reader_fault entry stands without its reader_ok */
	unsigned faults;         /* since that entry */
	uint64_t cards_since_ms; /* the second in which cards are counted */
	unsigned cards;
	char text[READER_TEXT_MAX + 1];
	sd_event_source *listen;
	sd_event_source *io;
	sd_event_source *timer;
};

#define FEED_IN_FLIGHT_MAX 8

struct door_feed {
	struct mqtt *mqtt; /* NULL: no broker is configured */
	sd_event_source *io;
	sd_event_source *timer;
	uint64_t sent_seq; /* the last row handed to the broker on this connection */
	uint64_t acked_seq;
	uint64_t last_seq;  /* the journal's */
	unsigned in_flight; /* batches without acknowledgement */
	uint64_t in_flight_last[FEED_IN_FLIGHT_MAX];
	uint64_t oldest_ms;  /* when the oldest of them was sent */
	uint64_t resend_ms;  /* how long to wait for their acknowledgement */
	bool unreadable;     /* it was said that rows cannot be read */
	bool requested;      /* the journal is reading a batch for us */
	uint64_t refused_ms; /* when a refused message was last journalled */
	char status_topic[MQTT_TOPIC_MAX];
	char ack_topic[MQTT_TOPIC_MAX];
	char journal_topic[MQTT_TOPIC_MAX];
	char live_topic[MQTT_TOPIC_MAX];
};

struct door {
	struct door_conf conf;
	struct door_keys keys;
	sd_event *event;
	uint8_t boot_id[16];
	enum clock_trust clock;
	int64_t clock_floor_us;

	struct gpio_line *outputs[DOOR_LINE_COUNT];
	struct door_input exit;
	struct door_input contact;
	struct doorway doorway;
	bool strike; /* the level last driven: true = released */
	bool strike_failed;
	sd_event_source *doorway_timer;
	struct door_lights lights;

	struct door_reader reader;
	struct door_roster roster;
	struct door_feed feed;

	struct journal *journal;
	struct journal_report journal_report;
	bool journal_failing;
	uint64_t refused_taps; /* because the journal was full */
	sd_event_source *journal_io;
	bool parts_fault; /* broker or reader socket cannot be had; said once */
	sd_event_source *housekeeping;
};

/* ---- door.c ---- */

/* Runs the door until SIGTERM or SIGINT. 0, or negative errno after the failure was logged. */
int door_run(const struct door_conf *conf);

/* Something that a person would want to know changed: tells the service manager and the broker. */
void door_status(struct door *door);

/* ---- io.c ---- */

/* Requests the outputs, the strike first and at rest. 0, or negative errno with err if the strike
 * is not to be had. */
int io_start_outputs(struct door *door, char err[ERR_MAX]);
/* Requests the inputs and starts the doorway. 0 or negative errno with err. */
int io_start_inputs(struct door *door, char err[ERR_MAX]);
/* Strike to rest, lights out, lines given back. */
void io_stop(struct door *door);
/* One step of the doorway with everything that follows from it: strike, timer, entries, lights,
 * status. */
void io_doorway(struct door *door, enum doorway_event event, uint32_t argument);

/* ---- lights.c ---- */

/* Plays a pattern now; a verdict replaces whatever is shown, an idle door shows its fault. */
void lights_show(struct door *door, enum pattern pattern);
/* Recomputes what an idle door shows, after a state changed. */
void lights_refresh(struct door *door);
void lights_stop(struct door *door);

/* ---- link.c ---- */

int link_start(struct door *door, char err[ERR_MAX]);
void link_stop(struct door *door);
const char *link_state_name(enum reader_state state);

/* ---- tap.c ---- */

/*
 * Loads keys and cache and compiles the tiers. What fails is logged and leaves the door in fault:
 * it refuses every card, serves its exit button, and tries again in tap_retry.
 */
void tap_start(struct door *door);
void tap_stop(struct door *door);
/* A card was presented: decide, record, release. */
void tap_card(struct door *door, const struct reader_card *card);
/* Takes over a roster that was imported meanwhile; called at each tap and by housekeeping. */
void tap_refresh(struct door *door);
/* Tries again what tap_start could not get; called by housekeeping. */
void tap_retry(struct door *door);

/* ---- record.c ---- */

/* Opens the journal and records the start. 0 or negative errno with err. */
int record_start(struct door *door, char err[ERR_MAX]);
/* Records the stop and waits, bounded, for what is pending. */
void record_stop(struct door *door);
/* Fills times, boot, clock and revision of a new entry. */
void record_prepare(struct door *door, struct entry *entry, enum entry_kind kind);
/* Hands an entry to the journal. 0, or -ENOSPC when it cannot be kept. */
int record_append(struct door *door, const struct entry *entry);
/* The usual short form: an entry of a kind with a detail (printf). */
void record_event(struct door *door, enum entry_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- feed.c ---- */

int feed_start(struct door *door, char err[ERR_MAX]);
void feed_stop(struct door *door);
/* The journal told where it stands: send from its acknowledged mark on. */
void feed_journal_known(struct door *door);
/* An entry became durable: live message, and the journal feed goes on. */
void feed_committed(struct door *door, uint64_t seq, const struct entry *entry);
void feed_batch(struct door *door, const struct journal_batch *batch);
void feed_acked(struct door *door, uint64_t seq);
/* Something of the status changed. */
void feed_status(struct door *door);
