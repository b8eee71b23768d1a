#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What somebody else changed meanwhile, in a real browser: tests/web/stale.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey stale
