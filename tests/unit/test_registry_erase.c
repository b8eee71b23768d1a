/* SPDX-License-Identifier: Apache-2.0 */
/* Who is erased is nowhere in the file, and what is left verifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "days_bed.h"
#include "registry_sweep.h"
#include "store/registry_erase.h"

#define NAME "Ottoline Penhaligon"
#define CONTACT "ottoline@hub.example"
#define LABEL "violet fob 4711"

static struct chain_bed c;
static struct token token = {.bytes = "\x5a\xc3token-of-hers"};
static uint64_t ada, other, card;
static uint32_t tier;

static uint64_t member(struct registry *reg, const char *name, const char *contact)
{
	struct registry_member m = {.tier = tier,
		.state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	uint64_t id = 0;

	snprintf(m.name, sizeof(m.name), "%s", name);
	snprintf(m.contact, sizeof(m.contact), "%s", contact);
	EXPECT(reg, registry_member_add(reg, &m, &id), 0);
	return id;
}

static uint64_t issue(struct registry *reg, const struct token *t, const char *label)
{
	struct registry_card row = {.token = *t, .key_id = 1, .member = ada};
	uint64_t id = 0;

	snprintf(row.label, sizeof(row.label), "%s", label);
	snprintf(row.issued_by, sizeof(row.issued_by), "root");
	EXPECT(reg, registry_card_issue(reg, &row, &id), 0);
	return id;
}

/* Salts that can be looked for. */
static void add(struct entry *e, uint8_t salt_byte)
{
	struct registry_batch_row *row = chain_add(&c, e);
	uint8_t salt[ENTRY_SALT_SIZE];

	memset(salt, salt_byte, sizeof(salt));
	memcpy(salt, "SALT", 4);
	assert_int_equal(entry_encode(e, salt, crypto_hash256, &row->record), 0);
	entry_chain_next(
		chain_link(&c, row->seq), row->seq, &row->record, crypto_hash256, row->hash);
}

static struct entry tap(uint64_t m)
{
	struct entry e = days_entry(ENTRY_KIND_TAP, m, bed_now_us);

	e.decided = e.grant = true;
	e.reason = REASON_GRANTED;
	return e;
}

/* An unknown tap, taps of hers and of the other, a guest of hers. */
static void fill_log(struct registry *reg)
{
	struct entry e = tap(0);

	e.grant = false;
	e.reason = REASON_CARD_UNKNOWN;
	e.subject = (struct entry_subject){.has_token = true, .token = token, .key_id = 1};
	add(&e, 0xA1);
	e = tap(ada);
	e.subject.card = card;
	add(&e, 0xA2);
	e = tap(other);
	add(&e, 0xB1);
	e = tap(0);
	e.subject.card = 77;
	e.subject.sponsor = ada;
	add(&e, 0xA3);
	days_send(reg, &c, 1);
}

static struct registry *begin(void)
{
	struct registry *reg = bed_open("hub.db");

	days_door(reg, &c, "front");
	bed_begin(reg);
	tier = days_tier(reg, "Members", ALLOWANCE_DAYS, 10);
	ada = member(reg, NAME, CONTACT);
	other = member(reg, "Bo", "");
	card = issue(reg, &token, LABEL);
	EXPECT(reg, registry_notice_add(reg, other, "%s asked for you", NAME), 1);
	EXPECT(reg,
		registry_audit_add(
			reg, "root", "event.add", "event/1", "", "{\"note\":\"ask " NAME "\"}"),
		0);
	EXPECT(reg,
		registry_audit_add(
			reg, "root", "member.add", "member/1", "", "{\"contact\":\"" CONTACT "\"}"),
		0);
	bed_commit(reg);
	fill_log(reg);
	return reg;
}

static bool file_has(const char *name, const void *what, size_t size)
{
	FILE *f = fopen(in_folder(name), "rb");
	char *data;
	long length;
	bool found = false;

	if (!f)
		return false;
	fseek(f, 0, SEEK_END);
	length = ftell(f);
	rewind(f);
	data = malloc((size_t)length + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)length, f), length);
	found = length > 0 && memmem(data, (size_t)length, what, size) != NULL;
	free(data);
	fclose(f);
	return found;
}

static bool anywhere(const void *what, size_t size)
{
	return file_has("hub.db", what, size) || file_has("hub.db-wal", what, size) ||
	       file_has("copy.db", what, size);
}

static bool any_salt(uint8_t byte)
{
	uint8_t salt[ENTRY_SALT_SIZE];

	memset(salt, byte, sizeof(salt));
	memcpy(salt, "SALT", 4);
	return anywhere(salt, sizeof(salt));
}

static void assert_traces(bool there)
{
	assert_int_equal(anywhere(NAME, strlen(NAME)), there);
	assert_int_equal(anywhere(CONTACT, strlen(CONTACT)), there);
	assert_int_equal(anywhere(LABEL, strlen(LABEL)), there);
	assert_int_equal(anywhere(token.bytes, sizeof(token.bytes)), there);
	assert_int_equal(any_salt(0xA1), there);
	assert_int_equal(any_salt(0xA2), there);
	assert_int_equal(any_salt(0xA3), there);
	assert_true(any_salt(0xB1)); /* somebody else's */
}

static void assert_whole(uint64_t entries)
{
	struct registry_chain *chains = NULL;
	int n = registry_log_verify(in_folder("hub.db"), "walker", crypto_hash256, &chains, err);

	assert_int_equal(n, 1);
	if (!chains->whole)
		fail_msg("%s", chains->why);
	assert_int_equal(chains->entries, entries);
	assert_int_equal(chains->signed_entries, entries);
	free(chains);
}

static struct registry_erased erase(struct registry *reg)
{
	struct registry_erased erased;

	bed_begin(reg);
	EXPECT(reg, registry_erase(reg, ada, &erased), 0);
	bed_commit(reg);
	return erased;
}

static void nothing_names_them_and_the_chain_is_whole(void **state)
{
	struct registry *reg = begin();
	struct registry_erased erased;
	struct registry_erasure erasure;
	struct registry_member m;

	(void)state;
	assert_traces(true);
	erased = erase(reg);
	assert_int_equal(erased.entries, 3);
	assert_int_equal(erased.cards, 1);
	EXPECT(reg, registry_wipe(reg), 1);
	EXPECT(reg, registry_wipe(reg), 0);
	EXPECT(reg, registry_backup(reg, in_folder("copy.db")), 0);
	assert_traces(false);
	assert_whole(4);
	EXPECT(reg, registry_member(reg, ada, &m), 0);
	assert_string_equal(m.name, "erased");
	assert_int_equal(m.state, MEMBER_STATE_CLOSED);
	EXPECT(reg, registry_erasure(reg, ada, &erasure), 0);
	assert_true(erasure.wiped);
	assert_int_equal(erasure.doors, 1);
	registry_close(reg);
	assert_traces(false);
	unlink(in_folder("copy.db"));
	chain_free(&c);
}

static void change_name(struct registry *reg, const char *name)
{
	struct registry_member m;
	char before[600];

	EXPECT(reg, registry_member(reg, ada, &m), 0);
	snprintf(before, sizeof(before), "{\"name\":\"%s\",\"contact\":\"%s\"}", m.name, m.contact);
	snprintf(m.name, sizeof(m.name), "%s", name);
	EXPECT(reg, registry_member_change(reg, &m), 0);
	EXPECT(reg, registry_audit_add(reg, "root", "member.change", "member/1", before, ""), 0);
}

/* Texts that people do not write: names of doors and operators, the programs' own, and what the man
 * page says is not reached (tapin-privacy(7)). A new column belongs here or is scrubbed. */
#define NOT_WRITTEN                                                                                \
	"'alarm.door', 'alarm.seen_by', 'audit.action', 'audit.actor', 'audit.object', "           \
	"'card.ended_by', 'card.issued_by', 'chain.door', 'claim.account', 'claim.claim', "        \
	"'claim.door', 'command.actor', 'command.door', 'correction.by', 'door.name', "            \
	"'door.program', 'door.state_actor', 'door.status_json', 'door.title', 'door.zone', "      \
	"'door_key.door', "                                                                        \
	"'door_open.door', 'door_past.name', 'entry.actor', 'entry.door', 'entry.why', "           \
	"'entry_mix.door', "                                                                       \
	"'erasure_door.door', 'erasure_entry.door', 'event.door', 'event_guest.by', "              \
	"'exception.door', 'fork.why', 'guest_pass.door', 'guest_pass.ended_by', "                 \
	"'guest_pass.made_by', 'member.name', 'member.contact', 'operator.name', "                 \
	"'operator.password', 'operator.unix_user', 'pool.name', 'presence.by', 'presence.door', " \
	"'session.operator', 'signature.key_id', 'site.site', 'site.state_actor', "                \
	"'site.timezone', 'site.title', 'tier.hours', 'tier.name', 'tier_door.door', "             \
	"'tier_door.hours', 'usage.door', 'wardens.set_by'"

/* Rows about somebody else, of each table with a text that hosts write. */
#define ROWS                                                                                    \
	"INSERT INTO event (id, title, door, doors_from_us, doors_until_us, capacity, note, "   \
	"version) VALUES (9, '', '', 0, 0, 0, '', 1);"                                          \
	"INSERT INTO event_guest VALUES (9, 9, '', NULL, NULL, 0, 0, '');"                      \
	"INSERT INTO card (id, key_id, kind, state, pending, label, issued_by, issued_us, "     \
	"ended_by, ended_us, ended_why, replaced_by, version) "                                 \
	"VALUES (9, 1, 0, 0, 0, '', '', 0, '', 0, '', 0, 1);"                                   \
	"INSERT INTO guest_pass VALUES (9, 2, '', 9, '', 0, 0, '', 0, '', 1, 0);"               \
	"INSERT INTO correction VALUES (9, 2, 1, 1, NULL, '', '', 0);"                          \
	"INSERT INTO presence VALUES (9, 2, 0, 1, 1, '', NULL, 0, 0, '', '');"                  \
	"INSERT INTO exception VALUES (9, 1, 1, 0, 1440, 0, '', '', 1);"                        \
	"INSERT INTO alarm VALUES (9, 1, '', '', 0, 0, 1, '', 0);"                              \
	"INSERT INTO command VALUES (x'00112233445566778899aabbccddeeff', '', 1, 0, 1, 1, '', " \
	"0, 0, 0, '', 0, 2, '', 0, 0);"

static void every_text_that_people_write_is_scrubbed(void **state)
{
	struct registry *reg = begin();
	sqlite3_stmt *stmt;
	int columns = 0;

	(void)state;
	assert_int_equal(db_do(reg->db, ROWS), 0);
	assert_int_equal(sqlite3_prepare_v2(reg->db,
				 "SELECT m.name, p.name FROM sqlite_schema m JOIN "
				 "pragma_table_info(m.name) p WHERE m.type = 'table' AND "
				 "p.type = 'TEXT' AND m.name || '.' || p.name NOT IN "
				 "(" NOT_WRITTEN ")",
				 -1, &stmt, NULL),
		SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		char sql[200];

		snprintf(sql, sizeof(sql), "UPDATE %s SET %s = 'ask " NAME ", or me'",
			(const char *)sqlite3_column_text(stmt, 0),
			(const char *)sqlite3_column_text(stmt, 1));
		assert_int_equal(db_do(reg->db, sql), 0);
		if (sqlite3_changes(reg->db) == 0)
			fail_msg("%s: no row", sql);
		columns++;
	}
	sqlite3_finalize(stmt);
	assert_true(columns >= 17);
	erase(reg);
	EXPECT(reg, registry_wipe(reg), 1);
	assert_false(anywhere(NAME, strlen(NAME)));
	assert_true(anywhere(", or me", 7));
	registry_close(reg);
	chain_free(&c);
}

/* What hosts write in haste, and what they wrote before a wedding. */
static void former_names_quotes_and_other_letters_go_too(void **state)
{
	static const char *const texts[] = {"ask OTTOLINE PENHALIGON", "ask " NAME "'s friend",
		"ask Otto \"Ottie\" Pendle", "mail Ottoline@Hub.Example"};
	struct registry *reg = begin();
	struct registry_notice rows[8];

	(void)state;
	bed_begin(reg);
	change_name(reg, "Otto \"Ottie\" Pendle");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		EXPECT(reg, registry_notice_add(reg, other, "%s", texts[i]), 1);
	EXPECT(reg, registry_notice_add(reg, ada, "Grace came"), 1);
	EXPECT(reg, registry_notice_add(reg, other, "until 4711xyz, Ottoline"), 1);
	EXPECT(reg,
		registry_audit_add(reg, "root", "event.add", "event/2", "",
			"{\"note\":\"for Otto \\\"Ottie\\\" Pendle\"}"),
		0);
	bed_commit(reg);
	erase(reg);
	EXPECT(reg, registry_wipe(reg), 1);
	assert_traces(false);
	assert_false(anywhere("Ottie", 5));
	assert_false(anywhere("OTTOLINE", 8));
	assert_false(anywhere("Ottoline@", 9));
	assert_true(anywhere("4711xyz, Ottoline", 17)); /* may be anybody */
	EXPECT(reg, registry_notices(reg, ada, 0, rows, 8), 0);
	EXPECT(reg, registry_notices(reg, other, 0, rows, 8), 6);
	assert_string_equal(rows[1].text, "mail erased");
	assert_string_equal(rows[3].text, "ask erased's friend");
	registry_close(reg);
	chain_free(&c);
}

static void late_entries_lose_their_subject(void **state)
{
	struct registry *reg = begin();
	struct entry e;

	(void)state;
	erase(reg);
	bed_now_us += 60000000;
	e = tap(ada);
	add(&e, 0xA4);
	days_send(reg, &c, 5);
	EXPECT(reg, registry_wipe(reg), 1);
	assert_false(any_salt(0xA4));
	assert_whole(5);
	registry_close(reg);
	chain_free(&c);
}

static void a_door_owes_it_until_it_says_so(void **state)
{
	struct registry *reg = begin();
	struct registry_erasure_order order;
	struct registry_erasure erasure;

	(void)state;
	EXPECT(reg, registry_erasure_next(reg, "", 0, &order), 0);
	erase(reg);
	EXPECT(reg, registry_erasure_next(reg, "", 0, &order), 1);
	assert_string_equal(order.door, "front");
	assert_int_equal(order.member, ada);
	assert_int_equal(order.count, 1); /* the tap that has a token alone */
	assert_int_equal(order.entries[0].seq, 1);
	assert_memory_equal(order.entries[0].journal, c.journal, sizeof(c.journal));
	EXPECT(reg, registry_erasure_next(reg, "front", ada, &order), 0);
	EXPECT(reg, registry_erasure_done(reg, "front", ada), 1);
	EXPECT(reg, registry_erasure_done(reg, "front", ada), 0);
	EXPECT(reg, registry_erasure_next(reg, "", 0, &order), 0);
	EXPECT(reg, registry_erasure(reg, ada, &erasure), 0);
	assert_int_equal(erasure.doors, 0);
	registry_close(reg);
	chain_free(&c);
}

static void what_cannot_be_is_refused(void **state)
{
	struct registry *reg = begin();
	struct registry_erased erased;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_erase(reg, 99, &erased), -ENOENT);
	EXPECT(reg, registry_erase(reg, ada, &erased), 0);
	EXPECT(reg, registry_erase(reg, ada, &erased), -EPERM);
	said(reg, "already");
	registry_abort(reg);
	EXPECT(reg, registry_wipe(reg), 0);
	assert_traces(true); /* undone */
	registry_close(reg);
	chain_free(&c);
}

/* A backup from before knows neither the erasure nor, perhaps, the member. */
static void a_list_is_applied_again(void **state)
{
	struct registry *reg = begin();
	struct registry_member m;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_erase_again(reg, ada, bed_now_us - 1), 0); /* of a site before */
	EXPECT(reg, registry_erase_again(reg, ada, bed_now_us), 1);
	EXPECT(reg, registry_erase_again(reg, ada, bed_now_us), 0);
	EXPECT(reg, registry_erase_again(reg, 40, bed_now_us), 1);
	assert_int_equal(member(reg, "Next", ""), 41);
	bed_commit(reg);
	EXPECT(reg, registry_wipe(reg), 1);
	assert_traces(false);
	EXPECT(reg, registry_member(reg, 40, &m), 0);
	assert_string_equal(m.name, "erased");
	registry_close(reg);
	chain_free(&c);
}

static int erase_whole(struct registry *reg)
{
	struct registry_erased erased;
	int rc = registry_begin(reg);

	if (rc == 0)
		rc = registry_erase(reg, ada, &erased);
	if (rc == 0)
		rc = registry_commit(reg, NULL);
	if (registry_changing(reg))
		registry_abort(reg);
	return rc;
}

static void interrupted_anywhere_nothing_is_erased(void **state)
{
	struct registry *reg = begin();

	(void)state;
	assert_true(sweep(reg, erase_whole) > 100);
	EXPECT(reg, registry_wipe(reg), 1);
	assert_traces(false);
	assert_whole(4);
	registry_close(reg);
	chain_free(&c);
}

static void export_has_everything(void **state)
{
	static const char *const wanted[] = {"\"name\":\"" NAME, "\"label\":\"" LABEL,
		"\"kind\":\"tap\"", "\"reason\":\"granted\"", CONTACT, "member.add",
		NAME " asked for you"};
	struct registry *reg = begin();
	char all[65536] = "";

	(void)state;
	for (size_t i = 0; i < registry_export_parts(); i++) {
		const char *name;
		char *json;

		EXPECT(reg, registry_export(reg, ada, i, &name, &json), 0);
		strcat(strcat(all, name), json);
		free(json);
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (!strstr(all, wanted[i]))
			fail_msg("%s is not in %s", wanted[i], all);
	registry_close(reg);
	chain_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_names_them_and_the_chain_is_whole),
		TEST(every_text_that_people_write_is_scrubbed),
		TEST(former_names_quotes_and_other_letters_go_too),
		TEST(late_entries_lose_their_subject),
		TEST(a_door_owes_it_until_it_says_so),
		TEST(what_cannot_be_is_refused),
		TEST(a_list_is_applied_again),
		TEST(interrupted_anywhere_nothing_is_erased),
		TEST(export_has_everything),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
