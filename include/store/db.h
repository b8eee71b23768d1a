/* SPDX-License-Identifier: Apache-2.0 */
/* What every database of ours has in common: opening, pragmas, migrations, set aside when damaged.
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>

struct sqlite3;

struct db_schema {
	const char *const *steps; /* steps[i] takes user_version i to i + 1 */
	int count;
	int application_id; /* PRAGMA application_id: refuses another program's file */
};

/*
 * Opens or makes the file with WAL, synchronous=FULL, foreign_keys, trusted_schema off, a busy
 * time-out; runs quick_check and the missing migrations, each in a transaction. A newer
 * user_version is refused (-EPROTONOSUPPORT). A damaged file with its -wal and -shm is renamed to
 * *.damaged-TIME, kept, and a new one made: *ret_damaged, and aside = its name.
 */
int db_open(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	bool *ret_damaged, char aside[256], char err[ERR_MAX]);
