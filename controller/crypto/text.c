/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/text.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

void text_hex(const uint8_t *data, size_t size, char *out)
{
	sodium_bin2hex(out, 2 * size + 1, data, size);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int text_unhex(const char *text, uint8_t *out, size_t size)
{
	/* judged whole first: a refused text leaves out as it was */
	for (size_t i = 0; i < 2 * size; i++)
		if (nibble(text[i]) < 0)
			return -EINVAL;
	if (text[2 * size] != '\0')
		return -EINVAL;
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
	return 0;
}

void text_base64(const uint8_t *data, size_t size, char *out)
{
	sodium_bin2base64(out, BASE64_ROOM(size), data, size, sodium_base64_VARIANT_ORIGINAL);
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes that a strict text stands for, or -EINVAL. */
static int base64_size(const char *text, size_t size, size_t room)
{
	size_t pad = 0, bytes;

	if (size % 4 != 0)
		return -EINVAL;
	while (pad < 2 && pad < size && text[size - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < size - pad; i++)
		if (sextet(text[i]) < 0)
			return -EINVAL;
	/* bits that stand for nothing must be zero: each value has one text */
	if (pad > 0 && (sextet(text[size - pad - 1]) & (pad == 1 ? 0x03 : 0x0f)) != 0)
		return -EINVAL;
	bytes = size / 4 * 3 - pad;
	return bytes <= room && bytes <= INT32_MAX ? (int)bytes : -EINVAL;
}

int text_unbase64(const char *text, size_t text_size, uint8_t *out, size_t room)
{
	int bytes = base64_size(text, text_size, room);
	uint32_t bits = 0;
	unsigned held = 0;

	for (int i = 0, at = 0; at < bytes; i++) {
		bits = bits << 6 | (uint32_t)sextet(text[i]);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[at++] = (uint8_t)(bits >> held);
		}
	}
	return bytes;
}
