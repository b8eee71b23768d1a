#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The hub stops and starts under an open page: tests/web/away.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_needs away
check "a site with a page starts" web_up
((tap_failed == 0)) || finish
PID_HUB=$pid_hub web_run away
finish
