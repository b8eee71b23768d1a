/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/certificate.h"

#include "base/clock.h"
#include "base/file.h"
#include "crypto/hash.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (64 * 1024)
#define CHAIN_MAX 16
#define DAY_S 86400
/* others read nothing, the group may read: a given key is often root's and a group's */
#define KEY_FORBIDDEN 037

static void free_crt(gnutls_x509_crt_t *crt)
{
	if (*crt)
		gnutls_x509_crt_deinit(*crt);
}

static void free_key(gnutls_x509_privkey_t *key)
{
	if (*key)
		gnutls_x509_privkey_deinit(*key);
}

static void free_datum(gnutls_datum_t *datum)
{
	if (datum->data)
		crypto_wipe(datum->data, datum->size);
	gnutls_free(datum->data);
}

/* ---- making one ---- */

static bool is_dns_name(const char *host)
{
	size_t size = strlen(host);

	return size > 0 && size < 64 && host[0] != '-' && host[0] != '.' &&
	       strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
		       size;
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
	return gnutls_x509_crt_set_subject_alt_name(
		crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_address(gnutls_x509_crt_t crt, const char *address)
{
	unsigned char bytes[16];
	unsigned size = strchr(address, ':') ? 16 : 4;

	if (inet_pton(size == 16 ? AF_INET6 : AF_INET, address, bytes) != 1)
		return GNUTLS_E_INVALID_REQUEST;
	return gnutls_x509_crt_set_subject_alt_name(
		crt, GNUTLS_SAN_IPADDRESS, bytes, size, GNUTLS_FSAN_APPEND);
}

/* "hub.example.org" is known as that, as hub and as hub.local. */
static int name(gnutls_x509_crt_t crt, const char *host, const char *address)
{
	const char *common = is_dns_name(host) ? host : "localhost";
	char part[64], local[72];
	int r;

	r = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, "tapin", 5);
	if (r == 0)
		r = gnutls_x509_crt_set_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, 0, common, (unsigned)strlen(common));
	if (r == 0 && strcmp(common, "localhost") != 0) {
		snprintf(part, sizeof(part), "%.*s", (int)strcspn(host, "."), host);
		snprintf(local, sizeof(local), "%s.local", part);
		r = add_name(crt, host);
		if (r == 0 && strcmp(part, host) != 0)
			r = add_name(crt, part);
		if (r == 0 && strcmp(local, host) != 0)
			r = add_name(crt, local);
	}
	if (r == 0)
		r = add_name(crt, "localhost");
	if (r == 0)
		r = add_address(crt, "127.0.0.1");
	if (r == 0)
		r = add_address(crt, "::1");
	if (r == 0 && address)
		r = add_address(crt, address);
	return r;
}

/* For a server alone: whoever trusts it does not thereby trust it about others. */
static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	time_t now = (time_t)(clock_wall_us() / 1000000);
	unsigned char serial[16], id[20];
	size_t id_size = sizeof(id);
	int r;

	crypto_random(serial, sizeof(serial));
	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and as long as it looks */
	r = gnutls_x509_crt_set_version(crt, 3);
	if (r == 0)
		r = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (r == 0) /* clocks of others may be behind */
		r = gnutls_x509_crt_set_activation_time(crt, now - DAY_S);
	if (r == 0)
		r = gnutls_x509_crt_set_expiration_time(
			crt, now + (time_t)CERTIFICATE_DAYS * DAY_S);
	if (r == 0)
		r = gnutls_x509_crt_set_key(crt, key);
	if (r == 0)
		r = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	if (r == 0)
		r = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (r == 0)
		r = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (r == 0)
		r = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &id_size);
	return r == 0 ? gnutls_x509_crt_set_subject_key_id(crt, id, id_size) : r;
}

static int make(
	const char *host, const char *address, gnutls_datum_t *ret_chain, gnutls_datum_t *ret_key)
{
	CLEANUP(free_crt) gnutls_x509_crt_t crt = NULL;
	CLEANUP(free_key) gnutls_x509_privkey_t key = NULL;
	int r;

	r = gnutls_x509_privkey_init(&key);
	if (r == 0)
		r = gnutls_x509_privkey_generate(
			key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (r == 0)
		r = gnutls_x509_crt_init(&crt);
	if (r == 0)
		r = fill(crt, key);
	if (r == 0)
		r = name(crt, host, address);
	if (r == 0)
		r = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	if (r == 0)
		r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, ret_chain);
	if (r == 0)
		r = gnutls_x509_privkey_export2_pkcs8(
			key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, ret_key);
	return r;
}

static int save(const char *path, const gnutls_datum_t *text, mode_t mode, char err[ERR_MAX])
{
	int r = file_write_atomic(path, text->data, text->size, mode);

	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", path, strerror(-r));
	return r;
}

int certificate_make(const char *host, const char *address, const char *chain_path,
	const char *key_path, char err[ERR_MAX])
{
	CLEANUP(free_datum) gnutls_datum_t chain = {NULL, 0};
	CLEANUP(free_datum) gnutls_datum_t key = {NULL, 0};
	int r = make(host, address, &chain, &key);

	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: no certificate could be made: %s", chain_path,
			gnutls_strerror(r));
		return -EIO;
	}
	r = save(key_path, &key, 0600, err);
	return r < 0 ? r : save(chain_path, &chain, 0644, err);
}

/* ---- reading one ---- */

static int read_file(const char *path, char **ret_text, size_t *ret_size, char err[ERR_MAX])
{
	int r = file_read(path, FILE_MAX, ret_text, ret_size);

	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be read: %s; may the hub's user read it?", path,
			strerror(-r));
	return r;
}

static int take_chain(const char *path, const gnutls_datum_t *text, struct certificate *certificate,
	gnutls_x509_crt_t *ret_first, char err[ERR_MAX])
{
	gnutls_x509_crt_t crts[CHAIN_MAX] = {NULL};
	unsigned char digest[32];
	size_t size = sizeof(digest);
	unsigned count = CHAIN_MAX;
	int r;

	r = gnutls_x509_crt_list_import(crts, &count, text, GNUTLS_X509_FMT_PEM,
		GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED | GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
	if (r <= 0) {
		snprintf(err, ERR_MAX,
			"%s: no certificates in PEM, the hub's first and who certified it after "
			"it: %s",
			path, r < 0 ? gnutls_strerror(r) : "there is none");
		return -EINVAL;
	}
	for (int i = 1; i < r; i++)
		gnutls_x509_crt_deinit(crts[i]);
	*ret_first = crts[0];
	if (gnutls_x509_crt_get_fingerprint(crts[0], GNUTLS_DIG_SHA256, digest, &size) < 0)
		return -EIO;
	for (size_t i = 0; i < size; i++)
		sprintf(certificate->fingerprint + 3 * i, "%02X%s", digest[i],
			i + 1 < size ? ":" : "");
	certificate->from_us = gnutls_x509_crt_get_activation_time(crts[0]) * INT64_C(1000000);
	certificate->until_us = gnutls_x509_crt_get_expiration_time(crts[0]) * INT64_C(1000000);
	return 0;
}

static int take_key(const char *path, const gnutls_datum_t *text, const char *chain_path,
	gnutls_x509_crt_t crt, char err[ERR_MAX])
{
	CLEANUP(free_key) gnutls_x509_privkey_t key = NULL;
	unsigned char own[32], wanted[32];
	size_t own_size = sizeof(own), wanted_size = sizeof(wanted);
	int r = gnutls_x509_privkey_init(&key);

	if (r == 0)
		r = gnutls_x509_privkey_import2(key, text, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (r == 0)
		r = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, own, &own_size);
	if (r == 0)
		r = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, wanted, &wanted_size);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: no key in PEM without a password: %s", path,
			gnutls_strerror(r));
		return -EINVAL;
	}
	if (own_size == wanted_size && memcmp(own, wanted, own_size) == 0)
		return 0;
	snprintf(err, ERR_MAX,
		"%s: this key is not that of the certificate in %s; put the two there that were "
		"made together",
		path, chain_path);
	return -EKEYREJECTED;
}

static int check_mode(const char *path, char err[ERR_MAX])
{
	struct stat st;

	if (stat(path, &st) < 0 || (st.st_mode & KEY_FORBIDDEN) == 0)
		return 0; /* what is not there is said when it is read */
	snprintf(err, ERR_MAX,
		"%s: others may read this secret key (mode %04o); run: chmod 0600 %s", path,
		st.st_mode & 07777u, path);
	return -EPERM;
}

int certificate_load(const char *chain_path, const char *key_path,
	struct certificate *ret_certificate, char err[ERR_MAX])
{
	CLEANUP(certificate_free) struct certificate made = {0};
	CLEANUP(free_crt) gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t text;
	size_t size;
	int r;

	r = read_file(chain_path, &made.chain, &size, err);
	if (r < 0)
		return r;
	text = (gnutls_datum_t){(unsigned char *)made.chain, (unsigned)size};
	r = take_chain(chain_path, &text, &made, &crt, err);
	if (r == 0 && key_path)
		r = check_mode(key_path, err);
	if (r == 0 && key_path)
		r = read_file(key_path, &made.key, &made.key_size, err);
	if (r < 0)
		return r;
	text = (gnutls_datum_t){(unsigned char *)made.key, (unsigned)made.key_size};
	if (key_path)
		r = take_key(key_path, &text, chain_path, crt, err);
	if (r < 0)
		return r;
	*ret_certificate = made;
	made = (struct certificate){0};
	return 0;
}

void certificate_free(struct certificate *certificate)
{
	if (certificate->key)
		crypto_wipe(certificate->key, certificate->key_size);
	free(certificate->key);
	free(certificate->chain);
	*certificate = (struct certificate){0};
}
