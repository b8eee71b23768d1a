/* SPDX-License-Identifier: Apache-2.0 */
/* Search in names: case does not count, in any script. And taking them out of texts. */
#include "registry_private.h"
#include "store/registry_erase.h"

#include <locale.h>
#include <stdlib.h>
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

/* ---- taking out ---- */

/* What text begins with, if that is what: its length, else 0. Where what is one word its case
 * counts, for "Grace" is not every grace period. */
static size_t match(const uint8_t *text, const uint8_t *what, locale_t locale)
{
	const uint8_t *at = text;

	if (!strpbrk((const char *)what, " @")) {
		size_t size = strlen((const char *)what);

		return strncmp((const char *)text, (const char *)what, size) == 0 ? size : 0;
	}
	while (*what)
		if (!*at || fold(next_char(&at), locale) != fold(next_char(&what), locale))
			return 0;
	return (size_t)(at - text);
}

static bool is_part_of_word(uint32_t c, locale_t locale)
{
	if (c < 0x80 || !locale)
		return c == '_' || (c >= '0' && c <= '9') || (c | 32) - 'a' < 26 || c >= 0x80;
	return iswalnum_l((wint_t)c, locale) != 0;
}

/* Copies text, with the word in place of each `what` that stands for itself. */
static void copy_without(const uint8_t *text, const uint8_t *what, locale_t locale, FILE *out)
{
	bool inside = false; /* of a word */

	while (*text) {
		size_t size = inside ? 0 : match(text, what, locale);
		const uint8_t *next = text + size;

		if (size > 0 && *next && is_part_of_word(next_char(&next), locale))
			size = 0;
		next = text + size;
		if (size > 0) {
			fputs(REGISTRY_ERASED_NAME, out);
			inside = true;
		} else {
			inside = is_part_of_word(next_char(&next), locale);
			fwrite(text, 1, (size_t)(next - text), out);
		}
		text = next;
	}
}

/* tapin_scrub(text, what, whole): `whole` where text is nothing but what, else text without it; a
 * short one is found only where it is all there is. */
static void scrub(sqlite3_context *context, int count, sqlite3_value **values)
{
	const uint8_t *text = sqlite3_value_text(values[0]);
	const uint8_t *what = sqlite3_value_text(values[1]);
	locale_t locale = sqlite3_user_data(context);
	CLEANUP(cleanup_free) char *out = NULL;
	size_t size = 0, found;
	FILE *stream;

	(void)count;
	found = text && what ? match(text, what, locale) : 0;
	if (found > 0 && !text[found]) {
		sqlite3_result_value(context, values[2]);
		return;
	}
	sqlite3_result_value(context, values[0]);
	if (!text || !what || strlen((const char *)what) < REGISTRY_SCRUB_MIN)
		return;
	stream = open_memstream(&out, &size);
	if (stream)
		copy_without(text, what, locale, stream);
	if (!stream || fclose(stream) != 0)
		sqlite3_result_error_nomem(context);
	else
		sqlite3_result_text(context, out, -1, SQLITE_TRANSIENT);
}

/* ---- members by their words ---- */

static int run_for(struct registry *reg, const char *sql, uint64_t member)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);

	if (!stmt)
		return registry_sql_fail(reg, "note the words of a member");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	return registry_run(reg, stmt, "note the words of a member");
}

int registry_search_put(struct registry *reg, uint64_t member)
{
	return run_for(reg,
		"INSERT INTO member_text (rowid, id, name, contact) "
		"SELECT id, id, name, contact FROM member WHERE id = ?1",
		member);
}

/* FTS5 must be given what it once took. */
int registry_search_drop(struct registry *reg, uint64_t member)
{
	return run_for(reg,
		"INSERT INTO member_text (member_text, rowid, id, name, contact) "
		"SELECT 'delete', id, id, name, contact FROM member WHERE id = ?1",
		member);
}

int registry_search_settle(struct registry *reg)
{
	return db_do(reg->db, "INSERT INTO member_text (member_text) VALUES ('optimize')") < 0
		       ? registry_sql_fail(reg, "forget words of members")
		       : 0;
}

/* In quotes nothing is an operator; a word without a letter in it is no condition to FTS5. */
void registry_search_ask(const char *text, char out[REGISTRY_SEARCH_MAX])
{
	size_t used = 0;

	for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (used + 2 * n + 5 > REGISTRY_SEARCH_MAX)
			break;
		out[used++] = '"';
		for (size_t i = 0; i < n; i++)
			out[used++] = at[i] == '"' ? ' ' : at[i];
		memcpy(out + used, "\"* ", 3);
		used += 3;
		at += n;
	}
	out[used] = '\0';
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
	locale_t second = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);

	if (sqlite3_create_function_v2(db, "tapin_scrub", 3,
		    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, second, scrub, NULL,
		    NULL, free_locale) != SQLITE_OK) {
		free_locale(locale);
		return db_errno(db);
	}
	return sqlite3_create_function_v2(db, "tapin_has", 2,
		       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, locale, has, NULL,
		       NULL, free_locale) == SQLITE_OK
		       ? 0
		       : db_errno(db);
}
