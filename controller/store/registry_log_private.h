/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the log share: its rows as the tables keep them. */
#pragma once

#include "registry_private.h"
#include "store/registry_log.h"

#define REGISTRY_LOG_ROW "seq, hash, body, salt, subject, why"
#define REGISTRY_LOG_ROW_COLUMNS 6
#define REGISTRY_LOG_ZONE 1024 /* ids of one row of entry_zone */

/* The columns REGISTRY_LOG_ROW from `column` on. Sizes that cannot be make the row poison. */
void registry_log_row(sqlite3_stmt *stmt, int column, struct registry_batch_row *ret_row);

/* Raises an alarm inside the change in progress. 0 or negative errno. */
int registry_alarm_raise(struct registry *registry, enum registry_alarm_kind kind, const char *door,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
