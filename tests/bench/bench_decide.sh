#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nanoseconds per decision.
cd "$(dirname "$0")/../.." && exec "${B:-build/release}/tests/bench_decide"
