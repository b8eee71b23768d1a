/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of [hub] listen: a given one, or our own in the keys directory. */
#include "hub/certificate.h"

#include "base/clock.h"
#include "base/log.h"
#include "hub/keys.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

#define DAY_US (INT64_C(86400) * 1000000)
#define WARN_DAYS 30

struct paths {
	bool given;
	char chain[PATH_MAX];
	char key[PATH_MAX];
};

static struct paths paths_of(const struct hub_conf *conf)
{
	struct paths paths = {.given = *conf->cert_file};

	if (paths.given) {
		snprintf(paths.chain, PATH_MAX, "%s", conf->cert_file);
		snprintf(paths.key, PATH_MAX, "%s", conf->key_file);
	} else {
		hub_keys_path(conf, HUB_CERTIFICATE, paths.chain, PATH_MAX);
		hub_keys_path(conf, HUB_CERTIFICATE_KEY, paths.key, PATH_MAX);
	}
	return paths;
}

int hub_certificate_make(const struct hub_conf *conf, char err[ERR_MAX])
{
	static const char *const everywhere[] = {"", "0.0.0.0", "::"};
	const char *address = conf->listen.address;
	struct paths paths = paths_of(conf);
	char host[HOST_NAME_MAX + 1] = "";
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(everywhere) && address; i++)
		if (strcmp(address, everywhere[i]) == 0)
			address = NULL;
	gethostname(host, HOST_NAME_MAX);
	r = certificate_make(host, address, paths.chain, paths.key, err);
	hub_give(paths.chain, conf->key_directory);
	hub_give(paths.key, conf->key_directory);
	return r;
}

static bool missing(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

int hub_certificate_load(const struct hub_conf *conf, bool make,
	struct certificate *ret_certificate, char err[ERR_MAX])
{
	struct paths paths = paths_of(conf);
	bool made = make && !paths.given && (missing(paths.chain) || missing(paths.key));
	int r = made ? hub_certificate_make(conf, err) : 0;

	if (r == 0)
		r = certificate_load(paths.chain, paths.key, ret_certificate, err);
	if (r == -EKEYREJECTED && !paths.given)
		snprintf(err, ERR_MAX,
			"%s is not the key of %s: restore both from one backup, or remove both and "
			"the hub "
			"makes new ones",
			paths.key, paths.chain);
	if (r == 0 && made)
		log_warning("%s: there was no certificate for [hub] listen; a new one is made, and "
			    "browsers ask again whether they may trust it",
			paths.chain);
	return r;
}

int hub_certificate_print(const struct hub_conf *conf, char err[ERR_MAX])
{
	CLEANUP(certificate_free) struct certificate certificate = {0};
	struct paths paths = paths_of(conf);
	int r;

	if (!paths.given && missing(paths.chain)) {
		snprintf(err, ERR_MAX,
			"%s: there is none; the hub makes it when it starts with [hub] listen",
			paths.chain);
		return -ENOENT;
	}
	r = certificate_load(paths.chain, NULL, &certificate, err);
	if (r == 0)
		puts(certificate.fingerprint);
	return r;
}

void hub_certificate_warn(const struct hub_conf *conf, int64_t from_us, int64_t until_us)
{
	struct paths paths = paths_of(conf);
	int64_t now = clock_wall_us(), left = until_us - now;
	const char *remedy = paths.given
				     ? "renew it and restart tapin-hub"
				     : "remove it and https.key beside it and restart tapin-hub: "
				       "it makes a new one";
	char when[25];

	clock_format_utc(now < from_us ? from_us : until_us, when);
	if (now < from_us)
		log_warning("%s: this certificate is good from %s on only: is this machine's clock "
			    "right?",
			paths.chain, when);
	else if (left < 0)
		log_warning("%s: this certificate ended at %s and browsers refuse it: %s",
			paths.chain, when, remedy);
	else if (left < WARN_DAYS * DAY_US)
		log_warning("%s: this certificate ends at %s: %s", paths.chain, when, remedy);
}
