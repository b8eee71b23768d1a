/* SPDX-License-Identifier: Apache-2.0 */
/* libnfc's device names, checked before libnfc sees them: it splits at every ':' and says little.
 */
#pragma once

#include "base/util.h"

#define CONNSTRING_MAX 200

struct connstring {
	char text[CONNSTRING_MAX + 1];   /* as given */
	char device[CONNSTRING_MAX + 1]; /* path of the device file; empty for USB readers */
};

/*
 * Checks "pn532_uart:/dev/tapin-reader[:115200]", "pn532_i2c:/dev/i2c-1", "acr122_usb" … against
 * the drivers of Debian's libnfc 1.8.0. 0, or -EINVAL with err naming the text, what is wrong with
 * it and the remedy. Whether the device is there is not looked at.
 */
int connstring_parse(const char *text, struct connstring *ret_connstring, char err[ERR_MAX]);
