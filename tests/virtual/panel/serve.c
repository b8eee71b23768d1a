/* SPDX-License-Identifier: Apache-2.0 */
/* What the page asks for. */
#include "panel.h"

#include "base/file.h"

#include <string.h>

#define FILE_MAX (256 * 1024)
#define BODY_MAX 512
#define WORDS_MAX 100

static const char policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
	"require-trusted-types-for 'script'; trusted-types 'none'";

static void refuse(
	struct http_request *request, unsigned status, const char *title, const char *detail)
{
	http_problem(request, status, "virtual-panel", title, detail, NULL);
}

static void answer_json(struct http_request *request, const struct api_writer *out)
{
	if (out->failed)
		refuse(request, 500, "No answer", "no memory");
	else
		http_respond(request, 200, "application/json", out->text, out->used);
}

/* ---- the page's files ---- */

static const struct {
	const char *path, *file, *type;
} files[] = {
	{"/", "index.html", "text/html; charset=utf-8"},
	{"/style.css", "style.css", "text/css; charset=utf-8"},
	{"/panel.js", "panel.js", "text/javascript; charset=utf-8"},
	{"/ask.js", "ask.js", "text/javascript; charset=utf-8"},
	{"/sound.js", "sound.js", "text/javascript; charset=utf-8"},
	{"/events.js", "events.js", "text/javascript; charset=utf-8"},
	{"/hands.js", "hands.js", "text/javascript; charset=utf-8"},
	{"/drawing.js", "drawing.js", "text/javascript; charset=utf-8"},
	{"/door.js", "door.js", "text/javascript; charset=utf-8"},
	{"/icon.svg", "icon.svg", "image/svg+xml"},
};

/* Read anew each time: who works on the page reloads it. */
static bool answer_file(const struct panel *panel, struct http_request *request)
{
	CLEANUP(cleanup_free) char *data = NULL;
	char path[4096];
	size_t size, i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (strcmp(files[i].path, http_path(request)) == 0)
			break;
	if (i == ARRAY_SIZE(files))
		return false;
	snprintf(path, sizeof(path), "%s/%s", panel->www, files[i].file);
	if (file_read(path, FILE_MAX, &data, &size) < 0) {
		refuse(request, 500, "No such file", path);
		return true;
	}
	http_add_header(request, "Content-Security-Policy", policy);
	http_respond(request, 200, files[i].type, data, size);
	return true;
}

/* ---- the doors ---- */

static void answer_site(const struct panel *panel, struct http_request *request)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};

	api_object(&out, NULL);
	api_text_or_null(&out, "page", panel->page ? panel->page : "");
	api_list(&out, "doors");
	for (size_t i = 0; i < panel->door_count; i++)
		api_text(&out, NULL, panel->doors[i].name);
	api_end(&out);
	api_end(&out);
	answer_json(request, &out);
}

/* A machine that is away is a state of the door, not an error of this server. */
static void answer_away(struct http_request *request, const char *why)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};

	api_object(&out, NULL);
	api_bool(&out, "up", false);
	api_text(&out, "why", why);
	api_end(&out);
	answer_json(request, &out);
}

static void answer_door(
	const struct panel_door *door, const char *what, struct http_request *request)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};
	const char *text = http_query(request, "since");
	uint64_t since = 0;
	char err[ERR_MAX] = "";
	int r;

	if (text && api_number_parse(text, API_NUMBER_MAX, &since) < 0) {
		refuse(request, 400, "Bad query", "since: expected an event's number");
		return;
	}
	r = *what ? panel_things(door->socket, &out, err)
		  : panel_watch(door->socket, since, &out, err);
	if (r < 0)
		answer_away(request, err);
	else
		answer_json(request, &out);
}

/* ---- hands at a door ---- */

static const struct {
	const char *name;
	bool timed; /* answered at once, not when the card is out again */
} verbs[] = {
	{"tap", true},
	{"press", true},
	{"hold", false},
	{"remove", false},
	{"open", false},
	{"close", false},
	{"input", false},
	{"break", false},
	{"heal", false},
	{"reset", false},
};

/* The words of the body, or false when it was answered with what is wrong. */
static bool read_words(struct http_request *request, char words[WORDS_MAX + 1])
{
	struct api_errors errors = {0};
	struct api_body body;
	size_t size;
	const char *text = http_body(request, &size), *type = http_header(request, "Content-Type");
	bool good;

	words[0] = '\0';
	if (!type || strncmp(type, "application/json", 16) != 0) {
		refuse(request, 415, "No JSON", "expected Content-Type: application/json");
		return false;
	}
	good = api_body_open(text, size, &errors, &body) == 0;
	if (good) {
		api_get_text(&body, "words", API_OPTIONAL, 0, WORDS_MAX, words);
		good = api_body_done(&body);
	}
	api_body_free(&body);
	if (good && words[strspn(words, " -_0123456789abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0')
		return true;
	refuse(request, 400, "Bad body",
		"expected {\"words\": \"a few words of a-z, 0-9, - and _\"}");
	return false;
}

static void act(const struct panel_door *door, const char *verb, struct http_request *request)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};
	CLEANUP(cleanup_free) char *answer = malloc(ANSWER_MAX);
	char words[WORDS_MAX + 1], line[WORDS_MAX + 32], err[ERR_MAX] = "";
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(verbs) && strcmp(verbs[i].name, verb) != 0; i++)
		;
	if (i == ARRAY_SIZE(verbs)) {
		refuse(request, 404, "No such verb",
			"there are tap, press, hold, remove, open, close, input, break, heal, "
			"reset");
		return;
	}
	if (!read_words(request, words))
		return;
	snprintf(line, sizeof(line), "%s %s%s", verb, words, verbs[i].timed ? " go" : "");
	r = answer ? panel_ask(door->socket, line, answer, err) : -ENOMEM;
	if (r < 0) {
		refuse(request, r == -EPROTO ? 409 : 503,
			r == -EPROTO ? "Refused" : "No virtual machine", err);
		return;
	}
	api_object(&out, NULL);
	api_text(&out, "said", answer);
	api_end(&out);
	answer_json(request, &out);
}

/* ---- which of them ---- */

/* "/doors/front/tap": the door, and in ret_rest "tap" or "". NULL: there is none. */
static const struct panel_door *find_door(
	const struct panel *panel, const char *path, const char **ret_rest)
{
	size_t n;

	if (strncmp(path, "/doors/", 7) != 0)
		return NULL;
	path += 7;
	n = strcspn(path, "/");
	for (size_t i = 0; i < panel->door_count; i++) {
		const char *name = panel->doors[i].name;
		if (strlen(name) != n || strncmp(name, path, n) != 0)
			continue;
		*ret_rest = path[n] ? path + n + 1 : "";
		return &panel->doors[i];
	}
	return NULL;
}

size_t panel_begin(struct http_request *request, void *userdata)
{
	const char *method = http_method(request), *own = http_header(request, "X-Virtual-Door");

	(void)userdata;
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		return 0;
	if (strcmp(method, "POST") != 0)
		refuse(request, 405, "No such method", "expected GET or POST");
	else if (!own || strcmp(own, "1") != 0)
		refuse(request, 403, "Not from here",
			"expected the header X-Virtual-Door: 1, which this page sends");
	return BODY_MAX;
}

void panel_handle(struct http_request *request, void *userdata)
{
	const struct panel *panel = userdata;
	const char *path = http_path(request), *rest = "";
	bool post = strcmp(http_method(request), "POST") == 0;
	const struct panel_door *door = find_door(panel, path, &rest);

	if (door && post)
		act(door, rest, request);
	else if (door && (!*rest || strcmp(rest, "things") == 0))
		answer_door(door, rest, request);
	else if (!post && strcmp(path, "/site") == 0)
		answer_site(panel, request);
	else if (post || !answer_file(panel, request))
		refuse(request, 404, "Not there", "no such door or file");
}
