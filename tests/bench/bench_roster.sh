#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A snapshot of CARDS (1,000,000) to an empty door and a delta of 10,000 changes, while people tap.
cd "$(dirname "$0")/../.." || exit 1
/usr/bin/python3 -B tests/bench/roster.py "${CARDS:-1000000}" "${CHANGES:-10000}"
