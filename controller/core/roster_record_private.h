/* SPDX-License-Identifier: Apache-2.0 */
/* What writing (roster_record.c) and reading (roster_record_read.c) of records share. */
#pragma once

#include "core/roster_record.h"

#define ROSTER_OP_GONE 0
#define ROSTER_OP_PUT 1

/* Can its key be; can the rest of it, which a record that is gone does not have? */
bool roster_key_valid(const struct roster_record *record);
bool roster_value_valid(const struct roster_record *record);
