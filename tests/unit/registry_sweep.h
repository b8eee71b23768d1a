/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts a call to the registry at every step of its SQL: it must fail, say so, leave no change
 * open and the file as it was; left alone it must succeed. Include after registry_bed.h.
 */
#pragma once

static int sweep_left;

/* Not in COMMIT itself: SQLite would say "interrupted" of what is committed. */
static int sweep_count(void *db)
{
	for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(db, s));)
		if (sqlite3_sql(s) && strcmp(sqlite3_sql(s), "COMMIT") == 0) /* a blob has none */
			return 0;
	return --sweep_left == 0;
}

static inline uint8_t *sweep_image(struct registry *reg, sqlite3_int64 *ret_size)
{
	uint8_t *image = sqlite3_serialize(reg->db, "main", ret_size, 0);

	assert_non_null(image);
	return image;
}

static inline void sweep_same(struct registry *reg, const uint8_t *before, sqlite3_int64 size)
{
	sqlite3_int64 now_size;
	uint8_t *now = sweep_image(reg, &now_size);

	assert_int_equal(now_size, size);
	assert_memory_equal(now, before, (size_t)size);
	sqlite3_free(now);
}

/* Returns in how many places it was interrupted. */
static inline unsigned sweep(struct registry *reg, int (*call)(struct registry *reg))
{
	sqlite3_int64 size;
	uint8_t *before = sweep_image(reg, &size);
	unsigned places = 0;
	int result;

	for (int step = 1;; step += 1 + step / 40) {
		sweep_left = step;
		reg->error[0] = '\0';
		sqlite3_progress_handler(reg->db, 1, sweep_count, reg->db);
		result = call(reg);
		sqlite3_progress_handler(reg->db, 0, NULL, NULL);
		if (sweep_left > 0)
			break;
		if (result >= 0)
			fail_msg("interrupted at step %d it says %d", step, result);
		assert_true(reg->error[0] != '\0');
		assert_false(registry_changing(reg));
		sweep_same(reg, before, size);
		places++;
	}
	sqlite3_free(before);
	EXPECT(reg, result < 0 ? result : 0, 0);
	return places;
}
