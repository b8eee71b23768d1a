/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lockdown ended at the door, with the hub dead: by a card with the override flag, or by root.
 *
 * What is lifted are the states in force, by their revisions: the hub saying the same again changes
 * nothing, its next state counts as any other. While the hub is heard only it lifts; a card then
 * passes the lockdown and leaves it as it is.
 */
#include "base/file.h"
#include "base/log.h"
#include "door/door.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define LIFT_FILE "lift-lockdown" /* in the run directory */
/* A start or a lost connection is not yet a dead hub. */
#define ALONE_MS 10000
/* The hub signs its time each minute: three of them missing. */
#define SILENT_US (180 * INT64_C(1000000))

bool lift_covers(const struct revision *lifted, const struct revision *revision)
{
	return lifted->generation > 0 && revision_compare(lifted, revision) == 0;
}

/* By the time that it signed, not by when that came: a broker may hold things back. */
bool lift_hub_is_dead(const struct door *door)
{
	const struct door_sync *sync = &door->sync;
	int64_t now_us;

	if (sync->alone_ms != 0 && clock_mono_ms() - sync->alone_ms >= ALONE_MS)
		return true;
	return sync->time_known && sync_now(door, &now_us) &&
	       now_us - sync->newest.time_us >= SILENT_US;
}

static void keep(struct door *door)
{
	const struct door_state *state = &door->state;
	char text[128];

	snprintf(text, sizeof(text), "%u %" PRIu64 " %u %" PRIu64, state->lifted_site.generation,
		state->lifted_site.number, state->lifted_door.generation,
		state->lifted_door.number);
	(void)sync_keep(door, "lifted", text, 0);
}

static void lift(struct door *door, const char *lifter)
{
	struct door_state *state = &door->state;

	/* these revisions only: the next lockdown of the hub counts again */
	state->lifted_site = state->site.revision;
	state->lifted_door = state->door.revision;
	state->lifter = lifter;
	log_warning("state: the lockdown was lifted at the door: %s", lifter);
	keep(door);
	state_apply(door);
	state->lifter = NULL;
}

void lift_by_card(struct door *door, const struct entry *tap)
{
	struct entry entry;

	if (!lift_hub_is_dead(door))
		return;
	record_prepare(door, &entry, ENTRY_KIND_STATE_CHANGED);
	entry.has_subject = tap->has_subject;
	entry.subject = tap->subject;
	entry_text_set(entry.detail, sizeof(entry.detail),
		"lockdown lifted at the door by an override card");
	if (record_append(door, &entry) == 0)
		lift(door, "override card");
	else
		log_error("state: the lockdown stays: lifting it could not be journalled");
}

void lift_look(struct door *door)
{
	char path[PATH_MAX];
	struct stat st;

	door_conf_path(door->conf.run_directory, LIFT_FILE, path);
	if (lstat(path, &st) < 0)
		return;
	/* one that stays would lift every later lockdown, too */
	if (unlink(path) < 0) {
		log_warning("%s: cannot be removed: %s; the lockdown stays", path, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid())) {
		log_warning("%s: is not root's: the lockdown stays", path);
		return;
	}
	if (!door->doorway.lockdown)
		return;
	(void)record_act(door, ENTRY_KIND_STATE_CHANGED, "root", "lockdown lifted at the door");
	lift(door, "root");
}

int lift_ask(const struct door_conf *conf, char ret_done[ERR_MAX], char err[ERR_MAX])
{
	char path[PATH_MAX];
	int r;

	door_conf_path(conf->run_directory, LIFT_FILE, path);
	r = file_write_atomic(path, "", 0, 0600);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be written: %s; run this as root on the door",
			path, strerror(-r));
	snprintf(ret_done, ERR_MAX,
		"the running door lifts its lockdown within five seconds; the next one of the hub "
		"counts again");
	return r;
}

/* A disk that comes late must not undo what was lifted meanwhile. */
static void recall(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct door_state *state = &door->state;
	struct revision site = {0}, mine = {0};
	size_t size;
	int r = keeper_value(door->sync.keeper, "lifted", &text, &size);

	if (r < 0 && r != -ENOENT)
		log_error("kept.db: lifted cannot be read: %s", strerror(-r));
	if (r == 0 && sscanf(text, "%" SCNu32 " %" SCNu64 " %" SCNu32 " %" SCNu64, &site.generation,
			      &site.number, &mine.generation, &mine.number) != 4) {
		log_error("kept.db: lifted cannot be understood: a lockdown counts again");
		site = mine = (struct revision){0};
	}
	if (revision_compare(&site, &state->lifted_site) > 0)
		state->lifted_site = site;
	if (revision_compare(&mine, &state->lifted_door) > 0)
		state->lifted_door = mine;
	if (revision_compare(&site, &state->lifted_site) < 0 ||
		revision_compare(&mine, &state->lifted_door) < 0)
		keep(door);
}

void lift_start(struct door *door)
{
	char path[PATH_MAX];

	/* what was asked of a door that was not running is not asked any more */
	door_conf_path(door->conf.run_directory, LIFT_FILE, path);
	unlink(path);
	recall(door);
}
