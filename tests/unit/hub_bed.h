/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hub for unit tests: a real registry, no broker. The functions of hub.c, post.c and mqtt.c that
 * would reach it are here and note what would be published. Include after cmocka.h; each test is
 * T(name).
 */
#pragma once

#include "../../controller/hub/sync_private.h"
#include "base/clock.h"
#include "wire/envelope.h"
#include "wire/message.h"

#include <string.h>

/* not every test needs everything here */
#define BED static __attribute__((unused))

#define SENT_MAX 4096

struct sent {
	char *topic, *body;
	bool retain;
};

static struct sent sent[SENT_MAX];
static size_t sent_count;
static int next_id;
static bool connected;
BED char refused[ERR_MAX];
BED unsigned refusals;

static struct hub hub;
static struct sign_secret door_key;
static char dir[] = "/tmp/tapin-hubbed-XXXXXX";
static char path[64];

/* ---- in place of the broker ---- */

BED void note(const char *topic, const char *body, size_t size, bool retain)
{
	assert_true(sent_count < SENT_MAX);
	sent[sent_count++] = (struct sent){strdup(topic), strndup(body, size), retain};
}

bool mqtt_connected(const struct mqtt *mqtt)
{
	(void)mqtt;
	return connected;
}

int mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t size, int qos,
	bool retain, int *ret_id)
{
	(void)mqtt;
	(void)qos;
	if (!connected)
		return -ENOTCONN;
	note(topic, payload, size, retain);
	if (ret_id)
		*ret_id = ++next_id;
	return 0;
}

int mqtt_subscribe(struct mqtt *mqtt, const char *topic, int qos)
{
	(void)mqtt;
	(void)topic;
	(void)qos;
	return 0;
}

int hub_publish_id(struct hub *h, const char *topic, const char *body, bool retain, int *ret_id)
{
	return mqtt_publish(h->mqtt, topic, body, strlen(body), 1, retain, ret_id);
}

int hub_publish(struct hub *h, const char *topic, const char *body, bool retain)
{
	return hub_publish_id(h, topic, body, retain, NULL);
}

int hub_publish_quick(struct hub *h, const char *topic, const char *body)
{
	return hub_publish(h, topic, body, false);
}

void hub_changed(struct hub *h)
{
	sync_changed(h);
	command_changed(h);
}

void hub_refuse(struct hub *h, const char *door, const char *what, const char *why)
{
	(void)h;
	refusals++;
	snprintf(refused, sizeof(refused), "%s|%s|%s", door, what, why);
}

void post_subscribe_doors(struct hub *h, const char *name)
{
	(void)h;
	(void)name;
}

BED void forget_sent(void)
{
	for (size_t i = 0; i < sent_count; i++) {
		free(sent[i].topic);
		free(sent[i].body);
	}
	sent_count = 0;
}

/* The n-th message of a topic from 0, or NULL. */
BED const struct sent *find_sent(const char *topic, size_t n)
{
	char whole[MQTT_TOPIC_MAX];

	snprintf(whole, sizeof(whole), "tapin/walker/%s", topic);
	for (size_t i = 0; i < sent_count; i++)
		if (strcmp(sent[i].topic, whole) == 0 && n-- == 0)
			return &sent[i];
	return NULL;
}

BED size_t count_sent(const char *topic)
{
	size_t n = 0;

	while (find_sent(topic, n))
		n++;
	return n;
}

/* ---- the registry ---- */

BED void done(int r)
{
	if (r < 0)
		fail_msg("%d: %s", r, registry_error(hub.registry));
}

BED void begin(void)
{
	done(registry_begin(hub.registry));
}

BED void commit(void)
{
	done(registry_commit(hub.registry, NULL));
}

BED void add_door(const char *name, struct sign_secret *ret_key)
{
	struct registry_claim claim = {.expires_us = clock_wall_us() + 3600 * 1000000LL};

	sign_key_make(ret_key);
	snprintf(claim.claim, sizeof(claim.claim), "%016x", (unsigned)next_id++);
	snprintf(claim.door, sizeof(claim.door), "%s", name);
	snprintf(claim.account, sizeof(claim.account), "claim-%s", claim.claim);
	begin();
	done(registry_door_add(hub.registry, name, ""));
	done(registry_claim_add(hub.registry, &claim));
	commit();
	begin();
	done(registry_claim_use(hub.registry, claim.claim, &ret_key->public));
	commit();
}

BED uint32_t add_tier(void)
{
	struct registry_tier tier = {.name = "resident", .roster = {.hours = "24/7"}};
	uint32_t number;

	begin();
	done(registry_tier_add(hub.registry, &tier, &number));
	commit();
	return number;
}

BED uint64_t add_member(void)
{
	struct registry_member member = {.name = "Ann",
		.state = MEMBER_STATE_ACTIVE,
		.tier = add_tier(),
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	uint64_t id;

	begin();
	done(registry_member_add(hub.registry, &member, &id));
	commit();
	return id;
}

BED uint64_t add_card(uint64_t member, uint32_t n)
{
	struct registry_card card = {
		.has_token = true, .key_id = 1, .member = member, .issued_by = "root"};
	uint64_t id;

	memcpy(card.token.bytes, &n, sizeof(n));
	done(registry_card_issue(hub.registry, &card, &id));
	return id;
}

BED uint64_t change_card(uint64_t member, uint32_t n)
{
	uint64_t id;

	begin();
	id = add_card(member, n);
	commit();
	return id;
}

BED struct revision newest(void)
{
	struct registry_roster roster;

	done(registry_roster(hub.registry, &roster));
	return roster.revision;
}

/* Everything that was published has left. */
BED void all_left(void)
{
	while (hub.sync->bulk_count > 0)
		hub_sync_published(&hub, hub.sync->bulk[0]);
}

/* A door's message, whole, to whoever knows its topic. */
BED void deliver_text(const char *door, const char *name, const char *text, size_t size)
{
	struct mqtt_event event = {.kind = MQTT_EVENT_MESSAGE, .size = size};

	message_topic_door("walker", door, name, event.topic, sizeof(event.topic));
	event.payload = strndup(text, size);
	assert_true(hub_sync_message(&hub, &event) || hub_collect_message(&hub, &event) ||
		    hub_command_message(&hub, &event));
	free(event.payload);
}

/* The same with the envelope round it. Takes the body over. */
BED void deliver_signed(
	const char *door, const char *name, char *body, const struct sign_secret *key)
{
	char topic[MQTT_TOPIC_MAX], *message;
	size_t size;

	message_topic_door("walker", door, name, topic, sizeof(topic));
	assert_int_equal(envelope_seal(key, topic, body, strlen(body), &message, &size), 0);
	deliver_text(door, name, message, size);
	free(message);
	free(body);
}

/* ---- bed ---- */

BED int set_up(void **state)
{
	static char keys[] = "the signed keys";
	const struct registry_options options = {.path = path,
		.site = "walker",
		.timezone = "Europe/London",
		.hash = crypto_hash256};
	char err[ERR_MAX] = "";

	(void)state;
	crypto_init();
	hub = (struct hub){.conf = {.site = "walker"}, .mqtt = (struct mqtt *)&hub};
	hub.keys.keys_message = keys;
	hub.keys.site.serial = 1;
	hub.keys.site.generation = 5;
	snprintf(path, sizeof(path), "%s/hub.db", dir);
	connected = true;
	refusals = 0;
	if (registry_open(&options, &hub.registry, err) < 0 || sd_event_new(&hub.event) < 0) {
		print_error("%s\n", err);
		return -1;
	}
	add_door("front", &door_key);
	if (hub_sync_start(&hub, err) < 0 || hub_collect_start(&hub, err) < 0 ||
		hub_command_start(&hub, err) < 0)
		return -1;
	return 0;
}

BED int tear_down(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char file[80];

	(void)state;
	hub_command_stop(&hub);
	hub_collect_stop(&hub);
	hub_sync_stop(&hub);
	hub.registry = registry_close(hub.registry);
	hub.event = sd_event_unref(hub.event);
	forget_sent();
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		unlink(file);
	}
	return 0;
}

BED int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

BED int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
