/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two rows and two columns make a rectangle: what one corner gains, its neighbours lose, and every
 * sum stays. A count is safe where such a rectangle is withheld as a whole and the corners that
 * lose have enough to lose. Totals count with the other sign, so that a rectangle with its row's
 * and its column's total and the grand total only gains: there always is one.
 */
#include "core/suppress.h"

bool suppress_small(uint32_t people, uint32_t threshold)
{
	return people > 0 && people < threshold;
}

/* ---- tables ---- */

struct corner {
	unsigned row, column;
};

static int sign(const struct suppress_table *t, struct corner at)
{
	return (at.row == t->rows ? -1 : 1) * (at.column == t->columns ? -1 : 1);
}

/* What hiding this corner costs, where the corner across the line from it rises; UINT64_MAX: it
 * cannot be. */
static uint64_t price(const struct suppress_table *t, struct corner at, bool rises)
{
	const struct suppress_cell *cell = &t->cells[at.row][at.column];
	bool total = at.row == t->rows || at.column == t->columns;

	if (!rises && cell->count < t->threshold)
		return UINT64_MAX;
	/* that a total is 0 may be known from another table of the same people */
	if (total && cell->count == 0 && !cell->hidden)
		return UINT64_MAX;
	return cell->hidden ? 0 : (uint64_t)cell->count + 1;
}

/* Of the rectangle with these two opposite corners, the first of which is to rise. */
static uint64_t price_of(const struct suppress_table *t, struct corner a, struct corner b)
{
	const struct corner beside = {a.row, b.column}, below = {b.row, a.column};
	int rises = sign(t, a); /* with the sign of totals taken off */
	uint64_t p = price(t, beside, -rises * sign(t, beside) > 0);
	uint64_t q = price(t, below, -rises * sign(t, below) > 0);
	uint64_t r = price(t, b, rises * sign(t, b) > 0);

	return p == UINT64_MAX || q == UINT64_MAX || r == UINT64_MAX ? UINT64_MAX : p + q + r;
}

static void protect(struct suppress_table *t, struct corner a)
{
	uint64_t least = UINT64_MAX;
	struct corner best = a;

	for (unsigned row = 0; row <= t->rows; row++)
		for (unsigned column = 0; column <= t->columns; column++) {
			const struct corner b = {row, column};
			uint64_t cost;

			if (row == a.row || column == a.column)
				continue;
			cost = price_of(t, a, b);
			if (cost < least) {
				least = cost;
				best = b;
			}
		}
	t->cells[a.row][best.column].hidden = true;
	t->cells[best.row][a.column].hidden = true;
	t->cells[best.row][best.column].hidden = true;
}

void suppress_table(struct suppress_table *t)
{
	bool must[SUPPRESS_ROWS_MAX + 1][SUPPRESS_COLUMNS_MAX + 1];

	for (unsigned row = 0; row <= t->rows; row++)
		for (unsigned column = 0; column <= t->columns; column++) {
			struct suppress_cell *cell = &t->cells[row][column];

			cell->hidden |= suppress_small(cell->people, t->threshold);
			must[row][column] = cell->hidden;
		}
	for (unsigned row = 0; row <= t->rows; row++)
		for (unsigned column = 0; column <= t->columns; column++)
			if (must[row][column])
				protect(t, (struct corner){row, column});
}

/* ---- lines ---- */

/* The smallest count that is shown and counts anything; NULL: there is none. */
static struct suppress_cell *smallest_shown(struct suppress_cell *cells, size_t count)
{
	struct suppress_cell *found = NULL;

	for (size_t i = 0; i < count; i++)
		if (!cells[i].hidden && cells[i].count > 0 &&
			(!found || cells[i].count < found->count))
			found = &cells[i];
	return found;
}

bool suppress_line(struct suppress_cell *cells, size_t count, uint32_t threshold, bool total_known)
{
	uint64_t sum = 0, largest = 0;
	bool must = false;

	for (size_t i = 0; i < count; i++) {
		cells[i].hidden |= suppress_small(cells[i].people, threshold);
		if (!cells[i].hidden)
			continue;
		must = true;
		sum += cells[i].count;
		largest = cells[i].count > largest ? cells[i].count : largest;
	}
	if (!must && total_known)
		return true;
	/* the others must have as much to lose as the largest may rise by; or the sum may fall */
	while (sum - (total_known ? largest : 0) < threshold) {
		struct suppress_cell *more = smallest_shown(cells, count);

		if (!more)
			return !total_known;
		more->hidden = true;
		sum += more->count;
	}
	return true;
}
