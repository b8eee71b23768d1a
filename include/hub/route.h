/* SPDX-License-Identifier: Apache-2.0 */
/* The API's routes as the program shows them; hub/hub.h has their start and stop. */
#pragma once

#include <stdio.h>

/* For tapin-hub --routes: "METHOD PATH ROLES" a line, roles as in openapi.json, joined by commas.
 */
void route_print(FILE *out);
