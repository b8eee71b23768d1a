/* SPDX-License-Identifier: Apache-2.0 */
#include "core/uid.h"

#include <errno.h>
#include <string.h>

/* ISO/IEC 14443-3 table of single-size UIDs: 08 is random, 88 is the cascade tag. */
#define FIRST_BYTE_RANDOM 0x08
#define FIRST_BYTE_CASCADE 0x88

/* Fixed numbers that strangers share: enrolling one would admit every other device that shows it.
 */
static const uint8_t dummies[][4] = {
	{0x01, 0x02, 0x03, 0x04}, /* some phones' card emulation (LG G3, Xiaomi Mi 3, Mix 2s) */
	{0x01, 0x23, 0x45, 0x67}, /* what nfc-mfsetuid writes unless told otherwise */
	{0xDE, 0xAD, 0xBE, 0xEF}, /* what nfc-emulate-uid shows unless told otherwise */
};

static bool size_ok(size_t size)
{
	return size == 4 || size == 7 || size == UID_MAX;
}

int uid_from_bytes(const uint8_t *data, size_t size, struct uid *ret_uid)
{
	struct uid uid = {0};

	if (!data || !size_ok(size))
		return -EINVAL;
	uid.len = (uint8_t)size;
	memcpy(uid.bytes, data, size);
	*ret_uid = uid;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int uid_parse(const char *text, struct uid *ret_uid)
{
	uint8_t bytes[UID_MAX];
	size_t n = 0;

	if (!text)
		return -EINVAL;
	while (*text != '\0') {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		/* two digits a byte, always: "4:1:22" would be another card's text */
		if (low < 0 || n == UID_MAX)
			return -EINVAL;
		bytes[n++] = (uint8_t)(high << 4 | low);
		text += 2;
		if ((*text == ':' || *text == '-' || *text == ' ') && text[1] != '\0')
			text++;
	}
	return uid_from_bytes(bytes, n, ret_uid);
}

void uid_format(const struct uid *uid, char out[UID_TEXT_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t len = size_ok(uid->len) ? uid->len : 0;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[uid->bytes[i] >> 4];
		out[2 * i + 1] = digits[uid->bytes[i] & 0xF];
	}
	out[2 * len] = '\0';
}

bool uid_equal(const struct uid *a, const struct uid *b)
{
	return size_ok(a->len) && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* A blank chip or a line that is stuck: the same byte throughout, all 0 or all 1. */
static bool all_same(const struct uid *uid)
{
	if (uid->bytes[0] != 0x00 && uid->bytes[0] != 0xFF)
		return false;
	for (size_t i = 1; i < uid->len; i++)
		if (uid->bytes[i] != uid->bytes[0])
			return false;
	return true;
}

enum uid_kind uid_kind(const struct uid *uid)
{
	if (!size_ok(uid->len))
		return UID_KIND_INVALID;
	if (all_same(uid))
		return UID_KIND_DUMMY;
	if (uid->len != 4)
		return UID_KIND_FIXED;
	if (uid->bytes[0] == FIRST_BYTE_CASCADE)
		return UID_KIND_INVALID;
	if (uid->bytes[0] == FIRST_BYTE_RANDOM)
		return UID_KIND_RANDOM;
	for (size_t i = 0; i < sizeof(dummies) / sizeof(dummies[0]); i++)
		if (memcmp(uid->bytes, dummies[i], sizeof(dummies[i])) == 0)
			return UID_KIND_DUMMY;
	return UID_KIND_FIXED;
}
