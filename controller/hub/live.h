/* SPDX-License-Identifier: Apache-2.0 */
/* What live.c (who watches) and live_words.c (what changed, in words) share. */
#pragma once

#include "api.h"

/* The words, comma-less, as a list's items. */
void live_words_write(struct api_writer *out, unsigned words);
/* What the rows of the audit after *audit_id are about, as LIVE_ bits; moves *audit_id on. */
unsigned live_words_audited(struct registry *registry, uint64_t *audit_id);
uint64_t live_audit_newest(struct registry *registry);
