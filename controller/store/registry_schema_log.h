/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of step 1: operators, sessions, doors, claims, commands, collected journals, alarms.
 * Times are microseconds since 1970 UTC, 0 for never; counts keep the number alone, their
 * generation is the registry's.
 */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_LOG \
"CREATE TABLE operator (" \
"  name TEXT PRIMARY KEY," \
"  role INTEGER NOT NULL," \
"  password TEXT NOT NULL," \
"  unix_user TEXT NOT NULL," \
"  member INTEGER REFERENCES member," \
"  failures INTEGER NOT NULL," \
"  locked_until_us INTEGER NOT NULL," \
"  seen_us INTEGER NOT NULL," \
"  version INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
"CREATE UNIQUE INDEX operator_user ON operator (unix_user) WHERE unix_user <> '';" \
"CREATE INDEX operator_member ON operator (member) WHERE member IS NOT NULL;" \
"CREATE TABLE session (" \
"  key BLOB PRIMARY KEY CHECK (length(key) = 32)," \
"  operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE," \
"  created_us INTEGER NOT NULL," \
"  used_us INTEGER NOT NULL," \
"  expires_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
"CREATE INDEX session_operator ON session (operator);" \
"CREATE INDEX session_expires ON session (expires_us);" \
"CREATE TABLE door (" /* key NULL: none; status_json NULL: it never said */ \
"  name TEXT PRIMARY KEY," \
"  title TEXT NOT NULL," \
"  status INTEGER NOT NULL," \
"  key BLOB CHECK (length(key) = 32)," \
"  generation INTEGER NOT NULL," \
"  number INTEGER NOT NULL," \
"  digest BLOB NOT NULL CHECK (length(digest) = 32)," \
"  start BLOB NOT NULL CHECK (length(start) = 16)," \
"  asked_us INTEGER NOT NULL," \
"  program TEXT NOT NULL," \
"  online INTEGER NOT NULL," \
"  online_us INTEGER NOT NULL," \
"  status_json TEXT," \
"  mode INTEGER NOT NULL," \
"  hold_from_us INTEGER NOT NULL," \
"  hold_until_us INTEGER NOT NULL," \
"  hold_event INTEGER NOT NULL," \
"  state_number INTEGER NOT NULL," \
"  state_us INTEGER NOT NULL," \
"  state_actor TEXT NOT NULL," \
"  counter INTEGER NOT NULL," \
"  version INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
"CREATE TABLE door_past (" /* a name that is used again goes on counting */ \
"  name TEXT PRIMARY KEY," \
"  state_number INTEGER NOT NULL," \
"  counter INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
"CREATE TABLE door_key (" /* every key a door ever had; until_us 0: in use, 1: stolen */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  door TEXT NOT NULL," \
"  key BLOB NOT NULL CHECK (length(key) = 32)," \
"  since_us INTEGER NOT NULL," \
"  until_us INTEGER NOT NULL) STRICT;" \
"CREATE INDEX door_key_door ON door_key (door);" \
"CREATE TABLE claim (" /* no reference to the door: it may go before its claim's account does */ \
"  claim TEXT PRIMARY KEY," \
"  door TEXT NOT NULL," \
"  secret BLOB NOT NULL CHECK (length(secret) = 32)," \
"  account TEXT NOT NULL," \
"  expires_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;" \
"CREATE TABLE command (" \
"  id BLOB PRIMARY KEY CHECK (length(id) = 16)," \
"  door TEXT NOT NULL," \
"  verb INTEGER NOT NULL," \
"  seconds INTEGER NOT NULL," \
"  generation INTEGER NOT NULL," \
"  number INTEGER NOT NULL," \
"  actor TEXT NOT NULL," \
"  sent_us INTEGER NOT NULL," \
"  expires_us INTEGER NOT NULL," \
"  outcome INTEGER NOT NULL," \
"  why TEXT NOT NULL," \
"  answered_us INTEGER NOT NULL," \
"  member INTEGER NOT NULL," \
"  label TEXT NOT NULL," \
"  shown INTEGER NOT NULL," \
"  card INTEGER NOT NULL) STRICT;" /* with its rowid: the order of sending */ \
"CREATE INDEX command_door ON command (door);" \
"CREATE INDEX command_sent ON command (sent_us);" \
"CREATE TABLE chain (" /* one journal of a door. start: the link that entry first_seq follows */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  door TEXT NOT NULL," \
"  journal BLOB NOT NULL CHECK (length(journal) = 16)," \
"  before BLOB NOT NULL CHECK (length(before) = 32)," \
"  start BLOB NOT NULL CHECK (length(start) = 32)," \
"  first_seq INTEGER NOT NULL," \
"  last_seq INTEGER NOT NULL," /* first_seq - 1: none yet */ \
"  last_hash BLOB NOT NULL CHECK (length(last_hash) = 32)," \
"  UNIQUE (door, journal)) STRICT;" \
"CREATE TABLE entry (" /* the bytes that came; behind them what they say, for the filters alone */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  chain INTEGER NOT NULL REFERENCES chain," \
"  seq INTEGER NOT NULL CHECK (seq > 0)," \
"  hash BLOB NOT NULL CHECK (length(hash) = 32)," \
"  body BLOB NOT NULL CHECK (length(body) <= 320)," \
"  salt BLOB CHECK (length(salt) = 16)," \
"  subject BLOB CHECK (length(subject) BETWEEN 1 AND 160)," \
"  why TEXT," /* not NULL: poison, and why */ \
"  collected_us INTEGER NOT NULL," \
"  door TEXT NOT NULL," \
"  wall_us INTEGER NOT NULL," /* of poison: collected_us */ \
"  kind INTEGER," \
"  verdict INTEGER," \
"  reason INTEGER," \
"  member INTEGER," \
"  card INTEGER," \
"  token BLOB," /* of unknown cards only */ \
"  actor TEXT," \
"  UNIQUE (chain, seq)) STRICT;" \
"CREATE INDEX entry_door ON entry (door);" \
"CREATE INDEX entry_member ON entry (member) WHERE member IS NOT NULL;" \
"CREATE INDEX entry_card ON entry (card) WHERE card IS NOT NULL;" \
"CREATE INDEX entry_kind ON entry (kind) WHERE kind IS NOT NULL;" \
"CREATE INDEX entry_reason ON entry (reason) WHERE reason IS NOT NULL;" \
"CREATE TABLE entry_zone (" /* of each 1024 ids: between which times they are */ \
"  zone INTEGER PRIMARY KEY," \
"  min_us INTEGER NOT NULL," \
"  max_us INTEGER NOT NULL) STRICT;" \
"CREATE TABLE fork (" /* what came under the number of another entry, and what followed it */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  chain INTEGER NOT NULL REFERENCES chain," \
"  seq INTEGER NOT NULL CHECK (seq > 0)," \
"  hash BLOB NOT NULL CHECK (length(hash) = 32)," \
"  body BLOB NOT NULL CHECK (length(body) <= 320)," \
"  salt BLOB CHECK (length(salt) = 16)," \
"  subject BLOB CHECK (length(subject) BETWEEN 1 AND 160)," \
"  why TEXT," \
"  collected_us INTEGER NOT NULL) STRICT;" \
"CREATE INDEX fork_seq ON fork (chain, seq);" \
"CREATE TABLE signature (" /* of a door, over entries first_seq to last_seq and what they follow */ \
"  chain INTEGER NOT NULL REFERENCES chain," \
"  last_seq INTEGER NOT NULL CHECK (last_seq > 0)," \
"  first_seq INTEGER NOT NULL CHECK (first_seq BETWEEN 1 AND last_seq)," \
"  last_hash BLOB NOT NULL CHECK (length(last_hash) = 32)," \
"  key_id TEXT NOT NULL CHECK (length(key_id) = 16)," \
"  bytes BLOB NOT NULL CHECK (length(bytes) = 64)," \
"  poison BLOB CHECK (length(poison) = 32)," /* NULL: none of them is */ \
"  erased INTEGER NOT NULL," /* bit i: first_seq + i was, at the door */ \
"  PRIMARY KEY (chain, last_seq)) STRICT, WITHOUT ROWID;" \
"CREATE TABLE alarm (" /* seen_by '': open */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  kind INTEGER NOT NULL," \
"  door TEXT NOT NULL," \
"  what TEXT NOT NULL," \
"  first_us INTEGER NOT NULL," \
"  last_us INTEGER NOT NULL," \
"  count INTEGER NOT NULL," \
"  seen_by TEXT NOT NULL," \
"  seen_us INTEGER NOT NULL) STRICT;" \
"CREATE INDEX alarm_open ON alarm (kind, door) WHERE seen_by = '';"
/* clang-format on */
