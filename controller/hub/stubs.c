/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that are not there yet; each goes with its part. */
#include "hub/hub.h"
#include "hub/init.h"

#define WEAK __attribute__((weak))

WEAK int hub_init(const struct hub_conf *conf, char err[ERR_MAX])
{
	(void)conf;
	snprintf(err, ERR_MAX, "not there yet");
	return -ENOSYS;
}
WEAK int hub_recover(const struct hub_conf *conf, const char *name, char err[ERR_MAX])
{
	(void)name;
	return hub_init(conf, err);
}
WEAK int hub_restore(const struct hub_conf *conf, const char *backup, char err[ERR_MAX])
{
	(void)backup;
	return hub_init(conf, err);
}
WEAK int hub_new_key(const struct hub_conf *conf, char err[ERR_MAX])
{
	return hub_init(conf, err);
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
