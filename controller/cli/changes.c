/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the audit for a person: of two whole objects only what differs. */
#include "cli/command.h"

#include <string.h>

/* "name: x" of what is new, "name: x -> y" of what changed. */
static void put_change(FILE *out, const char *name, const json_t *before, const json_t *after)
{
	CLEANUP(cleanup_free) char *from = cli_cell(before, CLI_CELL_TEXT, false);
	CLEANUP(cleanup_free) char *to = cli_cell(after, CLI_CELL_TEXT, false);

	/* each change has a new version; that says nothing */
	if (!from || !to || strcmp(from, to) == 0 || strcmp(name, "version") == 0)
		return;
	if (ftello(out) > 0)
		fputs(", ", out);
	if (before)
		fprintf(out, "%s: %s -> %s", name, *from ? from : "none", *to ? to : "none");
	else
		fprintf(out, "%s: %s", name, to);
}

char *cli_changes(const json_t *row)
{
	const json_t *before = json_object_get(row, "before"),
		     *after = json_object_get(row, "after");
	bool gone = json_is_object(before) && !json_is_object(after);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *rows = (json_t *)(gone ? before : after);

	if (!out)
		return NULL;
	for (void *at = json_object_iter(rows); at; at = json_object_iter_next(rows, at)) {
		const char *name = json_object_iter_key(at);

		put_change(out, name, gone ? NULL : json_object_get(before, name),
			json_object_iter_value(at));
	}
	fclose(out);
	return text;
}
