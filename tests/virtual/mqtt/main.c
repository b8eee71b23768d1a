/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual-mqtt: drives wire/mqtt the way tapin-door's loop does and measures how long its calls
 * keep the loop. For tests/system/test_mqtt.sh.
 */
#include "base/clock.h"
#include "crypto/hash.h"
#include "wire/mqtt.h"

#include <dlfcn.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#define TICK_MS 20

static const char usage[] =
	"usage: virtual-mqtt --host HOST --port PORT --topic TOPIC [OPTION]...\n"
	"  --username NAME --password-file FILE --ca-file FILE --cert-file FILE --key-file FILE\n"
	"  --seconds N        end after N seconds; else on SIGTERM\n"
	"  --close-ms N       how long closing may take; 1000\n"
	"  --slow-resolver N  every host name takes N seconds to resolve to nothing\n"
	"TOPIC/status is retained: online, stopped, or by the broker gone. TOPIC/tick gets a "
	"number\n"
	"each 20 ms. TOPIC/in is subscribed and printed.\n"
	"Lines: connected | disconnected WHY | message TOPIC TEXT [retained], and at the end\n"
	"  calls N worst US us | published N acknowledged N refused N dropped N | closed in MS "
	"ms\n";

static unsigned slow_resolver_s;

/* In the place of the C library's, for libmosquitto as well: a resolver that does not answer. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (slow_resolver_s > 0) {
		sleep(slow_resolver_s);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, result);
}

struct run {
	struct mqtt *mqtt;
	char status[MQTT_TOPIC_MAX], tick[MQTT_TOPIC_MAX], in[MQTT_TOPIC_MAX];
	uint64_t calls, worst_us, since_us;
	uint64_t published, acknowledged, refused;
};

static void before(struct run *run)
{
	run->since_us = clock_mono_us();
}

static void after(struct run *run)
{
	uint64_t took_us = clock_mono_us() - run->since_us;

	run->calls++;
	if (took_us > run->worst_us)
		run->worst_us = took_us;
}

static int publish(struct run *run, const char *topic, const char *text, bool retain)
{
	int r;

	before(run);
	r = mqtt_publish(run->mqtt, topic, text, strlen(text), 1, retain, NULL);
	after(run);
	if (r < 0)
		run->refused++;
	else
		run->published++;
	return r;
}

static void take(struct run *run, const struct mqtt_event *event)
{
	switch (event->kind) {
	case MQTT_EVENT_CONNECTED:
		printf("connected\n");
		before(run);
		mqtt_subscribe(run->mqtt, run->in, 1);
		after(run);
		publish(run, run->status, "online", true);
		return;
	case MQTT_EVENT_DISCONNECTED:
		printf("disconnected %s\n", event->message);
		return;
	case MQTT_EVENT_MESSAGE:
		printf("message %s %s%s\n", event->topic, event->payload,
			event->retained ? " retained" : "");
		return;
	case MQTT_EVENT_PUBLISHED:
		run->acknowledged++;
		return;
	}
}

static void drain(struct run *run)
{
	struct mqtt_event event;
	int more;

	do {
		before(run);
		more = mqtt_next(run->mqtt, &event);
		after(run);
		if (more > 0) {
			take(run, &event);
			mqtt_event_done(&event);
		}
	} while (more > 0);
}

static void serve(struct run *run, int signals, unsigned seconds)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN}, {.fd = mqtt_fd(run->mqtt), .events = POLLIN}};
	uint64_t end_ms = clock_mono_ms() + seconds * 1000ull, next_ms = 0;
	char text[24];

	for (uint64_t n = 0; !(fds[0].revents & POLLIN);) {
		uint64_t now_ms = clock_mono_ms();

		if (seconds > 0 && now_ms >= end_ms)
			return;
		if (now_ms >= next_ms) {
			snprintf(text, sizeof(text), "%" PRIu64, n++);
			publish(run, run->tick, text, false);
			next_ms = now_ms + TICK_MS;
		}
		poll(fds, 2, TICK_MS);
		drain(run);
		fflush(stdout);
	}
}

/* What was just sent may still be on its way: the answers get a second. */
static void settle(struct run *run)
{
	uint64_t end_ms = clock_mono_ms() + 1000;
	struct pollfd fd = {.fd = mqtt_fd(run->mqtt), .events = POLLIN};

	while (mqtt_connected(run->mqtt) && run->acknowledged < run->published &&
		clock_mono_ms() < end_ms) {
		poll(&fd, 1, TICK_MS);
		drain(run);
	}
}

static int drive(
	const struct mqtt_config *config, const char *topic, unsigned seconds, unsigned close_ms)
{
	struct mqtt_config c = *config;
	struct run run = {0};
	char err[ERR_MAX], client[40];
	uint64_t dropped, since_ms;
	sigset_t ends;
	int signals;

	snprintf(run.status, sizeof(run.status), "%s/status", topic);
	snprintf(run.tick, sizeof(run.tick), "%s/tick", topic);
	snprintf(run.in, sizeof(run.in), "%s/in", topic);
	snprintf(client, sizeof(client), "virtual-mqtt-%d", (int)getpid());
	c.client_id = client;
	c.will_topic = run.status;
	c.will_payload = "gone";
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	before(&run);
	if (mqtt_open(&c, &run.mqtt, err) < 0) {
		fprintf(stderr, "virtual-mqtt: %s\n", err);
		return 1;
	}
	after(&run);
	serve(&run, signals, seconds);
	settle(&run);
	dropped = mqtt_dropped(run.mqtt);
	since_ms = clock_mono_ms();
	mqtt_close(run.mqtt, run.status, "stopped", close_ms);
	printf("calls %" PRIu64 " worst %" PRIu64 " us | published %" PRIu64
	       " acknowledged %" PRIu64 " refused %" PRIu64 " dropped %" PRIu64
	       " | closed in %" PRIu64 " ms\n",
		run.calls, run.worst_us, run.published, run.acknowledged, run.refused, dropped,
		clock_mono_ms() - since_ms);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"host", 1, NULL, 'h'}, {"port", 1, NULL, 'p'},
		{"topic", 1, NULL, 't'}, {"username", 1, NULL, 'u'},
		{"password-file", 1, NULL, 'P'}, {"ca-file", 1, NULL, 'a'},
		{"cert-file", 1, NULL, 'c'}, {"key-file", 1, NULL, 'k'}, {"seconds", 1, NULL, 's'},
		{"close-ms", 1, NULL, 'w'}, {"slow-resolver", 1, NULL, 'r'}, {0}};
	struct mqtt_config config = {.keepalive_s = 5};
	const char *topic = NULL;
	unsigned seconds = 0, close_ms = 1000;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			config.host = optarg;
			break;
		case 'p':
			config.port = (uint16_t)atoi(optarg);
			break;
		case 't':
			topic = optarg;
			break;
		case 'u':
			config.username = optarg;
			break;
		case 'P':
			config.password_file = optarg;
			break;
		case 'a':
			config.ca_file = optarg;
			break;
		case 'c':
			config.cert_file = optarg;
			break;
		case 'k':
			config.key_file = optarg;
			break;
		case 's':
			seconds = (unsigned)atoi(optarg);
			break;
		case 'w':
			close_ms = (unsigned)atoi(optarg);
			break;
		case 'r':
			slow_resolver_s = (unsigned)atoi(optarg);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (!topic || crypto_init() < 0) {
		fputs(usage, stderr);
		return 2;
	}
	return drive(&config, topic, seconds, close_ms);
}
