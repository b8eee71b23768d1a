/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection is one struct mosquitto: made, used and destroyed by the thread. A new one for each
 * try costs little and leaves nothing of the last: no half-sent queue that would be sent again
 * behind the journal's back, and no wake-up socket that libmosquitto closes while the loop's
 * thread writes to it (mosquitto_connect remakes it).
 *
 * Two locks. `client` is held by the loop while it publishes and by the thread while it shows or
 * takes away the connection, never while libmosquitto connects or waits. `queue` guards what the
 * callbacks leave for the loop.
 */
#include "wire/mqtt.h"

#include "base/clock.h"
#include "base/file.h"
#include "crypto/hash.h"

#include <mosquitto.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000
#define GOOD_MS 5000     /* a connection that lasted so long resets the back-off */
#define CONNACK_MS 10000 /* a broker that accepts and says nothing is given up after this */
#define SAME_TEXT_MS 60000
#define LOOP_MS 1000

struct node {
	struct node *next;
	struct mqtt_event event;
};

struct mqtt {
	char *host, *client_id, *username, *password, *ca_file, *cert_file, *key_file;
	char *will_topic, *will_payload;
	uint16_t port, keepalive_s;
	int fd;
	pthread_t thread;

	pthread_mutex_t client_lock;
	pthread_cond_t client_wake; /* ends the wait between two tries */
	struct mosquitto *client;   /* while connected, else NULL */
	bool stopping;
	uint64_t stop_ms; /* monotonic: then the thread gives up being polite */
	int last_id;      /* of the last status; 0: none */

	pthread_mutex_t queue_lock;
	struct node *first, *last;
	size_t queued, queued_bytes; /* messages only */

	atomic_bool connected;
	atomic_uint unsent; /* publishes that have not left (QoS 1: no PUBACK) */
	atomic_uint_fast64_t dropped;

	/* the thread's own */
	bool refused; /* CONNACK said no */
	bool gone;
	int gone_rc;
	char tls_error[160]; /* libmosquitto tells it to its log only */
	char said[ERR_MAX];
	uint64_t said_ms;
};

/* ---- the queue to the loop ---- */

static void push(struct mqtt *m, struct node *node)
{
	pthread_mutex_lock(&m->queue_lock);
	if (m->last)
		m->last->next = node;
	else
		m->first = node;
	m->last = node;
	if (node->event.kind == MQTT_EVENT_MESSAGE) {
		m->queued++;
		m->queued_bytes += node->event.size;
	}
	pthread_mutex_unlock(&m->queue_lock);
	eventfd_write(m->fd, 1);
}

static void push_event(struct mqtt *m, enum mqtt_event_kind kind, int id, const char *message)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return;
	node->event.kind = kind;
	node->event.id = id;
	snprintf(node->event.message, sizeof(node->event.message), "%s", message);
	push(m, node);
}

int mqtt_next(struct mqtt *m, struct mqtt_event *ret_event)
{
	struct node *node;

	pthread_mutex_lock(&m->queue_lock);
	node = m->first;
	if (node) {
		m->first = node->next;
		if (!m->first)
			m->last = NULL;
		if (node->event.kind == MQTT_EVENT_MESSAGE) {
			m->queued--;
			m->queued_bytes -= node->event.size;
		}
	} else {
		eventfd_t count;

		/* only now, under the lock: what is pushed from here on pokes again */
		eventfd_read(m->fd, &count);
	}
	pthread_mutex_unlock(&m->queue_lock);
	if (!node)
		return 0;
	*ret_event = node->event;
	free(node);
	return 1;
}

void mqtt_event_done(struct mqtt_event *event)
{
	free(event->payload);
	event->payload = NULL;
}

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

static bool room_for(struct mqtt *m, size_t size)
{
	bool room;

	pthread_mutex_lock(&m->queue_lock);
	room = m->queued < MQTT_QUEUE_MAX && m->queued_bytes + size <= MQTT_QUEUE_BYTES_MAX;
	pthread_mutex_unlock(&m->queue_lock);
	return room;
}

static void on_message(
	struct mosquitto *client, void *userdata, const struct mosquitto_message *message)
{
	struct mqtt *m = userdata;
	size_t size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
	struct node *node;

	(void)client;
	if (size > MQTT_PAYLOAD_MAX || strlen(message->topic) >= MQTT_TOPIC_MAX ||
		!room_for(m, size)) {
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
	push(m, node);
}

static void on_publish(struct mosquitto *client, void *userdata, int mid)
{
	struct mqtt *m = userdata;

	(void)client;
	atomic_fetch_sub(&m->unsent, 1);
	push_event(m, MQTT_EVENT_PUBLISHED, mid, "");
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
	push_event(m, MQTT_EVENT_DISCONNECTED, 0, text);
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
		push_event(m, MQTT_EVENT_CONNECTED, 0, "");
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

static void *run(void *argument)
{
	struct mqtt *m = argument;
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

/* ---- the loop's side ---- */

int mqtt_fd(const struct mqtt *m)
{
	return m->fd;
}

bool mqtt_connected(const struct mqtt *m)
{
	return atomic_load(&m->connected);
}

uint64_t mqtt_dropped(const struct mqtt *m)
{
	return atomic_load(&m->dropped);
}

static int from_rc(int rc)
{
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
		return 0;
	case MOSQ_ERR_NOMEM:
		return -ENOMEM;
	case MOSQ_ERR_NO_CONN:
	case MOSQ_ERR_CONN_LOST:
		return -ENOTCONN;
	default:
		return -EINVAL;
	}
}

/* client_lock is held. */
static int publish(struct mqtt *m, const char *topic, const void *payload, size_t size, int qos,
	bool retain, int *ret_id)
{
	int rc;

	if (!m->client)
		return -ENOTCONN;
	if (size > MQTT_PAYLOAD_MAX)
		return -EMSGSIZE;
	/* a broker that stops reading must not fill the memory */
	if (atomic_load(&m->unsent) >= MQTT_UNSENT_MAX)
		return -EAGAIN;
	atomic_fetch_add(&m->unsent, 1);
	rc = mosquitto_publish(m->client, ret_id, topic, (int)size, payload, qos, retain);
	if (rc != MOSQ_ERR_SUCCESS)
		atomic_fetch_sub(&m->unsent, 1);
	return from_rc(rc);
}

int mqtt_publish(struct mqtt *m, const char *topic, const void *payload, size_t size, int qos,
	bool retain, int *ret_id)
{
	int id = 0, r;

	pthread_mutex_lock(&m->client_lock);
	r = publish(m, topic, payload, size, qos, retain, &id);
	pthread_mutex_unlock(&m->client_lock);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

int mqtt_subscribe(struct mqtt *m, const char *topic, int qos)
{
	int r = -ENOTCONN;

	pthread_mutex_lock(&m->client_lock);
	if (m->client)
		r = from_rc(mosquitto_subscribe(m->client, NULL, topic, qos));
	pthread_mutex_unlock(&m->client_lock);
	return r;
}

static void free_all(struct mqtt *m)
{
	struct mqtt_event event;

	while (mqtt_next(m, &event) > 0)
		mqtt_event_done(&event);
	if (m->password)
		crypto_wipe(m->password, strlen(m->password));
	free(m->host);
	free(m->client_id);
	free(m->username);
	free(m->password);
	free(m->ca_file);
	free(m->cert_file);
	free(m->key_file);
	free(m->will_topic);
	free(m->will_payload);
	pthread_cond_destroy(&m->client_wake);
	pthread_mutex_destroy(&m->client_lock);
	pthread_mutex_destroy(&m->queue_lock);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

struct mqtt *mqtt_close(
	struct mqtt *m, const char *last_topic, const char *last_payload, unsigned wait_ms)
{
	struct timespec until;

	if (!m)
		return NULL;
	pthread_mutex_lock(&m->client_lock);
	m->stopping = true;
	/* the thread needs a moment to end after its own deadline */
	m->stop_ms = clock_mono_ms() + wait_ms - wait_ms / 4;
	if (last_topic && publish(m, last_topic, last_payload, strlen(last_payload), 1, true,
				  &m->last_id) < 0)
		m->last_id = 0;
	if (m->client && m->last_id == 0)
		mosquitto_disconnect(m->client); /* wakes the thread, too */
	pthread_cond_signal(&m->client_wake);
	pthread_mutex_unlock(&m->client_lock);

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(wait_ms / 1000);
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	if (pthread_timedjoin_np(m->thread, NULL, &until) != 0) {
		pthread_detach(m->thread); /* it still uses m: that stays */
		return NULL;
	}
	mosquitto_lib_cleanup();
	free_all(m);
	return NULL;
}

/* The first line of the file; whoever runs the program must be able to read it, not everybody. */
static int read_password(const char *path, char **ret_password, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *data = NULL;
	struct stat st;
	size_t size = 0;
	int r = stat(path, &st) < 0 ? -errno : file_read(path, 4096, &data, &size);

	if (r < 0) {
		snprintf(err, ERR_MAX, "password file %s: %s", path, strerror(-r));
		return r;
	}
	if ((st.st_mode & 007) != 0) {
		crypto_wipe(data, size);
		snprintf(err, ERR_MAX, "password file %s: everybody may read it; run: chmod o= %s",
			path, path);
		return -EPERM;
	}
	data[strcspn(data, "\r\n")] = '\0';
	*ret_password = strdup(data);
	crypto_wipe(data, size);
	return *ret_password ? 0 : -ENOMEM;
}

static int check_files(const struct mqtt_config *config, char err[ERR_MAX])
{
	const char *files[] = {config->ca_file, config->cert_file, config->key_file};

	if (!config->cert_file != !config->key_file || (config->cert_file && !config->ca_file)) {
		snprintf(err, ERR_MAX,
			"broker: a client certificate needs ca_file, cert_file and key_file "
			"together");
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i] && access(files[i], R_OK) < 0) {
			int r = -errno;

			snprintf(err, ERR_MAX, "TLS file %s: %s", files[i], strerror(-r));
			return r;
		}
	return 0;
}

static int check(const struct mqtt_config *config, char err[ERR_MAX])
{
	const char *problem = NULL;

	if (!config->host || !*config->host || config->port == 0)
		problem = "needs a host and a port from 1 to 65535";
	else if (!config->client_id || !*config->client_id)
		problem = "needs a client id";
	else if (config->keepalive_s < 5)
		problem = "keepalive must be at least 5 s";
	else if (config->password_file && !config->username)
		problem = "a password file needs a username";
	if (problem) {
		snprintf(err, ERR_MAX, "broker: %s", problem);
		return -EINVAL;
	}
	return check_files(config, err);
}

static char *copy(const char *text, bool *failed)
{
	char *copied = text ? strdup(text) : NULL;

	if (text && !copied)
		*failed = true;
	return copied;
}

static struct mqtt *make(const struct mqtt_config *config)
{
	struct mqtt *m = calloc(1, sizeof(*m));
	pthread_condattr_t attributes;
	bool failed = false;

	if (!m)
		return NULL;
	pthread_mutex_init(&m->client_lock, NULL);
	pthread_mutex_init(&m->queue_lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&m->client_wake, &attributes);
	pthread_condattr_destroy(&attributes);
	m->port = config->port;
	m->keepalive_s = config->keepalive_s;
	m->host = copy(config->host, &failed);
	m->client_id = copy(config->client_id, &failed);
	m->username = copy(config->username, &failed);
	m->ca_file = copy(config->ca_file, &failed);
	m->cert_file = copy(config->cert_file, &failed);
	m->key_file = copy(config->key_file, &failed);
	m->will_topic = copy(config->will_topic, &failed);
	m->will_payload = copy(config->will_payload ? config->will_payload : "", &failed);
	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (failed || m->fd < 0) {
		free_all(m);
		return NULL;
	}
	return m;
}

/* Signals are the loop's: the thread takes none. */
static int start_thread(struct mqtt *m)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&m->thread, NULL, run, m);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

int mqtt_open(const struct mqtt_config *config, struct mqtt **ret_mqtt, char err[ERR_MAX])
{
	struct mqtt *m;
	int r = check(config, err);

	if (r < 0)
		return r;
	m = make(config);
	if (!m) {
		snprintf(err, ERR_MAX, "broker: no memory");
		return -ENOMEM;
	}
	if (config->password_file)
		r = read_password(config->password_file, &m->password, err);
	if (r < 0) {
		free_all(m);
		return r;
	}
	mosquitto_lib_init();
	r = start_thread(m);
	if (r < 0) {
		mosquitto_lib_cleanup();
		free_all(m);
		snprintf(err, ERR_MAX, "broker: cannot start a thread: %s", strerror(-r));
		return r;
	}
	*ret_mqtt = m;
	return 0;
}
