#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reports in a real browser: tests/web/reports.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey reports
