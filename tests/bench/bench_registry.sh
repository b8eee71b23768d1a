#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The registry with a million cards: import, snapshot, delta, backup, on the disk of /var/tmp.
set -eu
B=$(realpath "${B:-build/release}")
folder=$(mktemp -d /var/tmp/tapin-bench.XXXXXX)
trap 'rm -rf "$folder"' EXIT
cd "$folder" && "$B/tests/bench_registry" "$@"
