/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roll call: who is inside, as far as the hub knows, sealed to the wardens' key
 * (crypto/warden.h) and kept by every door.
 *
 *   the list      JSON, rollcall.json: what a warden reads
 *   sealed        the list in a box that only the wardens' key opens, beside site, key, time and id
 *   the parts     rollcall-part.json, tapin/SITE/rollcall, in the hub's envelope: a sealed list on
 *                 its way; at most ROLLCALL_PART_MAX bytes of it each, in order
 *   the file      rollcall.sealed: one line "tapin-rollcall-1 SITE KEYID AS_OF_US ID", the sealed
 *                 bytes behind it
 *
 * The id is the first 16 bytes of BLAKE2b-256(SITE ‖ 0 ‖ KEYID ‖ 0 ‖ AS_OF_US in digits ‖ 0 ‖
 * sealed bytes): it names a list in the roster's head and shows a damaged file. It vouches for
 * nothing: a door takes a list by the envelope's signature.
 */
#pragma once

#include "base/util.h"
#include "core/roster.h"
#include "crypto/warden.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROLLCALL_ID_SIZE 16
#define ROLLCALL_NAME_MAX 200 /* bytes, as in the registry */
#define ROLLCALL_ZONE_MAX 64
#define ROLLCALL_TIMEZONE_MAX 63
#define ROLLCALL_PEOPLE_MAX 20000 /* of a list; how many there are is said all the same */
#define ROLLCALL_EVENTS_MAX 200
#define ROLLCALL_TEXT_MAX (6u * 1024 * 1024)
#define ROLLCALL_SEALED_MAX (ROLLCALL_TEXT_MAX + SEAL_OVERHEAD)
#define ROLLCALL_FILE_MAX (ROLLCALL_SEALED_MAX + 256)
#define ROLLCALL_PART_MAX 45056 /* sealed bytes of one message: under 64 KiB as JSON */
#define ROLLCALL_FILE_NAME "rollcall.sealed"

/* ---- the list ---- */

struct rollcall_person {
	char name[ROLLCALL_NAME_MAX + 1];
	char zone[ROLLCALL_ZONE_MAX + 1]; /* "": the site has none */
	int64_t since_us;
	bool sure; /* the door saw them come, and none stood open since; else likely */
};

struct rollcall_event { /* a gathering for which a door stands open */
	char title[ROLLCALL_NAME_MAX + 1];
	uint32_t headcount;
};

struct rollcall {
	char site[NAME_ID_MAX];
	char title[ROLLCALL_NAME_MAX + 1];
	char timezone[ROLLCALL_TIMEZONE_MAX + 1]; /* what its times are shown in */
	int64_t as_of_us;                         /* the hub's clock */
	uint32_t sure;                            /* of all; people may be cut off below it */
	uint32_t likely;
	size_t people_count;
	struct rollcall_person *people; /* owned */
	size_t event_count;
	struct rollcall_event *events; /* owned */
};

/* 0, -EINVAL for what no reader would take, -EMSGSIZE, -ENOMEM; the caller frees. */
int rollcall_write(const struct rollcall *list, char **ret_text);
/* 0, or -EBADMSG with err. */
int rollcall_read(const char *text, size_t size, struct rollcall *ret_list, char err[ERR_MAX]);
void rollcall_free(struct rollcall *list);

/* ---- sealed ---- */

struct rollcall_sealed {
	char site[NAME_ID_MAX];
	char key[KEY_ID_SIZE]; /* the wardens' */
	int64_t as_of_us;
	uint8_t id[ROLLCALL_ID_SIZE];
	uint8_t *data; /* owned, but for what rollcall_file_read gives */
	size_t size;
};

/* Seals a list's text. 0, -EINVAL, -ENOMEM. */
int rollcall_seal(const struct rollcall *list, const struct warden_public *key,
	struct rollcall_sealed *ret_sealed);
/* Opens it: 0, -EKEYREJECTED sealed for another key, -EBADMSG damaged, -ENOMEM; err. */
int rollcall_open(const struct rollcall_sealed *sealed, const struct seal_pair *pair,
	struct rollcall *ret_list, char err[ERR_MAX]);
void rollcall_sealed_free(struct rollcall_sealed *sealed);

/* ---- the file ---- */

/* 0 or -ENOMEM; the caller frees. */
int rollcall_file_write(const struct rollcall_sealed *sealed, char **ret_data, size_t *ret_size);
/* ret_sealed->data is a view into data. 0, or -EBADMSG with err: no such file, or damaged. */
int rollcall_file_read(
	const char *data, size_t size, struct rollcall_sealed *ret_sealed, char err[ERR_MAX]);

/* ---- the parts ---- */

struct rollcall_part {
	struct rollcall_sealed of; /* data: this part's, owned after reading; size: of the whole */
	uint32_t part;             /* from 0 */
	size_t part_size;
};

/* How many parts a sealed list has. */
uint32_t rollcall_parts(size_t size);
/* The n-th part as a message's body. 0, -EINVAL, -ENOMEM; the caller frees. */
int rollcall_part_write(const struct rollcall_sealed *sealed, uint32_t part, char **ret_body);
/* 0, or -EBADMSG with err. */
int rollcall_part_read(
	const char *body, size_t size, struct rollcall_part *ret_part, char err[ERR_MAX]);
void rollcall_part_free(struct rollcall_part *part);

/* Parts on their way to a whole; zeros: none yet. Free `of` with rollcall_sealed_free. */
struct rollcall_join {
	struct rollcall_sealed of;
	uint32_t next;
};
/* 1: join->of is whole and its id fits. 0: more is to come. -EAGAIN: it follows nothing that is
 * here. -EBADMSG: the whole does not fit its id. -ENOMEM. */
int rollcall_join(struct rollcall_join *join, const struct rollcall_part *part);
