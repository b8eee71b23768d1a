#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The entrance of an event in a real browser: tests/web/checkin.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey checkin
