/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts of doors and claims at the broker. Each account has one role of its own name with
 * literal topics, so that a door cannot say anything in another's name.
 *
 * What is wanted waits in a queue until the plugin has answered: asked again after a lost answer,
 * and at each connection. What the hub forgot (it was killed, the broker was away) is found by
 * comparing the broker's accounts with the registry at each connection.
 */
#include "base/clock.h"
#include "base/log.h"

#include "broker_private.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define ANSWER_MS 5000 /* then asked again; doubling */
#define ANSWER_MAX_MS 60000
#define TODO_FILE "broker-accounts.todo"

void broker_put_right(struct rights *rights, enum dynsec_access access, const char *site,
	const char *who, const char *name)
{
	char *topic = rights->topics[rights->count];

	snprintf(topic, MQTT_TOPIC_MAX, "tapin/%s/%s%s", site, who, name);
	rights->list[rights->count++] = (struct dynsec_right){access, topic};
}

static void rights_of_door(struct rights *rights, const char *site, const char *door)
{
	static const char *const says[] = {"ask", "journal", "result", "live", "status"};
	static const char *const hears[] = {"state", "roster", "ack", "command", "erase"};
	char own[NAME_ID_MAX + 8];

	snprintf(own, sizeof(own), "door/%s/", door);
	for (size_t i = 0; i < ARRAY_SIZE(says); i++)
		broker_put_right(rights, DYNSEC_PUBLISH, site, own, says[i]);
	for (size_t i = 0; i < ARRAY_SIZE(hears); i++)
		broker_put_right(rights, DYNSEC_READ, site, own, hears[i]);
	broker_put_right(rights, DYNSEC_READ, site, "", "keys");
	broker_put_right(rights, DYNSEC_READ, site, "", "state");
	broker_put_right(rights, DYNSEC_READ, site, "", "roster/#");
	broker_put_right(rights, DYNSEC_READ, site, "", "rollcall");
}

static void rights_of_claim(struct rights *rights, const char *site, const char *claim)
{
	char own[32];

	snprintf(own, sizeof(own), "claim/%s/", claim);
	broker_put_right(rights, DYNSEC_PUBLISH, site, own, "ask");
	broker_put_right(rights, DYNSEC_READ, site, own, "answer");
}

/* ---- the queue ---- */

static struct job *job_free(struct job *job)
{
	if (job && job->text)
		crypto_wipe(job->text, strlen(job->text));
	if (job)
		free(job->text);
	free(job);
	return NULL;
}

static void drop(struct hub_broker *broker, const struct job *job)
{
	for (struct job **at = &broker->first; *at; at = &(*at)->next)
		if (*at == job) {
			struct job *gone = *at;

			*at = gone->next;
			job_free(gone);
			return;
		}
}

/* What was wanted of this account before counts no more. */
static void drop_account(struct hub_broker *broker, enum job_kind kind, const char *account)
{
	bool change = kind == JOB_ADD || kind == JOB_REMOVE;

	for (struct job *job = broker->first, *next; job; job = next) {
		bool same = job->kind == kind;

		next = job->next;
		if (change)
			same = job->kind == JOB_ADD || job->kind == JOB_REMOVE;
		if (same && strcmp(job->account, account) == 0)
			drop(broker, job);
	}
}

static void send_job(struct hub *hub, struct job *job)
{
	int r = mqtt_publish(hub->mqtt, DYNSEC_TOPIC, job->text, strlen(job->text), 1, false, NULL);

	if (r < 0)
		return; /* the tick or the next connection tries again */
	job->sent = true;
	job->sent_ms = clock_mono_ms();
}

int broker_queue(struct hub *hub, enum job_kind kind, const char *account, char *text, uint64_t id)
{
	struct hub_broker *broker = hub->broker;
	struct job *job = calloc(1, sizeof(*job)), **at;

	if (!job) {
		crypto_wipe(text, strlen(text));
		free(text);
		return -ENOMEM;
	}
	drop_account(broker, kind, account);
	job->kind = kind;
	job->id = id;
	job->text = text;
	job->wait_ms = ANSWER_MS;
	snprintf(job->account, sizeof(job->account), "%s", account);
	for (at = &broker->first; *at; at = &(*at)->next)
		;
	*at = job;
	if (hub->mqtt && mqtt_connected(hub->mqtt))
		send_job(hub, job);
	return 0;
}

/* ---- a broker without the plugin ---- */

/* Writes what is to be done into a file that only we may read, for it holds passwords. */
static int todo(struct hub *hub, const char *account, const char *password,
	const struct rights *rights, char err[ERR_MAX])
{
	char path[PATH_MAX];
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", hub->conf.store_directory, TODO_FILE);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "a");
	if (!f) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", path, strerror(-r));
		return r;
	}
	fprintf(f, password ? "account %s password %s\n" : "remove account %s\n", account,
		password);
	for (size_t i = 0; rights && i < rights->count; i++)
		fprintf(f, "  %s %s\n",
			rights->list[i].access == DYNSEC_PUBLISH ? "publish" : "read   ",
			rights->list[i].topic);
	if (fclose(f) != 0)
		return -errno;
	snprintf(err, ERR_MAX,
		"the broker's accounts are yours to keep: do what %s says there, "
		"then empty that file",
		path);
	log_warning("broker: %s", err);
	return 0;
}

/* ---- what others ask for ---- */

static int add(struct hub *hub, const char *account, const char *password,
	const struct rights *rights, char err[ERR_MAX])
{
	uint64_t id = ++hub->broker->next_id;
	char *text = NULL;
	int r;

	if (hub->conf.mqtt_accounts == HUB_ACCOUNTS_MANUAL)
		return todo(hub, account, password, rights, err);
	r = dynsec_write_add(id, account, password, rights->list, rights->count, &text);
	if (r == 0)
		r = broker_queue(hub, JOB_ADD, account, text, id);
	if (r < 0)
		snprintf(err, ERR_MAX, "account %s: %s", account, strerror(-r));
	return r;
}

int broker_add_door(struct hub *hub, const char *door, const char *password, char err[ERR_MAX])
{
	char account[DYNSEC_NAME_MAX];
	struct rights rights = {0};

	snprintf(account, sizeof(account), DOOR_PREFIX "%s", door);
	rights_of_door(&rights, hub->conf.site, door);
	return add(hub, account, password, &rights, err);
}

int broker_add_claim(struct hub *hub, const char *claim, const char *password, char err[ERR_MAX])
{
	char account[DYNSEC_NAME_MAX];
	struct rights rights = {0};

	snprintf(account, sizeof(account), CLAIM_PREFIX "%s", claim);
	rights_of_claim(&rights, hub->conf.site, claim);
	return add(hub, account, password, &rights, err);
}

int broker_remove(struct hub *hub, const char *account, char err[ERR_MAX])
{
	uint64_t id = ++hub->broker->next_id;
	char *text = NULL;
	int r;

	if (hub->conf.mqtt_accounts == HUB_ACCOUNTS_MANUAL)
		return todo(hub, account, NULL, NULL, err);
	r = dynsec_write_remove(id, account, &text);
	if (r == 0)
		r = broker_queue(hub, JOB_REMOVE, account, text, id);
	if (r < 0)
		snprintf(err, ERR_MAX, "account %s: %s", account, strerror(-r));
	return r;
}

/* ---- answers ---- */

static void take(struct hub *hub, struct job *job, const struct dynsec_answer *answer)
{
	if (answer->kind == DYNSEC_ANSWER_FAILED) {
		if (!job->failed)
			log_error("broker: account %s: the plugin says \"%s\"; it is asked again, "
				  "see mosquitto's log",
				job->account, answer->error);
		job->failed = true;
		return;
	}
	enum job_kind kind = job->kind;

	drop(hub->broker, job); /* what follows may ask the same again */
	if (kind == JOB_LOOK)
		broker_take_roles(hub, answer);
	else if (kind == JOB_LIST)
		broker_take_list(hub, answer);
}

bool hub_broker_message(struct hub *hub, const struct mqtt_event *event)
{
	struct hub_broker *broker = hub->broker;
	CLEANUP(dynsec_answer_free) struct dynsec_answer answer = {0};
	int r;

	if (strcmp(event->topic, DYNSEC_ANSWER_TOPIC) != 0)
		return false;
	r = dynsec_read(event->payload, event->size, &answer);
	if (r < 0) {
		log_warning("broker: an answer about accounts that makes no sense was ignored");
		return true;
	}
	broker->silent = false;
	for (struct job *job = broker->first; job; job = job->next)
		if (job->id == answer.id) {
			take(hub, job, &answer);
			break;
		}
	return true;
}

static void say_silent(struct hub *hub)
{
	if (hub->broker->silent)
		return;
	hub->broker->silent = true;
	log_warning("broker: %s:%u does not answer about accounts; doors cannot be provisioned or "
		    "cut off there: set up its dynamic-security plugin (share/tapin/mosquitto) and "
		    "[mqtt] username, or say [mqtt] accounts = manual",
		hub->conf.mqtt_host, hub->conf.mqtt_port);
}

void hub_broker_tick(struct hub *hub)
{
	struct hub_broker *broker = hub->broker;
	uint64_t now_ms = clock_mono_ms();

	if (!hub->mqtt || !mqtt_connected(hub->mqtt))
		return;
	for (struct job *job = broker->first; job; job = job->next) {
		if (job->sent && now_ms - job->sent_ms < job->wait_ms)
			continue;
		if (job->sent) {
			if (!job->failed)
				say_silent(hub);
			job->wait_ms =
				job->wait_ms * 2 < ANSWER_MAX_MS ? job->wait_ms * 2 : ANSWER_MAX_MS;
		}
		send_job(hub, job);
	}
}

void hub_broker_connected(struct hub *hub)
{
	if (hub->conf.mqtt_accounts == HUB_ACCOUNTS_MANUAL)
		return;
	mqtt_subscribe(hub->mqtt, DYNSEC_ANSWER_TOPIC, 1);
	/* a grant ends the connection before its answer: looking tells whether it is still wanted
	 */
	drop_account(hub->broker, JOB_GRANT, hub->conf.mqtt_username);
	for (struct job *job = hub->broker->first; job; job = job->next)
		send_job(hub, job);
	broker_check(hub);
}

int hub_broker_start(struct hub *hub, char err[ERR_MAX])
{
	hub->broker = calloc(1, sizeof(*hub->broker));
	if (!hub->broker) {
		snprintf(err, ERR_MAX, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

void hub_broker_stop(struct hub *hub)
{
	if (!hub->broker)
		return;
	while (hub->broker->first)
		drop(hub->broker, hub->broker->first);
	free(hub->broker->names);
	free(hub->broker);
	hub->broker = NULL;
}
