/* SPDX-License-Identifier: Apache-2.0 */
/* Start, housekeeping and stop: the order in which the parts of the hub come to life. */
#include "hub/erase.h"

#include "base/clock.h"
#include "base/log.h"
#include "hub/certificate.h"
#include "hub/verify.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define HOUSEKEEPING_MS 1000

void hub_changed(struct hub *hub)
{
	sync_changed(hub);
	command_changed(hub);
	hub_rollcall_changed(hub);
	hub_live_note(hub, LIVE_AUDIT);
}

/* Once a day, and at start: what is over leaves the roster. */
static void prune(struct hub *hub)
{
	struct civil now;
	int r;

	if (clock_civil(clock_wall_us(), &now) < 0 || now.date == hub->pruned)
		return;
	hub->pruned = now.date; /* what fails is tried again tomorrow */
	if (*hub->fingerprint)
		hub_certificate_warn(
			&hub->conf, hub->certificate_from_us, hub->certificate_until_us);
	r = registry_begin(hub->registry);
	if (r == 0)
		r = registry_prune(hub->registry, now.date);
	if (r > 0)
		log_info("registry: %d records of the roster are over", r);
	if (r >= 0)
		r = registry_commit(hub->registry, NULL);
	if (r < 0) {
		log_warning("registry: %s; old rows stay for now", registry_error(hub->registry));
		if (registry_changing(hub->registry))
			registry_abort(hub->registry);
		return;
	}
	hub_changed(hub);
}

/* Guests and loans whose time is over, and the check-out: once a minute. */
static void tick_days(struct hub *hub)
{
	int64_t minute = clock_wall_us() / 60000000;
	int r, ended;

	if (minute == hub->ticked)
		return;
	hub->ticked = minute;
	r = registry_begin(hub->registry);
	if (r < 0)
		return; /* the next minute */
	ended = registry_days_tick(hub->registry);
	r = ended < 0 ? ended : registry_commit(hub->registry, NULL);
	if (r < 0) {
		log_warning("registry: %s; guests and loans stay for now",
			registry_error(hub->registry));
		if (registry_changing(hub->registry))
			registry_abort(hub->registry);
		return;
	}
	if (ended > 0)
		log_info("registry: %d guest passes and loans are over", ended);
	hub_live_note(hub, ended > 0 ? LIVE_PEOPLE | LIVE_EVENTS | LIVE_PRESENCE : LIVE_PRESENCE);
	hub_changed(hub);
}

static int on_housekeeping(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hub *hub = userdata;

	(void)usec;
	post_tick(hub);
	hub_sync_tick(hub);
	hub_collect_tick(hub);
	hub_command_tick(hub);
	hub_provision_tick(hub);
	hub_broker_tick(hub);
	route_tick(hub);
	hub_live_tick(hub);
	prune(hub);
	tick_days(hub);
	retention_tick(hub);
	hub_erase_tick(hub);
	(void)sd_notifyf(0, "STATUS=broker %s",
		!hub->mqtt                  ? "none"
		: mqtt_connected(hub->mqtt) ? "up"
					    : "down");
	sd_event_source_set_time(source, clock_mono_us() + HOUSEKEEPING_MS * 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* ---- the API's socket ---- */

static void turn_http(struct hub *hub)
{
	int wait_ms;

	http_turn(hub->http);
	wait_ms = http_timeout_ms(hub->http);
	if (wait_ms >= 0)
		sd_event_source_set_time(
			hub->http_timer, clock_mono_us() + (uint64_t)wait_ms * 1000);
	sd_event_source_set_enabled(
		hub->http_timer, wait_ms >= 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_http(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	turn_http(userdata);
	return 0;
}

static int on_http_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	turn_http(userdata);
	return 0;
}

static int watch_http(struct hub *hub)
{
	int r;

	if (!hub->http)
		return 0;
	r = sd_event_add_io(hub->event, &hub->http_io, http_fd(hub->http), EPOLLIN, on_http, hub);
	if (r >= 0)
		r = sd_event_add_time(hub->event, &hub->http_timer, CLOCK_MONOTONIC,
			clock_mono_us(), 1000, on_http_timer, hub);
	return r < 0 ? r : 0;
}

/* ---- start and stop ---- */

static int start_loop(struct hub *hub)
{
	sigset_t stop;
	int r;

	/* blocked before any thread starts, so that only the loop takes them */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_default(&hub->event);
	if (r >= 0)
		r = sd_event_add_signal(hub->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(hub->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(hub->event, true);
	return r < 0 ? r : 0;
}

/* Two hubs on one registry would give out one counter twice. */
static int take_lock(struct hub *hub, char err[ERR_MAX])
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/hub.lock", hub->conf.store_directory);
	hub->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (hub->lock >= 0 && flock(hub->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (hub->lock >= 0 && errno == EWOULDBLOCK)
		snprintf(err, ERR_MAX, "%s: another tapin-hub runs on this registry: stop it first",
			path);
	else
		snprintf(err, ERR_MAX,
			"%s: %s; make a new site with tapin-hub --init, or set [store] directory",
			path, strerror(errno));
	return -EBUSY;
}

static int open_registry(struct hub *hub, char err[ERR_MAX])
{
	char path[PATH_MAX];
	const struct registry_options options = {
		.path = path,
		.site = hub->conf.site,
		.timezone = hub->conf.timezone,
		.hash = crypto_hash256,
	};

	hub_registry_path(&hub->conf, path, sizeof(path));
	/* an empty registry in place of a lost one would lock everybody out */
	if (access(path, F_OK) < 0) {
		snprintf(err, ERR_MAX,
			"%s: %s; make a new site with tapin-hub --init, or put a backup there with "
			"tapin-hub --restore FILE",
			path, strerror(errno));
		return -ENOENT;
	}
	return registry_open(&options, &hub->registry, err);
}

/* A backup that was put back by hand may know who was erased since. */
static int erase_again(struct hub *hub, char err[ERR_MAX])
{
	return hub_erase_list_apply(&hub->conf, hub->registry, err);
}

static int start_parts(struct hub *hub, char err[ERR_MAX])
{
	static int (*const starts[])(struct hub *, char *) = {post_start, hub_sync_start,
		hub_rollcall_start, hub_collect_start, hub_command_start, hub_broker_start,
		hub_provision_start, hub_live_start, route_start};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(starts) && r == 0; i++)
		r = starts[i](hub, err);
	return r;
}

static int start(struct hub *hub, char err[ERR_MAX])
{
	int r;

	r = hub_keys_load(&hub->conf, &hub->keys, err);
	if (r == 0)
		r = take_lock(hub, err);
	if (r == 0)
		r = open_registry(hub, err);
	if (r == 0)
		r = erase_again(hub, err);
	if (r == 0)
		r = start_parts(hub, err);
	if (r == 0)
		r = watch_http(hub);
	if (r < 0)
		return r;
	post_tick(hub);
	r = sd_event_add_time_relative(hub->event, &hub->housekeeping, CLOCK_MONOTONIC,
		HOUSEKEEPING_MS * 1000, 100000, on_housekeeping, hub);
	return r < 0 ? r : 0;
}

/* Also after a start that failed half way: each part takes that it never started. */
static void stop(struct hub *hub)
{
	hub->housekeeping = sd_event_source_disable_unref(hub->housekeeping);
	hub->http_timer = sd_event_source_disable_unref(hub->http_timer);
	hub->http_io = sd_event_source_disable_unref(hub->http_io);
	verify_stop(hub);
	hub_live_end(hub);
	route_stop(hub);
	hub_live_stop(hub);
	hub_provision_stop(hub);
	hub_broker_stop(hub);
	hub_command_stop(hub);
	hub_collect_stop(hub);
	hub_rollcall_stop(hub);
	hub_sync_stop(hub);
	post_stop(hub);
	hub->registry = registry_close(hub->registry);
	hub_keys_free(&hub->keys);
	cleanup_close(&hub->lock);
	hub->event = sd_event_unref(hub->event);
}

int hub_run(const struct hub_conf *conf)
{
	struct hub hub = {.conf = *conf, .lock = -1, .pruned = DATE_NONE};
	char err[ERR_MAX] = "";
	int r;

	setenv("TZ", conf->timezone, 1);
	tzset();
	r = crypto_init();
	if (r == 0)
		r = start_loop(&hub);
	if (r == 0)
		r = start(&hub, err);
	if (r < 0) {
		log_error("%s", *err ? err : strerror(-r));
		stop(&hub);
		return r;
	}
	log_fields("TAPIN_SITE=%s\n", conf->site);
	log_info("hub of site %s is ready", conf->site);
	sd_notify(0, "READY=1");
	r = sd_event_loop(hub.event);
	sd_notify(0, "STOPPING=1");
	log_info("stopping");
	stop(&hub);
	return r < 0 ? r : 0;
}
