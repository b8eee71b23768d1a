/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 3: who is here, what it uses up, guests, who is expected. Months are 12 * year + month - 1.
 */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_DAYS \
"CREATE TABLE pool (" /* an allowance that members share */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  name TEXT NOT NULL UNIQUE," \
"  kind INTEGER NOT NULL," \
"  units INTEGER NOT NULL," \
"  version INTEGER NOT NULL) STRICT;" \
"ALTER TABLE site ADD COLUMN checkout_minute INTEGER NOT NULL DEFAULT 240;" \
"ALTER TABLE site ADD COLUMN guests_max INTEGER NOT NULL DEFAULT 3;" \
"ALTER TABLE site ADD COLUMN presence_at_doors INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE tier ADD COLUMN allowance_kind INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE tier ADD COLUMN allowance_policy INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE tier ADD COLUMN allowance_units INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE tier ADD COLUMN allowance_warn INTEGER NOT NULL DEFAULT 80;" \
"ALTER TABLE member ADD COLUMN pool INTEGER REFERENCES pool;" \
"CREATE INDEX member_pool ON member (pool) WHERE pool IS NOT NULL;" \
"ALTER TABLE card ADD COLUMN loan_until INTEGER;" /* lent for the day: the last date */ \
"CREATE INDEX card_loan ON card (loan_until) WHERE loan_until IS NOT NULL;" \
"ALTER TABLE event ADD COLUMN room TEXT NOT NULL DEFAULT '';" \
"ALTER TABLE event ADD COLUMN starts_us INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE event ADD COLUMN ends_us INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE event ADD COLUMN before_minutes INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE event ADD COLUMN after_minutes INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE event ADD COLUMN free INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE event ADD COLUMN series INTEGER NOT NULL DEFAULT 0;" /* the first of them; 0: alone */ \
"CREATE TABLE event_guest (" /* how: enum registry_arrival; arrived_us 0: not yet */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  event INTEGER NOT NULL REFERENCES event ON DELETE CASCADE," \
"  name TEXT NOT NULL," \
"  member INTEGER REFERENCES member," \
"  card INTEGER REFERENCES card," \
"  arrived_us INTEGER NOT NULL," \
"  how INTEGER NOT NULL," \
"  by TEXT NOT NULL) STRICT;" \
"CREATE INDEX event_guest_event ON event_guest (event);" \
"CREATE UNIQUE INDEX event_guest_member ON event_guest (member, event) WHERE member IS NOT NULL;" \
"CREATE UNIQUE INDEX event_guest_card ON event_guest (card, event) WHERE card IS NOT NULL;" \
"CREATE TABLE guest_pass (" /* ended_us 0: in force, or to come */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  sponsor INTEGER NOT NULL REFERENCES member," \
"  name TEXT NOT NULL," \
"  card INTEGER NOT NULL REFERENCES card," \
"  door TEXT NOT NULL," \
"  from_us INTEGER NOT NULL," \
"  until_us INTEGER NOT NULL," \
"  made_by TEXT NOT NULL," \
"  made_us INTEGER NOT NULL," \
"  ended_by TEXT NOT NULL," \
"  ended_us INTEGER NOT NULL," \
"  arrived_us INTEGER NOT NULL) STRICT;" \
"CREATE INDEX guest_pass_sponsor ON guest_pass (sponsor);" \
"CREATE UNIQUE INDEX guest_pass_card ON guest_pass (card) WHERE ended_us = 0;" \
"CREATE TABLE notice (" /* what a member is told */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  member INTEGER NOT NULL REFERENCES member," \
"  text TEXT NOT NULL," \
"  at_us INTEGER NOT NULL) STRICT;" \
"CREATE INDEX notice_member ON notice (member);" \
"CREATE TABLE presence (" /* comings and goings. person: a member, or minus a guest's card */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  person INTEGER NOT NULL," \
"  at_us INTEGER NOT NULL," /* as reckoned: registry_reckon.c */ \
"  inside INTEGER NOT NULL," \
"  sure INTEGER NOT NULL," \
"  door TEXT NOT NULL," \
"  entry INTEGER," /* NULL: somebody said so */ \
"  sponsor INTEGER NOT NULL," \
"  event INTEGER NOT NULL," \
"  by TEXT NOT NULL," \
"  why TEXT NOT NULL) STRICT;" \
"CREATE INDEX presence_person ON presence (person, at_us, inside DESC);" \
"CREATE INDEX presence_at ON presence (at_us, person, inside);" \
"CREATE TABLE usage (" /* what taps said they used. flags: enum entry_use */ \
"  entry INTEGER PRIMARY KEY," \
"  member INTEGER NOT NULL," \
"  at_us INTEGER NOT NULL," \
"  month INTEGER NOT NULL," \
"  date INTEGER NOT NULL," \
"  minute INTEGER NOT NULL," \
"  flags INTEGER NOT NULL," \
"  event INTEGER NOT NULL," \
"  pool INTEGER NOT NULL," /* that paid; 0: the member's own */ \
"  door TEXT NOT NULL) STRICT;" \
"CREATE INDEX usage_month ON usage (month, member, at_us, flags, pool);" \
"CREATE INDEX usage_pool ON usage (pool, month) WHERE pool > 0;" \
"CREATE TABLE correction (" /* units that a host gave, or took: below 0 */ \
"  id INTEGER PRIMARY KEY AUTOINCREMENT," \
"  member INTEGER NOT NULL REFERENCES member," \
"  month INTEGER NOT NULL," \
"  units INTEGER NOT NULL," \
"  entry INTEGER," /* the unit that is forgiven */ \
"  by TEXT NOT NULL," \
"  why TEXT NOT NULL," \
"  at_us INTEGER NOT NULL) STRICT;" \
"CREATE INDEX correction_member ON correction (member, month);" \
"CREATE UNIQUE INDEX correction_entry ON correction (entry) WHERE entry IS NOT NULL;" \
"CREATE TABLE door_open (" /* when people could last pass a door without a tap */ \
"  door TEXT PRIMARY KEY," \
"  from_us INTEGER NOT NULL," \
"  until_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;" /* below from_us: it still stands open */ \
"ALTER TABLE chain ADD COLUMN boot BLOB CHECK (length(boot) = 16);" /* of its last good clock */ \
"ALTER TABLE chain ADD COLUMN mono_us INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE chain ADD COLUMN wall_us INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE entry ADD COLUMN at_us INTEGER NOT NULL DEFAULT 0;" /* when it counts, as reckoned */ \
"UPDATE entry SET at_us = iif(wall_us BETWEEN 0 AND collected_us + 86400000000, wall_us, " \
"  collected_us);" \
"CREATE INDEX entry_tap ON entry (at_us, kind, verdict, reason, card, member) " \
"  WHERE verdict IS NOT NULL;"
/* clang-format on */
