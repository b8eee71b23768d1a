/* SPDX-License-Identifier: Apache-2.0 */
#include "core/roster.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const card_states[] = {
	[CARD_STATE_UNASSIGNED] = "unassigned",
	[CARD_STATE_ACTIVE] = "active",
	[CARD_STATE_SUSPENDED] = "suspended",
	[CARD_STATE_LOST] = "lost",
	[CARD_STATE_REVOKED] = "revoked",
};

static const char *const member_states[] = {
	[MEMBER_STATE_CLOSED] = "closed",
	[MEMBER_STATE_ACTIVE] = "active",
	[MEMBER_STATE_SUSPENDED] = "suspended",
};

/* bit i of enum tier_flag */
static const char *const tier_flags[] = {"staff", "override", "may_open_up", "events_free"};

static const char *name_of(const char *const *names, size_t count, unsigned value)
{
	return value < count ? names[value] : NULL;
}

static int value_of(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; text && i < count; i++)
		if (strcmp(names[i], text) == 0)
			return (int)i;
	return -EINVAL;
}

bool name_id_valid(const char *text)
{
	size_t n = 0;

	if (!text)
		return false;
	for (; n < NAME_ID_MAX && text[n] != '\0'; n++) {
		char c = text[n];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return n > 0 && n < NAME_ID_MAX;
}

const char *card_state_name(enum card_state state)
{
	return name_of(card_states, COUNT(card_states), state);
}

int card_state_parse(const char *text, enum card_state *ret_state)
{
	int value = value_of(card_states, COUNT(card_states), text);

	if (value < 0)
		return value;
	*ret_state = (enum card_state)value;
	return 0;
}

const char *member_state_name(enum member_state state)
{
	return name_of(member_states, COUNT(member_states), state);
}

int member_state_parse(const char *text, enum member_state *ret_state)
{
	int value = value_of(member_states, COUNT(member_states), text);

	if (value < 0)
		return value;
	*ret_state = (enum member_state)value;
	return 0;
}

const char *tier_flag_name(uint32_t bit)
{
	for (unsigned i = 0; i < COUNT(tier_flags); i++)
		if (bit == 1u << i)
			return tier_flags[i];
	return NULL;
}

int tier_flag_parse(const char *text, uint32_t *ret_bit)
{
	int value = value_of(tier_flags, COUNT(tier_flags), text);

	if (value < 0)
		return value;
	*ret_bit = 1u << value;
	return 0;
}
