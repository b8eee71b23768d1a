/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that the hub's HTTPS shows, and its key: made here or given. */
#pragma once

#include "base/util.h"
#include <stdint.h>

#define CERTIFICATE_FINGERPRINT_SIZE 96 /* "AA:BB:…": SHA-256 as browsers show it, and NUL */
#define CERTIFICATE_DAYS 3650

struct certificate {
	char *chain; /* PEM, as it stands in the file */
	char *key;   /* PEM, or NULL */
	size_t key_size;
	char fingerprint[CERTIFICATE_FINGERPRINT_SIZE]; /* of the first one */
	int64_t from_us;                                /* valid from … until, wall time */
	int64_t until_us;
};

/*
 * Makes a key (ECDSA, P-256) and its self-signed certificate for localhost, 127.0.0.1, ::1, host,
 * host.local and address (NULL or an IP address), good for CERTIFICATE_DAYS, in place of what these
 * files hold. A host that is no name of the DNS is left out. 0, or negative errno with err.
 */
int certificate_make(const char *host, const char *address, const char *chain_path,
	const char *key_path, char err[ERR_MAX]);

/*
 * Reads a certificate (PEM, those that certify it behind it) and its key (NULL: without). -EPERM
 * for a key that others may read, -EKEYREJECTED for one of another certificate, -EINVAL for what is
 * none; err names file and remedy.
 */
int certificate_load(const char *chain_path, const char *key_path,
	struct certificate *ret_certificate, char err[ERR_MAX]);

/* Wipes the key. */
void certificate_free(struct certificate *certificate);
