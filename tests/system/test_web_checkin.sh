#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The entrance of an event in a real browser: tests/web/checkin.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"

eval "wired_$(declare -f door_conf)"
door_conf() { # NAME: back has nothing to open; it is a check-in point, where whoever taps has come
	wired_door_conf "$1" && { [ "$1" != back ] || sed -i -E '/^(strike|exit|contact) =/d' "$work/$1/door.conf"; }
}
web_journey checkin
