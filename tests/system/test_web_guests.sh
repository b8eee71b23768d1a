#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guests, lent cards, allowances and who is in, in a real browser: tests/web/guests.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey guests
