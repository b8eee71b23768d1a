/* SPDX-License-Identifier: Apache-2.0 */
/* After each connection: is every account there that should be, and no other? */
#include "base/log.h"

#include "broker_private.h"

#include <string.h>

static void look(struct hub *hub)
{
	uint64_t id = ++hub->broker->next_id;
	char *text = NULL;

	if (dynsec_write_look(id, hub->conf.mqtt_username, &text) == 0)
		broker_queue(hub, JOB_LOOK, hub->conf.mqtt_username, text, id);
}

static void list(struct hub *hub, size_t offset)
{
	uint64_t id = ++hub->broker->next_id;
	char *text = NULL;

	if (offset == 0) {
		free(hub->broker->names);
		hub->broker->names = NULL;
		hub->broker->count = 0;
	}
	if (dynsec_write_list(id, offset, &text) == 0)
		broker_queue(hub, JOB_LIST, "", text, id);
}

/* The account that mosquitto_ctrl made may only command the plugin: it needs our topics, too. The
 * broker ends the connection then, and we come again. */
void broker_take_roles(struct hub *hub, const struct dynsec_answer *answer)
{
	struct rights rights = {0};
	char role[DYNSEC_NAME_MAX], *text = NULL;
	uint64_t id;

	snprintf(role, sizeof(role), "tapin-hub-%s", hub->conf.site);
	for (size_t i = 0; i < answer->count; i++)
		if (strcmp(answer->names[i], role) == 0)
			return;
	id = ++hub->broker->next_id;
	broker_put_right(&rights, DYNSEC_PUBLISH, hub->conf.site, "", "#");
	broker_put_right(&rights, DYNSEC_READ, hub->conf.site, "", "#");
	if (dynsec_write_grant(
		    id, hub->conf.mqtt_username, role, rights.list, rights.count, &text) == 0 &&
		broker_queue(hub, JOB_GRANT, hub->conf.mqtt_username, text, id) == 0)
		log_info("broker: the hub's account gets its topics");
}

static bool listed(const struct hub_broker *broker, const char *account)
{
	for (size_t i = 0; i < broker->count; i++)
		if (strcmp(broker->names[i], account) == 0)
			return true;
	return false;
}

/* A job that waits knows better than the list. */
static bool wanted(const struct hub_broker *broker, const char *account)
{
	for (const struct job *job = broker->first; job; job = job->next)
		if (job->kind == JOB_ADD && strcmp(job->account, account) == 0)
			return true;
	return false;
}

static bool claim_known(struct hub *hub, const char *name)
{
	struct registry_claim claim;
	bool known = registry_claim(hub->registry, name, &claim) != 0;

	crypto_wipe(&claim, sizeof(claim));
	return known;
}

static bool door_known(struct hub *hub, const char *name)
{
	struct registry_door door = {0};
	int r = registry_door(hub->registry, name, &door);
	bool known = r < 0 ? r != -ENOENT : *door.name && door.status == REGISTRY_DOOR_ACTIVE;

	registry_door_free(&door);
	return known;
}

static void remove_strangers(struct hub *hub)
{
	struct hub_broker *broker = hub->broker;
	char err[ERR_MAX];

	for (size_t i = 0; i < broker->count; i++) {
		const char *name = broker->names[i];
		bool known = true;

		if (strncmp(name, DOOR_PREFIX, strlen(DOOR_PREFIX)) == 0)
			known = door_known(hub, name + strlen(DOOR_PREFIX));
		else if (strncmp(name, CLAIM_PREFIX, strlen(CLAIM_PREFIX)) == 0)
			known = provision_claim_lives(hub, name + strlen(CLAIM_PREFIX)) ||
				claim_known(hub, name + strlen(CLAIM_PREFIX));
		if (known || wanted(broker, name))
			continue;
		log_info("broker: account %s is nobody's any more and goes", name);
		if (broker_remove(hub, name, err) < 0)
			log_warning("broker: %s", err);
	}
}

static void report_missing(struct hub *hub)
{
	struct registry_door rows[16];
	char account[DYNSEC_NAME_MAX], after[NAME_ID_MAX] = "";
	int count;

	do {
		count = registry_doors(
			hub->registry, *after ? after : NULL, rows, ARRAY_SIZE(rows));
		for (int i = 0; i < count; i++) {
			snprintf(account, sizeof(account), DOOR_PREFIX "%s", rows[i].name);
			if (rows[i].status == REGISTRY_DOOR_ACTIVE &&
				!listed(hub->broker, account) && !wanted(hub->broker, account))
				log_warning("broker: door %s has no account there: it works alone "
					    "until it gets a new bundle (tapin door bundle %s)",
					rows[i].name, rows[i].name);
			snprintf(after, sizeof(after), "%s", rows[i].name);
			registry_door_free(&rows[i]);
		}
	} while (count == (int)ARRAY_SIZE(rows));
}

void broker_take_list(struct hub *hub, const struct dynsec_answer *answer)
{
	struct hub_broker *broker = hub->broker;
	void *more = realloc(
		broker->names, (broker->count + answer->count + 1) * sizeof(*broker->names));

	if (!more)
		return;
	broker->names = more;
	memcpy(broker->names + broker->count, answer->names,
		answer->count * sizeof(*broker->names));
	broker->count += answer->count;
	if (answer->count > 0 && broker->count < answer->total) {
		list(hub, broker->count);
		return;
	}
	remove_strangers(hub);
	report_missing(hub);
	free(broker->names);
	broker->names = NULL;
	broker->count = 0;
}

void broker_check(struct hub *hub)
{
	if (*hub->conf.mqtt_username)
		look(hub);
	list(hub, 0);
}
