/* SPDX-License-Identifier: Apache-2.0 */
/* New doors: bundles made, stolen doors cut off. */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "crypto/password.h"
#include "crypto/text.h"
#include "hub/hub.h"

#include "provision_private.h"

#include <string.h>

static int read_ca(const struct hub_conf *conf, char **ret_ca, char err[ERR_MAX])
{
	size_t size;
	int r;

	if (!*conf->mqtt_ca_file)
		return 0;
	r = file_read(conf->mqtt_ca_file, BUNDLE_CA_MAX, ret_ca, &size);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be read: %s; a bundle carries it to the door",
			conf->mqtt_ca_file, strerror(-r));
	return r;
}

static void fill_bundle(const struct hub *hub, const char *door, struct bundle *bundle)
{
	uint8_t id[8];
	char password[PASSWORD_MADE_SIZE];

	crypto_random(id, sizeof(id));
	text_hex(id, sizeof(id), bundle->claim);
	crypto_random(bundle->secret, sizeof(bundle->secret));
	password_make(password);
	strcpy(bundle->site, hub->conf.site);
	snprintf(bundle->door, sizeof(bundle->door), "%s", door);
	snprintf(bundle->timezone, sizeof(bundle->timezone), "%s", hub->conf.timezone);
	bundle->expires_us = clock_wall_us() + (int64_t)BUNDLE_LIFE_S * 1000000;
	bundle->root = hub->keys.root;
	snprintf(bundle->mqtt_host, sizeof(bundle->mqtt_host), "%.255s", hub->conf.mqtt_door_host);
	bundle->mqtt_port = (uint16_t)hub->conf.mqtt_door_port;
	snprintf(bundle->mqtt_username, sizeof(bundle->mqtt_username), "claim-%s", bundle->claim);
	strcpy(bundle->mqtt_password, password);
	crypto_wipe(password, sizeof(password));
}

void provision_account_gone(struct hub *hub, const char *account)
{
	char err[ERR_MAX] = "";

	if (broker_remove(hub, account, err) < 0)
		log_warning("provision: %s", err);
}

/* Takes the accounts of the door's claims away; the rows go with the next one, or here by expiry.
 */
static void void_claims(struct hub *hub, const char *door)
{
	struct registry_claim rows[CLAIMS_MAX];
	int count = registry_claims(hub->registry, rows, ARRAY_SIZE(rows));

	for (int i = 0; i < count; i++)
		if (strcmp(rows[i].door, door) == 0)
			provision_account_gone(hub, rows[i].account);
	crypto_wipe(rows, sizeof(rows));
}

static int keep_claim(struct hub *hub, const struct bundle *bundle)
{
	struct registry_claim claim = {.expires_us = bundle->expires_us};
	bool own = !registry_changing(hub->registry);
	int r = own ? registry_begin(hub->registry) : 0;

	strcpy(claim.claim, bundle->claim);
	strcpy(claim.door, bundle->door);
	strcpy(claim.account, bundle->mqtt_username);
	memcpy(claim.secret, bundle->secret, sizeof(claim.secret));
	if (r == 0)
		r = registry_claim_add(hub->registry, &claim);
	if (r >= 0 && own)
		r = registry_commit(hub->registry, NULL);
	if (r < 0 && own)
		registry_abort(hub->registry);
	crypto_wipe(&claim, sizeof(claim));
	return r < 0 ? r : 0;
}

static int door_there(struct hub *hub, const char *door, char err[ERR_MAX])
{
	struct registry_door row = {0};
	int r = registry_door(hub->registry, door, &row);

	if (r >= 0 && !*row.name)
		r = -ENOENT;
	if (r == -ENOENT)
		snprintf(
			err, ERR_MAX, "there is no door %.32s; add it first: tapin door add", door);
	else if (r < 0)
		snprintf(err, ERR_MAX, "%s", registry_error(hub->registry));
	registry_door_free(&row);
	return r < 0 ? r : 0;
}

int provision_bundle(struct hub *hub, const char *door, char **ret_text, char err[ERR_MAX])
{
	CLEANUP(bundle_free) struct bundle bundle = {0};
	CLEANUP(cleanup_free) char *text = NULL;
	int r = door_there(hub, door, err);

	if (r == 0)
		r = read_ca(&hub->conf, &bundle.mqtt_ca, err);
	if (r < 0)
		return r;
	fill_bundle(hub, door, &bundle);
	r = bundle_write(&bundle, &text);
	if (r < 0) {
		snprintf(err, ERR_MAX,
			"the bundle cannot be made: %s; [mqtt] host or door_host, and ca_file must "
			"be what a door can use",
			strerror(-r));
		return r;
	}
	void_claims(hub, door);
	r = keep_claim(hub, &bundle);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s",
			*registry_error(hub->registry) ? registry_error(hub->registry)
						       : strerror(-r));
		return r;
	}
	r = broker_add_claim(hub, bundle.claim, bundle.mqtt_password, err);
	if (r == 0)
		*ret_text = STEAL(text);
	return r;
}

int provision_cut_off(struct hub *hub, const char *door, char err[ERR_MAX])
{
	struct registry_door row = {0};
	char account[64];
	int r = registry_door(hub->registry, door, &row);
	bool active = r >= 0 && *row.name && row.status == REGISTRY_DOOR_ACTIVE;

	registry_door_free(&row);
	r = 0;
	if (active && registry_changing(hub->registry)) {
		r = registry_door_stolen(hub->registry, door);
	} else if (active) {
		r = registry_begin(hub->registry);
		if (r >= 0)
			r = registry_door_stolen(hub->registry, door);
		if (r >= 0)
			r = registry_commit(hub->registry, NULL);
		if (r < 0)
			registry_abort(hub->registry);
	}
	if (r < 0)
		snprintf(err, ERR_MAX, "%s", registry_error(hub->registry));
	/* whatever the registry says: a stolen door must not listen any longer */
	void_claims(hub, door);
	snprintf(account, sizeof(account), "door-%.32s", door);
	int gone = broker_remove(hub, account, err);

	return r < 0 ? r : gone;
}
