/* SPDX-License-Identifier: Apache-2.0 */
#include "door/accept.h"

#include <string.h>

const char *accept_text(enum accept accept)
{
	switch (accept) {
	case ACCEPT_REFUSED_SITE:
		return "it names another site";
	case ACCEPT_REFUSED_DOOR:
		return "it names another door";
	case ACCEPT_REFUSED_GENERATION:
		return "its generation is not certified by the site root key";
	case ACCEPT_REFUSED_REPLAY:
		return "it was replayed: its counter is not above the last one";
	case ACCEPT_REFUSED_START:
		return "it was made for an earlier start of this door";
	case ACCEPT_REFUSED_TIMELESS:
		return "the door does not know the hub's time yet";
	case ACCEPT_REFUSED_EXPIRED:
		return "it has expired";
	case ACCEPT_REFUSED_SECONDS:
		return "it asks for a time that is out of bounds";
	case ACCEPT_REFUSED_ROLLED_BACK:
		return "it was rolled back: its revision is below the one in force";
	case ACCEPT_REFUSED_OLD_TIME:
		return "it is old: the hub's time in it is before one heard already";
	case ACCEPT_REFUSED_CHANGED:
		return "it has the revision in force, but says something else";
	case ACCEPT_REFUSED_AGAIN:
		return "it was replayed: the door has that revision";
	case ACCEPT_LATER:
	case ACCEPT_NOTHING_NEW:
	case ACCEPT_OK:
		return "";
	}
	return "it is not understood";
}

bool accept_refused(enum accept accept)
{
	return accept < ACCEPT_LATER;
}

bool accept_believes(bool answered, bool clock_trusted, bool kept)
{
	return answered || (clock_trusted && kept);
}

static bool is_none(const struct revision *revision)
{
	return revision->generation == 0 && revision->number == 0;
}

/* ---- commands ---- */

static enum accept check_seconds(const struct command *command)
{
	bool good = true;

	switch (command->verb) {
	case COMMAND_UNLOCK:
		good = command->seconds >= 1 && command->seconds <= 60;
		break;
	case COMMAND_ENROL:
		good = command->seconds == 0 || (command->seconds >= 5 && command->seconds <= 120);
		break;
	case COMMAND_NONE:
	case COMMAND_RELOCK:
	case COMMAND_ENROL_CANCEL:
	case COMMAND_IDENTIFY:
	case COMMAND_TEST:
		break;
	}
	return good ? ACCEPT_OK : ACCEPT_REFUSED_SECONDS;
}

enum accept accept_command(const struct accept_facts *facts,
	const struct accept_command_facts *more, const struct command *command)
{
	if (strcmp(command->site, facts->site) != 0)
		return ACCEPT_REFUSED_SITE;
	if (strcmp(command->door, facts->door) != 0)
		return ACCEPT_REFUSED_DOOR;
	if (command->counter.generation > facts->generation)
		return ACCEPT_REFUSED_GENERATION;
	if (memcmp(command->start, more->start, sizeof(more->start)) != 0)
		return ACCEPT_REFUSED_START;
	if (revision_compare(&command->counter, &more->counter) <= 0)
		return ACCEPT_REFUSED_REPLAY;
	if (!more->time_known)
		return ACCEPT_REFUSED_TIMELESS;
	if (more->now_us >= command->expires_us)
		return ACCEPT_REFUSED_EXPIRED;
	return check_seconds(command);
}

/* ---- states ---- */

/*
 * takes_away: it opens nothing and locks down, so that it can do no harm when it is old. An answer
 * to the door's own ask is as fresh as can be, but an older revision of the same generation is a
 * hub that forgot: its own certificate must say so first.
 */
static enum accept check_state(const struct accept_facts *facts, const struct revision *kept,
	const struct revision *revision, bool same, bool takes_away, bool answered)
{
	int order = revision_compare(revision, kept);

	if (revision->generation > facts->generation)
		return ACCEPT_REFUSED_GENERATION;
	if (order < 0)
		return ACCEPT_REFUSED_ROLLED_BACK;
	if (order == 0 && !is_none(kept))
		return same ? ACCEPT_NOTHING_NEW : ACCEPT_REFUSED_CHANGED;
	if (order == 0)
		return ACCEPT_NOTHING_NEW;
	if (!answered && !facts->believes && !takes_away)
		return ACCEPT_LATER;
	return ACCEPT_OK;
}

enum accept accept_site_state(const struct accept_facts *facts, const struct sync_site_state *kept,
	const struct sync_site_state *state, bool answered)
{
	if (strcmp(state->site, facts->site) != 0)
		return ACCEPT_REFUSED_SITE;
	return check_state(facts, &kept->revision, &state->revision,
		state->lockdown == kept->lockdown, state->lockdown, answered);
}

enum accept accept_door_state(const struct accept_facts *facts, const struct sync_door_state *kept,
	const struct sync_door_state *state, bool answered)
{
	bool same = state->mode == kept->mode && state->hold_from_us == kept->hold_from_us &&
		    state->hold_until_us == kept->hold_until_us && state->event == kept->event;

	if (strcmp(state->site, facts->site) != 0)
		return ACCEPT_REFUSED_SITE;
	if (strcmp(state->door, facts->door) != 0)
		return ACCEPT_REFUSED_DOOR;
	return check_state(facts, &kept->revision, &state->revision, same,
		state->mode == DOOR_MODE_LOCKDOWN, answered);
}

/* ---- the roster ---- */

/* What brings a door from its own revision to another. */
static enum sync_want want_of(const struct accept_head_facts *more, const struct sync_head *head)
{
	int order = revision_compare(&head->revision, &more->own);

	if (order == 0 && memcmp(head->digest, more->digest, sizeof(more->digest)) == 0)
		return SYNC_WANT_REPORT;
	/* another content of the same revision, nothing yet, or another generation */
	if (order == 0 || is_none(&more->own) || head->revision.generation != more->own.generation)
		return SYNC_WANT_SNAPSHOT;
	return SYNC_WANT_DELTA;
}

static enum accept check_revision(const struct accept_facts *facts,
	const struct accept_head_facts *more, const struct sync_head *head)
{
	if (strcmp(head->site, facts->site) != 0)
		return ACCEPT_REFUSED_SITE;
	if (head->revision.generation > facts->generation)
		return ACCEPT_REFUSED_GENERATION;
	if (revision_compare(&head->revision, &more->own) < 0 ||
		revision_compare(&head->revision, &more->floor) < 0)
		return ACCEPT_REFUSED_ROLLED_BACK;
	return ACCEPT_OK;
}

enum accept accept_head(const struct accept_facts *facts, const struct accept_head_facts *more,
	const struct sync_head *head, bool answered, bool retained, enum sync_want *ret_want)
{
	enum accept accept = check_revision(facts, more, head);

	*ret_want = SYNC_WANT_REPORT;
	if (accept != ACCEPT_OK)
		return accept;
	if (!answered && !facts->believes)
		return ACCEPT_LATER;
	if (!answered && head->time_us <= more->newest_us)
		return retained || head->time_us == more->newest_us ? ACCEPT_NOTHING_NEW
								    : ACCEPT_REFUSED_OLD_TIME;
	*ret_want = want_of(more, head);
	return ACCEPT_OK;
}

enum accept accept_delta(const struct accept_facts *facts, const struct accept_head_facts *more,
	const struct sync_delta *delta)
{
	enum accept accept = check_revision(facts, more, &delta->head);

	if (accept != ACCEPT_OK)
		return accept;
	if (revision_compare(&delta->head.revision, &more->own) == 0)
		return ACCEPT_REFUSED_AGAIN;
	if (revision_compare(&delta->from, &delta->head.revision) >= 0)
		return ACCEPT_REFUSED_ROLLED_BACK;
	return ACCEPT_OK;
}
