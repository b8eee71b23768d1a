#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The log in a real browser: tests/web/log.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey log
