/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left to do after an erasure: the registry's file is rewritten, and each door is told
 * until it says that it erased. A door is told once its roster is of after the erasure: else it
 * would take the card in again.
 */
#include "hub/erase.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "wire/message.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define AGAIN_MS 10000
#define LIST_MAX (1 << 20)
#define LIST_NAME "hub.erased"
#define LINE_SIZE_MAX 48

/* ---- doors ---- */

static bool is_ready(struct hub *hub, const struct registry_erasure_order *order)
{
	struct registry_door door;
	bool ready;

	if (registry_door(hub->registry, order->door, &door) < 0)
		return false;
	ready = door.status == REGISTRY_DOOR_ACTIVE && door.revision.generation > 0 &&
		revision_compare(&door.revision, &order->revision) >= 0;
	registry_door_free(&door);
	return ready;
}

static void tell(struct hub *hub, const struct registry_erasure_order *order)
{
	CLEANUP(cleanup_free) char *body = NULL;
	struct sync_erase erase = {.member = order->member, .count = order->count};
	char topic[MQTT_TOPIC_MAX];
	int r;

	strcpy(erase.site, hub->conf.site);
	strcpy(erase.door, order->door);
	for (size_t i = 0; i < order->count; i++) {
		memcpy(erase.entries[i].journal, order->entries[i].journal,
			sizeof(erase.entries[i].journal));
		erase.entries[i].seq = order->entries[i].seq;
	}
	message_topic_door(hub->conf.site, order->door, "erase", topic, sizeof(topic));
	r = sync_erase_write(&erase, &body);
	if (r == 0)
		r = hub_publish(hub, topic, body, false);
	if (r < 0 && r != -ENOTCONN)
		log_warning("door %s: it could not be told to erase: %s; told again", order->door,
			strerror(-r));
}

_Static_assert(REGISTRY_ERASURE_ENTRIES_MAX <= SYNC_ERASE_MAX, "an order fits its message");

/* Of each door the first that it owes: it does one at a time. */
static void tell_doors(struct hub *hub)
{
	struct registry_erasure_order order = {0};

	sync_flush(hub); /* what doors said of their rosters */
	while (registry_erasure_next(hub->registry, order.door, order.member, &order) > 0) {
		if (is_ready(hub, &order))
			tell(hub, &order);
		order.member = INT64_MAX;
	}
}

void hub_erase_heard(struct hub *hub, const char *door, const struct sync_ask *ask)
{
	int r;

	hub->erase_ms = 0;
	if (!ask->erased)
		return;
	r = registry_erasure_done(hub->registry, door, ask->erased);
	if (r > 0)
		log_info("door %s: erased member %" PRIu64, door, ask->erased);
	else if (r < 0)
		log_warning("door %s: that it erased could not be kept: %s", door,
			registry_error(hub->registry));
}

void hub_erase_tick(struct hub *hub)
{
	uint64_t now_ms = clock_mono_ms();
	struct registry_erasure_order order;
	int r;

	if (now_ms < hub->erase_ms || registry_changing(hub->registry))
		return;
	hub->erase_ms = now_ms + AGAIN_MS;
	if (registry_wipe_due(hub->registry)) {
		sync_close_views(hub);
		r = registry_wipe(hub->registry);
		if (r > 0)
			log_info("registry: its file is rewritten after an erasure");
		else if (r < 0)
			log_warning("registry: %s; rewritten again in a moment",
				registry_error(hub->registry));
	}
	if (hub->mqtt && mqtt_connected(hub->mqtt) &&
		registry_erasure_next(hub->registry, "", 0, &order) > 0)
		tell_doors(hub);
}

/* ---- the list beside the registry: a backup from before does not know who was erased ---- */

static void list_path(const struct hub_conf *conf, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%.4000s/" LIST_NAME, conf->store_directory);
}

static int read_list(const char *path, char **ret_text, char err[ERR_MAX])
{
	size_t size;
	int r = file_read(path, LIST_MAX, ret_text, &size);

	if (r == -ENOENT) {
		*ret_text = strdup("");
		return *ret_text ? 0 : -ENOMEM;
	}
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: who was erased cannot be read: %s", path, strerror(-r));
	return r;
}

int hub_erase_list_add(const struct hub_conf *conf, uint64_t member, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *longer = NULL;
	char path[PATH_MAX];
	int n, r;

	list_path(conf, path);
	r = read_list(path, &text, err);
	if (r < 0)
		return r;
	n = asprintf(&longer, "%s%" PRIu64 " %" PRId64 "\n", text, member, clock_wall_us());
	if (n < 0) {
		longer = NULL;
		return -ENOMEM;
	}
	/* one that cannot be read again would keep the hub from starting */
	r = n > LIST_MAX ? -EFBIG : file_write_atomic(path, longer, (size_t)n, 0640);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", path, strerror(-r));
	return r;
}

bool hub_erase_list_line(const char *line, size_t size, uint64_t *ret_member, int64_t *ret_at_us)
{
	char text[LINE_SIZE_MAX], again[LINE_SIZE_MAX];

	if (size >= sizeof(text))
		return false;
	memcpy(text, line, size);
	text[size] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNd64, ret_member, ret_at_us) != 2 || *ret_member < 1 ||
		*ret_member > INT64_MAX || *ret_at_us < 0)
		return false;
	/* nothing but what is written here: no torn line names somebody else */
	return snprintf(again, sizeof(again), "%" PRIu64 " %" PRId64, *ret_member, *ret_at_us) ==
		       (int)size &&
	       memcmp(again, text, size) == 0;
}

/* How many were erased again, or negative errno. A line that cannot be read is somebody who would
 * come back. */
static int apply(struct registry *registry, const char *text, unsigned *ret_damaged)
{
	int count = 0, r = registry_begin(registry);
	unsigned number = 0;

	for (const char *line = text; r >= 0 && *line;) {
		size_t size = strcspn(line, "\n");
		uint64_t member;
		int64_t at_us;

		number++;
		if (hub_erase_list_line(line, size, &member, &at_us)) {
			r = registry_erase_again(registry, member, at_us);
			count += r > 0;
		} else {
			*ret_damaged = number;
			r = -EBADMSG;
		}
		line += size + (line[size] == '\n');
	}
	if (r >= 0)
		r = registry_commit(registry, NULL);
	else if (registry_changing(registry))
		registry_abort(registry);
	return r < 0 ? r : count;
}

int hub_erase_list_apply(const struct hub_conf *conf, struct registry *registry, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[PATH_MAX];
	unsigned damaged = 0;
	int r;

	list_path(conf, path);
	r = read_list(path, &text, err);
	if (r < 0 || !*text)
		return r;
	r = apply(registry, text, &damaged);
	if (damaged)
		snprintf(err, ERR_MAX,
			"%s:%u: names nobody to be erased again: put back \"MEMBER MICROSECONDS\", "
			"or take the line out",
			path, damaged);
	else if (r < 0)
		snprintf(err, ERR_MAX, "%s: who was erased cannot be erased again: %s", path,
			*registry_error(registry) ? registry_error(registry) : strerror(-r));
	else if (r > 0)
		log_info("registry: %d members of %s are erased again", r, path);
	return r < 0 ? r : 0;
}
