/* SPDX-License-Identifier: Apache-2.0 */
/* A picture of openings: a row for each day, a column for each half hour. */
#pragma once

#include "base/openings.h"
#include <stdio.h>

enum week_style {
	WEEK_STYLE_ASCII,
	WEEK_STYLE_BLOCKS, /* UTF-8 */
	WEEK_STYLE_COLOUR, /* UTF-8 and a terminal's colours */
};

/* Draws every local day that the window from `from` to `to` touches. */
void week_draw(FILE *out, const struct opening *openings, size_t count, int64_t from, int64_t to,
	enum week_style style);
