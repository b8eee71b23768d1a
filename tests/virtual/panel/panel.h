/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual-panel: virtual doors in a browser. A page of its own on this machine's loopback, and what
 * that page may ask of the machines behind it:
 *
 *   GET  /site             {"page", "doors"}
 *   GET  /doors/D/things   {"cards", "faults"}: what can be tapped, what can be broken
 *   GET  /doors/D?since=N  how the door is, and its events from N on (the newest EVENTS_MAX)
 *   POST /doors/D/VERB     {"words": "unlimited 300"}: one of the control socket's verbs
 *
 * A POST needs the header X-Virtual-Door: a web page from elsewhere cannot send it unasked.
 */
#pragma once

#include "base/util.h"
#include "core/roster.h"
#include "wire/api_json.h"
#include "wire/http.h"

#define DOORS_MAX 16
#define EVENTS_MAX 200
#define ANSWER_MAX 65536 /* EVENTS_MAX events of 160 bytes, twice */

struct panel_door {
	char name[NAME_ID_MAX];
	const char *socket;
};

struct panel {
	const char *www;  /* directory of the page's files */
	const char *page; /* address of the hub's page, or NULL */
	struct panel_door doors[DOORS_MAX];
	size_t door_count;
};

/* An http_config's begin and handle; userdata is the panel. */
size_t panel_begin(struct http_request *request, void *userdata);
void panel_handle(struct http_request *request, void *userdata);

/*
 * Asks the machine at the socket one line and takes its answer without the last "ok". Waits for at
 * most a second. 0, -EPROTO where the machine refuses, or another negative errno where there is
 * none or it says nothing; err says what.
 */
int panel_ask(const char *socket, const char *request, char answer[ANSWER_MAX], char err[ERR_MAX]);

/* How the door is and its events from since on (0: the newest few). As panel_ask. */
int panel_watch(const char *socket, uint64_t since, struct api_writer *out, char err[ERR_MAX]);
/* Its cards and faults. As panel_ask. */
int panel_things(const char *socket, struct api_writer *out, char err[ERR_MAX]);
