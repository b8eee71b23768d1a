#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The front desk in a real browser: tests/web/now.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey now
