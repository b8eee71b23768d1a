#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cards issued and lost in a real browser: tests/web/cards.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey cards
