/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands, hub→door: door/D/command, in the hub's envelope; results, door→hub: door/D/result, in
 * the door's (schemas: command.json, result.json).
 *
 * A door carries one out only if: the counter is above the last one it kept (generation first), the
 * nonce is of its present start, it has not expired by the hub's time as the door knows it, and
 * site, door and signature are right. Each command gets exactly one result, enrol more as it goes
 * on.
 */
#pragma once

#include "base/util.h"
#include "core/roster.h"
#include "wire/sync.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_VERSION 1
#define COMMAND_LIFE_S 15 /* from the hub's hand to the door's: how long one stays good */
#define COMMAND_ID_SIZE 16
#define COMMAND_ENROL_S 30
#define COMMAND_BODY_MAX 4096

enum command_verb {
	COMMAND_NONE,
	COMMAND_UNLOCK, /* for `seconds`: 1 … 60 */
	COMMAND_RELOCK,
	COMMAND_ENROL, /* reads a new card for `seconds`: 5 … 120 */
	COMMAND_ENROL_CANCEL,
	COMMAND_IDENTIFY, /* "which door is this": lights and sound for 5 s */
	COMMAND_TEST,     /* each light and the sound in turn */
};

struct command {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	enum command_verb verb;
	uint8_t id[COMMAND_ID_SIZE];
	struct revision counter;
	uint8_t start[SYNC_NONCE_SIZE]; /* the door's, from its last ask */
	int64_t time_us;                /* the hub's clock when it signed */
	int64_t expires_us;
	uint32_t seconds; /* 0 where the verb takes none */
	uint64_t member;  /* UNLOCK: who is let in; 0: nobody in particular */
	char actor[ENTRY_ACTOR_MAX + 1];
};

enum command_outcome {
	COMMAND_OUTCOME_NONE,
	COMMAND_OUTCOME_DONE,
	COMMAND_OUTCOME_REFUSED, /* not carried out; why says it */
	COMMAND_OUTCOME_FAILED,  /* tried */
	COMMAND_OUTCOME_WAITING, /* ENROL: the card must be shown a first or a second time */
};

struct command_result {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	uint8_t id[COMMAND_ID_SIZE];
	enum command_verb verb;
	enum command_outcome outcome;
	char why[ENTRY_DETAIL_MAX + 1]; /* a sentence for the host; "" where there is none */
	unsigned shown;                 /* ENROL: how often the card was shown */
	bool has_card;                  /* ENROL and DONE */
	struct token token;
	uint32_t key_id;
	enum card_kind kind;
	int64_t time_us;
};

const char *command_verb_name(enum command_verb verb);                 /* "unlock", … */
int command_verb_parse(const char *text, enum command_verb *ret_verb); /* 0 or -EINVAL */
const char *command_outcome_name(enum command_outcome outcome);        /* "done", … */

int command_write(const struct command *command, char **ret_body);
int command_read(const char *body, size_t size, struct command *ret_command, char err[ERR_MAX]);
int command_result_write(const struct command_result *result, char **ret_body);
int command_result_read(
	const char *body, size_t size, struct command_result *ret_result, char err[ERR_MAX]);
