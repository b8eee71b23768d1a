#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sessions that end or change under an open page, and a hub that stops and starts: tests/web/session.mjs, away.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_needs session away
check "a site with a page starts" web_up
((tap_failed == 0)) || finish
web_run session
PID_HUB=$pid_hub web_run away
finish
