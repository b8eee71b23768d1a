/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the month reports share. */
#pragma once

#include "core/suppress.h"
#include "registry_days_private.h"
#include "store/registry_report.h"

/* How many people each count is about; the same places as in the report. */
struct registry_report_people {
	struct {
		uint32_t weekdays[7];
		uint32_t all;
	} tiers[REGISTRY_REPORT_TIERS_MAX + 2];
	uint32_t weekdays[7];
	uint32_t all;
	uint32_t hours[24][7];
	uint32_t reasons[REGISTRY_REPORT_REASONS_MAX];
};

/* registry_report_visits.c: tiers, visits and hours, and what was used of the allowances that are
 * in the report already */
int registry_report_visits(struct registry *registry, struct registry_report *report,
	struct registry_report_people *people);

/* registry_report_withhold.c */
void registry_report_withhold(
	struct registry_report *report, const struct registry_report_people *people);
