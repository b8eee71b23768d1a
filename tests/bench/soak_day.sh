#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# DAYS (300) days of random inputs, each against tests/day/reference.py; then the faults that a day must show.
# About a quarter of an hour.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export B=${B:-build/release} DAYS=${DAYS:-300} SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
code=0
tests/system/test_day.sh 2>&1 | grep -E "^(not ok|# [^0-9]|1\.\.)|differences"
((PIPESTATUS[0] == 0)) || code=1
tests/day/faults || code=1
exit $code
