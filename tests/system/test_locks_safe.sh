#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# runs beside others: nothing here is timed
# Locks that open without power: their line is on while they are locked.
cd "$(dirname "$0")/../.." || exit 1
LOCK=fail_safe exec tests/system/test_locks.sh
