# SPDX-License-Identifier: Apache-2.0
# What drives and judges the page in a real browser (tests/web): made where node is, else those tests are
# skipped and say so.

.PHONY: deps-web web-parts web-check
deps-web:
	@deploy/install-deps web

ifneq ($(shell command -v node),)
ifneq ($(shell command -v npm),)
WEB_MODULES := build/web/node_modules/.package-lock.json
references: $(WEB_MODULES)
endif
endif

# from the lock file: these versions with these contents, or none
build/web/node_modules/.package-lock.json: tests/web/package.json tests/web/package-lock.json tests/web/.npmrc
	@mkdir -p build/web
	$(call show,NPM )
	@cp $^ build/web/
	$(Q)cd build/web && npm ci --silent --ignore-scripts || { rm -rf node_modules; echo "npm ci failed: the page is not tested"; }

web-parts: programs $(VIRTUAL) $(PRELOAD) $(WEB_MODULES) $(B)/tests/page_fill
web-check: deps-web ## the page alone, in a real browser, at desktop and phone size
	@$(MAKE) --no-print-directory -j$$(nproc) web-parts
	@B=$(B) tests/run $(sort $(wildcard tests/system/test_web_*.sh))
