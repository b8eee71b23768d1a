#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# The page: coming in, going out, the lock after five quiet minutes; and that what drives it sees what is wrong.
source "$(dirname "$0")/../web/weblib.sh"
web_journey watch login
