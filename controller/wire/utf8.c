/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/utf8.h"

#include <stdint.h>

size_t utf8_size(const char *text, size_t size)
{
	const unsigned char *t = (const unsigned char *)text;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;
	size_t n;

	if (t[0] < 0x80)
		return 1;
	n = t[0] >= 0xF0 ? 4 : t[0] >= 0xE0 ? 3 : 2;
	if (t[0] < 0xC2 || t[0] > 0xF4 || n > size)
		return 0;
	c = t[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((t[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (t[i] & 0x3Fu);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	return n;
}

bool utf8_valid(const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t n = utf8_size(text + i, size - i);

		if (n == 0 || text[i] == '\0')
			return false;
		i += n;
	}
	return true;
}

bool utf8_one_line(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			return false;
	return true;
}
