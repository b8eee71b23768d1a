# SPDX-License-Identifier: Apache-2.0
# Our programs on a real kernel, in an emulated arm64 machine (tests/machine); needs root for its disk image.

.PHONY: deps-machine machine-parts machine-test machine-smoke
deps-machine:
	@deploy/install-deps machine || echo "without it the machine test is skipped"

machine-parts: deps-run deps-machine
	@$(MAKE) --no-print-directory -s -j$$(nproc) $(B)/bin/virtual-machine $(B)/bin/virtual-door

machine-test: machine-parts ## boot Debian 13 on an emulated arm64 machine: real kernel, systemd and udev; 50 faults
	@B=$(B) tests/machine/test_machine.py

machine-smoke: machine-parts ## the same, short: start, first tap, one kill, one power cut
	@B=$(B) tests/machine/test_machine.py --smoke
