#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Lists imported and exported in a real browser, chosen and dropped: tests/web/import.mjs, drop.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey import drop
