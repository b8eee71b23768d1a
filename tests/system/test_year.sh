#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others
# A week of a hub with a change of the clocks, the end of a month, two outages and a day of a wrong clock, replayed through
# hub, broker and three doors: who is in, what is used and who came to events is what an independent reckoning says.
source "$(dirname "$0")/lib.sh"
# the clocks of 32-bit programs go by other names
[ "$(getconf LONG_BIT)" = 64 ] || { skip "the hub's week is the reckoning's" "not on 32 bits"; finish; }
week() { /usr/bin/python3 -B tests/bench/year.py 2027-03-26 7 40 300 7; }
check "the hub's week is the reckoning's" week
sed -n 's/^seed/# seed/p; s/^7 days/# &/p' "$work/check.out"
finish
