/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "crypto/hash.h"
#include "mqtt_private.h"

#include <string.h>
#include <time.h>

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000
#define GOOD_MS 5000     /* a connection that lasted so long resets the back-off */
#define CONNACK_MS 10000 /* a broker that accepts and says nothing is given up after this */
#define SAME_TEXT_MS 60000
#define LOOP_MS 1000

/* ---- callbacks: on the thread, inside libmosquitto ---- */

static void on_connect(struct mosquitto *client, void *userdata, int rc)
{
	struct mqtt *m = userdata;

	(void)client;
	if (rc != 0) {
		m->refused = true;
		snprintf(m->tls_error, sizeof(m->tls_error), "%s%s", mosquitto_connack_string(rc),
			rc == 4 || rc == 5 ? " Check the username and the password file." : "");
		return;
	}
	atomic_store(&m->connected, true);
}

static void on_disconnect(struct mosquitto *client, void *userdata, int rc)
{
	struct mqtt *m = userdata;

	(void)client;
	m->gone = true;
	m->gone_rc = rc;
}

static void on_message(
	struct mosquitto *client, void *userdata, const struct mosquitto_message *message)
{
	struct mqtt *m = userdata;
	size_t size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
	struct mqtt_node *node;

	(void)client;
	if (size > MQTT_PAYLOAD_MAX || strlen(message->topic) >= MQTT_TOPIC_MAX ||
		!mqtt_room_for(m, size)) {
		atomic_fetch_add(&m->dropped, 1);
		return;
	}
	node = calloc(1, sizeof(*node));
	if (node)
		node->event.payload = malloc(size + 1);
	if (!node || !node->event.payload) {
		free(node);
		atomic_fetch_add(&m->dropped, 1);
		return;
	}
	node->event.kind = MQTT_EVENT_MESSAGE;
	node->event.id = message->mid;
	node->event.retained = message->retain;
	strcpy(node->event.topic, message->topic);
	if (size > 0)
		memcpy(node->event.payload, message->payload, size);
	node->event.payload[size] = '\0';
	node->event.size = size;
	mqtt_push(m, node);
}

static void on_publish(struct mosquitto *client, void *userdata, int mid)
{
	struct mqtt *m = userdata;

	(void)client;
	atomic_fetch_sub(&m->unsent, 1);
	mqtt_push_event(m, MQTT_EVENT_PUBLISHED, mid, "");
}

static void on_log(struct mosquitto *client, void *userdata, int level, const char *text)
{
	struct mqtt *m = userdata;

	(void)client;
	if (level == MOSQ_LOG_ERR && strlen(m->tls_error) == 0)
		snprintf(m->tls_error, sizeof(m->tls_error), "%s", text);
}

/* A key with a passphrase must fail, not ask on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *userdata)
{
	(void)writing;
	(void)userdata;
	if (size > 0)
		buffer[0] = '\0';
	return 0;
}

/* ---- the thread ---- */

static int set_up(struct mqtt *m, struct mosquitto *client)
{
	int rc = mosquitto_threaded_set(client, true);

	/* small messages follow one another: Nagle would hold the second back for 40 ms */
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_callback_set(client, on_connect);
	mosquitto_disconnect_callback_set(client, on_disconnect);
	mosquitto_message_callback_set(client, on_message);
	mosquitto_publish_callback_set(client, on_publish);
	mosquitto_log_callback_set(client, on_log);
	if (rc == MOSQ_ERR_SUCCESS && m->username)
		rc = mosquitto_username_pw_set(client, m->username, m->password);
	if (rc == MOSQ_ERR_SUCCESS && m->ca_file)
		rc = mosquitto_tls_set(
			client, m->ca_file, NULL, m->cert_file, m->key_file, no_passphrase);
	if (rc == MOSQ_ERR_SUCCESS && m->will_topic)
		rc = mosquitto_will_set(client, m->will_topic, (int)strlen(m->will_payload),
			m->will_payload, 1, true);
	return rc;
}

/* Tells the loop why there is no connection; the same text at most once a minute. */
static void say(struct mqtt *m, bool always, const char *why)
{
	char text[ERR_MAX];

	snprintf(text, sizeof(text), "broker %.200s:%u: %.250s", m->host, m->port, why);
	if (!always && strcmp(text, m->said) == 0 && clock_mono_ms() - m->said_ms < SAME_TEXT_MS)
		return;
	strcpy(m->said, text);
	m->said_ms = clock_mono_ms();
	mqtt_push_event(m, MQTT_EVENT_DISCONNECTED, 0, text);
}

static void explain(struct mqtt *m, int rc, int error, bool served, char *out, size_t size)
{
	/* a failed handshake may come out as any error, and TLS 1.3 brokers refuse after it */
	bool tls = m->ca_file && !served;

	if (m->tls_error[0] && (m->refused || tls))
		snprintf(out, size, "%s%s%s", m->refused ? "" : "TLS: ", m->tls_error,
			m->refused ? "" : "; check ca_file, cert_file and key_file");
	else if (tls && rc == MOSQ_ERR_CONN_LOST)
		snprintf(out, size,
			"it hung up before it let us in; check cert_file and key_file, and that "
			"its port speaks TLS");
	else if (rc == MOSQ_ERR_EAI)
		snprintf(out, size, "the host name does not resolve");
	else if (rc == MOSQ_ERR_KEEPALIVE)
		snprintf(out, size, "it answers no more");
	else if (rc == MOSQ_ERR_ERRNO)
		snprintf(out, size, "%s", strerror(error));
	else
		snprintf(out, size, "%s", mosquitto_strerror(rc));
}

static bool past_stop(struct mqtt *m)
{
	bool past;

	pthread_mutex_lock(&m->client_lock);
	past = m->stopping && clock_mono_ms() >= m->stop_ms;
	pthread_mutex_unlock(&m->client_lock);
	return past;
}

static bool stopping(struct mqtt *m, int *ret_last_id)
{
	bool is;

	pthread_mutex_lock(&m->client_lock);
	is = m->stopping;
	*ret_last_id = m->last_id;
	pthread_mutex_unlock(&m->client_lock);
	return is;
}

static void show(struct mqtt *m, struct mosquitto *client)
{
	pthread_mutex_lock(&m->client_lock);
	m->client = client;
	pthread_mutex_unlock(&m->client_lock);
}

/* Waits for the broker's answer to CONNECT. A MOSQ_ERR_… code. */
static int await_connack(struct mqtt *m, struct mosquitto *client)
{
	uint64_t until = clock_mono_ms() + CONNACK_MS;
	int last_id;

	while (!atomic_load(&m->connected)) {
		int rc = mosquitto_loop(client, 100, 1);

		if (m->refused)
			return MOSQ_ERR_CONN_REFUSED;
		if (rc != MOSQ_ERR_SUCCESS)
			return rc;
		if (clock_mono_ms() >= until) {
			errno = ETIMEDOUT;
			return MOSQ_ERR_ERRNO;
		}
		if (stopping(m, &last_id))
			return MOSQ_ERR_CONN_LOST;
	}
	return MOSQ_ERR_SUCCESS;
}

/* Serves a connection until it ends. */
static int serve(struct mqtt *m, struct mosquitto *client)
{
	bool disconnecting = false;
	int rc = MOSQ_ERR_SUCCESS, last_id;

	while (rc == MOSQ_ERR_SUCCESS && !m->gone) {
		if (stopping(m, &last_id)) {
			/* the last status must be the broker's before the goodbye */
			if (!disconnecting && (last_id == 0 || atomic_load(&m->unsent) == 0)) {
				mosquitto_disconnect(client);
				disconnecting = true;
			}
			if (past_stop(m))
				break;
			rc = mosquitto_loop(client, 20, 1);
		} else {
			rc = mosquitto_loop(client, LOOP_MS, 1);
		}
	}
	return rc == MOSQ_ERR_SUCCESS && m->gone ? m->gone_rc : rc;
}

/* One try: connects and serves. True when it was a good connection. */
static bool try_once(struct mqtt *m)
{
	struct mosquitto *client = mosquitto_new(m->client_id, true, m);
	uint64_t since = 0;
	char why[ERR_MAX];
	int rc = client ? MOSQ_ERR_SUCCESS : MOSQ_ERR_NOMEM, last_id;

	m->refused = m->gone = false;
	m->tls_error[0] = '\0';
	atomic_store(&m->unsent, 0);
	if (client)
		rc = set_up(m, client);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_connect(client, m->host, m->port, m->keepalive_s);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = await_connack(m, client);
	if (rc == MOSQ_ERR_SUCCESS) {
		since = clock_mono_ms();
		show(m, client);
		mqtt_push_event(m, MQTT_EVENT_CONNECTED, 0, "");
		rc = serve(m, client);
	}
	explain(m, rc, errno, since > 0, why, sizeof(why));
	atomic_store(&m->connected, false);
	show(m, NULL);
	mosquitto_destroy(client);
	if (!stopping(m, &last_id))
		say(m, since > 0, rc == MOSQ_ERR_SUCCESS ? "the connection was closed" : why);
	return since > 0 && clock_mono_ms() - since >= GOOD_MS;
}

/* Sleeps, a quarter more or less so that a hundred doors do not come back at once. */
static void wait_between(struct mqtt *m, uint32_t delay_ms)
{
	uint32_t random;
	struct timespec until;
	uint64_t at;

	crypto_random(&random, sizeof(random));
	at = clock_mono_ms() + delay_ms * 3 / 4 + random % (delay_ms / 2);
	until.tv_sec = (time_t)(at / 1000);
	until.tv_nsec = (long)(at % 1000) * 1000000;
	pthread_mutex_lock(&m->client_lock);
	while (!m->stopping &&
		pthread_cond_timedwait(&m->client_wake, &m->client_lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&m->client_lock);
}

void *mqtt_thread(void *connection)
{
	struct mqtt *m = connection;
	uint32_t delay_ms = BACKOFF_MIN_MS;
	int last_id;

	while (!stopping(m, &last_id)) {
		if (try_once(m))
			delay_ms = BACKOFF_MIN_MS;
		wait_between(m, delay_ms);
		delay_ms = delay_ms * 2 < BACKOFF_MAX_MS ? delay_ms * 2 : BACKOFF_MAX_MS;
	}
	return NULL;
}
