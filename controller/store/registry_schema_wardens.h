/* SPDX-License-Identifier: Apache-2.0 */
/* The wardens' key, to which the roll call is sealed; no row: there are none. */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_WARDENS \
"CREATE TABLE wardens (" \
"  id INTEGER PRIMARY KEY CHECK (id = 1)," \
"  public BLOB NOT NULL CHECK (length(public) = 32)," \
"  set_by TEXT NOT NULL," \
"  set_us INTEGER NOT NULL) STRICT;"
/* clang-format on */
