/* SPDX-License-Identifier: Apache-2.0 */
/* Step 8: the log by event, by operator, and by any two things at once. */
#pragma once

/* A subject's event, out of the bytes (core/entry.h): fields of two bytes of length, then these. p
 * is where the next field's length stands; an event above 65535 is not read. */
/* clang-format off */
#define REGISTRY_SUBJECT_SKIP(size) \
"iif(substr(s, p, 1) = x'00', p + 2, p + 2 + " #size ")"
#define REGISTRY_SUBJECT_DIGIT(at) \
"(instr('0123456789ABCDEF', substr(h, " #at ", 1)) - 1)"
#define REGISTRY_SCHEMA_FILTERS \
"ALTER TABLE entry ADD COLUMN event INTEGER;" \
"WITH token AS (SELECT id, subject s, 2 p FROM entry WHERE substr(subject, 1, 1) = x'02')," \
"  key AS (SELECT id, s, " REGISTRY_SUBJECT_SKIP(16) " p FROM token)," \
"  card AS (SELECT id, s, " REGISTRY_SUBJECT_SKIP(4) " p FROM key)," \
"  person AS (SELECT id, s, " REGISTRY_SUBJECT_SKIP(8) " p FROM card)," \
"  sponsor AS (SELECT id, s, " REGISTRY_SUBJECT_SKIP(8) " p FROM person)," \
"  actor AS (SELECT id, s, " REGISTRY_SUBJECT_SKIP(8) " p FROM sponsor)," \
"  event AS (SELECT id, s, p + 2 + ifnull(unicode(CAST(substr(s, p, 1) AS TEXT)), 0) p FROM actor)," \
"  told AS (SELECT id, hex(substr(s, p + 2, 2)) h FROM event WHERE substr(s, p, 1) = x'08'" \
"    AND substr(s, p + 4, 6) = x'000000000000') " \
"UPDATE entry SET event = 16 * " REGISTRY_SUBJECT_DIGIT(1) " + " REGISTRY_SUBJECT_DIGIT(2) \
"  + 4096 * " REGISTRY_SUBJECT_DIGIT(3) " + 256 * " REGISTRY_SUBJECT_DIGIT(4) \
"  FROM told WHERE entry.id = told.id AND why IS NULL;" \
"CREATE INDEX entry_event ON entry (event) WHERE event IS NOT NULL;" \
"CREATE INDEX entry_actor ON entry (actor) WHERE actor IS NOT NULL;" \
"CREATE INDEX entry_denied ON entry (verdict) WHERE verdict = 0;" \
"CREATE TABLE entry_mix (" /* of each 1024 ids: what is among them; -1: undecided */ \
"  zone INTEGER NOT NULL," \
"  door TEXT NOT NULL," \
"  kind INTEGER NOT NULL," \
"  verdict INTEGER NOT NULL," \
"  reason INTEGER NOT NULL," \
"  PRIMARY KEY (zone, door, kind, verdict, reason)) STRICT, WITHOUT ROWID;" \
"INSERT INTO entry_mix SELECT DISTINCT id / 1024, door, kind, ifnull(verdict, -1)," \
"  ifnull(reason, -1) FROM entry WHERE kind IS NOT NULL;"
/* clang-format on */
