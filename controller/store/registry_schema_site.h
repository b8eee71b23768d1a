/* SPDX-License-Identifier: Apache-2.0 */
/* What the site keeps for whom: the wardens' key (no row: there are none), and how long. */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_SITE \
"CREATE TABLE wardens (" \
"  id INTEGER PRIMARY KEY CHECK (id = 1)," \
"  public BLOB NOT NULL CHECK (length(public) = 32)," \
"  set_by TEXT NOT NULL," \
"  set_us INTEGER NOT NULL) STRICT;" \
"CREATE TABLE retention (" /* ran_us: when it was last looked through */ \
"  id INTEGER PRIMARY KEY CHECK (id = 1)," \
"  entries_days INTEGER NOT NULL," \
"  unknown_hours INTEGER NOT NULL," \
"  names_days INTEGER NOT NULL," \
"  audit_days INTEGER NOT NULL," \
"  notices_days INTEGER NOT NULL," \
"  ran_us INTEGER NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"INSERT INTO retention VALUES (1, 365, 24, 31, 731, 92, 0, 1);" \
"CREATE INDEX audit_at ON audit (at_us);" \
"CREATE INDEX notice_at ON notice (at_us);"
/* clang-format on */
