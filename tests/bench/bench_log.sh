#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The collected log with a million entries: taking, every kind of question, verifying, on the disk of /var/tmp.
set -eu
B=$(realpath "${B:-build/release}")
folder=$(mktemp -d /var/tmp/tapin-bench.XXXXXX)
trap 'rm -rf "$folder"' EXIT
cd "$folder" && "$B/tests/bench_log" "$@"
