#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong at doors, at the front desk of a real browser: tests/web/alarms.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"

web_doors_up() { # with loops of fire and housing, closed, and limits as short as may be
	local door
	for door in $web_doors; do
		sed -i -e "s/^\[wiring\]/&\nfire = GPIO26 active-low pull-up\ntamper = GPIO16 active-low pull-up/" \
			-e "s/^\[door\]/&\nheld_open_ms = 10000\npropped_ms = 4000/" "$work/$door/door.conf" && site_machine_up "$door" &&
			at "$door" input GPIO26 0 && at "$door" input GPIO16 0 && site_door_start "$door" || return 1
	done
	# shellcheck disable=SC2086
	site_reader_up $web_doors
	for door in $web_doors; do until_true $((20 * slow)) confirmed "$door" || return 1; done
}
web_needs alarms
check "a site with a page starts" web_up
((tap_failed == 0)) || finish
# shellcheck disable=SC2154
PID_FRONT=$pid_door_front PID_BACK=$pid_door_back web_run alarms
finish
