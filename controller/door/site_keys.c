/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hub keys are good: the `keys` message, signed by the site root key that this door pins.
 *
 * It is kept as it came, twice: by the keeper, and at the next start in the key directory, so that
 * losing one of the two brings no revoked key back. hub.pub and hub-next.pub, put there by hand,
 * count beside it unless it revokes them.
 */
#include "base/file.h"
#include "base/log.h"
#include "door/door.h"
#include "wire/envelope.h"

#include <string.h>

#define KEPT_NAME "keys"
#define FILE_NAME "keys" /* provisioning leaves the first one */

/* ---- which keys count ---- */

static bool is_revoked(const struct sync_keys *site, const char *id)
{
	for (size_t i = 0; i < site->revoked_count; i++)
		if (strcmp(site->revoked[i], id) == 0)
			return true;
	return false;
}

static void gather(struct door_keys *keys)
{
	keys->hub_count = 0;
	for (size_t i = 0; i < keys->site.count; i++)
		keys->hub[keys->hub_count++] = keys->site.keys[i];
	for (size_t i = 0; i < keys->given_count; i++)
		if (!is_revoked(&keys->site, keys->given[i].id))
			keys->hub[keys->hub_count++] = keys->given[i];
}

uint32_t site_keys_generation(const struct door *door)
{
	/* without a root key there is nobody who could certify a second one */
	return door->keys.site.serial ? door->keys.site.generation : 1;
}

const char *site_keys_missing(const char *directory)
{
	static const char *const names[] = {"root.pub", "hub.pub", "hub-next.pub"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		door_conf_path(directory, names[i], path);
		if (access(path, F_OK) == 0 || errno == EACCES)
			return NULL;
	}
	return "this door belongs to no hub yet: run \"tapin door add NAME\" on the hub, bring the "
	       "bundle it writes here, and run \"tapin-door --provision BUNDLE\"; until then it "
	       "works alone, with what --import gives it";
}

/* ---- reading ---- */

/* 0 and the keys, or -EBADMSG with why. */
static int open_message(const struct door *door, const char *message, size_t size,
	struct sync_keys *ret_keys, char why[ERR_MAX])
{
	char topic[MQTT_TOPIC_MAX];
	const char *body;
	size_t body_size;
	int r;

	if (!door->keys.has_root) {
		snprintf(why, ERR_MAX, "this door has no site root key to check it with");
		return -EBADMSG;
	}
	sync_topic_site(door->conf.site, "keys", topic, sizeof(topic));
	r = envelope_open(&door->keys.root, 1, topic, message, size, &body, &body_size);
	if (r < 0) {
		snprintf(why, ERR_MAX, "%s",
			r == -ENOKEY         ? "signed by a key that is not the site's root key"
			: r == -EKEYREJECTED ? "its signature is false"
					     : "it is no signed envelope");
		return -EBADMSG;
	}
	if (sync_keys_read(body, body_size, ret_keys, why) < 0)
		return -EBADMSG;
	if (strcmp(ret_keys->site, door->conf.site) != 0) {
		snprintf(why, ERR_MAX, "it names another site");
		return -EBADMSG;
	}
	return 0;
}

/* 1 taken, 0 no news, -ESTALE. */
static int adopt(struct door *door, const struct sync_keys *keys)
{
	const struct sync_keys *site = &door->keys.site;

	if (keys->serial == site->serial)
		return 0;
	if (keys->serial < site->serial || keys->generation < site->generation)
		return -ESTALE;
	door->keys.site = *keys;
	gather(&door->keys);
	return 1;
}

void site_keys_take(struct door *door, const struct mqtt_event *event)
{
	struct sync_keys keys;
	char why[ERR_MAX];
	int r = open_message(door, event->payload, event->size, &keys, why);

	if (r == 0)
		r = adopt(door, &keys);
	if (r == -ESTALE)
		snprintf(why, sizeof(why), "it was rolled back: serial %llu, this door has %llu",
			(unsigned long long)keys.serial,
			(unsigned long long)door->keys.site.serial);
	if (r < 0) {
		broker_refuse(door, BROKER_TOPIC_KEYS, ENTRY_KIND_MESSAGE_REFUSED, why);
		return;
	}
	if (r == 0)
		return;
	log_info("keys: the hub's keys number %llu: %zu good, %zu revoked, generation %u",
		(unsigned long long)keys.serial, keys.count, keys.revoked_count, keys.generation);
	record_event(door, ENTRY_KIND_STATE_CHANGED, "hub keys %llu, generation %u",
		(unsigned long long)keys.serial, keys.generation);
	/* signed text without NUL inside: envelope and JSON have none */
	(void)sync_keep(door, KEPT_NAME, event->payload, 0);
	sync_keys_changed(door);
}

/* ---- start ---- */

static void load_text(struct door *door, const char *text, size_t size, const char *where)
{
	struct sync_keys keys;
	char why[ERR_MAX];

	if (open_message(door, text, size, &keys, why) < 0)
		log_warning("keys: the hub's keys in %s do not count: %s", where, why);
	else
		(void)adopt(door, &keys); /* an older copy is none to speak of */
}

void site_keys_start(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL, *kept = NULL;
	struct door_keys *keys = &door->keys;
	uint64_t in_file = 0;
	char path[PATH_MAX];
	size_t size;

	if (keys->has_root) {
		door_conf_path(door->conf.key_directory, FILE_NAME, path);
		if (file_read(path, SYNC_BODY_MAX, &text, &size) == 0)
			load_text(door, text, size, path);
		in_file = keys->site.serial;
		if (door->sync.keeper &&
			keeper_value(door->sync.keeper, KEPT_NAME, &kept, &size) == 0)
			load_text(door, kept, size, "kept.db");
		/* a start may wait for the disk, a message may not */
		if (keys->site.serial > in_file && file_write_atomic(path, kept, size, 0600) < 0)
			log_warning(
				"%s: cannot be written: the hub's keys have no second copy", path);
	}
	gather(keys);
}
