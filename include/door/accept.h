/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a message of the hub, whose signature is good, is one to believe: pure rules over what
 * the door knows (design.md section 9). What is refused has a text that goes into the journal.
 */
#pragma once

#include "wire/command.h"
#include "wire/sync.h"

enum accept {
	ACCEPT_REFUSED_SITE, /* the zero value refuses */
	ACCEPT_REFUSED_DOOR,
	ACCEPT_REFUSED_GENERATION, /* above the one that the site root key certified */
	ACCEPT_REFUSED_REPLAY,     /* a command's counter is not above the last one */
	ACCEPT_REFUSED_START,      /* for an earlier start of the door */
	ACCEPT_REFUSED_TIMELESS,   /* the door does not know the hub's time yet */
	ACCEPT_REFUSED_EXPIRED,
	ACCEPT_REFUSED_SECONDS,
	ACCEPT_REFUSED_ROLLED_BACK, /* older than what is in force */
	ACCEPT_REFUSED_OLD_TIME,    /* the hub's time went back: replayed or reordered */
	ACCEPT_REFUSED_CHANGED,     /* the same revision with other content */
	ACCEPT_REFUSED_AGAIN,       /* a delta that is in force already */
	ACCEPT_LATER, /* it may be an old one: not before the hub answered; nobody's fault */
	ACCEPT_NOTHING_NEW,
	ACCEPT_OK,
};

/* Why, as a part of a sentence for people: "it names another site". "" for what is no refusal. */
const char *accept_text(enum accept accept);
/* True for what belongs into the journal. */
bool accept_refused(enum accept accept);

/* What the door knows when a message comes. */
struct accept_facts {
	const char *site;
	const char *door;
	uint32_t generation; /* the highest certified */
	bool believes;       /* broadcasts and retained messages count (see accept_believes) */
};

/*
 * Broadcast heads and retained states count after the first answered ask of this start; before it
 * only by a trusted clock, which shows an old one, and only where the door kept what it knew.
 */
bool accept_believes(bool answered, bool clock_trusted, bool kept);

struct accept_command_facts {
	struct revision counter; /* the last one kept */
	uint8_t start[SYNC_NONCE_SIZE];
	bool time_known;
	int64_t now_us; /* the hub's time */
};
enum accept accept_command(const struct accept_facts *facts,
	const struct accept_command_facts *more, const struct command *command);

/* kept: the state in force (revision zeros: none); answered: the door asked for this one. */
enum accept accept_site_state(const struct accept_facts *facts, const struct sync_site_state *kept,
	const struct sync_site_state *state, bool answered);
enum accept accept_door_state(const struct accept_facts *facts, const struct sync_door_state *kept,
	const struct sync_door_state *state, bool answered);

struct accept_head_facts {
	struct revision own; /* the roster in force; zeros: none of the hub's */
	uint8_t digest[ROSTER_DIGEST_SIZE];
	struct revision floor; /* the highest that ever was in force here */
	int64_t newest_us;     /* the hub's newest time that was believed; 0: none */
};
/*
 * A head: OK with what to ask for in *ret_want (REPORT: nothing, the door has it). answered: it
 * came as the answer to the door's own ask; then its time need not go forward. retained: the broker
 * kept it, so that an older time is no news.
 */
enum accept accept_head(const struct accept_facts *facts, const struct accept_head_facts *more,
	const struct sync_head *head, bool answered, bool retained, enum sync_want *ret_want);

/* A broadcast delta: OK for one that goes forward, whether or not it fits what is in force. */
enum accept accept_delta(const struct accept_facts *facts, const struct accept_head_facts *more,
	const struct sync_delta *delta);
