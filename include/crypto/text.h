/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text: hex and standard base64 with padding (RFC 4648), strict on reading. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Room for the base64 text of n bytes, NUL included. */
#define BASE64_ROOM(n) ((((n) + 2) / 3) * 4 + 1)

/* Lower-case hex and a NUL; out has 2 * size + 1 bytes. */
void text_hex(const uint8_t *data, size_t size, char *out);
/* Exactly 2 * size hex digits. 0 or -EINVAL. */
int text_unhex(const char *text, uint8_t *out, size_t size);

/* out has BASE64_ROOM(size) bytes. */
void text_base64(const uint8_t *data, size_t size, char *out);
/* Decodes text_size characters into at most room bytes: the number of bytes, or -EINVAL. */
int text_unbase64(const char *text, size_t text_size, uint8_t *out, size_t room);
