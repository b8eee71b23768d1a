/* SPDX-License-Identifier: Apache-2.0 */
/* Self-test: broker, hub and roster. */
#include "base/clock.h"
#include "crypto/hash.h"
#include "door/selftest.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/mqtt.h"

#include <string.h>

#define BROKER_WAIT_MS 10000
#define HUB_WAIT_MS 5000
#define TIME_APART_MAX_US 60000000LL

/* ---- broker ---- */

/* 1 connected, 0 no word in time, -ECONNREFUSED with why, -EINTR. */
static int await_broker(struct selftest *t, char why[ERR_MAX])
{
	uint64_t until_ms = clock_mono_ms() + BROKER_WAIT_MS;

	while (clock_mono_ms() < until_ms) {
		struct mqtt_event event;
		int r = selftest_wait(t, mqtt_fd(t->mqtt), false, until_ms);

		if (r < 0)
			return r;
		while (mqtt_next(t->mqtt, &event) > 0) {
			enum mqtt_event_kind kind = event.kind;

			snprintf(why, ERR_MAX, "%s", event.message);
			mqtt_event_done(&event);
			if (kind == MQTT_EVENT_CONNECTED)
				return 1;
			if (kind == MQTT_EVENT_DISCONNECTED)
				return -ECONNREFUSED;
		}
	}
	return 0;
}

static const char *broker_mend(const char *why)
{
	if (strstr(why, "not authorised") || strstr(why, "password"))
		return "the account is not the broker's: provision again with a new bundle (tapin "
		       "door bundle), or mend [mqtt] username and password_file";
	if (strstr(why, "TLS") || strstr(why, "ertificate"))
		return "[mqtt] ca_file must be the authority that signed the broker's "
		       "certificate, and the certificate must name [mqtt] host";
	return "start the broker on its machine (systemctl start mosquitto), check [mqtt] host and "
	       "port, the cable and the firewall; the door works without it meanwhile";
}

static void judge_tls(struct selftest *t, const struct mqtt_config *config)
{
	const char *host = config->host;

	if (config->ca_file)
		selftest_ok(t, "broker TLS", "the broker's certificate is good by %s%s",
			config->ca_file, config->cert_file ? ", and it took ours" : "");
	else if (strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
		 strcmp(host, "::1") == 0)
		selftest_skip(t, "broker TLS", "not needed: the broker is on this machine");
	else
		selftest_skip(t, "broker TLS",
			"[mqtt] ca_file is not set: messages are signed, but whoever is in the "
			"network can read them and the password");
}

void selftest_broker(struct selftest *t)
{
	struct broker_account account;
	char why[ERR_MAX] = "";
	int r;

	if (!*t->conf.mqtt_host) {
		selftest_skip(t, "broker", "none is configured ([mqtt] host)");
		return;
	}
	broker_account(&t->conf, &account);
	r = mqtt_open(&account.config, &t->mqtt, why);
	if (r == 0)
		r = await_broker(t, why);
	if (r > 0) {
		selftest_ok(t, "broker", "%s:%u let us in as %s", t->conf.mqtt_host,
			t->conf.mqtt_port,
			account.config.username ? account.config.username : "nobody in particular");
		judge_tls(t, &account.config);
		return;
	}
	if (r == 0)
		snprintf(why, sizeof(why), "broker %s:%u: it does not answer within %d s",
			t->conf.mqtt_host, t->conf.mqtt_port, BROKER_WAIT_MS / 1000);
	selftest_fail(t, "broker", broker_mend(why), "%s", why);
	t->mqtt = mqtt_close(t->mqtt, NULL, NULL, 1000);
}

/* ---- hub ---- */

static int send_ask(struct selftest *t, const uint8_t nonce[SYNC_NONCE_SIZE])
{
	CLEANUP(cleanup_free) char *body = NULL, *message = NULL;
	struct sync_ask ask = {.want = SYNC_WANT_HEAD, .time_us = clock_wall_us()};
	char topic[MQTT_TOPIC_MAX];
	size_t size;
	int r;

	strcpy(ask.site, t->conf.site);
	strcpy(ask.door, t->conf.door);
	memcpy(ask.nonce, nonce, sizeof(ask.nonce));
	/* no running door has it: no command is taken for this start */
	crypto_random(ask.start, sizeof(ask.start));
	if (t->has_roster && t->roster.origin == CACHE_ORIGIN_HUB) {
		ask.revision = t->roster.revision;
		memcpy(ask.digest, t->roster.digest, sizeof(ask.digest));
	}
	snprintf(ask.program, sizeof(ask.program), "tapin-door %s", TAPIN_VERSION);
	message_topic_door(t->conf.site, t->conf.door, "ask", topic, sizeof(topic));
	r = sync_ask_write(&ask, &body);
	if (r == 0)
		r = envelope_seal(&t->keys.door, topic, body, strlen(body), &message, &size);
	if (r == 0)
		r = mqtt_publish(t->mqtt, topic, message, size, 1, false, NULL);
	return r;
}

/* 1 the answer to our ask, 0 something else, -ENOKEY or another negative errno: not genuine. */
static int take_answer(
	struct selftest *t, const struct mqtt_event *event, const uint8_t nonce[SYNC_NONCE_SIZE])
{
	CLEANUP(sync_answer_free) struct sync_answer answer = {0};
	char err[ERR_MAX];
	const char *body;
	size_t size;
	int r = envelope_open(t->keys.hub, t->keys.hub_count, event->topic, event->payload,
		event->size, &body, &size);

	if (r == 0)
		r = sync_answer_read(body, size, &answer, err);
	if (r < 0)
		return r;
	if (answer.kind != SYNC_ANSWER_HEAD || memcmp(answer.nonce, nonce, SYNC_NONCE_SIZE) != 0)
		return 0;
	t->hub = answer.head;
	t->has_hub = true;
	return 1;
}

/* 1, 0 no answer in time, or negative errno: -ENOKEY an answer of somebody else, -EINTR. */
static int converse(struct selftest *t)
{
	uint64_t until_ms = clock_mono_ms() + HUB_WAIT_MS;
	char topic[MQTT_TOPIC_MAX];
	uint8_t nonce[SYNC_NONCE_SIZE];
	int r, seen = 0;

	crypto_random(nonce, sizeof(nonce));
	message_topic_door(t->conf.site, t->conf.door, "roster", topic, sizeof(topic));
	r = mqtt_subscribe(t->mqtt, topic, 1);
	if (r == 0)
		r = send_ask(t, nonce);
	while (r == 0 && clock_mono_ms() < until_ms) {
		struct mqtt_event event;

		r = selftest_wait(t, mqtt_fd(t->mqtt), false, until_ms);
		if (r < 0)
			return r;
		r = 0;
		while (r == 0 && mqtt_next(t->mqtt, &event) > 0) {
			if (event.kind == MQTT_EVENT_MESSAGE)
				r = take_answer(t, &event, nonce);
			if (r < 0)
				seen = r, r = 0; /* a genuine one may still come */
			mqtt_event_done(&event);
		}
	}
	return r == 0 ? seen : r;
}

static void judge_time(struct selftest *t)
{
	int64_t apart_us = clock_wall_us() - t->hub.time_us;
	char now[25];

	clock_format_utc(t->hub.time_us, now);
	if (apart_us > TIME_APART_MAX_US || apart_us < -TIME_APART_MAX_US)
		selftest_fail(t, "hub",
			"set the clock that is wrong: let both machines synchronise (timedatectl)",
			"it answers, its time is %s, ours is %lld s %s", now,
			(long long)llabs(apart_us) / 1000000, apart_us > 0 ? "ahead" : "behind");
	else
		selftest_ok(t, "hub", "it answers, its time is ours within %lld ms",
			(long long)llabs(apart_us) / 1000);
}

void selftest_hub(struct selftest *t)
{
	char site[96];
	int r;

	if (!t->keys.hub_count || !t->mqtt) {
		selftest_skip(t, "hub", "%s",
			!t->keys.hub_count ? "this door belongs to none yet"
					   : "without a broker it cannot be asked");
		return;
	}
	r = converse(t);
	snprintf(site, sizeof(site), "the hub of site %s", t->conf.site);
	if (t->has_hub)
		judge_time(t);
	else if (r == -ENOKEY || r == -EKEYREJECTED)
		selftest_fail(t, "hub",
			"if the hub has new keys, start the door once, it learns them; else bring "
			"a new bundle of the right hub and run tapin-door --provision BUNDLE",
			"%s: its answer is signed by a key that this door does not believe", site);
	else
		selftest_fail(t, "hub",
			"start it on its machine (systemctl start tapin-hub) and look at tapin "
			"door: it must know this door and call it active",
			"%s did not answer within %d s%s%s", site, HUB_WAIT_MS / 1000,
			r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
}

/* ---- roster ---- */

static void judge_age(struct selftest *t, const char *what)
{
	int64_t now_us = clock_wall_us();
	uint64_t age_s = t->has_heard && now_us > t->heard.time_us
				 ? (uint64_t)(now_us - t->heard.time_us) / 1000000
				 : 0;
	enum decide_roster_age age =
		decide_roster_age(t->has_heard, age_s, t->roster.warn_s, t->roster.bound_s);
	unsigned long long hours = age_s / 3600;

	if (t->has_hub && revision_compare(&t->hub.revision, &t->roster.revision) == 0)
		selftest_ok(t, "roster", "%s, the hub's newest", what);
	else if (age == DECIDE_ROSTER_AGE_STALE)
		selftest_fail(t, "roster",
			"let the door reach its hub (above) and start it: it fetches the newest "
			"within seconds",
			"%s, stale: last heard of the hub %llu hours ago, the site allows %u; "
			"members are refused",
			what, hours, t->roster.bound_s / 3600);
	else if (age == DECIDE_ROSTER_AGE_WARN)
		selftest_fail(t, "roster",
			"let the door reach its hub (above) and start it: it fetches the newest "
			"within seconds",
			"%s, old: last heard of the hub %llu hours ago, the site warns from %u",
			what, hours, t->roster.warn_s / 3600);
	else
		selftest_ok(t, "roster", "%s, last heard of the hub %llu hours ago", what, hours);
}

void selftest_roster(struct selftest *t)
{
	char what[128];

	if (!t->has_roster && t->keys.hub_count) {
		selftest_skip(t, "roster", "none yet: the door fetches it when it starts");
		return;
	}
	if (!t->has_roster) {
		selftest_fail(t, "roster",
			"provision the door, or import one: tapin-door --import ROSTER",
			"none: every card is refused");
		return;
	}
	snprintf(what, sizeof(what), "%llu cards, revision %u.%llu",
		(unsigned long long)t->roster.cards, t->roster.revision.generation,
		(unsigned long long)t->roster.revision.number);
	if (t->roster.origin == CACHE_ORIGIN_HUB)
		judge_age(t, what);
	else
		selftest_ok(t, "roster", "%s, of a file", what);
}
