#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The panel of virtual doors in a real browser, and what the hub's page makes of it: tests/web/panel.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"

web_doors_up() { # with a fire loop each, as make run has them
	local door
	for door in $web_doors; do
		sed -i "s/^\[wiring\]/&\nfire = GPIO26 active-low pull-up/" "$work/$door/door.conf" && site_machine_up "$door" &&
			at "$door" input GPIO26 0 && site_door_start "$door" || return 1
	done
	# shellcheck disable=SC2086
	site_reader_up $web_doors
	for door in $web_doors; do until_true $((60 * slow)) confirmed "$door" || return 1; done
}
panel_up() {
	start panel "$B/bin/virtual-panel" --www tests/virtual/panel/www --port "$panel_port" --page "http://127.0.0.1:$page_port/" \
		"front=$work/front/hw/control.sock" "back=$work/back/hw/control.sock"
	until_true 20 grep -qs http "$work/panel.log" &&
		jq ".page = .url | .url = \"http://127.0.0.1:$panel_port\"" "$work/site.json" >"$work/panel.json" &&
		mv "$work/panel.json" "$work/site.json"
}

web_needs panel
panel_port=$(free_port)
check "a site with a page starts" web_up
check "and its panel" panel_up
((tap_failed == 0)) || finish
web_run panel
finish
