#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hours in a real browser: tests/web/hours.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey hours
