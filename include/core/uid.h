/* SPDX-License-Identifier: Apache-2.0 */
/* A card's UID: bytes plus length, compared whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UID_MAX 10                     /* ISO/IEC 14443-3: single 4, double 7, triple 10 bytes */
#define UID_TEXT_MAX (2 * UID_MAX + 1) /* hex digits and the NUL */

struct uid {
	uint8_t len; /* 4, 7 or 10; 0 is no UID */
	uint8_t bytes[UID_MAX];
};

/* What a UID can be used for; the zero value refuses. */
enum uid_kind {
	UID_KIND_INVALID, /* no UID at all */
	UID_KIND_RANDOM,  /* 4 bytes starting 08 (ISO/IEC 14443-3): changes at each tap */
	UID_KIND_DUMMY,   /* a fixed number that many devices share: 01020304, all 00, all FF … */
	UID_KIND_FIXED,   /* names one card */
};

/* 0, or -EINVAL when size is not 4, 7 or 10. */
int uid_from_bytes(const uint8_t *data, size_t size, struct uid *ret_uid);

/* Hex digits, upper or lower case, optionally separated by ':', '-' or ' ' between bytes. 0 or
 * -EINVAL. */
int uid_parse(const char *text, struct uid *ret_uid);

/* Upper-case hex, two digits a byte. */
void uid_format(const struct uid *uid, char out[UID_TEXT_MAX]);

bool uid_equal(const struct uid *a, const struct uid *b);

enum uid_kind uid_kind(const struct uid *uid);
