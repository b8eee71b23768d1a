#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Lists imported and exported in a real browser: tests/web/import.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey import
