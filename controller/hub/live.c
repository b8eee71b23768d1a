/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /stream: whoever watches is told of new entries as they are kept, and of what else changed by
 * one word each. Other parts only note that there may be something; what it is is looked up here,
 * once for all who watch and at most ten times a second. Nothing is done while nobody watches.
 */
#include "live.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

#define FLUSH_MS 100
#define KEEP_MS 15000
#define SESSION_STREAMS_MAX 8
#define OPERATOR_STREAMS_MAX 24 /* of all their sessions: one alone takes no other's place */
#define RETRY_S "5"
#define BACKLOG_MAX 50                /* entries; more are one word */
#define BACKLOG_BYTES_MAX (32 * 1024) /* half of what a stream may queue */
#define ALARMS 8                      /* the newest open ones are looked at */

struct viewer {
	struct http_stream *stream; /* NULL: free */
	struct hub *hub;
	struct api_actor actor;
	uint64_t kept_ms;
};

struct hub_live {
	struct viewer viewers[HTTP_STREAMS_MAX];
	size_t count;
	sd_event_source *timer;
	uint64_t flushed_ms;
	unsigned noted;
	uint64_t log_id;   /* the newest that was told of */
	uint64_t audit_id; /* the newest that was looked at */
	uint64_t alarms;   /* a sum over the newest open ones */
};

/* Entries as they are sent: each once, for everybody. */
struct backlog {
	struct registry_entry *rows;
	struct api_writer texts[BACKLOG_MAX];
	size_t count;
	bool too_long;
};

/* ---- sending ---- */

static void send_text(struct viewer *viewer, const char *text)
{
	if (viewer->stream)
		(void)http_stream_send(viewer->stream, text, strlen(text));
}

static void send_words(struct viewer *viewer, unsigned words)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};
	char head[] = "event: changed\ndata: ";

	api_object(&out, NULL);
	api_list(&out, "what");
	live_words_write(&out, words);
	api_end(&out);
	api_end(&out);
	if (out.failed)
		return;
	send_text(viewer, head);
	send_text(viewer, out.text);
	send_text(viewer, "\n\n");
}

static void end(struct viewer *viewer, const char *why)
{
	char text[80];

	snprintf(text, sizeof(text), "event: end\ndata: {\"why\":\"%s\"}\n\n", why);
	send_text(viewer, text);
	http_stream_close(viewer->stream);
}

static void on_gone(struct http_stream *stream, void *userdata)
{
	struct viewer *viewer = userdata;

	(void)stream;
	viewer->hub->live->count--;
	*viewer = (struct viewer){0};
}

/* ---- entries ---- */

static void free_backlog(struct backlog *backlog)
{
	for (size_t i = 0; i < backlog->count; i++)
		api_writer_free(&backlog->texts[i]);
	free(backlog->rows);
}

/* What is newer than `above`; 0 or negative errno. */
static int read_backlog(struct hub *hub, uint64_t above, struct backlog *ret)
{
	const struct registry_log_query query = {.above = above,
		.ascending = true,
		.verdict = -1,
		.reason = -1,
		.kind = -1,
		.limit = BACKLOG_MAX + 1};
	struct api_lookup names = {.registry = hub->registry};
	size_t bytes = 0;
	int n;

	*ret = (struct backlog){.rows = calloc(BACKLOG_MAX + 1, sizeof(*ret->rows))};
	n = ret->rows ? registry_log(hub->registry, &query, ret->rows) : -ENOMEM;
	if (n < 0)
		return n;
	ret->too_long = n > BACKLOG_MAX;
	for (int i = 0; i < n && !ret->too_long; i++) {
		api_log_entry(&ret->texts[i], &names, &ret->rows[i]);
		ret->count++;
		bytes += ret->texts[i].used;
		ret->too_long = ret->texts[i].failed || bytes > BACKLOG_BYTES_MAX;
	}
	return 0;
}

static void send_backlog(struct viewer *viewer, const struct backlog *backlog)
{
	int64_t earliest = api_log_earliest(&viewer->actor);
	char head[64];

	for (size_t i = 0; i < backlog->count; i++) {
		if (backlog->rows[i].entry.wall_us < earliest)
			continue;
		snprintf(head, sizeof(head),
			"event: entry\nid: %" PRIu64 "\ndata: ", backlog->rows[i].id);
		send_text(viewer, head);
		send_text(viewer, backlog->texts[i].text);
		send_text(viewer, "\n\n");
	}
}

static uint64_t newest_entry(struct hub *hub)
{
	const struct registry_log_query query = {
		.verdict = -1, .reason = -1, .kind = -1, .limit = 1};
	struct registry_entry row;

	return registry_log(hub->registry, &query, &row) > 0 ? row.id : 0;
}

/* ---- telling everybody ---- */

static uint64_t sum_alarms(struct hub *hub)
{
	struct registry_alarm rows[ALARMS];
	int n = registry_alarms(hub->registry, 0, true, rows, ARRAY_SIZE(rows));
	uint64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum = sum * 31 + rows[i].id * 7 + rows[i].count;
	return sum;
}

/* Sessions that are over end their streams. */
static void judge_sessions(struct hub *hub)
{
	for (size_t i = 0; i < HTTP_STREAMS_MAX; i++) {
		struct viewer *viewer = &hub->live->viewers[i];

		if (viewer->stream && !session_lives(hub, &viewer->actor))
			end(viewer, "session");
	}
}

/* What an entry may have changed beside the log. */
static unsigned words_of_entry(const struct entry *entry)
{
	unsigned words = entry->subject.event ? LIVE_EVENTS | LIVE_PRESENCE : 0;

	/* a command with a member lets somebody in */
	if ((entry->decided && entry->grant) || entry->kind == ENTRY_KIND_ARRIVED ||
		entry->kind == ENTRY_KIND_LEFT ||
		(entry->kind == ENTRY_KIND_COMMAND && entry->subject.member > 0))
		words |= LIVE_PRESENCE;
	return words;
}

/* What was noted since the last time, as words; ret holds the new entries. */
static unsigned look(struct hub *hub, struct backlog *ret)
{
	struct hub_live *live = hub->live;
	unsigned words = live->noted & LIVE_WORDS, noted = live->noted;
	uint64_t alarms;

	live->noted = 0;
	if (noted & LIVE_AUDIT)
		words |= live_words_audited(hub->registry, &live->audit_id);
	if (!(noted & LIVE_LOG) || read_backlog(hub, live->log_id, ret) < 0)
		return words;
	if (ret->too_long) {
		words |= LIVE_ENTRIES | LIVE_PRESENCE | LIVE_EVENTS;
		live->log_id = newest_entry(hub);
	}
	for (size_t i = 0; i < ret->count && !ret->too_long; i++) {
		live->log_id = ret->rows[i].id;
		words |= words_of_entry(&ret->rows[i].entry);
	}
	alarms = sum_alarms(hub);
	if (alarms != live->alarms)
		words |= LIVE_ALARMS;
	live->alarms = alarms;
	return words;
}

static void flush(struct hub *hub)
{
	struct hub_live *live = hub->live;
	struct backlog backlog = {0};
	unsigned words = look(hub, &backlog);

	live->flushed_ms = clock_mono_ms();
	if (words & LIVE_OPERATORS)
		judge_sessions(hub);
	for (size_t i = 0; i < HTTP_STREAMS_MAX; i++) {
		if (!live->viewers[i].stream)
			continue;
		if (!backlog.too_long)
			send_backlog(&live->viewers[i], &backlog);
		if (words & LIVE_WORDS)
			send_words(&live->viewers[i], words);
	}
	free_backlog(&backlog);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hub *hub = userdata;

	(void)source;
	(void)usec;
	if (hub->live->count > 0 && hub->live->noted)
		flush(hub);
	return 0;
}

bool hub_live_watched(const struct hub *hub)
{
	return hub->live && hub->live->count > 0;
}

void hub_live_note(struct hub *hub, unsigned what)
{
	struct hub_live *live = hub->live;

	if (!live || live->count == 0)
		return;
	if (!live->noted) {
		sd_event_source_set_time(live->timer, (live->flushed_ms + FLUSH_MS) * 1000);
		sd_event_source_set_enabled(live->timer, SD_EVENT_ONESHOT);
	}
	live->noted |= what;
}

/* ---- who watches ---- */

static bool same_session(const struct api_actor *a, const struct api_actor *b)
{
	if (a->by_unix != b->by_unix)
		return false;
	return a->by_unix ? a->uid == b->uid
			  : memcmp(a->session, b->session, sizeof(a->session)) == 0;
}

/* A free place, or NULL where it was answered. */
static struct viewer *find_place(struct api_call *call)
{
	struct viewer *free_one = NULL;
	size_t session = 0, theirs = 0;

	for (size_t i = 0; i < HTTP_STREAMS_MAX; i++) {
		struct viewer *viewer = &call->hub->live->viewers[i];

		if (!viewer->stream) {
			free_one = viewer;
			continue;
		}
		session += same_session(&viewer->actor, &call->actor);
		theirs += strcmp(viewer->actor.name, call->actor.name) == 0;
	}
	if (free_one && session < SESSION_STREAMS_MAX && theirs < OPERATOR_STREAMS_MAX)
		return free_one;
	http_add_header(call->request, "Retry-After", RETRY_S);
	if (!free_one)
		api_refuse(call, 429, "too-often", "Too many streams",
			"%d streams are open, which is all there are: try again in " RETRY_S " s",
			HTTP_STREAMS_MAX);
	else if (session >= SESSION_STREAMS_MAX)
		api_refuse(call, 429, "too-often", "Too many streams",
			"this session has %d streams open: close a page that watches the hub",
			SESSION_STREAMS_MAX);
	else
		api_refuse(call, 429, "too-often", "Too many streams",
			"%s has %d streams open: close a page that watches the hub, or log out "
			"elsewhere",
			call->actor.name, OPERATOR_STREAMS_MAX);
	return NULL;
}

/* The page was here before: what it missed, or a word. */
static void catch_up(struct viewer *viewer, const char *last)
{
	struct hub *hub = viewer->hub;
	struct backlog backlog = {0};
	uint64_t id;

	if (!last || !*last)
		return;
	if (api_number_parse(last, API_NUMBER_MAX, &id) < 0 || id > hub->live->log_id ||
		read_backlog(hub, id, &backlog) < 0 || backlog.too_long)
		send_words(viewer, LIVE_ENTRIES);
	else
		send_backlog(viewer, &backlog);
	free_backlog(&backlog);
}

/* The first to watch: from here on there is something to tell. */
static void begin(struct hub *hub)
{
	struct hub_live *live = hub->live;

	live->noted = 0;
	live->log_id = newest_entry(hub);
	live->audit_id = live_audit_newest(hub->registry);
	live->alarms = sum_alarms(hub);
}

static int open_stream(struct api_call *call)
{
	struct hub *hub = call->hub;
	struct hub_live *live = hub->live;
	struct viewer *viewer = find_place(call);
	char hello[80];
	int r;

	if (!viewer)
		return API_ANSWERED;
	if (strcmp(http_method(call->request), "HEAD") == 0)
		return http_respond(call->request, 200, "text/event-stream", "", 0), API_ANSWERED;
	if (live->count == 0)
		begin(hub);
	else if (live->noted)
		flush(hub);
	*viewer = (struct viewer){.hub = hub, .actor = call->actor, .kept_ms = clock_mono_ms()};
	r = http_stream_open(call->request, "text/event-stream", on_gone, viewer, &viewer->stream);
	if (r < 0)
		return r;
	live->count++;
	snprintf(hello, sizeof(hello),
		"retry: 2000\nevent: hello\ndata: {\"above\":%" PRIu64 "}\n\n", live->log_id);
	send_text(viewer, hello);
	catch_up(viewer, http_header(call->request, "Last-Event-ID"));
	return API_ANSWERED;
}

void live_end_session(struct hub *hub, const struct api_actor *actor)
{
	/* a hub without the part, as in tests of others, has no viewer */
	for (size_t i = 0; hub->live && i < HTTP_STREAMS_MAX; i++) {
		struct viewer *viewer = &hub->live->viewers[i];

		if (viewer->stream && same_session(&viewer->actor, actor))
			end(viewer, "session");
	}
}

void hub_live_tick(struct hub *hub)
{
	uint64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < HTTP_STREAMS_MAX; i++) {
		struct viewer *viewer = &hub->live->viewers[i];

		if (!viewer->stream || now_ms - viewer->kept_ms < KEEP_MS)
			continue;
		viewer->kept_ms = now_ms;
		if (session_lives(hub, &viewer->actor))
			send_text(viewer, ": keep\n\n");
		else
			end(viewer, "session");
	}
}

/* ---- start and stop ---- */

int hub_live_start(struct hub *hub, char err[ERR_MAX])
{
	int r = -ENOMEM;

	hub->live = calloc(1, sizeof(*hub->live));
	if (hub->live)
		r = sd_event_add_time(
			hub->event, &hub->live->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, hub);
	if (r >= 0)
		r = sd_event_source_set_enabled(hub->live->timer, SD_EVENT_OFF);
	if (r < 0)
		snprintf(err, ERR_MAX, "streams: %s", strerror(-r));
	return r < 0 ? r : 0;
}

void hub_live_end(struct hub *hub)
{
	for (size_t i = 0; hub->live && i < HTTP_STREAMS_MAX; i++)
		if (hub->live->viewers[i].stream)
			end(&hub->live->viewers[i], "stopping");
}

void hub_live_stop(struct hub *hub)
{
	if (hub->live)
		sd_event_source_disable_unref(hub->live->timer);
	free(hub->live);
	hub->live = NULL;
}

const struct api_route api_live_routes[] = {
	{"GET", "/stream", API_ALL, API_TAKES_NOTHING, NULL, open_stream, 0, API_ROW},
	{0},
};
