/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a roster file, one by one; wire/roster_file.h reads the whole. */
#pragma once

#include "wire/json.h"
#include "wire/roster_file.h"

/*
 * Fill a zeroed record from a JSON object: 0, or -EINVAL with the place's err. What a refused
 * record already holds, roster_file_free frees with the rest.
 */
int roster_tier_read(
	const struct json_place *place, const json_t *object, struct roster_file_tier *ret_tier);
int roster_card_read(
	const struct json_place *place, const json_t *object, struct roster_file_card *ret_card);

/* Each adds its record to the calendar. */
int roster_exception_read(
	const struct json_place *place, const json_t *object, bool open, struct calendar *calendar);
int roster_holiday_read(
	const struct json_place *place, const json_t *object, struct calendar *calendar);

/* The id of a site or door. */
int roster_name_read(const struct json_place *place, const char *key, const json_t *value,
	char ret_name[NAME_ID_MAX]);
