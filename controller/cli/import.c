/* SPDX-License-Identifier: Apache-2.0 */
/* Members and cards by CSV: what the hub says of each row. */
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"

#include <inttypes.h>
#include <string.h>

#define IMPORT_MAX (4u * 1024 * 1024) /* the hub's own bound */

static int read_stdin(char **ret_text, size_t *ret_size)
{
	char *text = malloc(IMPORT_MAX + 1);
	size_t size;

	if (!text)
		return -ENOMEM;
	size = fread(text, 1, IMPORT_MAX + 1, stdin);
	if (size > IMPORT_MAX || ferror(stdin)) {
		free(text);
		return size > IMPORT_MAX ? -EFBIG : -EIO;
	}
	*ret_text = text;
	*ret_size = size;
	return 0;
}

static int show(struct cli_call *call, const json_t *answer)
{
	json_int_t errors = json_integer_value(json_object_get(answer, "errors"));
	bool preview = json_is_true(json_object_get(answer, "preview"));

	if (call->json)
		cli_print_json(answer);
	else
		cli_show_rows(call->command->columns, json_object_get(answer, "rows"));
	if (!call->json)
		printf("%s: %" JSON_INTEGER_FORMAT " created, %" JSON_INTEGER_FORMAT
		       " changed, %" JSON_INTEGER_FORMAT " unchanged, %" JSON_INTEGER_FORMAT
		       " wrong%s\n",
			preview ? "this would be" : "done",
			json_integer_value(json_object_get(answer, "created")),
			json_integer_value(json_object_get(answer, "changed")),
			json_integer_value(json_object_get(answer, "unchanged")), errors,
			errors && !preview ? "; with a wrong line nothing is taken: mend the file"
					   : "");
	return errors ? CLI_EXIT_REFUSED : CLI_EXIT_DONE;
}

int cli_import(struct cli_call *call)
{
	const char *file = call->words[call->word_count - 1];
	CLEANUP(cleanup_free) char *text = NULL;
	char path[CLI_PATH_MAX];
	json_t *answer;
	size_t size;
	int r;

	r = strcmp(file, "-") == 0 ? read_stdin(&text, &size)
				   : file_read(file, IMPORT_MAX, &text, &size);
	if (r < 0)
		return log_error("%s: cannot be read: %s", file, strerror(-r)), CLI_EXIT_USAGE;
	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	if (cli_given(call, "preview"))
		cli_add_query(path, "preview", "true");
	r = cli_send_text(call, path, "text/csv", text, size, &answer);
	if (r == CLI_EXIT_DONE)
		r = show(call, answer);
	json_decref(answer);
	return r;
}
