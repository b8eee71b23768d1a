/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of any bytes: what is taken is within its bounds, what is not is named, and both can be
 * written again as JSON. */
#include "core/civil.h"
#include "wire/api_json.h"
#include "wire/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_item(struct api_body *item, size_t index, void *userdata)
{
	char name[NAME_ID_MAX] = "";

	(void)index;
	(void)userdata;
	if (api_get_name(item, "door", API_REQUIRED, name) && !name_id_valid(name))
		abort();
	api_body_done(item);
}

static void read_object(struct api_body *object, void *userdata)
{
	read_item(object, 0, userdata);
}

static void read_all(struct api_body *body)
{
	static const char *const words[] = {"active", "closed"};
	char text[41] = "", name[NAME_ID_MAX] = "", time[32];
	uint64_t number = 7;
	uint32_t small = 7, bits = 0;
	int64_t us = 0, us_again;
	int32_t date = 0;
	size_t count = 0;
	bool yes = false;
	int word = 0;

	if (api_get_text(body, "text", API_REQUIRED, 1, 40, text) &&
		(!*text || !utf8_valid(text, strlen(text)) || !utf8_one_line(text)))
		abort();
	if (api_get_name(body, "name", API_NULLABLE, name) && *name && !name_id_valid(name))
		abort();
	if (api_get_number(body, "number", API_OPTIONAL, 5, 9, &number) &&
		(number < 5 || number > 9))
		abort();
	if (api_get_u32(body, "small", API_NULLABLE, 5, 9, &small) && small > 9)
		abort();
	if (api_get_time(body, "time", API_NULLABLE, &us)) {
		api_time_format(us, time);
		if (api_time_parse(time, &us_again) < 0 || us_again != us)
			abort();
	}
	if (api_get_date(body, "date", API_NULLABLE, &date) && date != DATE_NONE && date < 0)
		abort();
	if (api_get_word(body, "state", API_OPTIONAL, words, 2, &word) && word > 1)
		abort();
	if (api_get_words(body, "flags", API_OPTIONAL, words, 2, &bits) && bits > 3)
		abort();
	if (api_get_list(body, "list", API_OPTIONAL, 4, read_item, NULL, &count) && count > 4)
		abort();
	api_get_object(body, "object", API_NULLABLE, read_object, NULL);
	api_get_bool(body, "bool", API_OPTIONAL, &yes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct api_errors errors;
	struct api_writer out = {0};
	struct api_body body;
	char *text;
	bool good = false;

	errors.count = 0;
	if (api_body_open((const char *)data, size, &errors, &body) == 0) {
		read_all(&body);
		good = api_body_done(&body);
	}
	if (good != (errors.count == 0) || errors.count > API_ERRORS_MAX)
		abort();
	text = api_errors_text(&errors);
	if (!text || !utf8_valid(text, strlen(text)))
		abort();
	api_object(&out, NULL);
	api_raw(&out, "errors", text);
	api_end(&out);
	if (out.failed || strstr(out.text, "\"errors\":null"))
		abort();
	api_writer_free(&out);
	free(text);
	api_body_free(&body);
	return 0;
}
