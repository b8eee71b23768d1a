#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Members found, added, changed in a real browser: tests/web/members.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey members
