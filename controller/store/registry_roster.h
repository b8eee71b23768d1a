/* SPDX-License-Identifier: Apache-2.0 */
/* What registry_roster.c and registry_view.c share. */
#pragma once

#include "core/roster_record.h"

/*
 * In which order the rows of a delta are told: what makes room in a door's calendar first; then
 * what is there, so that tiers come before the cards that name them; then what is gone, the other
 * way round. Kept in the file: never renumber.
 */
enum roster_turn {
	ROSTER_TURN_DATE_GONE, /* exceptions, holidays, extras, standings, pools */
	ROSTER_TURN_SITE,
	ROSTER_TURN_DOOR,
	ROSTER_TURN_TIER,
	ROSTER_TURN_CARD,
	ROSTER_TURN_DATE,
	ROSTER_TURN_CARD_GONE,
	ROSTER_TURN_TIER_GONE,
	ROSTER_TURN_DOOR_GONE,
	ROSTER_TURNS,
};
enum roster_turn registry_turn(enum roster_kind kind, bool gone);
