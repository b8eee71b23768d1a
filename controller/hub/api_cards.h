/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about cards share. */
#pragma once

#include "api.h"

/* Ends a change of a card: what it is now is the answer and the audit's after. claimed may be NULL.
 */
int api_card_finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before, const struct registry_unknown *claimed);
/* One action, answered with the card. */
int api_card_act(
	struct api_call *call, uint64_t id, enum registry_card_action action, const char *why);

/* Handlers of api_card_issue.c. */
int api_card_issue(struct api_call *call);
int api_card_replace(struct api_call *call);
