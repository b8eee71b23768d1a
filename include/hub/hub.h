/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * tapin-hub: everything the program owns, and what its files do for each other.
 *
 *   hub.c      start, loop, housekeeping, stop       sync.c       keys, head, deltas, states (doors.c)
 *   post.c     the broker: messages in and out       answer.c     answers to asks
 *   conf.c     the configuration file                heard.c      what doors told of themselves
 *   init.c     --init, --recover, --restore          collect.c    journals, acknowledgements
 *   keys.c     root, hub and card keys, roll-over    command.c    commands and their results
 *   broker.c   accounts of the broker                enrol.c      the card that was enrolled
 *   session.c  login, sessions, tries                provision.c  bundles, claims, stolen doors
 *   rollcall.c who is inside, sealed for the wardens retention.c  what is past its time
 *   certificate.c the one of HTTPS
 *   live.c     who watches the hub, and what they are told
 *   erase.c    what is left to do after an erasure (hub/erase.h)
 *   route.c    requests, operators, problems         api_*.c      one group of routes each
 *   page.c     the page's files (hub/page.h)         limit.c      how often who may ask
 *   cookie.c   sessions of the page
 *
 * One loop thread (libmosquitto's own beside it). The registry's single writer.
 */
/* clang-format on */
#pragma once

#include "crypto/certificate.h"
#include "crypto/sign.h"
#include "hub/conf.h"
#include "hub/page.h"
#include "store/registry.h"
#include "store/registry_access.h"
#include "store/registry_days.h"
#include "store/registry_door.h"
#include "store/registry_log.h"
#include "store/registry_people.h"
#include "store/registry_site.h"
#include "wire/bundle.h"
#include "wire/command.h"
#include "wire/http.h"
#include "wire/mqtt.h"
#include "wire/rollcall.h"
#include "wire/sync.h"
#include <systemd/sd-event.h>

struct hub_keys {
	struct card_key card;
	struct sign_secret hub; /* signs now */
	struct sync_keys site;  /* what doors are told: verified against root */
	struct sign_public root;
	char *keys_message; /* the signed `keys` message, as published */
};

struct hub_post;      /* post.c */
struct hub_sync;      /* sync.c */
struct hub_collect;   /* collect.c */
struct hub_commands;  /* command.c */
struct hub_provision; /* provision.c */
struct hub_broker;    /* broker.c */
struct hub_rollcall;  /* rollcall.c */
struct hub_routes;    /* session.c */
struct hub_limits;    /* limit.c */
struct hub_live;      /* live.c */
struct hub_verify;    /* verify.c */

struct hub {
	struct hub_conf conf;
	struct hub_keys keys;
	struct registry *registry;
	sd_event *event;
	struct mqtt *mqtt; /* NULL until the broker is configured well enough to try */
	sd_event_source *mqtt_io;
	struct http *http;
	sd_event_source *http_io;
	sd_event_source *http_timer;
	char fingerprint[CERTIFICATE_FINGERPRINT_SIZE]; /* of HTTPS; "": none is served */
	int64_t certificate_from_us;
	int64_t certificate_until_us;
	sd_event_source *housekeeping;
	int32_t pruned;     /* local date of the last registry_prune */
	int64_t ticked;     /* minute of the last registry_days_tick */
	uint64_t erase_ms;  /* monotonic: when erasures are looked at next */
	uint64_t forget_ms; /* monotonic: when the retention is looked at next */
	struct hub_post *post;
	int lock; /* of the store directory: one hub at a time */
	struct hub_sync *sync;
	struct hub_collect *collect;
	struct hub_commands *commands;
	struct hub_provision *provision;
	struct hub_broker *broker;
	struct hub_rollcall *rollcall;
	struct hub_routes *routes;
	struct page *page; /* page.c; NULL: none is installed */
	struct hub_limits *limits;
	struct hub_live *live;
	struct hub_verify *verify;
};

/* ---- topic.c ---- */

/* The door of "tapin/SITE/door/DOOR/NAME": false for any other topic. */
bool hub_topic_door(
	const struct hub *hub, const char *topic, const char *name, char ret_door[NAME_ID_MAX]);

/* ---- hub.c ---- */

/* Runs the hub until SIGTERM or SIGINT. 0, or negative errno after the failure was logged. */
int hub_run(const struct hub_conf *conf);
/* After each commit of the registry: doors are told at once. */
void hub_changed(struct hub *hub);

/* ---- retention.c ---- */

/* Once a second. */
void retention_tick(struct hub *hub);

/* ---- post.c ---- */

int post_start(struct hub *hub, char err[ERR_MAX]);
void post_stop(struct hub *hub);
/* Opens the broker's connection where there is none yet. Once a second. */
void post_tick(struct hub *hub);
/* Subscribes to "tapin/SITE/door/+/NAME". */
void post_subscribe_doors(struct hub *hub, const char *name);
/* Seals body for topic with the hub's key and publishes it; QoS 1. 0, or negative errno: -ENOTCONN,
 * -EAGAIN. */
int hub_publish(struct hub *hub, const char *topic, const char *body, bool retain);
/* At most once, and ahead of what waits for the broker's word: for what is asked again anyway. */
int hub_publish_quick(struct hub *hub, const char *topic, const char *body);
/* The same as hub_publish, with the id that MQTT_EVENT_PUBLISHED tells of. */
int hub_publish_id(struct hub *hub, const char *topic, const char *body, bool retain, int *ret_id);
/* A message of a door that was not genuine: logged and an alarm, not more often than it can be
 * read. what: "ask", "journal" … */
void hub_refuse(struct hub *hub, const char *door, const char *what, const char *why);

/* Each part: started before the loop, told of the broker's coming and of its messages. A part that
 * does not know a topic leaves it alone: returns false. */
int hub_sync_start(struct hub *hub, char err[ERR_MAX]);
void hub_sync_stop(struct hub *hub);
void hub_sync_connected(struct hub *hub);
bool hub_sync_message(struct hub *hub, const struct mqtt_event *event);
/* Publishes what changed since the last time: keys, delta, head, states. */
void sync_changed(struct hub *hub);
/* A message left, or the connection did: there is room for more. */
void hub_sync_published(struct hub *hub, int id);
void hub_sync_disconnected(struct hub *hub);
/* Writes to the registry what asks and status messages told, now (unless a change is open). */
void sync_flush(struct hub *hub);
/* No reader holds the registry's file: doors that are being answered begin again where they are. */
void sync_close_views(struct hub *hub);
/* The nonce of the door's present start, where it is not in the registry yet. */
bool sync_newer_start(struct hub *hub, const char *door, uint8_t ret_start[SYNC_NONCE_SIZE]);
/* Once a second. */
void hub_sync_tick(struct hub *hub);

/*
 * rollcall.c: at each change of who is inside, at most once a second, the list is sealed to the
 * wardens' key and published to all doors; also every five minutes, so that its age tells whether
 * the hub lives.
 */
int hub_rollcall_start(struct hub *hub, char err[ERR_MAX]);
void hub_rollcall_stop(struct hub *hub);
void hub_rollcall_connected(struct hub *hub);
/* Who is inside may be others now. Also before the start. */
void hub_rollcall_changed(struct hub *hub);
/* A door asked for the newest: it goes to all, again. */
void hub_rollcall_again(struct hub *hub);
/* The id of the newest for a head; zeros: there is none. */
void hub_rollcall_id(const struct hub *hub, uint8_t ret_id[ROLLCALL_ID_SIZE]);
/* When the newest was made; 0: there is none. */
int64_t hub_rollcall_as_of(const struct hub *hub);
/* rollcall_list.c: who is inside now, by name; as_of_us is the caller's. 0, or negative errno and
 * registry_error says why. Free with rollcall_free. */
int hub_rollcall_list(struct hub *hub, struct rollcall *ret_list);

int hub_collect_start(struct hub *hub, char err[ERR_MAX]);
void hub_collect_stop(struct hub *hub);
void hub_collect_connected(struct hub *hub);
bool hub_collect_message(struct hub *hub, const struct mqtt_event *event);
/* Nothing more waits at the moment: commits what came, then acknowledges it. */
void collect_flush(struct hub *hub);
/* How long entries may be missing before that is an alarm; two minutes. */
void collect_patience(struct hub *hub, uint64_t ms);
void hub_collect_tick(struct hub *hub);

int hub_command_start(struct hub *hub, char err[ERR_MAX]);
void hub_command_stop(struct hub *hub);
void hub_command_connected(struct hub *hub);
bool hub_command_message(struct hub *hub, const struct mqtt_event *event);
void hub_command_tick(struct hub *hub);
/* After a commit: publishes commands whose rows it made durable. */
void command_changed(struct hub *hub);
/*
 * Sends a command and keeps its row: verb, door, seconds, actor, for an enrolment member and label
 * are read; id, counter and times are filled in. Inside a change it is sent by the hub_changed that
 * follows the commit; outside it makes a change of its own. 0, -ENOENT no such door, -EHOSTUNREACH
 * the broker is away, or the door has not asked since its start (no nonce), -EINVAL; err has the
 * sentence.
 */
int command_send(struct hub *hub, struct registry_command *command, char err[ERR_MAX]);

int hub_provision_start(struct hub *hub, char err[ERR_MAX]);
void hub_provision_stop(struct hub *hub);
void hub_provision_connected(struct hub *hub);
bool hub_provision_message(struct hub *hub, const struct mqtt_event *event);
void hub_provision_tick(struct hub *hub);
/*
 * Makes a claim and its account, and the bundle file's text; the caller frees (and wipes). The door
 * exists (registry_door_add). Inside a change, or a change of its own. An earlier bundle of the
 * door is void from then on. 0 or negative errno with err: -ENOENT no such door.
 */
int provision_bundle(struct hub *hub, const char *door, char **ret_text, char err[ERR_MAX]);
/* Ends a door's connection and removes its account, after registry_door_stolen or _remove was
 * committed; a door that is still active becomes stolen. Its claims are void, too. */
int provision_cut_off(struct hub *hub, const char *door, char err[ERR_MAX]);
/* Whether this claim was used so short a time ago that its account must stay: the door reads its
 * answer through it. */
bool provision_claim_lives(const struct hub *hub, const char *claim);

/*
 * broker.c: accounts "door-D" and "claim-C" through Mosquitto's dynamic-security plugin; kept until
 * the broker has answered, whenever that is. For a broker without it ([mqtt] accounts = manual) the
 * functions return 0 and err says which file tells the admin what to do there.
 */
int hub_broker_start(struct hub *hub, char err[ERR_MAX]);
void hub_broker_stop(struct hub *hub);
void hub_broker_connected(struct hub *hub);
bool hub_broker_message(struct hub *hub, const struct mqtt_event *event);
void hub_broker_tick(struct hub *hub);
int broker_add_door(struct hub *hub, const char *door, const char *password, char err[ERR_MAX]);
int broker_add_claim(struct hub *hub, const char *claim, const char *password, char err[ERR_MAX]);
int broker_remove(struct hub *hub, const char *account, char err[ERR_MAX]);

/* route.c: starts hub->http; the loop watches it. */
int route_start(struct hub *hub, char err[ERR_MAX]);
void route_stop(struct hub *hub);
void route_tick(struct hub *hub);

/*
 * live.c: GET /stream. Parts note what may have changed: cheap, also while nobody watches and
 * before the start. The first ten are the words of the API, in the order of live_words.c.
 */
enum live_what {
	LIVE_DOORS = 1 << 0,
	LIVE_PRESENCE = 1 << 1,
	LIVE_ALARMS = 1 << 2,
	LIVE_PEOPLE = 1 << 3,
	LIVE_RULES = 1 << 4,
	LIVE_EVENTS = 1 << 5,
	LIVE_SITE = 1 << 6,
	LIVE_COMMANDS = 1 << 7,
	LIVE_ENROLMENTS = 1 << 8,
	LIVE_ENTRIES = 1 << 9, /* more entries than are told one by one */
	LIVE_WORDS = (1 << 10) - 1,
	LIVE_OPERATORS = 1 << 10, /* whoever watches may not any more */
	LIVE_AUDIT = 1 << 11,     /* the audit may tell what changed */
	LIVE_LOG = 1 << 12,       /* journals came */
	LIVE_ALL = LIVE_WORDS | LIVE_OPERATORS,
};
void hub_live_note(struct hub *hub, unsigned what);
bool hub_live_watched(const struct hub *hub);
int hub_live_start(struct hub *hub, char err[ERR_MAX]);
/* Says so to whoever watches: before the API's stop. */
void hub_live_end(struct hub *hub);
/* After it. */
void hub_live_stop(struct hub *hub);
/* Once a second. */
void hub_live_tick(struct hub *hub);

/* keys.c: loads what --init made. 0 or negative errno with err naming the file and the remedy. */
int hub_keys_load(const struct hub_conf *conf, struct hub_keys *ret_keys, char err[ERR_MAX]);
void hub_keys_free(struct hub_keys *keys);
