/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tapin-door --watch-clock: the kernel's word on its clock as a file, so that the door itself needs
 * no system call of the clock group (systemd/tapin-clock.service).
 */
#pragma once

#include "base/util.h"

/* Until SIGTERM or SIGINT keeps $RUNTIME_DIRECTORY/synchronized (CLOCK_WITNESS without a service
 * manager) while clock_kernel_synced(). 0 or negative errno with err. */
int watch_run(char err[ERR_MAX]);
