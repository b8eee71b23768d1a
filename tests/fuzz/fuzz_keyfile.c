/* SPDX-License-Identifier: Apache-2.0 */
/* Key files of any bytes, read as each of the four kinds. */
#include "crypto/sign.h"
#include "crypto/warden.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sign_secret secret;
	struct sign_public public;
	struct card_key card;
	struct warden_public warden;
	char err[ERR_MAX] = "", path[64];
	int fd = memfd_create("key", MFD_CLOEXEC), taken = 0;

	if (crypto_init() < 0 || fd < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fchmod(fd, 0600) == 0 && write(fd, data, size) == (ssize_t)size) {
		taken += key_load_secret(path, &secret, err) == 0;
		taken += key_load_public(path, &public, err) == 0;
		taken += key_load_card(path, &card, err) == 0;
		taken += warden_public_load(path, &warden, err) == 0;
		/* a file is of one kind, and each refusal says why */
		if (taken > 1 || !*err)
			abort();
	}
	close(fd);
	return 0;
}
