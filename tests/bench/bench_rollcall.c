/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a sealed roll call of so many people: bench_rollcall PEOPLE LIST KEY. Prints how long the
 * hub's part takes. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "wire/rollcall.h"

static int make(struct rollcall *list, const char *path, const struct warden_public *key)
{
	uint64_t began_us = clock_mono_us(), sealed_us;
	struct rollcall_sealed sealed;
	char *data;
	size_t size;
	int r = rollcall_seal(list, key, &sealed);

	sealed_us = clock_mono_us() - began_us;
	if (r == 0)
		r = rollcall_file_write(&sealed, &data, &size);
	if (r < 0)
		return r;
	printf("# %zu people: sealed in %.1f ms, %zu bytes, %u messages\n", list->people_count,
		(double)sealed_us / 1000, sealed.size, rollcall_parts(sealed.size));
	r = file_write_atomic(path, data, size, 0600);
	free(data);
	rollcall_sealed_free(&sealed);
	return r;
}

int main(int argc, char **argv)
{
	struct rollcall list = {.site = "walker", .timezone = "Europe/London"};
	struct warden_public key;
	char err[ERR_MAX];
	int r;

	if (argc != 4 || crypto_init() < 0)
		return 2;
	if (access(argv[3], F_OK) == 0)
		r = warden_public_load(argv[3], &key, err);
	else
		r = warden_key_make(argv[3], "four words and a song", &key, err);
	list.people_count = strtoul(argv[1], NULL, 10);
	list.people = calloc(list.people_count + 1, sizeof(*list.people));
	if (r < 0 || !list.people)
		return 1;
	list.as_of_us = clock_wall_us();
	list.sure = (uint32_t)list.people_count;
	for (size_t i = 0; i < list.people_count; i++) {
		struct rollcall_person *person = &list.people[i];

		snprintf(person->name, sizeof(person->name), "Member Number %zu", i);
		strcpy(person->zone, "front");
		person->since_us = list.as_of_us;
		person->sure = true;
	}
	r = make(&list, argv[2], &key);
	rollcall_free(&list);
	return r < 0;
}
