/* SPDX-License-Identifier: Apache-2.0 */
/* The card catalogue: a file of [name] sections, see tests/virtual/cards.ini for the keys. */
#pragma once

#include "base/util.h"
#include "card.h"

#define CATALOGUE_MAX 64
#define CATALOGUE_BYTES_MAX 65536

struct catalogue {
	struct card_spec cards[CATALOGUE_MAX];
	size_t n_cards;
};

/*
 * Reads text of n bytes, any bytes; path is only named in messages. Whole or not at all.
 * Returns 0, or -EINVAL with err "PATH:LINE: what is wrong; what was expected".
 */
int catalogue_parse(const char *path, const char *text, size_t n, struct catalogue *ret_catalogue,
	char err[ERR_MAX]);

/* The same from a file; also -ENOENT and other errors of reading, -EFBIG past CATALOGUE_BYTES_MAX.
 */
int catalogue_load(const char *path, struct catalogue *ret_catalogue, char err[ERR_MAX]);

/* NULL if there is no such card. */
const struct card_spec *catalogue_find(const struct catalogue *catalogue, const char *name);

const char *card_kind_name(enum card_kind kind);

/* "047c3b9a2e5d80": n bytes as lower-case hex into 2n + 1. Returns ret_text. */
const char *hex_format(const uint8_t *bytes, size_t n, char *ret_text);
