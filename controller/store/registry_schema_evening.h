/* SPDX-License-Identifier: Apache-2.0 */
/* Step 6: doors that events hold open, heads that a host counted, and where doors lead. */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_EVENING \
"ALTER TABLE event ADD COLUMN held INTEGER NOT NULL DEFAULT 0;" /* its door was told */ \
"ALTER TABLE event ADD COLUMN headcount INTEGER NOT NULL DEFAULT 0;" \
"ALTER TABLE door ADD COLUMN zone TEXT NOT NULL DEFAULT '';" /* where who passes it is; '': the site, or outside */
/* clang-format on */
