#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cards claimed, revoked by keyboard, with a door away, in a real browser: tests/web/card_ways.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey card_ways
