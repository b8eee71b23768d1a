/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of step 1: what the registry is about; registry_schema_log.h has the rest.
 * Dates are days since 1970 (core/civil.h), NULL where open-ended; times are microseconds since
 * 1970 UTC, 0 for never.
 */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA \
"CREATE TABLE meta (" /* revision floor: deltas from before it are not to be had */ \
"  id INTEGER PRIMARY KEY CHECK (id = 1)," \
"  generation INTEGER NOT NULL," \
"  number INTEGER NOT NULL," \
"  floor INTEGER NOT NULL," \
"  digest BLOB NOT NULL CHECK (length(digest) = 32)," \
"  cards INTEGER NOT NULL," \
"  made_us INTEGER NOT NULL) STRICT;" \
"CREATE TABLE change (" /* when each number of the roster was given */ \
"  number INTEGER PRIMARY KEY," \
"  at_us INTEGER NOT NULL) STRICT;" \
"CREATE TABLE roster (" /* record NULL: gone. turn: enum turn (registry_roster.c) */ \
"  key BLOB PRIMARY KEY," \
"  number INTEGER NOT NULL," \
"  turn INTEGER NOT NULL," \
"  record BLOB) STRICT, WITHOUT ROWID;" \
"CREATE INDEX roster_turn ON roster (turn, number, key);" \
"CREATE TABLE site (" \
"  id INTEGER PRIMARY KEY CHECK (id = 1)," \
"  site TEXT NOT NULL," \
"  title TEXT NOT NULL," \
"  timezone TEXT NOT NULL," \
"  holidays INTEGER NOT NULL," \
"  warn_s INTEGER NOT NULL," \
"  bound_s INTEGER NOT NULL," \
"  lockdown INTEGER NOT NULL," \
"  state_number INTEGER NOT NULL," \
"  state_us INTEGER NOT NULL," \
"  state_actor TEXT NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"CREATE TABLE tier (" \
"  tier INTEGER PRIMARY KEY AUTOINCREMENT," \
"  name TEXT NOT NULL UNIQUE," \
"  flags INTEGER NOT NULL," \
"  hours TEXT NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"CREATE TABLE tier_door (" /* hours NULL: the tier's */ \
"  tier INTEGER NOT NULL REFERENCES tier," \
"  door TEXT NOT NULL," \
"  hours TEXT," \
"  PRIMARY KEY (tier, door)) STRICT, WITHOUT ROWID;" \
"CREATE INDEX tier_door_door ON tier_door (door);" \
"CREATE TABLE member (" \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  name TEXT NOT NULL," \
"  contact TEXT NOT NULL," \
"  note TEXT NOT NULL," \
"  tier INTEGER NOT NULL REFERENCES tier," \
"  state INTEGER NOT NULL," \
"  valid_from INTEGER," \
"  valid_until INTEGER," \
"  grace_until INTEGER," \
"  release_ms INTEGER NOT NULL," \
"  created_us INTEGER NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"CREATE INDEX member_tier ON member (tier);" \
"CREATE TABLE card (" /* token NULL: returned and issued again under another number */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  token BLOB UNIQUE CHECK (length(token) = 16)," \
"  key_id INTEGER NOT NULL," \
"  kind INTEGER NOT NULL," \
"  state INTEGER NOT NULL," \
"  pending INTEGER NOT NULL," \
"  label TEXT NOT NULL," \
"  member INTEGER REFERENCES member," \
"  issued_by TEXT NOT NULL," \
"  issued_us INTEGER NOT NULL," \
"  ended_by TEXT NOT NULL," \
"  ended_us INTEGER NOT NULL," \
"  ended_why TEXT NOT NULL," \
"  replaced_by INTEGER NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"CREATE INDEX card_member ON card (member);" \
"CREATE TABLE exception (" \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  first_date INTEGER NOT NULL," \
"  last_date INTEGER NOT NULL," \
"  start_minute INTEGER NOT NULL," \
"  end_minute INTEGER NOT NULL," \
"  open INTEGER NOT NULL," \
"  door TEXT NOT NULL," \
"  reason TEXT NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"CREATE INDEX exception_last ON exception (last_date);" \
"CREATE TABLE holiday (" \
"  date INTEGER PRIMARY KEY," \
"  holiday INTEGER NOT NULL) STRICT;" \
"CREATE TABLE event (" \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  title TEXT NOT NULL," \
"  door TEXT NOT NULL," \
"  doors_from_us INTEGER NOT NULL," \
"  doors_until_us INTEGER NOT NULL," \
"  capacity INTEGER NOT NULL," \
"  note TEXT NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"CREATE INDEX event_until ON event (doors_until_us);" \
"CREATE TABLE audit (" \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  at_us INTEGER NOT NULL," \
"  actor TEXT NOT NULL," \
"  action TEXT NOT NULL," \
"  object TEXT NOT NULL," \
"  before TEXT NOT NULL," \
"  after TEXT NOT NULL) STRICT;"
/* Step 2: records of sites, tiers and cards gained fields (core/roster_record.h). Their bytes are what
 * counts, so the doors get them all anew; the digest is summed at the next start. */
#define REGISTRY_RECORDS_2 \
"UPDATE roster SET record = CAST(record || x'f000' AS BLOB)" /* check-out at 04:00 */ \
"  WHERE record IS NOT NULL AND substr(key, 1, 1) = x'01';" \
"UPDATE roster SET record = CAST(substr(record, 1, 10) || zeroblob(7) || substr(record, 11) AS BLOB)" \
"  WHERE record IS NOT NULL AND substr(key, 1, 1) = x'03';" /* no allowance */ \
"UPDATE roster SET record = CAST(record || zeroblob(8) AS BLOB)" /* no pool */ \
"  WHERE record IS NOT NULL AND substr(key, 1, 1) = x'04';" \
"UPDATE meta SET number = number + 1, floor = number + 1, digest = zeroblob(32);" \
"INSERT INTO change SELECT number, strftime('%s', 'now') * 1000000 FROM meta;"
/* clang-format on */
