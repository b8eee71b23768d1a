/* SPDX-License-Identifier: Apache-2.0 */
/* Search in names: case does not count, in any script. */
#include "registry_private.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

/* The next character of UTF-8 text that was checked on its way in. */
static uint32_t next_char(const uint8_t **at)
{
	const uint8_t *p = *at;
	unsigned n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);

	for (unsigned i = 1; i < n; i++) {
		if (p[i] >> 6 != 2) { /* what was asked for may be anything */
			n = i;
			break;
		}
		c = c << 6 | (p[i] & 0x3F);
	}
	*at = p + n;
	return c;
}

static wint_t fold(uint32_t c, locale_t locale)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	return locale ? towlower_l((wint_t)c, locale) : (wint_t)c;
}

/* Does text begin with part? */
static bool begins(const uint8_t *text, const uint8_t *part, locale_t locale)
{
	while (*part) {
		if (!*text || fold(next_char(&text), locale) != fold(next_char(&part), locale))
			return false;
	}
	return true;
}

static void has(sqlite3_context *context, int count, sqlite3_value **values)
{
	const uint8_t *text = sqlite3_value_text(values[0]);
	const uint8_t *part = sqlite3_value_text(values[1]);
	locale_t locale = sqlite3_user_data(context);
	bool found = false;

	(void)count;
	while (text && part && *text && !found) {
		found = begins(text, part, locale);
		next_char(&text);
	}
	sqlite3_result_int(context, found);
}

static void free_locale(void *locale)
{
	if (locale)
		freelocale(locale);
}

int registry_search_register(sqlite3 *db)
{
	/* every glibc from Debian 12 on has it; without: only ASCII letters have no case */
	locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);

	return sqlite3_create_function_v2(db, "tapin_has", 2,
		       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, locale, has, NULL,
		       NULL, free_locale) == SQLITE_OK
		       ? 0
		       : db_errno(db);
}
