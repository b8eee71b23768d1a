/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/text.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define OPSLIMIT crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE
#define MEMLIMIT crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE

_Static_assert(PASSWORD_TEXT_MAX == crypto_pwhash_argon2id_STRBYTES, "text size");
_Static_assert(SESSION_KEY_SIZE == 2 * 32 + 1, "32 bytes in hex");

int password_hash(const char *password, char out[PASSWORD_TEXT_MAX])
{
	size_t size = strnlen(password, PASSWORD_MAX + 1);

	if (size < PASSWORD_MIN || size > PASSWORD_MAX)
		return -EINVAL;
	if (crypto_pwhash_argon2id_str(out, password, size, OPSLIMIT, MEMLIMIT) != 0)
		return -ENOMEM;
	return 0;
}

/* libsodium reads a whole field; a text may stand in a shorter one. */
static bool take(const char *text, char out[PASSWORD_TEXT_MAX])
{
	size_t size = strnlen(text, PASSWORD_TEXT_MAX);

	if (size == 0 || size >= PASSWORD_TEXT_MAX)
		return false;
	memset(out, 0, PASSWORD_TEXT_MAX);
	memcpy(out, text, size);
	return true;
}

bool password_verify(const char *text, const char *password)
{
	size_t size = strnlen(password, PASSWORD_MAX + 1);
	char whole[PASSWORD_TEXT_MAX];

	if (size > PASSWORD_MAX || !take(text, whole))
		return false;
	return crypto_pwhash_argon2id_str_verify(whole, password, size) == 0;
}

void password_pretend(const char *password)
{
	static const uint8_t salt[crypto_pwhash_argon2id_SALTBYTES] = {0};
	size_t size = strnlen(password, PASSWORD_MAX);
	uint8_t nothing[32];
	int r;

	r = crypto_pwhash_argon2id(nothing, sizeof(nothing), password, size, salt, OPSLIMIT,
		MEMLIMIT, crypto_pwhash_argon2id_ALG_ARGON2ID13);
	(void)r;
	sodium_memzero(nothing, sizeof(nothing));
}

bool password_needs_rehash(const char *text)
{
	char whole[PASSWORD_TEXT_MAX];

	if (!take(text, whole))
		return true;
	return crypto_pwhash_argon2id_str_needs_rehash(whole, OPSLIMIT, MEMLIMIT) != 0;
}

void password_make(char out[PASSWORD_MADE_SIZE])
{
	/* without i, l, o, u: 32 of them, 5 bits each */
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t random[PASSWORD_MADE_SIZE - 1];

	crypto_random(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		out[i] = i % 6 == 5 ? '-' : letters[random[i] % 32];
	out[PASSWORD_MADE_SIZE - 1] = '\0';
	crypto_wipe(random, sizeof(random));
}

void session_key_make(char out[SESSION_KEY_SIZE])
{
	uint8_t random[(SESSION_KEY_SIZE - 1) / 2];

	crypto_random(random, sizeof(random));
	text_hex(random, sizeof(random), out);
	crypto_wipe(random, sizeof(random));
}

int session_key_hash(const char *key, uint8_t out[SESSION_KEY_HASH_SIZE])
{
	uint8_t bytes[(SESSION_KEY_SIZE - 1) / 2];

	if (strnlen(key, SESSION_KEY_SIZE) != SESSION_KEY_SIZE - 1 ||
		text_unhex(key, bytes, sizeof(bytes)) < 0)
		return -EINVAL;
	crypto_hash256(&(struct entry_part){bytes, sizeof(bytes)}, 1, out);
	crypto_wipe(bytes, sizeof(bytes));
	return 0;
}

int session_key_csrf(const char *key, char out[SESSION_CSRF_SIZE])
{
	static const char what[] = "tapin: csrf of a session";
	uint8_t bytes[(SESSION_KEY_SIZE - 1) / 2], mac[MAC_SIZE];

	if (strnlen(key, SESSION_KEY_SIZE) != SESSION_KEY_SIZE - 1 ||
		text_unhex(key, bytes, sizeof(bytes)) < 0)
		return -EINVAL;
	mac_make(bytes, &(struct entry_part){what, sizeof(what)}, 1, mac);
	text_hex(mac, (SESSION_CSRF_SIZE - 1) / 2, out);
	crypto_wipe(bytes, sizeof(bytes));
	return 0;
}
