/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of step 1: doors, claims, commands, operators, sessions, collected journals, alarms. */
#pragma once

#define REGISTRY_SCHEMA_LOG ""
