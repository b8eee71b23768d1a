/* SPDX-License-Identifier: Apache-2.0 */
/* Start, housekeeping and stop: the order in which the parts of a door come to life. */
#include "door/door.h"

#include "base/clock.h"
#include "base/log.h"
#include "door/machine.h"
#include "door/wiring.h"
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define HOUSEKEEPING_MS 5000

void door_status(struct door *door)
{
	(void)sd_notifyf(0, "STATUS=%s, contact %s, reader %s, journal %s, clock %s, broker %s",
		io_state_name(door), doorway_contact_name(door->doorway.contact),
		link_state_name(door->reader.state), door->journal_failing ? "failing" : "ok",
		clock_trust_name(door->clock),
		!door->broker.mqtt ? "none"
		: broker_up(door)  ? "up"
				   : "down");
	feed_status(door);
}

static enum clock_trust judge_clock(struct door *door, enum clock_doubt *ret_doubt)
{
	struct clock_facts facts = {.floor_us = door->clock_floor_us};
	enum clock_trust trust;

	clock_read_facts(&facts);
	/* a clock that is trusted is not its own witness */
	facts.has_hub = door->sync.time_known && sync_now(door, &facts.hub_us);
	trust = clock_judge(&facts, ret_doubt);
	if (door->conf.clock != DOOR_CLOCK_ASSUME || clock_trust_ok(trust) ||
		*ret_doubt == CLOCK_DOUBT_HUB)
		return trust;
	return CLOCK_TRUST_RTC;
}

void door_check_clock(struct door *door)
{
	enum clock_doubt doubt;
	enum clock_trust trust = judge_clock(door, &doubt);

	if (trust == CLOCK_TRUST_SYNCED)
		door->clock_floor_us = clock_wall_us();
	if (trust == door->clock)
		return;
	log_write(clock_trust_ok(trust) ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "clock: %s%s%s",
		clock_trust_name(trust),
		clock_trust_ok(trust)
			? ""
			: "; rights with dates or hours are refused until it is right: ",
		clock_trust_ok(trust) ? "" : clock_doubt_text(doubt));
	door->clock = trust;
	if (door->journal)
		record_event(door, ENTRY_KIND_CLOCK_CHANGED, "%s%s%s", clock_trust_name(trust),
			clock_trust_ok(trust) ? "" : ": ",
			clock_trust_ok(trust) ? "" : clock_doubt_text(doubt));
	sync_tell_trust(door);
	door_status(door);
}

/*
 * Broker and reader socket: what cannot be had is said once and tried again by housekeeping; it is
 * a fault of the door and never withholds the exit button.
 */
static void connect_parts(struct door *door)
{
	char err[ERR_MAX];
	bool fault = false;

	if (!door->broker.mqtt && *door->conf.mqtt_host && broker_start(door, err) < 0) {
		fault = true;
		if (!door->parts_fault)
			log_error("mqtt: %s; entries stay in the journal until then", err);
	}
	if (!door->reader.link && link_start(door, err) < 0) {
		fault = true;
		if (!door->parts_fault)
			log_error("reader: %s; no card is read until then", err);
	}
	door->parts_fault = fault;
}

static int on_housekeeping(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;

	(void)usec;
	door_check_clock(door);
	inputs_look(door);
	tap_retry(door);
	tap_refresh(door);
	sync_start(door);
	sync_tell_trust(door);
	lift_look(door);
	state_apply(door);
	schedule_apply(door);
	usage_keep(door);
	erase_tick(door);
	connect_parts(door);
	/* clock and hub: nothing else asks for these */
	lights_refresh(door);
	sd_event_source_set_time(source, clock_mono_us() + HOUSEKEEPING_MS * 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static int start_loop(struct door *door)
{
	sigset_t stop;
	int r;

	/* blocked before any thread starts, so that only the loop takes them */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_default(&door->event);
	if (r >= 0)
		r = sd_event_add_signal(door->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(door->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = watchdog_start(door);
	return r < 0 ? r : 0;
}

/* What cannot be made shows as the fault of what needs it. */
static void make_directories(const struct door_conf *conf)
{
	if (mkdir(conf->store_directory, 0750) < 0 && errno != EEXIST)
		log_error("%s: cannot be made: %s; make it for the user that runs tapin-door",
			conf->store_directory, strerror(errno));
	if (mkdir(conf->run_directory, 0750) < 0 && errno != EEXIST)
		log_error("%s: cannot be made: %s; make it for the user that runs tapin-door",
			conf->run_directory, strerror(errno));
}

/*
 * The strike is at rest, or released by fire, before anything else can go wrong, and the exit
 * button is served before anything that a broken disk, key or broker could spoil; the reader comes
 * last, when everything that a tap needs is there. Faults of store and keys are states of the door,
 * not ends of it.
 */
static int start(struct door *door, char err[ERR_MAX])
{
	int r;

	r = io_start_outputs(door, err);
	if (r < 0)
		return r;
	/* a person may wait for what follows: a large journal takes seconds */
	lights_refresh(door);
	make_directories(&door->conf);
	if (wiring_save(&door->conf, err) < 0)
		log_warning("%s", err);
	machine_warn(*door->conf.lines[DOOR_LINE_STRIKE].line, "/");
	door_check_clock(door);
	r = record_start(door, err);
	if (r == 0)
		r = io_start_doorway(door, err);
	if (r < 0)
		return r;
	/* what the journal knows of the last good time may take trust away again */
	door->clock_floor_us = door->journal_report.synced_us;
	door_check_clock(door);
	tap_start(door);
	/* lockdown and hold are back before any card is read */
	sync_start(door);
	sync_tell_trust(door);
	schedule_apply(door);
	usage_start(door);
	feed_journal_known(door);
	if (!*door->conf.mqtt_host)
		log_info(
			"mqtt: no broker is configured ([mqtt] host); entries stay in the journal");
	connect_parts(door);
	r = sd_event_add_time_relative(door->event, &door->housekeeping, CLOCK_MONOTONIC,
		HOUSEKEEPING_MS * 1000, 500000, on_housekeeping, door);
	return r < 0 ? r : 0;
}

static void stop(struct door *door)
{
	if (judge_unlocked(door))
		usage_wipe(door); /* the next start need not see the end of it */
	link_stop(door);
	io_stop(door);
	door->housekeeping = sd_event_source_disable_unref(door->housekeeping);
	watchdog_stop(door);
	enrol_stop(door);
	command_stop(door);
	state_stop(door);
	broker_stop(door);
	usage_keep(door);
	sync_stop(door);
	record_stop(door);
	tap_stop(door);
	usage_stop(door);
	sd_event_unref(door->event);
	crypto_wipe(&door->keys, sizeof(door->keys));
}

int door_run(const struct door_conf *conf)
{
	uint64_t now_ms = clock_mono_ms();
	struct door door = {.conf = *conf, .started_ms = now_ms, .sync = {.alone_ms = now_ms}};
	char err[ERR_MAX] = "";
	int r;

	setenv("TZ", conf->timezone, 1);
	tzset();
	r = crypto_init();
	if (r == 0)
		r = clock_boot_id(door.boot_id);
	if (r == 0)
		r = start_loop(&door);
	if (r == 0)
		r = start(&door, err);
	if (r < 0) {
		log_error("%s", *err ? err : strerror(-r));
		/* what systemctl status shows while it waits for the next try */
		(void)sd_notifyf(0, "STATUS=not started: %s", *err ? err : strerror(-r));
		stop(&door);
		return r;
	}
	log_fields("TAPIN_SITE=%s\nTAPIN_DOOR=%s\n", conf->site, conf->door);
	log_info("door %s of site %s is ready", conf->door, conf->site);
	door.ready = true;
	lights_refresh(&door);
	sd_notify(0, "READY=1");
	door_status(&door);
	r = sd_event_loop(door.event);
	sd_notify(0, "STOPPING=1\nSTATUS=locking and leaving");
	log_info("stopping: strike to rest");
	stop(&door);
	return r < 0 ? r : 0;
}
