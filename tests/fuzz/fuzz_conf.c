/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration parser on any bytes: no crash, and a refusal always says where. */
#include "door/conf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct door_conf conf;
	char err[ERR_MAX] = "";
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || size > 65536)
		return -1;
	if (write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (door_conf_load(path, &conf, err) < 0 && !*err)
			abort();
	}
	close(fd);
	return 0;
}
