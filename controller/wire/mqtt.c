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
#include "base/clock.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "mqtt_private.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

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
	r = -pthread_create(&m->thread, NULL, mqtt_thread, m);
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
