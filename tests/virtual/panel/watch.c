/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine says, as JSON for the page. */
#include "panel.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

#define EVENTS_FIRST 40 /* for a page that has just been opened */

/* Calls fn for each line of text, which is cut up for it. */
static void each_line(
	char *text, void (*fn)(char *line, struct api_writer *out), struct api_writer *out)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		fn(line, out);
}

/* The first word; *line is what follows. */
static char *next_word(char **line)
{
	char *word;

	*line += strspn(*line, " ");
	word = *line;
	*line += strcspn(*line, " ");
	if (**line)
		*(*line)++ = '\0';
	return word;
}

/* "line GPIO17 0 strike off held by tapin-door" */
static void write_line(char *line, struct api_writer *out)
{
	char *name;

	if (strcmp(next_word(&line), "line") != 0)
		return;
	api_object(out, NULL);
	api_text(out, "line", next_word(&line));
	api_bool(out, "high", *next_word(&line) == '1');
	name = next_word(&line);
	api_text(out, "name", strcmp(name, "-") == 0 ? "" : name);
	name = next_word(&line);
	api_text(out, "state", strcmp(name, "-") == 0 ? "" : name);
	next_word(&line); /* held */
	api_bool(out, "held", strcmp(next_word(&line), "by") == 0);
	api_end(out);
}

/* "card unlimited 047c3b9a2e5d80" */
static void write_field_card(char *line, struct api_writer *out)
{
	if (strcmp(next_word(&line), "card") == 0)
		api_text(out, NULL, next_word(&line));
}

/* "1234 5678000 line GPIO17 1 strike on" */
static void write_event(char *line, struct api_writer *out)
{
	uint64_t seq = strtoull(next_word(&line), NULL, 10);
	uint64_t ns = strtoull(next_word(&line), NULL, 10);

	api_object(out, NULL);
	api_number(out, "seq", seq);
	api_number(out, "at_us", ns / 1000);
	api_text(out, "text", line);
	api_end(out);
}

/* The word after key at the start of a line of the status; "" without. */
static void status_word(const char *status, const char *key, char *out, size_t size)
{
	size_t n = strlen(key);

	*out = '\0';
	for (const char *line = status; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) != 0 || line[n] != ' ')
			continue;
		snprintf(out, size, "%.*s", (int)strcspn(line + n + 1, " \n"), line + n + 1);
		return;
	}
}

static void write_reader(const char *status, struct api_writer *out)
{
	char word[256];

	status_word(status, "reader", word, sizeof(word));
	api_text(out, "reader", word);
	status_word(status, "port", word, sizeof(word));
	api_bool(out, "plugged", strcmp(word, "unplugged") != 0);
	status_word(status, "fault", word, sizeof(word));
	api_text(out, "fault", strcmp(word, "none") == 0 ? "" : word);
}

static void write_list(struct api_writer *out, const char *key, const char *text,
	void (*fn)(char *line, struct api_writer *out))
{
	CLEANUP(cleanup_free) char *copy = strdup(text);

	api_list(out, key);
	if (copy)
		each_line(copy, fn, out);
	api_end(out);
}

/* From where a page that has seen all before since goes on: another machine counts anew. */
static uint64_t first_wanted(const char *status, uint64_t since)
{
	const char *log = strstr(status, "\nlog ");
	uint64_t first = 0, last = 0, max = since ? EVENTS_MAX : EVENTS_FIRST;

	if (log)
		sscanf(log, "\nlog %" SCNu64 " %" SCNu64, &first, &last);
	if (since > last + 1)
		max = EVENTS_FIRST;
	if (since == 0 || since > last + 1 || since + max <= last)
		since = last > max ? last - max + 1 : 1;
	return since < first ? first : since;
}

int panel_watch(const char *socket, uint64_t since, struct api_writer *out, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *status = malloc(ANSWER_MAX), *events = malloc(ANSWER_MAX);
	char request[40];
	int r = status && events ? panel_ask(socket, "status", status, err) : -ENOMEM;

	if (r < 0)
		return r;
	snprintf(request, sizeof(request), "log %" PRIu64, first_wanted(status, since));
	r = panel_ask(socket, request, events, err);
	if (r < 0)
		return r;
	api_object(out, NULL);
	api_bool(out, "up", true);
	api_number(out, "now_us", clock_mono_us());
	write_reader(status, out);
	write_list(out, "cards", status, write_field_card);
	write_list(out, "lines", status, write_line);
	write_list(out, "events", events, write_event);
	api_end(out);
	return 0;
}

/* ---- what there is ---- */

/* "unlimited desfire 047c3b9a2e5d80 0344 20 7577810280" */
static void write_card(char *line, struct api_writer *out)
{
	api_object(out, NULL);
	api_text(out, "name", next_word(&line));
	api_text(out, "kind", next_word(&line));
	api_text(out, "number", next_word(&line));
	api_end(out);
}

/* A name and a sentence. */
static void write_about(char *line, struct api_writer *out)
{
	api_object(out, NULL);
	api_text(out, "name", next_word(&line));
	api_text(out, "about", line + strspn(line, " "));
	api_end(out);
}

int panel_things(const char *socket, struct api_writer *out, char err[ERR_MAX])
{
	static const struct {
		const char *verb;
		void (*fn)(char *line, struct api_writer *out);
	} lists[] = {{"cards", write_card}, {"about", write_about}, {"faults", write_about}};
	CLEANUP(cleanup_free) char *answer = malloc(ANSWER_MAX);
	int r = answer ? 0 : -ENOMEM;

	api_object(out, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(lists) && r == 0; i++) {
		r = panel_ask(socket, lists[i].verb, answer, err);
		if (r == 0)
			write_list(out, lists[i].verb, answer, lists[i].fn);
	}
	api_end(out);
	return r;
}
