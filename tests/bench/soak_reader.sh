#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 1,000 reopenings of the reader and 1,000 taps with real wire timing: nothing may grow. About 20 minutes.
REOPENINGS=${REOPENINGS:-1000} TAPS=${TAPS:-1000} TEST_TIMEOUT=3600 exec "$(dirname "$0")/../run" \
	"$(dirname "$0")/../system/test_reader.sh" "$(dirname "$0")/../system/test_reader_faults.sh"
