/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of [hub] listen: cert_file and key_file, or where they are not set https.pem and
 * https.key in [keys] directory, which the hub makes itself.
 */
#pragma once

#include "crypto/certificate.h"
#include "hub/conf.h"
#include <stdbool.h>

#define HUB_CERTIFICATE "https.pem"
#define HUB_CERTIFICATE_KEY "https.key"

/* Makes our own in place of what is there. 0, or negative errno with err. */
int hub_certificate_make(const struct hub_conf *conf, char err[ERR_MAX]);

/* Loads it with its key; make: our own is made where it is missing, which is logged. Free with
 * certificate_free. 0, or negative errno with err. */
int hub_certificate_load(const struct hub_conf *conf, bool make,
	struct certificate *ret_certificate, char err[ERR_MAX]);

/* Prints the fingerprint on standard output. 0, or negative errno with err. */
int hub_certificate_print(const struct hub_conf *conf, char err[ERR_MAX]);

/* Logs what is wrong with its days: over, soon over (30 days), not come yet. */
void hub_certificate_warn(const struct hub_conf *conf, int64_t from_us, int64_t until_us);
