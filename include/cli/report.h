/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation for a person: a line for each step, then what was decided. */
#pragma once

#include "wire/explanation.h"
#include <stdio.h>

/* Nothing that could move a terminal's cursor is repeated. */
void report_print(FILE *out, const struct explanation *explanation);
