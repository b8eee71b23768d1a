/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords of people (argon2id, by libsodium) and secrets that programs make up: passwords to be
 * typed once, and session keys.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSWORD_TEXT_MAX 128 /* the text of a hash, NUL included */
#define PASSWORD_MIN 8        /* bytes of a password that a person may choose */
#define PASSWORD_MAX 256
#define PASSWORD_MADE_SIZE 24 /* of one that password_make made, NUL included */
#define SESSION_KEY_SIZE 65   /* as text, NUL included */
#define SESSION_KEY_HASH_SIZE 32
#define SESSION_CSRF_SIZE 33 /* as text, NUL included */

/*
 * Hashes a password with a fresh salt: takes 64 MiB and about 0.1 s of this thread, so that
 * whoever has the text must spend as much for each guess. 0, -EINVAL for one that is shorter or
 * longer than allowed, -ENOMEM.
 */
int password_hash(const char *password, char out[PASSWORD_TEXT_MAX]);

/* Whether password is the one of text; false for a text that is none. Costs as much as
 * password_hash. */
bool password_verify(const char *text, const char *password);

/* For a name that does not exist: takes as long as password_verify, so that nobody can tell. */
void password_pretend(const char *password);

/* True where a good password should be hashed again: the text is of weaker limits than today's. */
bool password_needs_rehash(const char *text);

/* A random password of 20 letters and digits in groups of five, without those that look alike: 100
 * bits. */
void password_make(char out[PASSWORD_MADE_SIZE]);

/* A session key: 256 random bits in hex. What is kept is its hash alone. */
void session_key_make(char out[SESSION_KEY_SIZE]);
/* 0, or -EINVAL for a text that session_key_make cannot have made. */
int session_key_hash(const char *key, uint8_t out[SESSION_KEY_HASH_SIZE]);
/* What a page shows beside a session's cookie, so that no other page can use that: 128 bits in hex
 * that follow from the key alone. As above. */
int session_key_csrf(const char *key, char out[SESSION_CSRF_SIZE]);
