/* SPDX-License-Identifier: Apache-2.0 */
/* What the sync messages share. */
#pragma once

#include "body.h"
#include "wire/sync.h"

/* Revision, digest and time of a head, beside other keys. Putters: 0, -EINVAL or -ENOMEM. */
int sync_put_head(json_t *object, const struct sync_head *head);
int sync_get_head(const struct json_place *place, const json_t *object, struct sync_head *head);

/* A run of records as "records". Owned after reading. */
int sync_put_records(json_t *object, const uint8_t *records, size_t size);
int sync_get_records(const struct json_place *place, const json_t *object, uint8_t **ret_records,
	size_t *ret_size);

/* A state without site and door, which stand elsewhere. */
int sync_put_site_state(json_t *object, const struct sync_site_state *state);
int sync_get_site_state(
	const struct json_place *place, const json_t *object, struct sync_site_state *state);
int sync_put_door_state(json_t *object, const struct sync_door_state *state);
int sync_get_door_state(
	const struct json_place *place, const json_t *object, struct sync_door_state *state);

/* An object with version, type, site and, unless NULL, door. NULL when there is no memory. */
json_t *sync_new(const char *type, const char *site, const char *door);
/* Gives object's text if r is 0; takes object over in any case. */
int sync_finish(json_t *object, int r, char **ret_body);
