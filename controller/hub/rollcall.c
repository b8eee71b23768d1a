/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roll call on its way: looked at when something changed and each minute, sealed where it is
 * another one, sent in parts. A list of thousands takes its time: the next one waits longer.
 */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "hub/hub.h"

#include <string.h>

#define TOGETHER_MS 50    /* changes that follow one another so closely share a list */
#define LEAST_MS 1000     /* between two lists of up to PARTS_PER_S parts */
#define PARTS_PER_S 4     /* on average; a broker queues them for each door */
#define TURN_PARTS 16     /* at once, then others have their turn */
#define PART_PAUSE_MS 100 /* between two such turns */
#define LOOK_MS 60000     /* the check-out hour comes without a change */
#define FRESH_MS 300000   /* the same list is sealed anew, so that its age shows a dead hub */

struct hub_rollcall {
	sd_event_source *timer;
	bool changed;
	bool again;
	bool failed;         /* it was said */
	uint64_t changed_ms; /* when the first of these came */
	uint64_t looked_ms;
	uint64_t made_ms;
	uint64_t begun_ms; /* when the newest was last begun to be sent; 0: never */
	uint32_t next;     /* part to be sent */
	struct rollcall_sealed sealed;
	uint8_t content[ENTRY_HASH_SIZE]; /* of key and list without its time */
};

static bool sending(const struct hub_rollcall *rc)
{
	return rc->sealed.data && rc->next < rollcall_parts(rc->sealed.size);
}

static bool up(const struct hub *hub)
{
	return hub->mqtt && mqtt_connected(hub->mqtt);
}

/* ---- the one timer ---- */

/* To look is work, too, where thousands are inside. */
static uint64_t due_ms(const struct hub_rollcall *rc)
{
	uint64_t gap_ms = (uint64_t)rollcall_parts(rc->sealed.size) * 1000 / PARTS_PER_S;
	uint64_t last_ms = rc->begun_ms > rc->looked_ms ? rc->begun_ms : rc->looked_ms;
	uint64_t next_ms = last_ms + (gap_ms > LEAST_MS ? gap_ms : LEAST_MS);

	if (sending(rc))
		return clock_mono_ms() + PART_PAUSE_MS;
	if (!rc->changed && !rc->again)
		return rc->looked_ms + LOOK_MS;
	return last_ms == 0 || next_ms < rc->changed_ms + TOGETHER_MS ? rc->changed_ms + TOGETHER_MS
								      : next_ms;
}

static void arm(struct hub *hub)
{
	struct hub_rollcall *rc = hub->rollcall;

	sd_event_source_set_time(rc->timer, due_ms(rc) * 1000);
	sd_event_source_set_enabled(rc->timer, up(hub) ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void note(struct hub *hub, bool *what)
{
	struct hub_rollcall *rc = hub->rollcall;

	if (!rc->changed && !rc->again)
		rc->changed_ms = clock_mono_ms();
	*what = true;
	arm(hub);
}

void hub_rollcall_changed(struct hub *hub)
{
	if (hub->rollcall)
		note(hub, &hub->rollcall->changed);
}

void hub_rollcall_again(struct hub *hub)
{
	if (hub->rollcall && hub->rollcall->sealed.data)
		note(hub, &hub->rollcall->again);
}

/* ---- making ---- */

static void begin_sending(struct hub_rollcall *rc)
{
	rc->again = false;
	rc->next = 0;
	rc->begun_ms = clock_mono_ms();
}

static int hash_content(
	const struct rollcall *list, const struct warden_public *key, uint8_t out[ENTRY_HASH_SIZE])
{
	struct rollcall timeless = *list;
	char *text;
	int r;

	timeless.as_of_us = 0;
	r = rollcall_write(&timeless, &text);
	if (r < 0)
		return r;
	const struct entry_part parts[] = {{key->bytes, sizeof(key->bytes)}, {text, strlen(text)}};

	crypto_hash256(parts, ARRAY_SIZE(parts), out);
	crypto_wipe(text, strlen(text));
	free(text);
	return 0;
}

static int seal(struct hub *hub, struct rollcall *list, const struct warden_public *key)
{
	struct hub_rollcall *rc = hub->rollcall;
	uint8_t content[ENTRY_HASH_SIZE];
	struct rollcall_sealed sealed;
	int r = hash_content(list, key, content);

	if (r < 0)
		return r;
	if (rc->sealed.data && memcmp(content, rc->content, sizeof(content)) == 0 &&
		clock_mono_ms() - rc->made_ms < FRESH_MS)
		return 0;
	list->as_of_us = clock_wall_us();
	r = rollcall_seal(list, key, &sealed);
	if (r < 0)
		return r;
	rollcall_sealed_free(&rc->sealed);
	rc->sealed = sealed;
	memcpy(rc->content, content, sizeof(content));
	rc->made_ms = clock_mono_ms();
	begin_sending(rc);
	return 0;
}

/* 0 also where the site has no wardens: then there is no list. */
static int make(struct hub *hub, const char **ret_why)
{
	struct registry_wardens wardens;
	struct warden_public key;
	struct rollcall list;
	int r = registry_wardens(hub->registry, &wardens);

	*ret_why = registry_error(hub->registry);
	if (r >= 0 && !wardens.set) {
		rollcall_sealed_free(&hub->rollcall->sealed);
		return 0;
	}
	if (r >= 0)
		r = hub_rollcall_list(hub, &list);
	if (r < 0)
		return r;
	r = warden_public_set(wardens.public, &key);
	if (r >= 0)
		r = seal(hub, &list, &key);
	*ret_why = strerror(-r);
	crypto_wipe(list.people, list.people_count * sizeof(*list.people));
	rollcall_free(&list);
	return r;
}

static void look(struct hub *hub)
{
	struct hub_rollcall *rc = hub->rollcall;
	const char *why;
	int r;

	rc->changed = false;
	rc->looked_ms = clock_mono_ms();
	r = make(hub, &why);
	if (r < 0 && !rc->failed)
		log_error(
			"roll call: %s; doors keep the one from before, and its age shows it", why);
	rc->failed = r < 0;
}

/* ---- sending ---- */

static int send_part(struct hub *hub, uint32_t part)
{
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	int r = rollcall_part_write(&hub->rollcall->sealed, part, &body);

	if (r < 0)
		return r;
	sync_topic_site(hub->conf.site, "rollcall", topic, sizeof(topic));
	return hub_publish(hub, topic, body, false);
}

static void send_parts(struct hub *hub)
{
	struct hub_rollcall *rc = hub->rollcall;
	int r = 0;

	for (unsigned n = 0; r == 0 && n < TURN_PARTS && sending(rc); n++) {
		r = send_part(hub, rc->next);
		if (r == 0)
			rc->next++;
	}
	if (r == 0 || r == -EAGAIN || r == -ENOTCONN)
		return;
	log_warning("roll call: not sent: %s", strerror(-r));
	rc->next = rollcall_parts(rc->sealed.size);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hub *hub = userdata;
	struct hub_rollcall *rc = hub->rollcall;

	(void)source;
	(void)usec;
	if (!up(hub))
		return 0; /* the next connection arms it */
	if (!sending(rc)) {
		if (rc->changed || !rc->again)
			look(hub);
		if (rc->again && rc->sealed.data && !sending(rc))
			begin_sending(rc);
		rc->again = false;
	}
	send_parts(hub);
	arm(hub);
	return 0;
}

/* What was cut off begins again; whoever missed an earlier one asks for it by the head. */
void hub_rollcall_connected(struct hub *hub)
{
	if (sending(hub->rollcall))
		hub->rollcall->next = 0;
	hub_rollcall_changed(hub);
}

/* ---- what others ask ---- */

void hub_rollcall_id(const struct hub *hub, uint8_t ret_id[ROLLCALL_ID_SIZE])
{
	memset(ret_id, 0, ROLLCALL_ID_SIZE);
	if (hub->rollcall && hub->rollcall->sealed.data)
		memcpy(ret_id, hub->rollcall->sealed.id, ROLLCALL_ID_SIZE);
}

int64_t hub_rollcall_as_of(const struct hub *hub)
{
	return hub->rollcall && hub->rollcall->sealed.data ? hub->rollcall->sealed.as_of_us : 0;
}

/* ---- start and stop ---- */

int hub_rollcall_start(struct hub *hub, char err[ERR_MAX])
{
	int r;

	hub->rollcall = calloc(1, sizeof(*hub->rollcall));
	if (!hub->rollcall) {
		snprintf(err, ERR_MAX, "no memory for the roll call");
		return -ENOMEM;
	}
	r = sd_event_add_time(hub->event, &hub->rollcall->timer, CLOCK_MONOTONIC, UINT64_MAX, 1000,
		on_timer, hub);
	return r < 0 ? r : 0;
}

void hub_rollcall_stop(struct hub *hub)
{
	struct hub_rollcall *rc = hub->rollcall;

	if (!rc)
		return;
	sd_event_source_disable_unref(rc->timer);
	rollcall_sealed_free(&rc->sealed);
	free(rc);
	hub->rollcall = NULL;
}
