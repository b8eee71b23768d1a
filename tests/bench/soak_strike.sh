#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# COUNT (450) kills, hangs and reader crashes around taps and exit presses, at BEDS (2) doors: how long was the strike
# on? About a quarter of an hour. KIND, SEED: tests/bench/strike.py.
cd "$(dirname "$0")/../.." || exit 1
/usr/bin/python3 -B tests/bench/strike.py "${COUNT:-450}" "${BEDS:-2}"
