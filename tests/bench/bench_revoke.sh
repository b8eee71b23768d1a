#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Revocation: from the hub's answer to the door's refusal, with 2 doors and with DOORS (100).
cd "$(dirname "$0")/../.." || exit 1
/usr/bin/python3 -B tests/bench/revoke.py 2 "${COUNT:-200}" && /usr/bin/python3 -B tests/bench/revoke.py "${DOORS:-100}" "${COUNT:-200}"
