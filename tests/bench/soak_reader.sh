#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 1,000 reopenings of the reader and 1,000 taps without and with wire timing: nothing may grow. About half an hour.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export REOPENINGS=${REOPENINGS:-1000} TAPS=${TAPS:-1000}
code=0
for file in tests/system/test_reader*.sh; do
	"$file" 2>&1 | grep -E "^(not ok|#|1\.\.)"
	((PIPESTATUS[0] == 0)) || code=1
done
exit $code
