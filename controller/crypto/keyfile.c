/* SPDX-License-Identifier: Apache-2.0 */
#include "keyfile_private.h"

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "crypto/text.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_FILE_MAX 256 /* bytes; the longest line is about 130 */
#define KEY_MAGIC "tapin-key-1"

/* One line, taken apart. */
struct line {
	char kind[16];
	char id[KEY_ID_SIZE];
	uint8_t bytes[SIGN_SECRET_SIZE];
};

static void wipe_line(struct line *line)
{
	crypto_wipe(line, sizeof(*line));
}

static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free)
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	CLEANUP(cleanup_close) int fd = -1;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Writes a new file and makes it durable; a umask may have taken bits that the mode needs. */
static int fill(int fd, mode_t mode, const char *text)
{
	ssize_t n;

	if (fchmod(fd, mode) < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		return -errno;
	if ((size_t)n != strlen(text))
		return -ENOSPC;
	return fsync(fd) < 0 ? -errno : 0;
}

int keyfile_save(const char *path, mode_t mode, const char *text, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r = fd < 0 ? -errno : 0;

	if (r == -EEXIST) {
		snprintf(err, ERR_MAX,
			"%s: exists already; a key is never overwritten, move the old one away",
			path);
		return r;
	}
	if (fd >= 0) {
		r = fill(fd, mode, text);
		if (r == 0)
			r = sync_directory(path);
		if (r < 0)
			unlink(path);
	}
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot write the key: %s", path, strerror(-r));
	return r;
}

static int save_line(const char *path, mode_t mode, const char *kind, const char *id,
	const uint8_t *bytes, size_t size, char err[ERR_MAX])
{
	char base64[BASE64_ROOM(SIGN_SECRET_SIZE)], text[KEY_FILE_MAX];
	int r;

	text_base64(bytes, size, base64);
	snprintf(text, sizeof(text), "%s %s %s %s\n", KEY_MAGIC, kind, id, base64);
	r = keyfile_save(path, mode, text, err);
	crypto_wipe(base64, sizeof(base64));
	crypto_wipe(text, sizeof(text));
	return r;
}

/* systemd hands a credential over in a directory that only its service may enter; an access list
 * for the service's user shows as the group's right to read. */
static mode_t forbidden(const char *path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	size_t size = directory ? strlen(directory) : 0;

	if (size > 0 && strncmp(path, directory, size) == 0 && path[size] == '/')
		return 037;
	return 077;
}

/* Reads at most KEY_FILE_MAX - 1 bytes of a regular file that nobody else may read, when secret. */
static int read_text(const char *path, bool secret, char text[KEY_FILE_MAX], char err[ERR_MAX])
{
	/* non-blocking: a pipe in the place of a key must not stop a start */
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int r = -errno;

		snprintf(err, ERR_MAX, "%s: cannot read the key: %s", path, strerror(-r));
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, ERR_MAX, "%s: not a regular file, expected a key file", path);
		return -EINVAL;
	}
	if (secret && (st.st_mode & forbidden(path)) != 0) {
		snprintf(err, ERR_MAX,
			"%s: others may read this secret key (mode %04o); run: chmod 0600 %s", path,
			st.st_mode & 07777u, path);
		return -EPERM;
	}
	n = read(fd, text, KEY_FILE_MAX);
	if (n < 0 || n >= KEY_FILE_MAX || memchr(text, '\0', (size_t)n)) {
		snprintf(err, ERR_MAX, "%s: not a key file (one line of \"%s KIND ID BASE64\")",
			path, KEY_MAGIC);
		return -EINVAL;
	}
	text[n] = '\0';
	return 0;
}

/* The next word of a line of words that single spaces part; NULL past the end. */
static char *word(char **at)
{
	char *start = *at;

	if (!start)
		return NULL;
	*at = strchr(start, ' ');
	if (*at)
		*(*at)++ = '\0';
	return start;
}

static int parse(char *text, size_t size, struct line *line)
{
	size_t length = strlen(text);
	char *at = text;

	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	const char *magic = word(&at), *kind = word(&at), *id = word(&at), *base64 = word(&at);

	if (!base64 || at || strcmp(magic, KEY_MAGIC) != 0 || strlen(kind) >= sizeof(line->kind) ||
		strlen(id) >= sizeof(line->id))
		return -EINVAL;
	strcpy(line->kind, kind);
	strcpy(line->id, id);
	return text_unbase64(base64, strlen(base64), line->bytes, size) == (int)size ? 0 : -EINVAL;
}

static int load(const char *path, const char *kind, size_t size, bool secret, struct line *line,
	char err[ERR_MAX])
{
	char text[KEY_FILE_MAX] = "";
	int r = read_text(path, secret, text, err);

	if (r < 0)
		return r;
	r = parse(text, size, line);
	crypto_wipe(text, sizeof(text));
	if (r < 0 || strcmp(line->kind, kind) != 0) {
		snprintf(err, ERR_MAX, "%s: expected one line \"%s %s ID BASE64\" with %zu bytes%s",
			path, KEY_MAGIC, kind, size,
			r == 0 ? "; this file holds another kind of key" : "");
		return -EINVAL;
	}
	return 0;
}

static int refuse(const char *path, const char *what, char err[ERR_MAX])
{
	snprintf(err, ERR_MAX, "%s: %s; restore the file from its backup or make a new key", path,
		what);
	return -EINVAL;
}

int key_save_secret(const char *path, const struct sign_secret *key, char err[ERR_MAX])
{
	return save_line(
		path, 0600, "sign-secret", key->public.id, key->bytes, sizeof(key->bytes), err);
}

int key_load_secret(const char *path, struct sign_secret *ret_key, char err[ERR_MAX])
{
	CLEANUP(wipe_line) struct line line = {0};
	struct sign_secret key;
	int r = load(path, "sign-secret", sizeof(key.bytes), true, &line, err);

	if (r < 0)
		return r;
	crypto_sign_seed_keypair(key.public.bytes, key.bytes, line.bytes);
	sign_key_id(key.public.bytes, key.public.id);
	if (memcmp(key.bytes, line.bytes, sizeof(key.bytes)) != 0)
		r = refuse(path, "the public half does not belong to the secret half", err);
	else if (strcmp(key.public.id, line.id) != 0)
		r = refuse(path, "the key id does not belong to the key", err);
	else
		*ret_key = key;
	crypto_wipe(&key, sizeof(key));
	return r;
}

int key_save_public(const char *path, const struct sign_public *key, char err[ERR_MAX])
{
	return save_line(path, 0644, "sign-public", key->id, key->bytes, sizeof(key->bytes), err);
}

int key_load_public(const char *path, struct sign_public *ret_key, char err[ERR_MAX])
{
	CLEANUP(wipe_line) struct line line = {0};
	struct sign_public key;
	int r = load(path, "sign-public", sizeof(key.bytes), false, &line, err);

	if (r < 0)
		return r;
	memcpy(key.bytes, line.bytes, sizeof(key.bytes));
	sign_key_id(key.bytes, key.id);
	if (strcmp(key.id, line.id) != 0)
		return refuse(path, "the key id does not belong to the key", err);
	*ret_key = key;
	return 0;
}

int key_save_card(const char *path, const struct card_key *key, char err[ERR_MAX])
{
	char id[KEY_ID_SIZE];

	snprintf(id, sizeof(id), "%u", key->id);
	return save_line(path, 0600, "card-secret", id, key->bytes, sizeof(key->bytes), err);
}

int key_load_card(const char *path, struct card_key *ret_key, char err[ERR_MAX])
{
	CLEANUP(wipe_line) struct line line = {0};
	unsigned long long id;
	char again[KEY_ID_SIZE + 4];
	int r = load(path, "card-secret", CARD_KEY_SIZE, true, &line, err);

	if (r < 0)
		return r;
	id = strtoull(line.id, NULL, 10);
	snprintf(again, sizeof(again), "%llu", id);
	if (id < 1 || id > UINT32_MAX || strcmp(again, line.id) != 0)
		return refuse(path, "the key id is not a whole number from 1 to 4294967295", err);
	ret_key->id = (uint32_t)id;
	memcpy(ret_key->bytes, line.bytes, CARD_KEY_SIZE);
	return 0;
}
