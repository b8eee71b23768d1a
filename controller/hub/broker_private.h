/* SPDX-License-Identifier: Apache-2.0 */
/* What broker.c (the queue) and broker_check.c (comparing with the registry) share. */
#pragma once

#include "hub/hub.h"
#include "wire/dynsec.h"

#define RIGHTS_MAX 16
#define DOOR_PREFIX "door-"
#define CLAIM_PREFIX "claim-"

enum job_kind {
	JOB_ADD,
	JOB_REMOVE,
	JOB_GRANT, /* to the hub itself */
	JOB_LOOK,
	JOB_LIST,
};

struct job {
	struct job *next;
	enum job_kind kind;
	uint64_t id;
	char account[DYNSEC_NAME_MAX];
	char *text; /* may hold a password */
	bool sent;
	bool failed; /* it was said */
	uint64_t sent_ms;
	uint64_t wait_ms;
};

struct hub_broker {
	struct job *first;
	uint64_t next_id;
	bool silent; /* it was said that nobody answers */
	/* names of the list that is being read */
	char (*names)[DYNSEC_NAME_MAX];
	size_t count;
};

/* The topics of one account, made from names that [a-z0-9-] bounds. */
struct rights {
	size_t count;
	struct dynsec_right list[RIGHTS_MAX];
	char topics[RIGHTS_MAX][MQTT_TOPIC_MAX];
};

/* One more topic, "tapin/SITE/WHO" and NAME. */
void broker_put_right(struct rights *rights, enum dynsec_access access, const char *site,
	const char *who, const char *name);
/* Waits until the plugin has answered; takes the text over. 0 or -ENOMEM. */
int broker_queue(struct hub *hub, enum job_kind kind, const char *account, char *text, uint64_t id);

/* Asks for the hub's own roles and for all accounts. */
void broker_check(struct hub *hub);
void broker_take_roles(struct hub *hub, const struct dynsec_answer *answer);
void broker_take_list(struct hub *hub, const struct dynsec_answer *answer);
