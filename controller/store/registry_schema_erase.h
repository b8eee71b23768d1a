/* SPDX-License-Identifier: Apache-2.0 */
/* Step 5: who was erased, by numbers alone, and which doors owe it still. */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_ERASE \
"CREATE TABLE erasure (" /* wiped 0: pages of the file may hold what was */ \
"  member INTEGER PRIMARY KEY," \
"  at_us INTEGER NOT NULL," \
"  generation INTEGER NOT NULL," \
"  number INTEGER NOT NULL," \
"  wiped INTEGER NOT NULL) STRICT;" \
"CREATE TABLE erasure_door (" \
"  door TEXT NOT NULL," \
"  member INTEGER NOT NULL REFERENCES erasure," \
"  PRIMARY KEY (door, member)) STRICT, WITHOUT ROWID;" \
"CREATE INDEX erasure_door_member ON erasure_door (member);" \
"CREATE TABLE erasure_entry (" /* that have a token and no number */ \
"  door TEXT NOT NULL," \
"  member INTEGER NOT NULL REFERENCES erasure," \
"  journal BLOB NOT NULL CHECK (length(journal) = 16)," \
"  seq INTEGER NOT NULL," \
"  PRIMARY KEY (door, member, journal, seq)) STRICT, WITHOUT ROWID;"
/* clang-format on */
