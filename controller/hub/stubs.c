/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that are not there yet; each goes with its part. */
#include "hub/hub.h"
#include "hub/route.h"

#define WEAK __attribute__((weak))

WEAK void route_print(FILE *out)
{
	(void)out;
}
WEAK int hub_run(const struct hub_conf *conf)
{
	(void)conf;
	return -ENOSYS;
}
