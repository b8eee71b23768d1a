/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the log, for filters and menus: from the tables that doors decide by. */
#include "api.h"

#include "core/entry.h"
#include "core/reason.h"

#define KINDS_MAX 256
#define REASONS_MAX 256

static void write_reason(struct api_writer *out, const struct reason_info *row)
{
	api_object(out, NULL);
	api_text(out, "name", row->name);
	api_number(out, "number", row->reason);
	api_text(out, "pattern", reason_pattern_name(row->pattern));
	api_text(out, "admin", row->admin);
	api_text(out, "member", row->member);
	api_end(out);
}

static int show_reasons(struct api_call *call)
{
	struct api_writer *out = &call->out;

	api_object(out, NULL);
	api_list(out, "reasons");
	for (unsigned i = 0; i < REASONS_MAX && reason_row(i); i++)
		if (reason_row(i)->reason != REASON_NONE)
			write_reason(out, reason_row(i));
	api_end(out);
	api_list(out, "warnings");
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (warning_name(bit))
			api_text(out, NULL, warning_name(bit));
	api_end(out);
	api_list(out, "kinds");
	for (int i = 1; i < KINDS_MAX; i++)
		if (entry_kind_name((enum entry_kind)i))
			api_text(out, NULL, entry_kind_name((enum entry_kind)i));
	api_end(out);
	api_list(out, "patterns");
	for (int i = REASON_PATTERN_HOST; i <= REASON_PATTERN_COME_IN; i++)
		api_text(out, NULL, reason_pattern_name((enum reason_pattern)i));
	api_end(out);
	api_end(out);
	return 0;
}

const struct api_route api_reason_routes[] = {
	{"GET", "/reasons", API_ALL, API_TAKES_NOTHING, NULL, show_reasons, 0, API_ROW},
	{0},
};
