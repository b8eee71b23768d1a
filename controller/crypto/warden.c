/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/warden.h"

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/text.h"
#include "keyfile_private.h"

#include <sodium.h>
#include <string.h>

#define MAGIC "tapin-warden-1"
#define FILE_SIZE_MAX 512 /* bytes; the line has about 210 */
#define CHECK_SIZE 17     /* as text, NUL included */

/* RFC 9106's second choice: a machine of a door has the memory, and opens within a second. A change
 * is a new version of the file. */
#define PASSES 3
#define MEMORY (64u * 1024 * 1024)

/* The secret key under the passphrase. */
struct sealed {
	uint8_t salt[crypto_pwhash_argon2id_SALTBYTES];
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
	uint8_t box[crypto_secretbox_MACBYTES + SEAL_KEY_SIZE];
};
_Static_assert(sizeof(struct sealed) == 88, "no padding");

static void wipe_pair(struct seal_pair *pair)
{
	crypto_wipe(pair, sizeof(*pair));
}

int warden_public_set(const uint8_t bytes[SEAL_KEY_SIZE], struct warden_public *ret_public)
{
	struct warden_public public;
	uint8_t sealed[SEAL_OVERHEAD];

	if (seal_make(bytes, "", 0, sealed) < 0)
		return -EINVAL;
	memcpy(public.bytes, bytes, sizeof(public.bytes));
	sign_key_id(public.bytes, public.id);
	*ret_public = public;
	return 0;
}

/* ---- the passphrase ---- */

static int derive(
	const char *passphrase, const struct sealed *sealed, uint8_t key[crypto_secretbox_KEYBYTES])
{
	return crypto_pwhash_argon2id(key, crypto_secretbox_KEYBYTES, passphrase,
		       strlen(passphrase), sealed->salt, PASSES, MEMORY,
		       crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0
		       ? 0
		       : -ENOMEM;
}

static int seal_secret(const struct seal_pair *pair, const char *passphrase, struct sealed *sealed)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	int r;

	crypto_random(sealed, sizeof(*sealed));
	r = derive(passphrase, sealed, key);
	if (r == 0)
		crypto_secretbox_easy(
			sealed->box, pair->secret, sizeof(pair->secret), sealed->nonce, key);
	crypto_wipe(key, sizeof(key));
	return r;
}

static int open_secret(
	const struct sealed *sealed, const char *passphrase, uint8_t secret[SEAL_KEY_SIZE])
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	int r = derive(passphrase, sealed, key);

	if (r == 0 && crypto_secretbox_open_easy(
			      secret, sealed->box, sizeof(sealed->box), sealed->nonce, key) != 0)
		r = -EKEYREJECTED;
	crypto_wipe(key, sizeof(key));
	return r;
}

/* ---- the file ---- */

static void check_of(const char *text, size_t size, char out[CHECK_SIZE])
{
	uint8_t hash[ENTRY_HASH_SIZE];

	crypto_hash256(&(struct entry_part){text, size}, 1, hash);
	text_hex(hash, (CHECK_SIZE - 1) / 2, out);
}

static int save(const char *path, const struct warden_public *public, const struct sealed *sealed,
	char err[ERR_MAX])
{
	char text[FILE_SIZE_MAX], base64[BASE64_ROOM(SEAL_KEY_SIZE)],
		secret[BASE64_ROOM(sizeof(*sealed))], check[CHECK_SIZE];
	int n;

	text_base64(public->bytes, sizeof(public->bytes), base64);
	text_base64((const uint8_t *)sealed, sizeof(*sealed), secret);
	n = snprintf(text, sizeof(text), MAGIC " %s %s %s", public->id, base64, secret);
	check_of(text, (size_t)n, check);
	snprintf(text + n, sizeof(text) - (size_t)n, " %s\n", check);
	return keyfile_save(path, 0600, text, err);
}

int warden_key_make(const char *path, const char *passphrase, struct warden_public *ret_public,
	char err[ERR_MAX])
{
	size_t size = strnlen(passphrase, WARDEN_PASSPHRASE_MAX + 1);
	CLEANUP(wipe_pair) struct seal_pair pair;
	struct warden_public public;
	struct sealed sealed;
	int r;

	if (size < WARDEN_PASSPHRASE_MIN || size > WARDEN_PASSPHRASE_MAX) {
		snprintf(err, ERR_MAX,
			"the passphrase has %s than %d characters: take four words or more",
			size < WARDEN_PASSPHRASE_MIN ? "less" : "more",
			size < WARDEN_PASSPHRASE_MIN ? WARDEN_PASSPHRASE_MIN
						     : WARDEN_PASSPHRASE_MAX);
		return -EINVAL;
	}
	seal_pair_make(&pair);
	r = warden_public_set(pair.public, &public);
	if (r == 0)
		r = seal_secret(&pair, passphrase, &sealed);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: the key cannot be made: %s", path, strerror(-r));
		return r;
	}
	r = save(path, &public, &sealed, err);
	if (r == 0)
		*ret_public = public;
	return r;
}

/* The words of a line that single spaces part; false unless there are exactly count. */
static bool split(char *text, const char **words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *space = strchr(text, ' ');

		words[i] = text;
		if (!space != (i == count - 1))
			return false;
		if (space) {
			*space = '\0';
			text = space + 1;
		}
	}
	return true;
}

/* False for a line that warden_key_make cannot have written. */
static bool parse(char *text, struct warden_public *public, struct sealed *sealed)
{
	const char *end = strrchr(text, ' '), *words[5];
	size_t n = strcspn(text, "\n");
	char check[CHECK_SIZE];

	if (!end || (text[n] && text[n + 1]))
		return false;
	text[n] = '\0';
	check_of(text, (size_t)(end - text), check);
	return split(text, words, ARRAY_SIZE(words)) && strcmp(words[0], MAGIC) == 0 &&
	       strcmp(words[4], check) == 0 &&
	       text_unbase64(words[2], strlen(words[2]), public->bytes, SEAL_KEY_SIZE) ==
		       SEAL_KEY_SIZE &&
	       text_unbase64(words[3], strlen(words[3]), (uint8_t *)sealed, sizeof(*sealed)) ==
		       (int)sizeof(*sealed) &&
	       warden_public_set(public->bytes, public) == 0 && strcmp(words[1], public->id) == 0;
}

static int load(const char *path, struct warden_public *ret_public, struct sealed *ret_sealed,
	char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct warden_public public;
	struct sealed sealed;
	size_t size;
	int r = file_read(path, FILE_SIZE_MAX, &text, &size);

	if (r < 0 && r != -EFBIG && r != -EINVAL) {
		snprintf(err, ERR_MAX, "%s: cannot read the wardens' key: %s", path, strerror(-r));
		return r;
	}
	if (r < 0 || strlen(text) != size || strncmp(text, MAGIC " ", strlen(MAGIC) + 1) != 0) {
		snprintf(err, ERR_MAX,
			"%s: not a wardens' key (one line of \"" MAGIC " …\"); tapin rollcall key "
			"makes one",
			path);
		return -EBADMSG;
	}
	if (!parse(text, &public, &sealed)) {
		snprintf(err, ERR_MAX,
			"%s: this wardens' key is damaged: take another copy of the file", path);
		return -EBADMSG;
	}
	*ret_public = public;
	*ret_sealed = sealed;
	return 0;
}

int warden_public_load(const char *path, struct warden_public *ret_public, char err[ERR_MAX])
{
	struct sealed sealed;

	return load(path, ret_public, &sealed, err);
}

int warden_key_open(
	const char *path, const char *passphrase, struct seal_pair *ret_pair, char err[ERR_MAX])
{
	uint8_t public[SEAL_KEY_SIZE];
	CLEANUP(wipe_pair) struct seal_pair pair;
	struct warden_public of;
	struct sealed sealed;
	int r = load(path, &of, &sealed, err);

	if (r < 0)
		return r;
	r = open_secret(&sealed, passphrase, pair.secret);
	if (r == 0 && (crypto_scalarmult_base(public, pair.secret) != 0 ||
			      memcmp(public, of.bytes, sizeof(public)) != 0))
		r = -EBADMSG;
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: %s", path,
			r == -EKEYREJECTED ? "this is not the passphrase of this wardens' key"
			: r == -EBADMSG    ? "the public half does not belong to the secret half; "
					     "take another copy of the file"
					   : "not enough memory for the passphrase (64 MiB)");
		return r;
	}
	memcpy(pair.public, of.bytes, sizeof(pair.public));
	*ret_pair = pair;
	return 0;
}
