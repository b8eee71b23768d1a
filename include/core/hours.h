/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening hours: the OpenStreetMap opening_hours language (specification 0.7.4),
 * compiled once to an immutable form and evaluated without allocation.
 *
 * A window over midnight belongs to the day it starts on. Understood now: weekdays and their
 * ranges and lists, times and lists of times, ranges over midnight and up to 48:00, "24/7", "off",
 * "closed", "open", ';' and ',' between rules, "||" is refused with the selectors that later
 * versions of the form will carry. Whatever is not understood is refused, never guessed.
 */
#pragma once

#include "core/civil.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_TEXT_MAX 512 /* bytes of an expression, without the NUL */
#define HOURS_RULES_MAX 32
#define HOURS_SPANS_MAX 64

/* Minutes from the start of the rule's day; end may reach 48:00 (2880). */
struct hours_span {
	uint16_t start;
	uint16_t end; /* exclusive; > start */
};

enum hours_joint {
	HOURS_JOINT_NORMAL,     /* ';': replaces what earlier rules said of the days it matches */
	HOURS_JOINT_ADDITIONAL, /* ',': adds to it */
	HOURS_JOINT_FALLBACK,   /* '||': only where nothing else matched */
};

struct hours_rule {
	uint8_t joint;    /* enum hours_joint */
	uint8_t closed;   /* 1: "off" or "closed" */
	uint8_t weekdays; /* bit 0 Monday … bit 6 Sunday */
	uint8_t span_first;
	uint8_t span_count; /* 0: the whole day */
};

struct hours {
	uint8_t rule_count; /* 0: never open */
	uint8_t span_count;
	struct hours_rule rules[HOURS_RULES_MAX];
	struct hours_span spans[HOURS_SPANS_MAX];
};

struct hours_error {
	size_t at;              /* byte offset of the offending character */
	const char *message;    /* static text: what is wrong */
	const char *suggestion; /* static text: what to write instead, or NULL */
};

/* Compiles text (NUL-terminated). 0, or -EINVAL with *ret_error filled, *ret_hours untouched. */
int hours_compile(const char *text, struct hours *ret_hours, struct hours_error *ret_error);

/* Is it open at this local time? NULL hours are never open. */
bool hours_open(const struct hours *hours, const struct civil *now);

/* True where some expression is open around the clock for ever, so that no clock is needed to know
 * it. */
bool hours_always(const struct hours *hours);
