#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nanoseconds per evaluation of opening hours, ours beside opening_hours.js and KOpeningHours, on the same expressions.
cd "$(dirname "$0")/../.." && exec tests/compare/compare.py --bench
