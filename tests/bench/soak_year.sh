#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A hub's year: YEAR_DAYS (366) days, 140 members, 60,000 taps at three doors, 382 events, two outages of a week, a month of
# a wrong clock, both changes of the clocks; all that the hub says of it equal to an independent reckoning.
cd "$(dirname "$0")/../.." || exit 1
days=${YEAR_DAYS:-366}
/usr/bin/python3 -B tests/bench/year.py "${YEAR_START:-2027-01-01}" "$days" 140 $((60000 * days / 366)) $((382 * days / 366))
