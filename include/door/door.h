/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tapin-door: everything the program owns, and what its files do for each other.
 *
 *   door.c    start, housekeeping, stop             link.c    tapin-reader's socket and health
 *   io.c      outputs, strike, doorway              tap.c     a card: token, roster, decision
 *   inputs.c  buttons, contacts and loops           schedule.c  the planned unlock
 *   lights.c  patterns on the lights and buzzer     record.c  entries and the journal's answers
 *   judge.c   the decision with all it looks at     arrive.c  who came in and who left
 *   usage.c   what members used here, until the roster has it
 *   watchdog.c  proof of loop and strike service
 *   and everything that has to do with the hub: door/sync.h
 *
 * One loop thread. Priorities: what a person waits for goes before what nobody sees.
 */
#pragma once

#include "base/clock.h"
#include "core/debounce.h"
#include "core/decide.h"
#include "core/doorway.h"
#include "core/entry.h"
#include "core/pattern.h"
#include "crypto/sign.h"
#include "door/conf.h"
#include "door/reset.h"
#include "door/share.h"
#include "door/sync.h"
#include "hw/gpio.h"
#include "hw/reader_link.h"
#include "store/journal.h"
#include "store/rules.h"
#include <systemd/sd-event.h>

enum door_priority {
	DOOR_PRIORITY_STRIKE = -300,   /* the release timer */
	DOOR_PRIORITY_WATCHDOG = -290, /* after it, and before what could starve it */
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
	bool has_root;
	struct sign_public root; /* of the site; certifies hub keys */
	size_t given_count;
	struct sign_public given[2]; /* hub keys that were put there by hand */
	struct sync_keys site;       /* the newest that root certified; serial 0: none yet */
	size_t hub_count;            /* of both; 0: no hub, its messages are refused */
	struct sign_public hub[2 + SYNC_KEYS_MAX];
};

/* One input: its line, its debouncer and the loop's sources. */
struct door_input {
	struct door *door;
	enum door_line line;
	struct gpio_line *gpio;
	struct debounce debounce;
	bool lost; /* its level cannot be read */
	sd_event_source *edge;
	sd_event_source *timer;
};

struct door_lights {
	enum pattern pattern;
	unsigned step;
	bool identify; /* an idle door shows which one it is */
	sd_event_source *timer;
};

struct door_roster {
	struct cache *cache; /* NULL while keys or cache are not to be had: every card is refused */
	struct rules rules;
	int64_t version; /* of the file's content, to see an import */
	bool failed;     /* it was said once */
	bool damaged;    /* the file was set aside at this start */
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
	struct reset reset;
	sd_event_source *reset_over; /* NULL: no reset line is wired */
	bool reset_failed;           /* that line does not obey */
};

#define FEED_IN_FLIGHT_MAX 8

struct door_feed {
	sd_event_source *timer;
	uint64_t sent_seq; /* the last row handed to the broker on this connection */
	uint64_t acked_seq;
	uint64_t hub_seq;   /* where the hub stands: below acked_seq when it lost some of its log */
	uint64_t heard_seq; /* of the newest genuine acknowledgement */
	uint64_t last_seq;  /* the journal's */
	unsigned in_flight; /* batches without acknowledgement */
	uint64_t in_flight_last[FEED_IN_FLIGHT_MAX];
	uint64_t oldest_ms; /* when the oldest of them was sent */
	uint64_t resend_ms; /* how long to wait for their acknowledgement */
	bool unreadable;    /* it was said that rows cannot be read */
	bool requested;     /* the journal is reading a batch for us */
};

/* Who or what is behind a step of the doorway, for its entries. */
struct door_cause {
	const char *actor; /* NULL: nobody */
	const char *what;  /* NULL: the happening's own words */
};

#define DOOR_ARRIVALS_MAX 16

/* Granted, and the door has not opened yet. */
struct door_arrival {
	struct entry_subject subject;
	enum entry_kind kind; /* ARRIVED or LEFT */
	uint64_t until_ms;    /* then nobody came */
};

struct door_arrivals {
	unsigned count;
	struct door_arrival waiting[DOOR_ARRIVALS_MAX];
};

struct door_usage {
	struct share share;
	struct share came; /* who came here since then, for passback: each time, also when inside */
	int64_t wiped;     /* decide_minute: nobody who came until then is believed to be in */
	bool wipe_due;     /* nor anybody else, until the clock is trusted and says when that was */
	char kept[64];     /* the mark as it is in kept.db; "": none */
	bool told_full;    /* that events are forgotten */
};

struct door_schedule {
	int64_t spent_until_us;  /* the window that ends then was ended, and stays so */
	int64_t opened_until_us; /* the first person of this window came */
};

struct door {
	struct door_conf conf;
	struct door_keys keys;
	sd_event *event;
	uint8_t boot_id[16];
	uint64_t started_ms; /* monotonic */
	bool recorded;       /* the start, so that the stop is, too */
	bool ready;          /* everything was started */
	enum clock_trust clock;
	int64_t clock_floor_us;

	struct gpio_line *outputs[DOOR_LINE_COUNT];
	char *line_faults[DOOR_LINE_COUNT]; /* why a line that the door works without is not to be
					       had; else NULL */
	struct door_input inputs[DOOR_LINE_COUNT]; /* of the lines that are inputs */
	struct doorway doorway;
	bool strike; /* the level last driven: true = released */
	bool strike_failed;
	bool strike_limited; /* at rest by its maximum until the doorway asks for rest, too */
	bool strike_pulsed;  /* the pulse of this release is over */
	bool strike_wanted;  /* by the doorway */
	sd_event_source *pulse_timer;
	sd_event_source *strike_timer;
	sd_event_source *doorway_timer;
	uint64_t doorway_due_ms; /* when it must be served; 0: it is off */
	sd_event_source *watchdog;
	uint64_t watchdog_ms; /* between two feeds */
	struct door_lights lights;

	struct door_reader reader;
	struct door_roster roster;
	struct door_broker broker;
	struct door_feed feed;
	struct door_sync sync;
	struct door_state state;
	struct door_schedule schedule;
	struct door_commands commands;
	struct door_enrol enrol;
	struct door_arrivals arrivals;
	struct door_usage usage;
	struct door_rollcall rollcall;
	struct door_erase erase;

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

/* ---- watchdog.c ---- */

/* Feeds the service manager's watchdog, where there is one, as long as the loop turns and serves
 * the doorway's timer in time. 0 or negative errno. */
int watchdog_start(struct door *door);
void watchdog_stop(struct door *door);

/* ---- io.c ---- */

/* Requests the outputs, the strike first: at rest, or released where the fire input says so. 0, or
 * negative errno with err if the strike is not to be had. */
int io_start_outputs(struct door *door, char err[ERR_MAX]);
/* The doorway's state; "checkin" where a check-in point has nothing to lock. */
const char *io_state_name(const struct door *door);
/* What a wired line was found to be, or, with *ret_ok false, why it is not to be had. */
const char *io_line_is(const struct door *door, enum door_line line, bool *ret_ok);
/* Starts the doorway with the inputs. 0 or negative errno with err. */
int io_start_doorway(struct door *door, char err[ERR_MAX]);
/* Strike to rest (but for fire), lights out, lines given back. */
void io_stop(struct door *door);
/* A granted card gets in as far as the strike goes: it is released and obeys, or none is wired. */
bool io_lets_in(const struct door *door);
/* One step of the doorway with everything that follows from it: strike, timer, entries, lights,
 * status. */
void io_doorway(struct door *door, enum doorway_event event, uint32_t argument);
/* The same by somebody: what happened (enum doorway_happening bits). */
uint32_t io_doorway_by(struct door *door, enum doorway_event event, uint32_t argument,
	const struct door_cause *cause);

/* ---- inputs.c ---- */

/* Requests the fire input and reads it; before any output. 0 or negative errno with err. */
int inputs_start_fire(struct door *door, char err[ERR_MAX]);
/* Requests the others. 0 or negative errno with err. */
int inputs_start(struct door *door, char err[ERR_MAX]);
/* What they say, for the entry of the start: ", door open, fire". */
void inputs_describe(const struct door *door, char *out, size_t size);
/* Tells a new doorway what the inputs say; fire first. */
void inputs_tell(struct door *door);
/* The fire input is wired, and does not say that all is well. */
bool inputs_fire(const struct door *door);
/* Reads them all: one that is lost sends no edges. Called by housekeeping. */
void inputs_look(struct door *door);
void inputs_stop(struct door *door);

/* ---- schedule.c ---- */

/* Loads what is kept. */
void schedule_start(struct door *door);
/* Tells the doorway what the plan wants now. */
void schedule_apply(struct door *door);
/* The window that is open now was ended by somebody or by fire: it does not come back. */
void schedule_spend(struct door *door);
/* A window is open, and its first person has not come yet. */
bool schedule_waits(const struct door *door);
/* That person came. */
void schedule_open_up(struct door *door);

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
/* Who may connect as the reader, and the socket's group; -1: nobody else, none. */
uid_t link_peer_uid(const struct door_conf *conf, gid_t *ret_group);

/* ---- tap.c ---- */

/*
 * Loads keys and cache and compiles the tiers. What fails is logged and leaves the door in fault:
 * it refuses every card, serves its exit button, and tries again in tap_retry.
 */
void tap_start(struct door *door);
void tap_stop(struct door *door);
/* There was a card, and it was not read so that it can be decided: its owner is to try again. */
void tap_unread(struct door *door, const char *why);
/* A card was presented: decide, record, release. */
void tap_card(struct door *door, const struct reader_card *card);
/* What a card of this kind is called where it is none that counts, else NULL. */
const char *tap_unsupported(enum reader_protocol protocol);
/* Takes over a roster that was imported meanwhile; called at each tap and by housekeeping. */
void tap_refresh(struct door *door);
/* Tries again what tap_start could not get; called by housekeeping. */
void tap_retry(struct door *door);
/* The hub's roster is the one in force. */
bool tap_has_hub_roster(const struct door *door);

/* ---- judge.c ---- */

struct judged {
	struct roster_card row;
	bool known;               /* the card is in the roster */
	bool inside;              /* its member is, as far as this door knows */
	enum allowance_kind kind; /* of the tier */
	struct verdict verdict;
};

/* By hand, plan or fire: people pass without a tap. */
bool judge_unlocked(const struct door *door);
/* Decides about a card; an error on the way there is a denial. */
void judge_card(struct door *door, const struct uid *uid, const struct token *token,
	struct judged *ret_judged);

/* ---- arrive.c ---- */

/* A tap that lets its card come, or leave: counts now, or when the door opens. */
void arrive_tap(
	struct door *door, const struct entry_subject *subject, bool leaves, uint32_t release_ms);
/* forced: with the strike at rest. */
void arrive_opened(struct door *door, bool forced);
/* Tapped a moment ago, and the door has not opened yet. */
bool arrive_coming(const struct door *door, uint64_t who);

/* ---- usage.c ---- */

/* Reads the door's share out of its journal; after journal, roster and keeper are there. */
void usage_start(struct door *door);
void usage_stop(struct door *door);
/* As record_append, and adds what the entry says to the share; pool, pool_kind: of a unit that a
 * pool pays. */
int usage_append(
	struct door *door, const struct entry *entry, uint64_t pool, enum allowance_kind pool_kind);
void usage_committed(struct door *door, uint64_t seq, const struct entry *entry);
/* A genuine acknowledgement came, a mark moved or another roster is in force. */
void usage_heard(struct door *door, uint64_t seq, const struct revision *revision);
void usage_settle(struct door *door);
/* The hub lost what comes after seq. */
void usage_rewind(struct door *door, uint64_t seq);
/* Keeps the mark while the roster lags behind the acknowledgements, and wipes what waited for the
 * clock; called by housekeeping. */
void usage_keep(struct door *door);
/* People passed without a tap: who came before may have left. */
void usage_wipe(struct door *door);
/* Makes of where a member is what passback believes: their last coming, or outside. */
void usage_believe(
	const struct door *door, uint64_t who, const struct civil *now, struct presence *presence);

/* ---- record.c ---- */

/* Opens the journal. 0 or negative errno with err. */
int record_start(struct door *door, char err[ERR_MAX]);
/* Records the start and how the door was found. */
void record_started(struct door *door);
/* Records the stop and waits, bounded, for what is pending. */
void record_stop(struct door *door);
/* Fills times, boot, clock and revision of a new entry. */
void record_prepare(struct door *door, struct entry *entry, enum entry_kind kind);
/* The journal can keep one more. */
bool record_has_room(const struct door *door);
/* Hands an entry to the journal. 0, or -ENOSPC when it cannot be kept. */
int record_append(struct door *door, const struct entry *entry);
/* The usual short form: an entry of a kind with a detail (printf). */
void record_event(struct door *door, enum entry_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with who did it (NULL or "": nobody). 0, or -ENOSPC when it cannot be kept. */
int record_act(struct door *door, enum entry_kind kind, const char *actor, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- door.c: the clock ---- */

/* Judges the clock again, after the hub's time was heard. */
void door_check_clock(struct door *door);

/* ---- broker.c ---- */

#define BROKER_USERNAME_MAX 128

/* Where the broker is and as whom it is spoken to, from the configuration and from what
 * provisioning left. The config points into the rest: do not copy. */
struct broker_account {
	struct mqtt_config config; /* without will */
	char client[2 * NAME_ID_MAX + 16];
	char name[BROKER_USERNAME_MAX];
	char password[PATH_MAX]; /* the file's path */
	char ca[PATH_MAX];
};
void broker_account(const struct door_conf *conf, struct broker_account *ret_account);

int broker_start(struct door *door, char err[ERR_MAX]);
void broker_stop(struct door *door);
bool broker_up(const struct door *door);
/* As mqtt_publish: 0, -ENOTCONN, -EAGAIN, -EMSGSIZE. */
int broker_publish(struct door *door, enum broker_topic topic, const void *payload, size_t size,
	int qos, bool retain);
/* A body in an envelope of the door's key, at least once. Takes body over (free). */
int broker_publish_signed(struct door *door, enum broker_topic topic, char *body);
/* The body of a message that a hub key signed for this topic; what is not is refused. 0 or
 * -EBADMSG. */
int broker_open(struct door *door, enum broker_topic topic, const struct mqtt_event *event,
	const char **ret_body, size_t *ret_size);
/* A message that is not what it should be: logged and journalled, bounded in number. kind:
 * MESSAGE_REFUSED or ROSTER_REFUSED. */
void broker_refuse(
	struct door *door, enum broker_topic topic, enum entry_kind kind, const char *why);
/* What accept.h must know of this door. */
struct accept_facts broker_facts(const struct door *door);

/* ---- feed.c ---- */

int feed_start(struct door *door, char err[ERR_MAX]);
void feed_stop(struct door *door);
void feed_connected(struct door *door);
void feed_disconnected(struct door *door);
/* The journal told where it stands: send from its acknowledged mark on. */
void feed_journal_known(struct door *door);
/* An entry became durable: live message, and the journal feed goes on. */
void feed_committed(struct door *door, uint64_t seq, const struct entry *entry);
void feed_batch(struct door *door, const struct journal_batch *batch);
void feed_acked(struct door *door, uint64_t seq);
void feed_take_ack(struct door *door, const struct mqtt_event *event);
/* The hub said where it stands: a hub that lost some of its log gets it again. */
void feed_rewind(struct door *door, const struct sync_journal_mark *mark);
/* Something of the status changed. */
void feed_status(struct door *door);
/* The status as it is published, for the last will too. The caller frees. */
int feed_write_status(const struct door *door, bool online, char **ret_body);

/* ---- site_keys.c ---- */

/* Loads what the root key certified earlier, out of the keeper or what provisioning left. */
void site_keys_start(struct door *door);
void site_keys_take(struct door *door, const struct mqtt_event *event);
/* The highest generation that rosters, states and commands may have. */
uint32_t site_keys_generation(const struct door *door);
/* NULL, or what a door whose key directory names no hub must be told. */
const char *site_keys_missing(const char *directory);

/* ---- keep.c ---- */

/* Opens the keeper and loads what it kept; called again by housekeeping while it cannot be had. */
void sync_start(struct door *door);
void sync_stop(struct door *door);
/* Keeps a small value; its loss is logged. 0 or negative errno. */
int sync_keep(struct door *door, const char *name, const char *value, uint64_t tag);
/* Which roster is in force, as the cache has it now. */
void sync_load_force(struct door *door);

/* ---- sync.c ---- */

int sync_start_timer(struct door *door);
void sync_connected(struct door *door);
void sync_disconnected(struct door *door);
/* Hub keys came: what waited for them may be asked. */
void sync_keys_changed(struct door *door);
void sync_take_head(struct door *door, const struct mqtt_event *event);
void sync_take_answer(struct door *door, const struct mqtt_event *event);
/* Asks for it in delay_ms, unless something as strong is under way. */
void sync_want(struct door *door, enum sync_want want, uint32_t delay_ms);
/* Tells the hub what is in force. */
void sync_report(struct door *door);
/* Asks for the newest roll call. */
void sync_ask_rollcall(struct door *door);
/* Tells the hub that this member is forgotten. */
void sync_tell_erased(struct door *door, uint64_t member);
/* The answer to the ask under way came or goes on: do not ask again for a while. */
void sync_progress(struct door *door, bool complete);
/* The hub's time as this door knows it. False: it does not. */
bool sync_now(const struct door *door, int64_t *ret_us);
/* A genuine time of the hub was heard, answered: in answer to this door's own ask. */
void sync_heard_head(struct door *door, const struct sync_head *head, bool answered);
enum decide_roster_age sync_roster_age(const struct door *door);
/* Tells the doorway whether schedules may begin. */
void sync_tell_trust(struct door *door);
void sync_head_facts(const struct door *door, struct accept_head_facts *ret_facts);

/* ---- fetch.c ---- */

void fetch_take_chunk(struct door *door, struct sync_answer *answer);
void fetch_take_delta(struct door *door, const struct mqtt_event *event);
void fetch_take_keeper(struct door *door, const struct keeper_event *event);
/* Fills an ask's part about chunks. */
void fetch_fill_ask(struct door *door, struct sync_ask *ask);
/* Gives up what is half fetched. */
void fetch_abort(struct door *door);
bool fetch_busy(const struct door *door);
bool fetch_is_snapshot(const struct door *door);

/* ---- state.c ---- */

/* Loads the kept states and tells the doorway; before the reader starts. */
void state_start(struct door *door);
void state_stop(struct door *door);
void state_take_site(struct door *door, const struct mqtt_event *event);
void state_take_door(struct door *door, const struct mqtt_event *event);
/* States in the hub's answer to an ask of this door. */
void state_take_answer(struct door *door, const struct sync_answer *answer);
/* Resolves again: the time, a fault or a relock may have changed what holds. */
void state_apply(struct door *door);
/* What the door's state opened was ended here, by hand or by fire: it does not come back. */
void state_spend(struct door *door);

/* ---- lift.c ---- */

/* Loads what was lifted; with the states it is about. */
void lift_start(struct door *door);
/*
 * Not heard for ten seconds since the start or a lost connection, or the newest time that it signed
 * is three minutes old.
 */
bool lift_hub_is_dead(const struct door *door);
/* A state of that revision has no lockdown any more. */
bool lift_covers(const struct revision *lifted, const struct revision *revision);
/*
 * A card with the override flag passed a lockdown: where the hub is dead, that lifts it. tap: its
 * entry, for who it was. Where that cannot be journalled, the lockdown stays.
 */
void lift_by_card(struct door *door, const struct entry *tap);
/* Lifts a lockdown where root asked for it with tapin-door --lift-lockdown; called by housekeeping.
 */
void lift_look(struct door *door);
/* tapin-door --lift-lockdown, for a hub that is dead: asks the running door. 0 or negative errno.
 */
int lift_ask(const struct door_conf *conf, char ret_done[ERR_MAX], char err[ERR_MAX]);

/* ---- command.c ---- */

void command_start(struct door *door);
void command_stop(struct door *door);
void command_take(struct door *door, const struct mqtt_event *event);
/* The keeper answered for a counter. */
void command_kept(struct door *door, uint64_t tag, int error);
/* Sends what could not be sent. */
void command_connected(struct door *door);
void command_answer(struct door *door, struct command_result *result);
/* A result of this command, still without what it ended with. */
struct command_result command_result_of(const struct door *door, const struct command *command);

/* ---- erase.c ---- */

void erase_take(struct door *door, const struct mqtt_event *event);
void erase_journal_done(struct door *door, const struct journal_event *event);
void erase_wiped(struct door *door, const struct keeper_event *event);
/* Unknown cards, each hour. */
void erase_tick(struct door *door);

/* ---- rollcall.c ---- */

#define ROLLCALL_FIRE_NAME "rollcall.fire" /* in the run directory; written at each fire */

/* Looks at the file from before. */
void rollcall_start(struct door *door);
void rollcall_stop(struct door *door);
void rollcall_take(struct door *door, const struct mqtt_event *event);
/* A head was believed: a list that it names and the door lacks is asked for. */
void rollcall_heard_head(struct door *door);
void rollcall_written(struct door *door, const struct keeper_event *event);
/* The fire input: whoever waits for the file prints the list. */
void rollcall_fire(const struct door *door);

/* ---- enrol.c ---- */

/* 0, or -EBUSY while another goes on. */
int enrol_begin(struct door *door, const struct command *command);
/* False: none was under way. */
bool enrol_cancel(struct door *door, const char *why);
/* An unknown card while enrolling: true when it was taken care of. */
bool enrol_card(struct door *door, const struct reader_card *card, const struct token *token);
/* What an idle door shows meanwhile; PATTERN_IDLE: nothing. */
enum pattern enrol_pattern(const struct door *door);
void enrol_stop(struct door *door);
