# SPDX-License-Identifier: Apache-2.0
# tapin: one Makefile for everything. `make help` lists what it does.

SHELL   := /bin/bash
MAKEFLAGS += --no-builtin-rules
VARIANT ?= release
B       := build/$(VARIANT)
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
PREFIX     ?= /usr
DESTDIR    ?=

# ---- flags -----------------------------------------------------------------
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum \
	-Wformat=2 -Wconversion -Wno-sign-conversion -Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Wvla
# a message to a person may be cut; clang has no such warning
WARN += $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
HARDEN := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LDHARDEN := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
OPT := -O2 -g
ifeq ($(VARIANT),asan)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
HARDEN := -fstack-protector-strong
LDHARDEN := -fsanitize=address,undefined -Wl,--as-needed
endif
ifeq ($(VARIANT),cover)
OPT := -O0 -g --coverage
HARDEN :=
LDHARDEN := --coverage -Wl,--as-needed
endif
ifdef WERROR
WARN += -Werror
endif
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -DTAPIN_VERSION='"$(VERSION)"' -Iinclude $(OPT) $(WARN) $(HARDEN) \
	-fPIC -MMD -MP $(CFLAGS)
ALL_LDFLAGS := $(LDHARDEN) $(LDFLAGS)

# ---- libraries: each is used by the rooms that may include it ---------------
pc = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
LIBS_base   := -linih $(call pc,--libs,libsystemd)
LIBS_crypto := $(call pc,--libs,libsodium gnutls)
LIBS_hw     := $(call pc,--libs,libgpiod)
LIBS_store  := $(call pc,--libs,sqlite3)
LIBS_wire   := $(call pc,--libs,libmosquitto jansson libmicrohttpd libcurl zlib)
LIBS_cli    := $(call pc,--libs,smartcols)
LIBS_reader := $(call pc,--libs,libnfc)
LIBS_door   := -lpthread -lm

# libgpiod: generation 1 (Debian 12) or 2 (Debian 13); the other one, where
# deploy/install-deps check could fetch it, is built and tested beside it.
GPIOD_GEN   := $(shell $(PKG_CONFIG) --atleast-version=2 libgpiod 2>/dev/null && echo 2 || echo 1)
GPIOD_OTHER := $(if $(filter 1,$(GPIOD_GEN)),2,1)
OTHER_ROOT  := build/other-gpiod
OTHER_LIB   := $(firstword $(wildcard $(OTHER_ROOT)/usr/lib/*/libgpiod.so))

# ---- what is built ----------------------------------------------------------
ROOMS := core base crypto hw store wire door reader hub cli
src = $(filter-out controller/hw/gpio_v%.c controller/$(1)/main.c,$(wildcard controller/$(1)/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))
OBJ_hw_gpio := $(B)/controller/hw/gpio_v$(GPIOD_GEN).o
ARCHIVES := $(foreach r,$(ROOMS),$(B)/lib/$(r).a)

PROGRAMS := $(B)/bin/tapin-door $(B)/bin/tapin-reader $(B)/bin/tapin-hub $(B)/bin/tapin
VIRTUAL_DIRS := $(filter-out preload clock common,$(notdir $(patsubst %/,%,$(wildcard tests/virtual/*/))))
VIRTUAL_DIRS := $(foreach d,$(VIRTUAL_DIRS),$(if $(wildcard tests/virtual/$(d)/*.c),$(d)))
VIRTUAL := $(foreach d,$(VIRTUAL_DIRS),$(B)/bin/virtual-$(d))
PRELOAD := $(B)/bin/libvirtual-gpio.so $(B)/bin/libvirtual-clock.so
UNIT    := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FLOW    := $(patsubst tests/flow/%.c,$(B)/tests/%,$(wildcard tests/flow/*.c))
REPLAY  := $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH   := $(patsubst tests/bench/%.c,$(B)/tests/%,$(wildcard tests/bench/*.c))
COMPARE := $(B)/tests/answers
DAY     := $(B)/tests/play-day
ifneq ($(OTHER_LIB),)
OTHER := $(B)/bin/tapin-door-gpiod$(GPIOD_OTHER) $(B)/tests/test_gpio_other
endif

# make V=1 shows the commands
Q := $(if $(V),,@)
show = $(if $(V),,@echo '  $(1) $@')
showlate = $(if $(V),,@echo '  $(1) $$@')

.DELETE_ON_ERROR:
.PRECIOUS: $(B)/%.o
.PHONY: all programs help deps-run deps-check run tap check check-rings bench soak fuzz asan cover lint tidy \
	check-layers install clean

all: programs ## build the programs

programs: $(PROGRAMS)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call show,CC  )
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

define room
# the folder itself: a file that comes or goes makes the archive anew
$(B)/lib/$(1).a: controller/$(1) $(call obj,$(call src,$(1))) $(if $(filter hw,$(1)),$(OBJ_hw_gpio))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(call showlate,AR  )
	$(Q)ar rcs $$@ $$(filter %.o,$$^)
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

lib = $(foreach r,$(1),$(B)/lib/$(r).a)
LIBS_ALL := $(LIBS_cli) $(LIBS_wire) $(LIBS_store) $(LIBS_hw) $(LIBS_crypto) $(LIBS_base) $(LIBS_door)
DOOR_ARCHIVES := $(call lib,door wire store hw crypto base core)

$(B)/bin/tapin-door: $(B)/controller/door/main.o $(DOOR_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(LIBS_ALL)

$(B)/bin/tapin-reader: $(B)/controller/reader/main.o $(call lib,reader hw base core)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(LIBS_reader) $(LIBS_base)

$(B)/bin/tapin-hub: $(B)/controller/hub/main.o $(call lib,hub wire store crypto base core)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(LIBS_wire) $(LIBS_store) $(LIBS_crypto) $(LIBS_base) -lpthread

$(B)/bin/tapin: $(B)/controller/cli/main.o $(call lib,cli wire store crypto base core)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(LIBS_cli) $(LIBS_wire) $(LIBS_store) $(LIBS_crypto) $(LIBS_base)

# the other libgpiod generation: its own back-end object, named first so that it wins over hw.a's
$(B)/other/gpio.o: controller/hw/gpio_v$(GPIOD_OTHER).c
	@mkdir -p $(@D)
	$(call show,CC  )
	$(Q)$(CC) -I$(OTHER_ROOT)/usr/include $(ALL_CFLAGS) -c $< -o $@
OTHER_LINK = $(LIBS_wire) $(LIBS_store) $(OTHER_LIB) -Wl,-rpath,$(abspath $(dir $(OTHER_LIB))) $(LIBS_crypto) \
	$(LIBS_base) $(LIBS_door)
$(B)/bin/tapin-door-gpiod$(GPIOD_OTHER): $(B)/controller/door/main.o $(B)/other/gpio.o $(DOOR_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(OTHER_LINK)
$(B)/tests/test_gpio_other: $(B)/tests/unit/test_gpio.o $(B)/other/gpio.o $(DOOR_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(OTHER_LINK)

# ---- tests ------------------------------------------------------------------
TEST_ARCHIVES := $(call lib,door reader hub cli wire store hw crypto base core)
$(UNIT): $(B)/tests/%: $(B)/tests/unit/%.o $(TEST_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_ARCHIVES) -lcmocka $(LIBS_ALL) $(LIBS_reader)
$(FLOW): $(B)/tests/%: $(B)/tests/flow/%.o $(TEST_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_ARCHIVES) $(LIBS_ALL) $(LIBS_reader)
$(REPLAY): $(B)/tests/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(TEST_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(B)/tests/fuzz/replay.o $(TEST_ARCHIVES) $(LIBS_ALL) $(LIBS_reader)
$(BENCH): $(B)/tests/%: $(B)/tests/bench/%.o $(TEST_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_ARCHIVES) $(LIBS_ALL) $(LIBS_reader)

$(COMPARE): $(B)/tests/compare/answers.o $(call lib,cli wire base core)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_cli) $(LIBS_wire) $(LIBS_base)

# the door's own objects above another clock, loop, GPIO and journal
DAY_WRAPS := clock_mono_us clock_mono_ms clock_wall_us clock_read_facts link_start
$(DAY): $(call obj,$(wildcard tests/day/*.c)) $(DOOR_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $(DAY_WRAPS:%=-Wl,--wrap=%) -o $@ $^ $(LIBS_ALL)

VIRTUAL_COMMON := $(call obj,$(wildcard tests/virtual/common/*.c))
define virtual
$(B)/bin/virtual-$(1): $(call obj,$(wildcard tests/virtual/$(1)/*.c)) $(VIRTUAL_COMMON) $(call lib,wire store hw crypto base core)
	@mkdir -p $$(@D)
	$(call showlate,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $$@ $$^ $(LIBS_ALL)
endef
$(foreach d,$(VIRTUAL_DIRS),$(eval $(call virtual,$(d))))

# what is preloaded is never sanitised: it is loaded into Debian's own programs
$(B)/bin/libvirtual-gpio.so: $(wildcard tests/virtual/preload/*.c tests/virtual/preload/*.h tests/virtual/common/*.h)
$(B)/bin/libvirtual-clock.so: tests/virtual/clock/clock.c
$(PRELOAD):
	@mkdir -p $(@D)
	$(call show,LINK)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -Iinclude -O2 -g $(WARN) -fPIC -shared -o $@ $(filter %.c,$^) -ldl -lpthread

parts: programs $(VIRTUAL) $(PRELOAD) $(OTHER) $(COMPARE) $(DAY) references

deps-run:
	@deploy/install-deps run
deps-check:
	@deploy/install-deps check

run: deps-run ## start a whole site here: broker, hub, two virtual doors, live view
	@$(MAKE) --no-print-directory -s -j$$(nproc) programs $(VIRTUAL) $(PRELOAD)
	@exec deploy/run $(B)/bin

tap: ## tap a card at a running virtual door: make tap CARD=unlimited DOOR=back
	@deploy/tap $(B)/bin build/run $(or $(DOOR),front) $(or $(CARD),unlimited)

check: deps-check ## install what is missing, build, run every test ring
	@$(MAKE) --no-print-directory -j$$(nproc) parts $(UNIT) $(FLOW) $(REPLAY) $(BENCH)
	@$(MAKE) --no-print-directory check-rings

# sanitizers look at our C: there, of the journeys through the page, one that reads much and one that changes much
WEB_TESTS := $(wildcard tests/system/test_web_*.sh)
WEB_LEFT := $(if $(filter asan,$(VARIANT)),$(filter-out %/test_web_now.sh %/test_web_cards.sh,$(WEB_TESTS)))
check-rings:
	@B=$(B) tests/run $(UNIT) $(FLOW) $(REPLAY) $(filter %test_gpio_other,$(OTHER)) tests/check-layers \
		$(sort $(filter-out $(WEB_LEFT),$(wildcard tests/system/test_*.sh)))

asan: deps-check ## the whole of check under AddressSanitizer and UBSan
	@TEST_TIMEOUT=$${TEST_TIMEOUT:-300} $(MAKE) --no-print-directory VARIANT=asan check

check-layers: $(ARCHIVES) ## who may include whom
	@B=$(B) tests/check-layers

clean: ## remove everything made
	rm -rf build

-include $(wildcard deploy/*.mk)
# found by name, not searched for: make would try every pattern on each of them
DEPS := $(shell find $(B) -name '*.d' 2>/dev/null)
$(DEPS):
-include $(DEPS)
