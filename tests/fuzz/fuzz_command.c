/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and results of any bytes: what a reader takes is written again and read as the same. */
#include "wire/command.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_command(const char *data, size_t size)
{
	struct command value, again;
	char err[ERR_MAX] = "", *body, *second;

	if (command_read(data, size, &value, err) < 0) {
		if (!*err)
			abort();
		return;
	}
	if (command_write(&value, &body) < 0 || command_read(body, strlen(body), &again, err) < 0 ||
		command_write(&again, &second) < 0 || strcmp(body, second) != 0)
		abort();
	free(body);
	free(second);
}

static void try_result(const char *data, size_t size)
{
	struct command_result value, again;
	char err[ERR_MAX] = "", *body, *second;

	if (command_result_read(data, size, &value, err) < 0) {
		if (!*err)
			abort();
		return;
	}
	if (command_result_write(&value, &body) < 0 ||
		command_result_read(body, strlen(body), &again, err) < 0 ||
		command_result_write(&again, &second) < 0 || strcmp(body, second) != 0)
		abort();
	free(body);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_command((const char *)data, size);
	try_result((const char *)data, size);
	return 0;
}
