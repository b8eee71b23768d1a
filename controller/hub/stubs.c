/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that are not there yet; each goes with its part. */
#include "hub/hub.h"
#include "hub/init.h"
#include "hub/route.h"

#define WEAK __attribute__((weak))

WEAK int hub_init(const struct hub_conf *conf, const char *admin, char err[ERR_MAX])
{
	(void)conf;
	(void)admin;
	snprintf(err, ERR_MAX, "not there yet");
	return -ENOSYS;
}
WEAK int hub_recover(const struct hub_conf *conf, const char *name, char err[ERR_MAX])
{
	return hub_init(conf, name, err);
}
WEAK int hub_restore(
	const struct hub_conf *conf, const char *backup, const char *root_key, char err[ERR_MAX])
{
	(void)root_key;
	return hub_init(conf, backup, err);
}
WEAK int hub_roll_keys(const struct hub_conf *conf, const char *root_key, char err[ERR_MAX])
{
	return hub_init(conf, root_key, err);
}
WEAK void route_print(FILE *out)
{
	(void)out;
}
WEAK int hub_run(const struct hub_conf *conf)
{
	(void)conf;
	return -ENOSYS;
}
