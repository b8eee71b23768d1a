/* SPDX-License-Identifier: Apache-2.0 */
/* Text that came from outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that begins at text, 1 … 4; 0 where none does: not in shortest form, a
 * surrogate, beyond U+10FFFF, or cut off. size is at least 1. */
size_t utf8_size(const char *text, size_t size);

/* Whole characters throughout, and no NUL. */
bool utf8_valid(const char *text, size_t size);

/* No character U+0000 … U+001F or U+007F. */
bool utf8_one_line(const char *text);
