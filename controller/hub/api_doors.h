/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about doors share. */
#pragma once

#include "api.h"

/* Between api_object and api_end. */
void api_door_fields(
	struct api_writer *out, const struct registry_door *door, const struct revision *newest);
/* Loads {name}, and what the audit is to say of it before (or NULL). */
int api_door_load(
	struct api_call *call, struct registry_door *ret_door, struct api_writer *ret_before);
/* Ends a change of a door: what it is now is the answer. */
int api_door_finish(struct api_call *call, int r, const char *name, const char *action,
	const struct api_writer *before);

/* Handlers of api_door_acts.c. */
int api_door_bundle(struct api_call *call);
int api_door_stolen(struct api_call *call);
int api_door_command(struct api_call *call);
int api_door_state(struct api_call *call);
int api_command_show(struct api_call *call);
