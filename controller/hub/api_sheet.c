/* SPDX-License-Identifier: Apache-2.0 */
#include "api_sheet.h"

#include "wire/csv.h"

#include <stdlib.h>
#include <string.h>

void api_sheet_cell(struct api_sheet *sheet, const char *text, char after)
{
	size_t need = 2 * strlen(text) + 8, room = sheet->room ? sheet->room : 65536;
	char *grown;

	if (sheet->failed)
		return;
	while (room < sheet->used + need)
		room *= 2;
	if (room > sheet->room) {
		grown = realloc(sheet->text, room);
		if (!grown) {
			sheet->failed = true;
			return;
		}
		sheet->text = grown;
		sheet->room = room;
	}
	sheet->used += (size_t)csv_field(text, sheet->text + sheet->used, need);
	if (after == '\n')
		sheet->text[sheet->used++] = '\r';
	sheet->text[sheet->used++] = after;
}

int api_sheet_answer(struct api_call *call, struct api_sheet *sheet)
{
	if (!sheet->failed)
		http_respond(call->request, 200, "text/csv; charset=utf-8",
			sheet->text ? sheet->text : "", sheet->used);
	free(sheet->text);
	return sheet->failed ? -ENOMEM : API_ANSWERED;
}
