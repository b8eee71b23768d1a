# SPDX-License-Identifier: Apache-2.0
# The rules: the page of reasons made from the code's table, and mutants that the tests must notice.

.PHONY: reasons mutants

REASONS_PAGE := deploy/man/tapin-reasons.7
reasons: $(B)/tests/test_reason ## make the table of reasons in the manual from the code
	@$< --table >$(B)/reasons
	@awk -v table=$(B)/reasons '/^\.\\" made by make reasons: end/ { inside = 0; next } inside { next } \
		/^\.\\" made by make reasons: begin/ { inside = 1; while ((getline line <table) > 0) print line; next } \
		{ print }' $(REASONS_PAGE) >$(B)/reasons.7
	@cp $(B)/reasons.7 $(REASONS_PAGE)

mutants: deps-check ## change each comparison and constant of the rules; every change must fail a test
	@$(MAKE) --no-print-directory -j$$(nproc) $(call lib,core base cli)
	@B=$(B) CC=$(CC) tests/mutants
