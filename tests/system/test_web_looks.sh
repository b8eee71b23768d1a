#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page in colours of the system's own, with large letters, and on paper, in a real browser: tests/web/looks.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey looks
