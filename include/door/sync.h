/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a door knows of its hub (design.md section 9): part of struct door.
 *
 *   broker.c    the connection, topics, who gets which message, refusals
 *   feed.c      live, status, journal, acknowledgements
 *   site_keys.c which hub keys are good
 *   sync.c      asks and answers, the hub's time, the age of the roster
 *   fetch.c     rosters and deltas on their way into the cache
 *   state.c     lockdown, mode and hold: kept, resolved, told to the doorway
 *   lift.c      a lockdown ended at the door, with the hub dead
 *   command.c   commands and their results
 *   enrol.c     reading a new card for a host
 *   rollcall.c  the newest sealed list of who is inside
 *   erase.c     whom the door forgets
 */
#pragma once

#include "door/accept.h"
#include "door/enrolment.h"
#include "door/refusal.h"
#include "door/withheld.h"
#include "store/keeper.h"
#include "wire/command.h"
#include "wire/message.h"
#include "wire/mqtt.h"
#include "wire/rollcall.h"
#include "wire/sync.h"
#include <systemd/sd-event.h>

struct door;

enum broker_topic {
	BROKER_TOPIC_STATUS, /* ours */
	BROKER_TOPIC_LIVE,
	BROKER_TOPIC_JOURNAL,
	BROKER_TOPIC_ASK,
	BROKER_TOPIC_RESULT,
	BROKER_TOPIC_KEYS, /* the hub's, from here on, in the order of subscribing */
	BROKER_TOPIC_SITE_STATE,
	BROKER_TOPIC_STATE,
	BROKER_TOPIC_HEAD,
	BROKER_TOPIC_DELTA,
	BROKER_TOPIC_ROSTER,
	BROKER_TOPIC_COMMAND,
	BROKER_TOPIC_ACK,
	BROKER_TOPIC_ROLLCALL,
	BROKER_TOPIC_ERASE,
	BROKER_TOPIC_COUNT,
};

struct door_broker {
	struct mqtt *mqtt; /* NULL: no broker is configured */
	sd_event_source *io;
	struct refusals refusals;
	char topics[BROKER_TOPIC_COUNT][MQTT_TOPIC_MAX];
};

struct sync_outstanding {
	bool on;
	enum sync_want want;
	uint8_t nonce[SYNC_NONCE_SIZE];
	uint8_t before[SYNC_NONCE_SIZE]; /* of the ask before: its late answers are no attack */
	uint64_t due_ms;                 /* then it is asked again */
	uint32_t wait_ms;
};

/* A roster that the door pulls, chunk by chunk. */
struct sync_fetch {
	bool on;
	bool begun; /* the keeper has its head */
	bool snapshot;
	struct sync_head to;
	struct revision from;
	uint32_t chunk;   /* the next one that is to come */
	unsigned coming;  /* chunks that the ask under way still brings */
	unsigned filling; /* answers that the keeper owes */
	bool committing;
};

#define SYNC_WAITING_MAX 16

struct door_sync {
	struct keeper *keeper; /* NULL: its file cannot be had */
	bool keeper_failed;    /* it was said once */
	sd_event_source *io;
	sd_event_source *timer;
	uint8_t start[SYNC_NONCE_SIZE]; /* of this start of the door */

	bool kept;     /* the floors of earlier starts are known */
	bool answered; /* the hub has answered an ask of this start */
	struct sync_outstanding ask;
	bool wants; /* an ask is to be made */
	enum sync_want want;
	uint64_t want_ms;     /* when */
	uint64_t reported_ms; /* when the hub was last told what is in force */
	uint64_t report_ms;   /* when it is to be told again; 0: nothing new */
	unsigned failures;    /* rosters that were not taken, one after another */
	uint64_t heard_ms;    /* when the hub was last heard */
	uint64_t alone_ms;    /* since when it is not: start or loss; 0: it is */

	struct sync_head force; /* the roster in force: revision and digest */
	struct revision floor;
	struct sync_head newest; /* the newest head that was believed; its time */
	int64_t head_kept_us;    /* its time as it is on disk */
	bool time_known;         /* by an answer to an ask of this start */
	int64_t offset_us;       /* the hub's clock less our monotonic one */

	struct withheld withheld;
	struct sync_fetch fetch;
	unsigned waiting_count;
	struct sync_delta waiting[SYNC_WAITING_MAX]; /* the first is with the keeper */
};

struct door_state {
	struct sync_site_state site;
	struct sync_door_state door;
	struct revision spent;       /* the door state whose opening was ended here */
	struct revision lifted_site; /* states whose lockdown was lifted here */
	struct revision lifted_door;
	const char *lifter; /* who does, now; else NULL */
	bool lockdown;
	bool told_doubt; /* the doorway was last told DOUBTED */
	bool told_full;  /* that it was not opened, for the journal is full */
	sd_event_source *timer;
};

#define COMMANDS_WAITING_MAX 8
#define COMMANDS_DONE_MAX 8

struct door_commands {
	struct revision counter;
	uint64_t tag; /* of the counter that was handed to the keeper last */
	unsigned waiting_count;
	struct {
		uint64_t tag;
		struct command command;
	} waiting[COMMANDS_WAITING_MAX]; /* for their counters to be durable */
	unsigned next_done;
	uint8_t done[COMMANDS_DONE_MAX][COMMAND_ID_SIZE]; /* taken lately: not answered twice */
	bool has_unsent;
	struct command_result unsent; /* made while there was no connection */
	sd_event_source *identify;
};

struct door_rollcall {
	uint8_t id[ROLLCALL_ID_SIZE]; /* of the one that is kept, or on its way to the disk */
	int64_t as_of_us;             /* 0: none */
	bool damaged;                 /* there is a file that cannot be read */
	struct rollcall_join join;    /* the one that comes in parts */
	uint64_t joined_ms;           /* when its last part came */
	uint64_t told_ms;             /* when the status last told of one */
};

struct door_erase {
	uint64_t member; /* being forgotten now; 0: nobody */
	uint64_t due_ms; /* when unknown cards are looked at next; 0: at a start */
};

struct door_enrol {
	struct enrolment machine;
	struct command command; /* whose results these are */
	sd_event_source *timer;
};
