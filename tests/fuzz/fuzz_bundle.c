/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles, claims, their answers and welcomes of any bytes: what is taken can be written again. */
#include "wire/bundle.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal must say why; what was taken must have been written. */
static void judge(int read, const char *err, int written, char *body)
{
	if (read < 0 ? !*err : written < 0)
		abort();
	free(body);
}

static void try_bundle(const char *data, size_t size)
{
	struct bundle bundle;
	char err[ERR_MAX] = "", *body = NULL;
	int written = 0, r = bundle_read("bundle", data, size, &bundle, err);

	if (r == 0)
		written = bundle_write(&bundle, &body);
	judge(r, err, written, body);
	if (r == 0)
		bundle_free(&bundle);
}

static void try_claim(const char *data, size_t size)
{
	struct claim claim;
	char err[ERR_MAX] = "", *body = NULL;
	int written = 0, r = claim_read(data, size, &claim, err);

	if (r == 0)
		written = claim_write(&claim, &body);
	judge(r, err, written, body);
}

static void try_answer(const char *data, size_t size)
{
	struct claim_answer answer;
	char err[ERR_MAX] = "", *body = NULL;
	int written = 0, r = claim_answer_read(data, size, &answer, err);

	if (r == 0)
		written = claim_answer_write(&answer, &body);
	judge(r, err, written, body);
	if (r == 0)
		claim_answer_free(&answer);
}

static void try_welcome(const char *data, size_t size)
{
	struct welcome welcome;
	char err[ERR_MAX] = "", *body = NULL;
	int written = 0, r = welcome_read(data, size, &welcome, err);

	if (r == 0)
		written = welcome_write(&welcome, &body);
	judge(r, err, written, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (crypto_init() < 0)
		abort();
	try_bundle((const char *)data, size);
	try_claim((const char *)data, size);
	try_answer((const char *)data, size);
	try_welcome((const char *)data, size);
	return 0;
}
