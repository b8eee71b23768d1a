#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page with 100,000 members and 1,000,000 entries, processor slowed four times, beside an empty page; search, paging.
source "$(dirname "$0")/../web/figurelib.sh"
export web_patience=10
web_figures "${MEMBERS:-100000}" "${ENTRIES:-1000000}" 5 150ms 20
