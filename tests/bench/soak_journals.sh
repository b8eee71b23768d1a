#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ENTRIES (100,000) taps at DOORS (20) doors while broker, hub and doors are killed KILLS (200) times.
cd "$(dirname "$0")/../.." || exit 1
/usr/bin/python3 -B tests/bench/journals.py "${DOORS:-20}" "${ENTRIES:-100000}" "${KILLS:-200}"
