/* SPDX-License-Identifier: Apache-2.0 */
/* What sync.c, answer.c and heard.c share: one row a door, and what was told to all of them. */
#pragma once

#include "hub/hub.h"

#define SYNC_VIEWS_MAX 4
#define SYNC_VIEW_IDLE_MS 60000 /* not used so long: closed */
#define SYNC_BULK_MAX 64        /* states and chunks under way; MQTT_UNSENT_MAX leaves room */

/* Answers that wait to be sent to one door: the newest ask only. */
struct answer_job {
	bool active;
	struct sync_ask ask;
	enum sync_answer_kind kind;
	struct revision from;  /* DELTA */
	struct revision floor; /* what the door had; an older roster it would refuse */
	bool has_to;
	struct revision to; /* the roster that all chunks make, from the first one on */
	uint32_t next;      /* chunk */
	uint32_t end;
};

struct sync_door {
	char name[NAME_ID_MAX];
	bool wanted; /* in the registry and not stolen: its state is published */
	bool seen;   /* by the refresh that is under way */

	struct sync_door_state state;
	bool state_told;
	bool cleared; /* its retained messages are gone */

	/* heard.c: what is not in the registry yet */
	bool has_ask;
	bool ask_soon; /* more than the time changed */
	struct sync_ask ask;
	bool has_status;
	bool status_soon;
	bool online;
	char *status_json;

	/* answer.c */
	struct revision floor; /* the newest roster that it ever said it has */
	double tokens;         /* asks that it may still make */
	uint64_t tokens_ms;
	struct answer_job job;
};

struct answer_view {
	struct registry_view *view; /* NULL: free */
	bool delta;
	struct revision from; /* DELTA */
	uint64_t used_ms;
};

struct hub_sync {
	struct sync_door **doors; /* by name */
	size_t door_count;
	size_t door_room;

	bool fresh; /* connected, and everything was published since */
	uint64_t keys_serial;
	struct revision roster_told;
	struct revision site_told;
	bool site_is_told;
	uint64_t head_ms; /* monotonic: of the last head; 0: none since the connection */
	uint64_t change_ms;
	sd_event_source *soon; /* changes that followed another closely, and what was heard */
	uint64_t flush_ms;     /* when heard things are due; 0: nothing waits */
	uint64_t change_due_ms;

	int bulk[SYNC_BULK_MAX]; /* ids of publishes under way */
	size_t bulk_count;

	struct answer_view views[SYNC_VIEWS_MAX];
	size_t cursor; /* door whose turn it is */
};

/* ---- doors.c ---- */
struct sync_door *sync_door_find(struct hub_sync *sync, const char *name);
void sync_door_drop(struct hub_sync *sync, size_t at);
/* Takes the registry's doors over: new ones, new states, and those that are gone. */
void sync_doors_refresh(struct hub *hub);
/* What a head says beside the roster: the roll call, the retention. */
void sync_fill_more(const struct hub *hub, struct sync_head *head);
void sync_fill_site_state(
	const struct hub *hub, const struct registry_site *site, struct sync_site_state *ret_state);
void sync_fill_door_state(
	const struct hub *hub, const struct registry_door *door, struct sync_door_state *ret_state);

/* ---- sync.c ---- */
/* Publishes with the bulk window in mind: -EAGAIN when it is full. */
int sync_publish_bulk(struct hub *hub, const char *topic, const char *body, bool retain);
/* Sets the timer for what is due first. */
void sync_arm(struct hub *hub);

/* ---- answer.c ---- */
/* A genuine ask: its answer is begun. false when the door asks too often. */
bool answer_allowed(struct sync_door *door, uint64_t now_ms);
void answer_take(struct hub *hub, struct sync_door *door, const struct sync_ask *ask);
/* Sends what fits the window, the doors in turn. */
void answer_pump(struct hub *hub);
void answer_tick(struct hub *hub);
void answer_stop(struct hub_sync *sync);

/* ---- heard.c ---- */
void heard_ask(struct hub *hub, struct sync_door *door, const struct sync_ask *ask);
void heard_status(struct hub *hub, struct sync_door *door, const struct mqtt_event *event);
/* A stolen door is offline: the broker tells no last will of whom it throws out. */
void heard_cut_off(struct hub *hub, struct sync_door *door);
