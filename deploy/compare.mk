# SPDX-License-Identifier: Apache-2.0
# Our opening hours beside two independent implementations: tests/compare.

.PHONY: deps-compare references compare record
deps-compare:
	@deploy/install-deps compare

# what a machine has of them is made; where something is missing the tests say so and are skipped
QT_CORE := $(firstword $(foreach q,Qt6Core Qt5Core,$(if $(call pc,--libs,$(q)),$(q))))
REFERENCES := $(if $(wildcard /usr/include/KOpeningHours/OpeningHours),$(if $(QT_CORE),$(if $(shell command -v g++),build/compare/reference)))
REFERENCES += $(if $(shell command -v node),$(if $(shell command -v npm),build/compare/node_modules/.package-lock.json))

build/compare/reference: tests/compare/reference.cpp
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)g++ -std=c++17 -O2 -Wall -Wextra -fPIC $(call pc,--cflags,$(QT_CORE)) -o $@ $< -lKOpeningHours $(call pc,--libs,$(QT_CORE))

# from the lock file: these versions with these contents, or none
build/compare/node_modules/.package-lock.json: tests/compare/package.json tests/compare/package-lock.json tests/compare/.npmrc
	@mkdir -p build/compare
	$(call show,NPM )
	@cp $^ build/compare/
	$(Q)cd build/compare && npm ci --silent --ignore-scripts || { rm -rf node_modules; echo "npm ci failed: opening_hours.js is left out"; }

references: $(REFERENCES)

compare: deps-check deps-compare ## our opening hours against two other implementations (COUNT=2000 SEED=…)
	@$(MAKE) --no-print-directory -j$$(nproc) $(COMPARE) references
	@B=$(B) tests/compare/compare.py --recorded --live

record: deps-check deps-compare ## settle tests/compare/expressions.txt anew and keep the answers
	@$(MAKE) --no-print-directory -j$$(nproc) $(COMPARE) references
	@B=$(B) tests/compare/compare.py --record
