/* SPDX-License-Identifier: Apache-2.0 */
/* Doors, their claims, their state, and the commands that were sent to them. */
#pragma once

#include "crypto/sign.h"
#include "store/registry.h"

enum registry_door_status {
	REGISTRY_DOOR_NEW, /* waits for its claim */
	REGISTRY_DOOR_ACTIVE,
	REGISTRY_DOOR_STOLEN, /* cut off; a new claim brings it back with new keys */
};
const char *registry_door_status_name(enum registry_door_status status);

struct registry_door {
	char name[NAME_ID_MAX];
	char title[REGISTRY_NAME_MAX + 1];
	char zone[REGISTRY_ZONE_MAX +
		  1]; /* where who passed it is; "": inside, or (exit) outside */
	enum registry_door_status status;
	bool has_key;
	struct sign_public key;
	/* as signed asks told it; zeros before the first */
	struct revision revision;
	uint8_t digest[ROSTER_DIGEST_SIZE];
	uint8_t start[16];
	int64_t asked_us; /* hub's clock at the last genuine ask */
	char program[48];
	/* as the unsigned status told it: for people only */
	bool online;
	int64_t online_us; /* since when online or offline */
	char *status_json; /* the last status message, or NULL; owned by the row: registry_door_free
			    */
	/* state: revision is its own count. mode: enum door_mode (wire/sync.h) as a number */
	int mode;
	int64_t hold_from_us;
	int64_t hold_until_us;
	bool hold_event;
	struct revision state_revision;
	int64_t state_us;
	char state_actor[ENTRY_ACTOR_MAX + 1];
	struct revision counter; /* of commands: the last one given out */
	uint64_t version;
};
int registry_door(struct registry *registry, const char *name, struct registry_door *ret_door);
void registry_door_free(struct registry_door *door);
/* By name, ascending; after NULL: from the first. The caller frees each row. */
int registry_doors(
	struct registry *registry, const char *after, struct registry_door *rows, size_t limit);
int registry_door_add(struct registry *registry, const char *name, const char *title);
int registry_door_title(
	struct registry *registry, const char *name, const char *title, uint64_t version);
/* Where it leads to; of an exit reader: where who leaves by it is then. */
int registry_door_zone(struct registry *registry, const char *name, const char *zone);
/* Takes it out of the roster and forgets its keys; its log stays. */
int registry_door_remove(struct registry *registry, const char *name, uint64_t version);
int registry_door_stolen(struct registry *registry, const char *name);
/* Mode and hold; a new state revision. */
int registry_door_set_state(struct registry *registry, const char *name, int mode,
	int64_t hold_from_us, int64_t hold_until_us, bool hold_event, const char *actor);
/* Keys under which batches of this door may still be signed, the newest first (at most 4). */
int registry_door_keys(
	struct registry *registry, const char *name, struct sign_public *keys, size_t room);

/* What an ask told. Its own transaction, or inside a change. */
int registry_door_asked(struct registry *registry, const char *name,
	const struct revision *revision, const uint8_t digest[ROSTER_DIGEST_SIZE],
	const uint8_t start[16], const char *program);
int registry_door_status(
	struct registry *registry, const char *name, bool online, const char *status_json);

/* ---- claims ---- */
struct registry_claim {
	char claim[17];
	char door[NAME_ID_MAX];
	uint8_t secret[32];
	char account[64];
	int64_t expires_us;
};
/* Replaces an earlier claim of the door. */
int registry_claim_add(struct registry *registry, const struct registry_claim *claim);
/* 1, 0 when there is none: used, expired or never made. */
int registry_claim(struct registry *registry, const char *claim, struct registry_claim *ret_claim);
/* Uses it up: the door becomes active with this key. */
int registry_claim_use(struct registry *registry, const char *claim, const struct sign_public *key);
/* Those that ran out: their accounts are to be removed. How many; removes them here. */
int registry_claims_expired(struct registry *registry, struct registry_claim *rows, size_t room);
int registry_claims(struct registry *registry, struct registry_claim *rows, size_t room);

/* ---- commands ---- */
struct registry_command {
	uint8_t id[16];
	char door[NAME_ID_MAX];
	int verb; /* enum command_verb */
	uint32_t seconds;
	struct revision counter;
	char actor[ENTRY_ACTOR_MAX + 1];
	int64_t sent_us;
	int64_t expires_us;
	int outcome; /* enum command_outcome; NONE: no answer yet */
	char why[ENTRY_DETAIL_MAX + 1];
	int64_t answered_us;
	/* enrol */
	uint64_t member;
	char label[REGISTRY_NAME_MAX + 1];
	unsigned shown;
	uint64_t card; /* the pending card that came of it */
};
/* Gives the door's next counter (durable when the change is) and keeps the row. */
int registry_command_add(struct registry *registry, struct registry_command *command);
int registry_command(
	struct registry *registry, const uint8_t id[16], struct registry_command *ret_command);
int registry_command_answered(struct registry *registry, const struct registry_command *command);
/* Newest first; door NULL: of all. Rows older than 30 days are forgotten by registry_prune. */
int registry_commands(
	struct registry *registry, const char *door, struct registry_command *rows, size_t limit);
