/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts about people that may be shown to others: those of fewer than `threshold` people are
 * withheld, and as many others that nobody can work them out from the totals.
 *
 * What is promised of each count that had to be withheld: there is another table, the same in all
 * that is shown, with no count below 0, in which it is larger by the threshold. Who knows more than
 * the table (that a certain person never comes on Mondays) may still work something out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUPPRESS_ROWS_MAX 64
#define SUPPRESS_COLUMNS_MAX 8

struct suppress_cell {
	uint32_t count;
	uint32_t people; /* that it counts; 0: it is about nobody */
	bool hidden;     /* on entry: must be withheld, whatever it counts */
};

struct suppress_table {
	unsigned rows, columns;
	uint32_t threshold;
	/* totals of each row behind its last column, of each column below its last row */
	struct suppress_cell cells[SUPPRESS_ROWS_MAX + 1][SUPPRESS_COLUMNS_MAX + 1];
};

/* True where a count of so many people must be withheld. */
bool suppress_small(uint32_t people, uint32_t threshold);

/* Marks what is withheld, totals among it where nothing else helps. */
void suppress_table(struct suppress_table *table);

/*
 * The same for one line of counts. total_known: their sum is, else it may change by the threshold.
 * False where that cannot be done as long as the sum is known; all that counts anything is hidden.
 */
bool suppress_line(struct suppress_cell *cells, size_t count, uint32_t threshold, bool total_known);
