#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# The page and texts, addresses and headers that mean harm: nothing of them is ever more than text.
source "$(dirname "$0")/../web/weblib.sh"
web_journey hostile
