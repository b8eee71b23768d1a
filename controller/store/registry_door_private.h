/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about doors share. */
#pragma once

#include "registry_private.h"
#include "store/registry_door.h"

/* -ENOENT with the sentence. */
int registry_no_door(struct registry *registry, const char *name);
/* 1, or -ENOENT. */
int registry_door_there(struct registry *registry, const char *name);
/* The door works with this key from now on; its old one is good for what is under way. */
int registry_door_activate(
	struct registry *registry, const char *name, const struct sign_public *key);
