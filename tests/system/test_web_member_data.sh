#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is held of members in a real browser: tests/web/member_data.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey member_data
