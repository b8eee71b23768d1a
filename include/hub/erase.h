/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing a member: what comes after the registry's own part. */
#pragma once

#include "hub/hub.h"
#include "store/registry_erase.h"

/* Once a second: rewrites the registry's file, tells doors. hub->erase_ms = 0: at once. */
void hub_erase_tick(struct hub *hub);
/* A genuine ask: it may say that the door erased somebody. */
void hub_erase_heard(struct hub *hub, const char *door, const struct sync_ask *ask);

/*
 * The list of who was erased, numbers alone, beside the registry (hub.erased): what a backup from
 * before lacks. Added to before an erasure is kept; applied to a registry at start and to a backup
 * that is restored. 0 or negative errno with err; a line that is damaged is -EBADMSG, and nobody is
 * erased.
 */
int hub_erase_list_add(const struct hub_conf *conf, uint64_t member, char err[ERR_MAX]);
int hub_erase_list_apply(const struct hub_conf *conf, struct registry *registry, char err[ERR_MAX]);
/* One line of it, without its end: true for one that hub_erase_list_add writes. */
bool hub_erase_list_line(const char *line, size_t size, uint64_t *ret_member, int64_t *ret_at_us);
