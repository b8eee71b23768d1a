#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Undo, and what has none, in a real browser: tests/web/undo.mjs.
# runs beside others
source "$(dirname "$0")/../web/weblib.sh"
web_journey undo
