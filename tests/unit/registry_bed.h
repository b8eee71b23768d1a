/* SPDX-License-Identifier: Apache-2.0 */
/* A registry in a folder of the test's own, and what its tests fill it with. Include after
 * <cmocka.h>. */
#pragma once

#include "../../controller/store/registry_private.h"
#include "crypto/hash.h"
#include "faulty_vfs.h"
#include "store/registry_people.h"
#include "store/registry_site.h"

#define BED_START_US (1795305600LL * 1000000) /* 2026-11-22T00:00:00Z */
#define BED_TODAY 20779                       /* the same day */
#define BED_DAY_US (86400LL * 1000000)

static int64_t bed_now_us = BED_START_US;
static char err[ERR_MAX];

static inline int64_t bed_clock(void)
{
	return bed_now_us;
}

static inline int bed_try(const char *name, const char *site, struct registry **ret_registry)
{
	struct registry_options options = {
		.path = in_folder(name),
		.site = site,
		.timezone = "Europe/London",
		.hash = crypto_hash256,
		.now_us = bed_clock,
	};

	err[0] = '\0';
	return registry_open(&options, ret_registry, err);
}

static inline struct registry *bed_open(const char *name)
{
	struct registry *reg = NULL;

	if (bed_try(name, "walker", &reg) < 0)
		fail_msg("%s", err);
	return reg;
}

/* The result must be this one, else the registry's sentence is shown. */
#define EXPECT(reg, call, result)                                                   \
	do {                                                                        \
		int got_ = (call);                                                  \
		if (got_ != (result))                                               \
			fail_msg("%s is %d: %s", #call, got_, registry_error(reg)); \
	} while (0)

/* That the last refusal's sentence has this in it. */
static inline void said(struct registry *reg, const char *text)
{
	if (!strstr(registry_error(reg), text))
		fail_msg("\"%s\" does not say \"%s\"", registry_error(reg), text);
}

static inline void bed_begin(struct registry *reg)
{
	EXPECT(reg, registry_begin(reg), 0);
}

static inline uint64_t bed_commit(struct registry *reg)
{
	struct revision revision;

	EXPECT(reg, registry_commit(reg, &revision), 0);
	return revision.number;
}

static inline uint32_t bed_tier(struct registry *reg, const char *name, const char *hours)
{
	struct registry_tier *tier = calloc(1, sizeof(*tier));
	uint32_t id = 0;

	snprintf(tier->name, sizeof(tier->name), "%s", name);
	snprintf(tier->roster.hours, sizeof(tier->roster.hours), "%s", hours);
	EXPECT(reg, registry_tier_add(reg, tier, &id), 0);
	free(tier);
	return id;
}

static inline struct registry_member bed_person(const char *name, uint32_t tier)
{
	struct registry_member m = {
		.tier = tier,
		.state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE,
	};

	snprintf(m.name, sizeof(m.name), "%s", name);
	return m;
}

static inline uint64_t bed_member(struct registry *reg, const char *name, uint32_t tier)
{
	struct registry_member m = bed_person(name, tier);
	uint64_t id = 0;

	EXPECT(reg, registry_member_add(reg, &m, &id), 0);
	return id;
}

static inline struct token bed_token(uint64_t n)
{
	struct token token = {{0}};
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_part part = {&n, sizeof(n)};

	crypto_hash256(&part, 1, hash);
	memcpy(token.bytes, hash, TOKEN_SIZE);
	return token;
}

static inline struct registry_card bed_blank(uint64_t n, uint64_t member)
{
	struct registry_card c = {.token = bed_token(n), .key_id = 7, .member = member};

	snprintf(c.issued_by, sizeof(c.issued_by), "maya");
	snprintf(c.label, sizeof(c.label), "fob %llu", (unsigned long long)n);
	return c;
}

static inline uint64_t bed_card(struct registry *reg, uint64_t n, uint64_t member)
{
	struct registry_card c = bed_blank(n, member);
	uint64_t id = 0;

	EXPECT(reg, registry_card_issue(reg, &c, &id), 0);
	return id;
}

static inline void bed_door(struct registry *reg, const char *name, bool gone)
{
	struct roster_record record = {.kind = ROSTER_KIND_DOOR, .gone = gone};

	snprintf(record.door, sizeof(record.door), "%s", name);
	assert_true(registry_roster_put(reg, &record) >= 0);
}

static inline struct calendar_exception bed_closure(int32_t first, int32_t last)
{
	return (struct calendar_exception){
		.first = first, .last = last, .end = 1440, .reason = "stocktaking"};
}

/* What a door holds for this card: true with *ret, false when nothing. */
static inline bool bed_told(struct registry *reg, uint64_t n, struct roster_card *ret)
{
	struct roster_record record = {.kind = ROSTER_KIND_CARD, .card.token = bed_token(n)};
	uint8_t key[ROSTER_KEY_MAX];
	int size = roster_record_key(&record, key);
	sqlite3_stmt *stmt;
	bool there;

	assert_int_equal(sqlite3_prepare_v2(reg->db,
				 "SELECT record FROM roster WHERE key = ?1 AND record IS NOT NULL",
				 -1, &stmt, NULL),
		SQLITE_OK);
	sqlite3_bind_blob(stmt, 1, key, size, SQLITE_STATIC);
	there = sqlite3_step(stmt) == SQLITE_ROW;
	if (there) {
		assert_int_equal(roster_record_decode(sqlite3_column_blob(stmt, 0),
					 (size_t)sqlite3_column_bytes(stmt, 0), &record),
			0);
		*ret = record.card;
	}
	sqlite3_finalize(stmt);
	return there;
}

static int fresh_folder(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof(disk));
	bed_now_us = BED_START_US;
	folder_make();
	return 0;
}

static int no_folder(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_folder, no_folder)
