/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-hub speak: a hub that says what the test tells it to, right or wrong. */
#pragma once

#include "site.h"

#include "crypto/sign.h"
#include "wire/command.h"
#include "wire/mqtt.h"
#include "wire/sync.h"

struct speaker {
	const char *dir, *site, *door;
	struct mqtt_config mqtt_config;
	struct mqtt *mqtt;
	char ask_topic[MQTT_TOPIC_MAX], result_topic[MQTT_TOPIC_MAX];
	struct sign_secret root, hub, next, other;
	struct card_key card;
	struct site roster;
	struct sync_site_state site_state;
	struct sync_door_state door_state;
	struct sync_ask ask; /* the last one */
	uint8_t first_nonce[SYNC_NONCE_SIZE];
	bool asked;
	bool deaf;        /* answers nothing */
	size_t chunk_max; /* bytes of records of one chunk */
	char spoil[32];   /* the next answer is wrong in this way */
	struct revision counter;
	struct sync_journal_mark mark;
};

/* What one line asks for. */
struct line {
	char *word;     /* the verb */
	char *args[24]; /* "key=value" or bare */
	size_t count;
};

/* The value of key, or fallback. */
const char *line_get(const struct line *line, const char *key, const char *fallback);
int64_t line_number(const struct line *line, const char *key, int64_t fallback);

/* Signs body as the line says and publishes it; says "sent NAME". Takes body over. */
void speak_send(
	struct speaker *s, const struct line *line, const char *name, bool retain, char *body);
/* The messages: 0, or -ENOENT for no verb of theirs. */
int speak_line(struct speaker *s, const struct line *line);
/* speak_member.c: records of members, and a tier's allowance. */
void speak_allowance(const struct line *line, struct allowance *ret_allowance);
void speak_extra(struct speaker *s, const struct line *line);
void speak_standing(struct speaker *s, const struct line *line);
void speak_pool(struct speaker *s, const struct line *line);
/* An ask came: answers it, unless told otherwise. */
void speak_answer(struct speaker *s);

int speak(int argc, char **argv);
