/* SPDX-License-Identifier: Apache-2.0 */
/* What command.c and enrol.c share. */
#pragma once

#include "hub/hub.h"

/*
 * An enrolment found its card: a pending one is issued, inside the open change, for a host to
 * confirm. What the registry refuses becomes the command's outcome, with the reason.
 */
int enrol_found(
	struct hub *hub, const struct command_result *result, struct registry_command *command);
