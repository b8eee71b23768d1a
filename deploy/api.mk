# SPDX-License-Identifier: Apache-2.0
# What checks controller/wire/schema/openapi.json (tests/api): made where node is, else the test is skipped and says so.

ifneq ($(shell command -v node),)
ifneq ($(shell command -v npm),)
references: build/api/node_modules/.package-lock.json
endif
endif

# from the lock file: these versions with these contents, or none
build/api/node_modules/.package-lock.json: tests/api/package.json tests/api/package-lock.json tests/api/.npmrc
	@mkdir -p build/api
	$(call show,NPM )
	@cp $^ build/api/
	$(Q)cd build/api && npm ci --silent --ignore-scripts || { rm -rf node_modules; echo "npm ci failed: openapi.json is not linted"; }
