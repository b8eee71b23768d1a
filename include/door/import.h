/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-door --import and --import-holidays: fill the cache from files, whole or not at all. */
#pragma once

#include "door/conf.h"

/*
 * Reads, checks and takes over a roster. Returns 0 and ret_done for a person, or negative errno
 * with err naming the record and the remedy; the old roster is then still in force. -EPERM once the
 * cache belongs to a hub.
 */
int import_roster(
	const struct door_conf *conf, const char *file, char ret_done[ERR_MAX], char err[ERR_MAX]);

/*
 * Takes over the dates of GOV.UK's bank-holidays.json or an iCalendar file in place of those of
 * earlier files; rosters that are imported later keep them, dates they name themselves go before.
 * Returns as import_roster does.
 */
int import_holidays(
	const struct door_conf *conf, const char *file, char ret_done[ERR_MAX], char err[ERR_MAX]);
