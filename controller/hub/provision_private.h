/* SPDX-License-Identifier: Apache-2.0 */
/* What bundle.c and provision.c share. */
#pragma once

#include "hub/hub.h"

#define CLAIMS_MAX 64 /* of one round */

/* Takes an account at the broker away; what fails is logged, and found again at the next
 * connection. */
void provision_account_gone(struct hub *hub, const char *account);
