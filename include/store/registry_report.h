/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened at a site in a month, in numbers.
 *
 * A visit begins when somebody comes who is not in already, by the doors' entries and hosts' words,
 * and ends with leaving or the check-out. Weekdays and hours are those of the site's clocks; the
 * hour that comes twice in autumn is one row. Members count to the tier they have now.
 *
 * Unless the report is exact, counts of fewer than REGISTRY_REPORT_THRESHOLD people are withheld,
 * with others that would give them away (core/suppress.h): their values are not in here.
 */
#pragma once

#include "core/allowance.h"
#include "core/reason.h"
#include "store/registry.h"

#define REGISTRY_REPORT_THRESHOLD 5
#define REGISTRY_WITHHELD UINT32_MAX
#define REGISTRY_REPORT_TIERS_MAX 60 /* those that are left are one row, "others" */
#define REGISTRY_REPORT_POOLS_MAX 60
#define REGISTRY_REPORT_EVENTS_MAX 500
#define REGISTRY_REPORT_CARDS_MAX 500
#define REGISTRY_REPORT_REASONS_MAX 64

enum registry_report_section {
	REGISTRY_REPORT_VISITS = 1 << 0,
	REGISTRY_REPORT_HOURS = 1 << 1,
	REGISTRY_REPORT_EVENTS = 1 << 2,
	REGISTRY_REPORT_ALLOWANCE = 1 << 3,
	REGISTRY_REPORT_CARDS = 1 << 4,
	REGISTRY_REPORT_DENIED = 1 << 5,
	REGISTRY_REPORT_ALL = (1 << 6) - 1,
};

struct registry_report_tier {
	uint32_t tier; /* 0: guests, or others */
	char name[REGISTRY_NAME_MAX + 1];
	uint32_t members;
	uint32_t weekdays[7]; /* visits; 0 is Monday */
	uint32_t visits;
};

struct registry_report_event {
	uint64_t id;
	char title[REGISTRY_NAME_MAX + 1];
	char room[REGISTRY_NAME_MAX + 1];
	int64_t starts_us;
	uint32_t capacity;
	uint32_t listed;
	uint32_t arrived;
};

struct registry_report_allowance {
	uint32_t tier; /* 0: a pool's */
	uint64_t pool; /* 0: a tier's */
	char name[REGISTRY_NAME_MAX + 1];
	struct allowance allowance;
	uint32_t members;
	uint32_t users;      /* members who used any of it */
	uint32_t used;       /* in its kind; minutes of hours */
	uint32_t over;       /* members who used more than they had, with what hosts gave; of a
				pool that paid more than it had, all who used it */
	uint32_t over_units; /* how much more, all together */
};

struct registry_report_exceeded {
	uint64_t member;
	uint32_t tier;
	enum allowance_kind kind;
	uint32_t had; /* with what hosts gave and pools paid */
	uint32_t used;
};

struct registry_report_card {
	uint64_t card;
	uint64_t member;
	int64_t issued_us;
};

struct registry_report {
	int32_t month; /* 12 * year + month - 1 */
	int64_t from_us, until_us;
	bool exact;
	bool over;            /* the month is */
	int64_t forgotten_us; /* what was before is past its retention; 0: all is there */
	uint32_t withheld;    /* how many numbers are */
	size_t tier_count;    /* visits */
	uint32_t weekdays[7];
	uint32_t visits;
	struct registry_report_tier tiers[REGISTRY_REPORT_TIERS_MAX + 2];
	uint32_t hours[24][7]; /* visits that began then */
	size_t event_count;
	bool more_events; /* than are in here */
	uint32_t arrived; /* at all of them */
	struct registry_report_event events[REGISTRY_REPORT_EVENTS_MAX];
	size_t allowance_count;
	struct registry_report_allowance
		allowances[REGISTRY_REPORT_TIERS_MAX + REGISTRY_REPORT_POOLS_MAX];
	size_t exceeded_count; /* exact only: who */
	struct registry_report_exceeded exceeded[REGISTRY_REPORT_CARDS_MAX];
	uint32_t cards;        /* in somebody's hands when the month ended */
	uint32_t cards_used;   /* of these, in the month */
	uint32_t cards_unused; /* not in the month */
	uint32_t cards_never;  /* not once, as far as the log goes back */
	size_t card_count;     /* exact only: which */
	struct registry_report_card never[REGISTRY_REPORT_CARDS_MAX];
	uint32_t denied;
	size_t reason_count;
	struct {
		enum reason reason;
		uint32_t taps;
	} reasons[REGISTRY_REPORT_REASONS_MAX];
};

/* *ret_report: the caller frees. sections: bits; the rest of it stays 0. -EINVAL for a month that
 * has not begun. */
int registry_report(struct registry *registry, int32_t month, unsigned sections, bool exact,
	struct registry_report **ret_report);
