# SPDX-License-Identifier: Apache-2.0
# Targets that look at the code in other ways than make check; their tools: deploy/install-deps lint.

.PHONY: deps-lint clang archives
deps-lint:
	@deploy/install-deps lint

archives: $(ARCHIVES)

# ---- a second compiler -------------------------------------------------------
clang: deps-check deps-lint ## build everything with clang, warnings are errors
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=clang CC=clang WERROR=1 \
		parts $(call clang-tests,$(UNIT) $(FLOW) $(REPLAY) $(BENCH))
clang-tests = $(patsubst $(B)/%,build/clang/%,$(1))

# ---- fuzzing: each target for FUZZ_SECONDS, what it finds stays in build/fuzz/NAME -----------
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,build/fuzz/fuzz_%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined

ifeq ($(VARIANT),fuzz)
build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(TEST_ARCHIVES)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -MF $@.d $(ALL_LDFLAGS) -o $@ $< $(TEST_ARCHIVES) $(LIBS_ALL) $(LIBS_reader)
endif

fuzz: deps-run deps-lint ## let each fuzz target search for FUZZ_SECONDS (60)
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=fuzz CC=clang HARDEN= \
		CFLAGS='$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link' LDFLAGS='$(FUZZ_FLAGS)' $(FUZZERS)
	@set -e; for f in $(FUZZERS); do \
		name=$${f##*/fuzz_}; mkdir -p build/fuzz/$$name; \
		echo "== $$name, $(FUZZ_SECONDS) s"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
			-verbosity=0 -artifact_prefix=build/fuzz/$$name- build/fuzz/$$name tests/fuzz/corpus/$$name; \
	done

# ---- coverage ------------------------------------------------------------------
cover: deps-lint ## lines and branches of controller/ that make check reaches
	@$(MAKE) --no-print-directory VARIANT=cover check
	@gcovr --root . --filter controller/ --exclude-unreachable-branches --print-summary \
		--html-details build/cover/index.html --txt build/cover/summary.txt build/cover
	@cat build/cover/summary.txt

# ---- style and static checks ------------------------------------------------------
C_FILES := $(shell find controller include tests -name '*.[ch]' 2>/dev/null | sort)
JS_FILES := $(shell find controller/web tests/web tests/virtual/panel -name '*.js' -o -name '*.mjs' 2>/dev/null | sort)
# fetched with what drives the page in a browser (make references)
PRETTIER := $(wildcard build/web/node_modules/.bin/prettier)
SHELL_FILES = $(shell grep -rlIE '^\#!/bin/(ba)?sh' deploy tests .ci 2>/dev/null | sort)
# the layout is that of version 14; another version would ask for another
CLANG_FORMAT := $(firstword $(shell command -v clang-format-14) \
	$(shell clang-format --version 2>/dev/null | grep -q 'version 14\.' && command -v clang-format))

# cppcheck does not know cleanup attributes and calls what they free a leak; make asan looks for leaks
CPPCHECK_BLIND := $(addprefix --suppress=,missingIncludeSystem resourceLeak memleak)

lint: deps-run deps-lint ## layout, shell scripts, cppcheck, licence lines
	@if [ -n "$(CLANG_FORMAT)" ]; then $(CLANG_FORMAT) --dry-run -Werror $(C_FILES); \
		else echo "lint: no clang-format 14 here, layout not checked"; fi
	@if [ -n "$(PRETTIER)" ]; then $(PRETTIER) --log-level warn --check $(JS_FILES); \
		else echo "lint: no prettier here, layout of the page not checked"; fi
	@shellcheck -x --severity=warning $(SHELL_FILES)
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		$(CPPCHECK_BLIND) -D_GNU_SOURCE -DTAPIN_VERSION='"0"' -Iinclude controller tests/virtual
	@bad=$$(for f in $(C_FILES) $(JS_FILES) $(SHELL_FILES) Makefile $(wildcard deploy/*.mk); do \
		head -n 2 $$f | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo $$f; done); \
		[ -z "$$bad" ] || { echo "lint: no licence line in:" $$bad; exit 1; }

tidy: deps-run deps-lint ## clang-tidy's advice (checks: .clang-tidy)
	@find controller -name '*.c' ! -name 'gpio_v$(GPIOD_OTHER).c' -print0 | xargs -0 -n1 -P$$(nproc) sh -c \
		'clang-tidy --quiet "$$@" -- -std=c17 -D_GNU_SOURCE -DTAPIN_VERSION=\"0\" -Iinclude' tidy

# ---- figures ---------------------------------------------------------------------------
define run-each
	@set -e; for f in $(sort $(wildcard tests/bench/$(1)_*.sh)); do echo "== $$f"; B=$(B) $$f; done
endef

bench: deps-check ## measure: tap to strike, outbox, recovery (under an hour)
	@$(MAKE) --no-print-directory -j$$(nproc) parts $(BENCH)
	$(call run-each,bench)

soak: deps-check ## repeat every fault a thousand times, replay a year (under an hour)
	@$(MAKE) --no-print-directory -j$$(nproc) parts $(BENCH)
	$(call run-each,soak)
