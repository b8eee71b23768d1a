/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an enrolment: the card that was shown twice becomes a pending card of the member. */
#include "command_private.h"

#include <stdio.h>
#include <string.h>

static void fail(struct registry_command *command, const char *why)
{
	command->outcome = COMMAND_OUTCOME_FAILED;
	entry_text_set(command->why, sizeof(command->why), why);
}

static int audit(struct hub *hub, const struct registry_command *command)
{
	char actor[ENTRY_ACTOR_MAX + 1], object[80], after[128];

	snprintf(actor, sizeof(actor), "door:%s", command->door);
	snprintf(object, sizeof(object), "card/%llu", (unsigned long long)command->card);
	snprintf(after, sizeof(after),
		"{\"member\":%llu,\"state\":\"unassigned\",\"pending\":true}",
		(unsigned long long)command->member);
	return registry_audit_add(hub->registry, actor, "card.enrol", object, "", after);
}

int enrol_found(
	struct hub *hub, const struct command_result *result, struct registry_command *command)
{
	struct registry_card card = {.has_token = true,
		.token = result->token,
		.key_id = result->key_id,
		.kind = result->kind,
		.pending = true,
		.member = command->member};
	int r;

	if (!result->has_card) {
		fail(command, "the door says done and names no card");
		return 0;
	}
	snprintf(card.label, sizeof(card.label), "%s", command->label);
	strcpy(card.issued_by, command->actor);
	r = registry_card_issue(hub->registry, &card, &command->card);
	if (r == 0)
		return audit(hub, command);
	command->card = 0;
	/* a rule of the registry is the host's to read; anything else undoes the change */
	if (r != -EEXIST && r != -EPERM && r != -ENOENT && r != -EINVAL && r != -ENOSPC)
		return r;
	fail(command, registry_error(hub->registry));
	return 0;
}
