/* SPDX-License-Identifier: Apache-2.0 */
/* Claims this door with the bundle: asks the hub, believes what the site's root key vouches for. */
#include "door/provision.h"

#include "base/clock.h"
#include "base/file.h"
#include "crypto/seal.h"
#include "door/conf.h"
#include "wire/bundle.h"
#include "wire/envelope.h"
#include "wire/mqtt.h"

#include <limits.h>
#include <poll.h>
#include <string.h>

#define ASK_MS 5000     /* the claim is sent again while nobody answers */
#define REFUSED_MS 5000 /* that long the broker may not have heard of the account yet */

struct joining {
	const struct bundle *bundle;
	struct mqtt *mqtt;
	struct sign_secret key;
	struct seal_pair box;
	struct claim claim;
	char *body; /* the claim */
	char ask[MQTT_TOPIC_MAX];
	char answer[MQTT_TOPIC_MAX];
	bool asked;
	uint64_t asked_ms;
	uint64_t refused_ms; /* since when the broker does not let us in; 0: it does, or is away */
	char trouble[ERR_MAX]; /* the last one, for the end of the wait */
	bool done;
	struct welcome welcome;
	char *keys_message;
};

static void leave(struct joining *j)
{
	mqtt_close(j->mqtt, NULL, NULL, 2000);
	free(j->body);
	free(j->keys_message);
	crypto_wipe(j, sizeof(*j));
}

/* ---- the claim ---- */

static int prepare(struct joining *j)
{
	struct claim *claim = &j->claim;

	sign_key_make(&j->key);
	seal_pair_make(&j->box);
	strcpy(claim->site, j->bundle->site);
	strcpy(claim->door, j->bundle->door);
	strcpy(claim->claim, j->bundle->claim);
	claim->key = j->key.public;
	memcpy(claim->box, j->box.public, sizeof(claim->box));
	crypto_random(claim->nonce, sizeof(claim->nonce));
	claim_prove(claim, j->bundle->secret, claim->proof);
	snprintf(j->ask, sizeof(j->ask), "tapin/%s/claim/%s/ask", claim->site, claim->claim);
	snprintf(j->answer, sizeof(j->answer), "tapin/%s/claim/%s/answer", claim->site,
		claim->claim);
	return claim_write(claim, &j->body);
}

static int connect_broker(struct joining *j, const char *staged, char err[ERR_MAX])
{
	const struct bundle *b = j->bundle;
	char password[PATH_MAX], ca[PATH_MAX], id[32], text[80];
	int r;

	door_conf_path(staged, "claim.password", password);
	door_conf_path(staged, "mqtt.ca", ca);
	snprintf(id, sizeof(id), "tapin-claim-%s", b->claim);
	snprintf(text, sizeof(text), "%s\n", b->mqtt_password);
	r = file_write_atomic(password, text, strlen(text), 0600);
	crypto_wipe(text, sizeof(text));
	if (r == 0 && b->mqtt_ca)
		r = file_write_atomic(ca, b->mqtt_ca, strlen(b->mqtt_ca), 0600);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: cannot be written: %s", staged, strerror(-r));
		return r;
	}
	const struct mqtt_config config = {
		.host = b->mqtt_host,
		.port = b->mqtt_port,
		.client_id = id,
		.username = b->mqtt_username,
		.password_file = password,
		.ca_file = b->mqtt_ca ? ca : NULL,
		.keepalive_s = 15,
	};

	printf("connecting to %s:%u as %s\n", b->mqtt_host, b->mqtt_port, b->mqtt_username);
	r = mqtt_open(&config, &j->mqtt, err);
	unlink(password); /* it was read */
	return r;
}

static void send_claim(struct joining *j)
{
	if (mqtt_publish(j->mqtt, j->ask, j->body, strlen(j->body), 1, false, NULL) < 0)
		return;
	printf(j->asked ? "asking again\n" : "asking the hub of site %s to let door %s in\n",
		j->bundle->site, j->bundle->door);
	j->asked = true;
	j->asked_ms = clock_mono_ms();
}

/* ---- the answer ---- */

/* Root key → keys message → who signed the answer. What is not genuine is only remembered. */
static int verify(
	struct joining *j, const struct mqtt_event *event, const struct claim_answer *answer)
{
	const struct bundle *b = j->bundle;
	struct sync_keys site;
	char topic[MQTT_TOPIC_MAX], why[ERR_MAX];
	const char *body;
	size_t size;
	int r;

	if (!answer->keys)
		return -EBADMSG;
	sync_topic_site(b->site, "keys", topic, sizeof(topic));
	r = envelope_open(&b->root, 1, topic, answer->keys, strlen(answer->keys), &body, &size);
	if (r == 0)
		r = sync_keys_read(body, size, &site, why);
	if (r == 0 && strcmp(site.site, b->site) != 0)
		r = -EBADMSG;
	if (r == 0)
		r = envelope_open(site.keys, site.count, j->answer, event->payload, event->size,
			&body, &size);
	if (r == 0 && !crypto_equal(answer->nonce, j->claim.nonce, sizeof(answer->nonce)))
		r = -EBADMSG;
	return r;
}

static int open_welcome(struct joining *j, const struct claim_answer *answer, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	char why[ERR_MAX] = "";
	size_t size;
	int r = answer->size > SEAL_OVERHEAD ? 0 : -EBADMSG;

	if (r == 0) {
		size = answer->size - SEAL_OVERHEAD;
		text = calloc(1, size + 1);
		r = text ? seal_open(&j->box, answer->sealed, answer->size, (uint8_t *)text)
			 : -ENOMEM;
		if (r == 0)
			r = welcome_read(text, size, &j->welcome, why);
		if (text)
			crypto_wipe(text, size);
	}
	if (r == 0 && (strcmp(j->welcome.site, j->bundle->site) != 0 ||
			      strcmp(j->welcome.door, j->bundle->door) != 0))
		r = -EBADMSG;
	if (r < 0)
		snprintf(err, ERR_MAX,
			"the hub's welcome cannot be used: %s; is the hub of the same version?",
			*why ? why : strerror(-r));
	return r;
}

static int take_answer(struct joining *j, const struct mqtt_event *event, char err[ERR_MAX])
{
	CLEANUP(claim_answer_free) struct claim_answer answer = {0};
	char id[KEY_ID_SIZE], why[ERR_MAX] = "";
	uint8_t signature[SIGN_SIZE];
	const char *body;
	size_t size;
	int r = envelope_split(event->payload, event->size, id, signature, &body, &size);

	/* the answer brings the keys that vouch for it: it is read before it can be verified */
	if (r == 0)
		r = claim_answer_read(body, size, &answer, why);
	if (r == 0)
		r = verify(j, event, &answer);
	if (r < 0) {
		snprintf(j->trouble, sizeof(j->trouble),
			"an answer came that this site's root key %s does not vouch for%s%.200s",
			j->bundle->root.id, *why ? ": " : "", why);
		return 0;
	}
	if (*answer.refused) {
		snprintf(err, ERR_MAX, "the hub says: %s", answer.refused);
		return -EACCES;
	}
	r = open_welcome(j, &answer, err);
	if (r < 0)
		return r;
	j->keys_message = STEAL(answer.keys);
	j->done = true;
	return 0;
}

static int take_event(struct joining *j, const struct mqtt_event *event, char err[ERR_MAX])
{
	switch (event->kind) {
	case MQTT_EVENT_CONNECTED:
		j->refused_ms = 0;
		mqtt_subscribe(j->mqtt, j->answer, 1);
		send_claim(j);
		return 0;
	case MQTT_EVENT_DISCONNECTED:
		snprintf(j->trouble, sizeof(j->trouble), "%s", event->message);
		if (!strstr(event->message, "not authorised"))
			j->refused_ms = 0;
		else if (j->refused_ms == 0)
			j->refused_ms = clock_mono_ms();
		return 0;
	case MQTT_EVENT_MESSAGE:
		return strcmp(event->topic, j->answer) == 0 ? take_answer(j, event, err) : 0;
	case MQTT_EVENT_PUBLISHED:
		return 0;
	}
	return 0;
}

static int give_up(const struct joining *j, unsigned wait_s, char err[ERR_MAX])
{
	const struct bundle *b = j->bundle;

	if (j->refused_ms != 0) {
		snprintf(err, ERR_MAX,
			"the broker does not let %s in: the bundle was used before, has run out "
			"(24 hours), or a newer one was made; make a new one on the hub: tapin "
			"door bundle %s",
			b->mqtt_username, b->door);
		return -EACCES;
	}
	if (!j->asked)
		snprintf(err, ERR_MAX, "no broker after %u s: %.300s", wait_s,
			*j->trouble ? j->trouble : "it does not answer");
	else
		snprintf(err, ERR_MAX,
			"no hub answered within %u s: is tapin-hub of site %s running and "
			"connected to %.100s:%u?%s%.200s",
			wait_s, b->site, b->mqtt_host, b->mqtt_port, *j->trouble ? " And: " : "",
			j->trouble);
	return -ETIMEDOUT;
}

static int converse(struct joining *j, unsigned wait_s, char err[ERR_MAX])
{
	uint64_t end_ms = clock_mono_ms() + wait_s * 1000ULL;
	int r = 0;

	while (r == 0 && !j->done) {
		struct pollfd fd = {.fd = mqtt_fd(j->mqtt), .events = POLLIN};
		struct mqtt_event event;

		fflush(stdout);
		if (clock_mono_ms() >= end_ms ||
			(j->refused_ms != 0 && clock_mono_ms() - j->refused_ms >= REFUSED_MS))
			return give_up(j, wait_s, err);
		poll(&fd, 1, 200);
		while (r == 0 && !j->done && mqtt_next(j->mqtt, &event) > 0) {
			r = take_event(j, &event, err);
			mqtt_event_done(&event);
		}
		if (r == 0 && !j->done && j->asked && clock_mono_ms() - j->asked_ms >= ASK_MS)
			send_claim(j);
	}
	return r;
}

/* ---- the whole ---- */

static void remove_staged(const char *staged)
{
	static const char *const names[] = {"claim.password", "root.pub", "keys", "card.key",
		"door.key", "door.pub", "mqtt.username", "mqtt.password", "mqtt.ca",
		"journal.before", "provisioned"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		door_conf_path(staged, names[i], path);
		unlink(path);
	}
	rmdir(staged);
}

static int join(const struct door_conf *conf, const struct bundle *bundle, const char *staged,
	unsigned wait_s, char aside[256], char err[ERR_MAX])
{
	CLEANUP(leave) struct joining j = {.bundle = bundle};
	int r = prepare(&j);

	if (r < 0) {
		snprintf(err, ERR_MAX, "the claim cannot be made: %s", strerror(-r));
		return r;
	}
	r = connect_broker(&j, staged, err);
	if (r == 0)
		r = converse(&j, wait_s, err);
	if (r < 0)
		return r;
	const struct provision_gift gift = {bundle, &j.welcome, &j.key, j.keys_message};

	r = provision_write(staged, &gift, err);
	if (r == 0)
		r = provision_swap(conf, staged, &bundle->root, aside, err);
	return r;
}

int door_provision(const char *conf_file, const char *bundle_file, unsigned wait_s,
	char done[ERR_MAX], char err[ERR_MAX])
{
	CLEANUP(bundle_free) struct bundle bundle = {0};
	char staged[PATH_MAX], aside[256] = "";
	struct door_conf conf = {0};
	int r = crypto_init();

	if (r == 0)
		r = provision_read(conf_file, bundle_file, &conf, &bundle, err);
	if (r == 0)
		r = provision_check_time(&bundle, err);
	if (r == 0)
		r = provision_check_stopped(&conf, &bundle, err);
	if (r < 0)
		return r;
	if (*conf.mqtt_host && (strcmp(conf.mqtt_host, bundle.mqtt_host) != 0 ||
				       conf.mqtt_port != bundle.mqtt_port))
		printf("note: the bundle names broker %s:%u, %s says %s:%u, which the door will "
		       "use\n",
			bundle.mqtt_host, bundle.mqtt_port, conf_file, conf.mqtt_host,
			conf.mqtt_port);
	while (strlen(conf.key_directory) > 1 &&
		conf.key_directory[strlen(conf.key_directory) - 1] == '/')
		conf.key_directory[strlen(conf.key_directory) - 1] = '\0';
	r = provision_become_owner(&conf, err);
	if (r < 0)
		return r;
	snprintf(staged, sizeof(staged), "%s.new-XXXXXX", conf.key_directory);
	if (!mkdtemp(staged)) {
		r = -errno;
		snprintf(err, ERR_MAX,
			"%s: cannot be made: %s; its parent must be there (systemd-tmpfiles "
			"--create) and be ours: run this as root or as the door's user",
			staged, strerror(-r));
		return r;
	}
	r = join(&conf, &bundle, staged, wait_s, aside, err);
	remove_staged(staged);
	if (r == 0)
		snprintf(done, ERR_MAX,
			"door %s belongs to site %s now; start it: systemctl restart "
			"tapin-door%s%s",
			bundle.door, bundle.site, *aside ? "; the keys it had are kept in " : "",
			aside);
	return r;
}
