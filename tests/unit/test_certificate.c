/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of HTTPS, held against openssl's own reading of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

#include <string.h>
#include <sys/stat.h>

#define DAY_US (INT64_C(86400) * 1000000)

static char dir[] = "/tmp/tapin-certificate-XXXXXX";
static char chain[64], key[64], other_chain[64], other_key[64];
static char err[ERR_MAX];

/* What a command prints. */
static const char *ask(const char *command)
{
	static char text[4096];
	FILE *pipe = popen(command, "r");
	size_t size;

	assert_non_null(pipe);
	size = fread(text, 1, sizeof(text) - 1, pipe);
	text[size] = '\0';
	pclose(pipe);
	return text;
}

static void write_text(const char *path, const char *text)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

static void refused(const char *chain_path, const char *key_path, int r, const char *why)
{
	struct certificate certificate = {0};

	*err = '\0';
	assert_int_equal(certificate_load(chain_path, key_path, &certificate, err), r);
	if (!strstr(err, why))
		fail_msg("\"%s\" does not say \"%s\"", err, why);
	assert_null(certificate.chain);
}

static void one_is_made_and_fits(void **state)
{
	struct certificate certificate;
	struct stat st;

	(void)state;
	if (certificate_load(chain, key, &certificate, err) < 0)
		fail_msg("%s", err);
	assert_int_equal(strlen(certificate.fingerprint), CERTIFICATE_FINGERPRINT_SIZE - 1);
	assert_true(certificate.from_us < clock_wall_us());
	assert_true(certificate.until_us > clock_wall_us() + 3640 * DAY_US);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	certificate_free(&certificate);
	assert_null(certificate.key);
	assert_int_equal(certificate_load(chain, NULL, &certificate, err), 0);
	assert_null(certificate.key);
	certificate_free(&certificate);
}

static void openssl_reads_the_same(void **state)
{
	static const char *const says[] = {
		"DNS:hub.example.org, DNS:hub, DNS:hub.local, DNS:localhost",
		"IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:192.0.2.7",
		"CA:FALSE", "TLS Web Server Authentication", "prime256v1", "ecdsa-with-SHA256",
		"Version: 3"};
	struct certificate certificate;
	char command[256], line[200];
	const char *text;

	(void)state;
	if (system("command -v openssl >/dev/null") != 0)
		skip();
	assert_int_equal(certificate_load(chain, key, &certificate, err), 0);
	snprintf(
		command, sizeof(command), "openssl x509 -in %s -noout -fingerprint -sha256", chain);
	snprintf(line, sizeof(line), "ingerprint=%s\n", certificate.fingerprint);
	assert_non_null(strstr(ask(command), line));
	certificate_free(&certificate);
	snprintf(command, sizeof(command), "openssl x509 -in %s -noout -text", chain);
	text = ask(command);
	for (size_t i = 0; i < ARRAY_SIZE(says); i++)
		if (!strstr(text, says[i]))
			fail_msg("%s is not in %s", says[i], text);
	snprintf(command, sizeof(command),
		"openssl verify -CAfile %s -verify_hostname hub.local %s 2>&1", chain, chain);
	assert_non_null(strstr(ask(command), ": OK"));
}

/* Odd host names make a certificate for this machine alone. */
static void hosts_are_names_or_left_out(void **state)
{
	static const char *const odd[] = {"", "(none)", "hub_1", "-hub", ".hub", "h\303\274b",
		"localhost",
		"0123456789012345678901234567890123456789012345678901234567890123456789"};
	struct certificate certificate;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		assert_int_equal(certificate_make(odd[i], NULL, other_chain, other_key, err), 0);
		assert_int_equal(certificate_load(other_chain, other_key, &certificate, err), 0);
		certificate_free(&certificate);
	}
	assert_int_equal(certificate_make("hub", "nowhere", other_chain, other_key, err), -EIO);
	assert_non_null(strstr(err, other_chain));
}

static void pairs_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	assert_int_equal(certificate_make("hub", NULL, other_chain, other_key, err), 0);
	refused(chain, other_key, -EKEYREJECTED, "not that of the certificate in");
	refused(other_chain, key, -EKEYREJECTED, other_chain);
	refused(key, key, -EINVAL, "no certificates in PEM");
	assert_int_equal(chmod(chain, 0600), 0);
	refused(chain, chain, -EINVAL, "no key in PEM");
}

static void keys_of_others_are_refused(void **state)
{
	static const mode_t bad[] = {0604, 0644, 0660, 0601, 0666};
	struct certificate certificate;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(chmod(key, bad[i]), 0);
		refused(chain, key, -EPERM, "run: chmod 0600");
	}
	assert_int_equal(chmod(key, 0640), 0); /* root's and a group's, like Debian's ssl-cert */
	assert_int_equal(certificate_load(chain, key, &certificate, err), 0);
	certificate_free(&certificate);
	assert_int_equal(chmod(key, 0600), 0);
}

static void what_is_no_certificate_is_refused(void **state)
{
	char *big = malloc(70000), *text, *twice;
	size_t size;

	(void)state;
	refused("/nonexistent/c.pem", key, -ENOENT, "/nonexistent/c.pem: cannot be read");
	refused(chain, "/nonexistent/k.pem", -ENOENT, "/nonexistent/k.pem: cannot be read");
	refused(dir, key, -EISDIR, "cannot be read");
	write_text(other_chain, "");
	refused(other_chain, key, -EINVAL, "no certificates in PEM");
	write_text(other_chain, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	refused(other_chain, key, -EINVAL, "no certificates in PEM");
	memset(big, 'A', 69999);
	big[69999] = '\0';
	write_text(other_chain, big);
	refused(other_chain, key, -EFBIG, "cannot be read");
	/* one that does not certify the one before it */
	assert_int_equal(certificate_make("hub", NULL, other_chain, other_key, err), 0);
	assert_int_equal(file_read(chain, 65536, &text, &size), 0);
	strcpy(big, text);
	free(text);
	assert_int_equal(file_read(other_chain, 65536, &text, &size), 0);
	twice = strcat(big, text);
	write_text(other_chain, twice);
	refused(other_chain, key, -EINVAL, "who certified it after it");
	free(text);
	free(big);
}

static int make_dir(void **state)
{
	(void)state;
	if (crypto_init() < 0 || !mkdtemp(dir))
		return -1;
	snprintf(chain, sizeof(chain), "%s/c.pem", dir);
	snprintf(key, sizeof(key), "%s/c.key", dir);
	snprintf(other_chain, sizeof(other_chain), "%s/o.pem", dir);
	snprintf(other_key, sizeof(other_key), "%s/o.key", dir);
	return certificate_make("hub.example.org", "192.0.2.7", chain, key, err);
}

static int drop_dir(void **state)
{
	const char *const paths[] = {chain, key, other_chain, other_key};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		unlink(paths[i]);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_made_and_fits),
		cmocka_unit_test(openssl_reads_the_same),
		cmocka_unit_test(hosts_are_names_or_left_out),
		cmocka_unit_test(pairs_that_do_not_fit_are_refused),
		cmocka_unit_test(keys_of_others_are_refused),
		cmocka_unit_test(what_is_no_certificate_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
