/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-fill: a registry with as many members and cards as a bench wants, while no hub has it
 * open. */
#include "core/uid.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "store/registry_people.h"
#include "store/registry_site.h"

#include <string.h>

static const char usage[] =
	"usage: virtual-fill HUB.DB SITE CARD.KEY add COUNT     COUNT members with a card each\n"
	"       virtual-fill HUB.DB SITE CARD.KEY suspend COUNT suspends the first COUNT members\n"
	"Card i, from 1, has the UID 04B100 and i in 4 bytes, hex. Prints the revision.\n";

#define AT_ONCE 10000 /* rows of one change */

struct fill {
	struct registry *registry;
	struct card_key key;
	uint32_t tier;
};

static int fail(const struct fill *fill, const char *what, int error)
{
	fprintf(stderr, "virtual-fill: %s: %s\n", what,
		fill->registry && *registry_error(fill->registry) ? registry_error(fill->registry)
								  : strerror(-error));
	return 1;
}

static int add_one(struct fill *fill, uint32_t number)
{
	struct registry_member member = {
		.tier = fill->tier,
		.state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE,
	};
	struct registry_card card = {
		.has_token = true, .key_id = fill->key.id, .issued_by = "bench", .label = "bench"};
	struct uid uid = {.len = 7,
		.bytes = {0x04, 0xb1, 0x00, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			(uint8_t)(number >> 8), (uint8_t)number}};
	uint64_t id;
	int r;

	snprintf(member.name, sizeof(member.name), "Member %u of many", number);
	r = registry_member_add(fill->registry, &member, &card.member);
	if (r < 0)
		return r;
	crypto_card_token(&fill->key, &uid, &card.token);
	return registry_card_issue(fill->registry, &card, &id);
}

static int suspend_one(struct fill *fill, uint32_t number)
{
	struct registry_member member;
	int r = registry_member(fill->registry, number, &member);

	if (r < 0)
		return r;
	member.state = MEMBER_STATE_SUSPENDED;
	return registry_member_change(fill->registry, &member);
}

static int each(struct fill *fill, uint32_t count, int (*one)(struct fill *, uint32_t))
{
	int r = 0;

	for (uint32_t i = 1; i <= count && r >= 0; i++) {
		if ((i - 1) % AT_ONCE == 0)
			r = registry_begin(fill->registry);
		if (r >= 0)
			r = one(fill, i);
		if (r >= 0 && (i % AT_ONCE == 0 || i == count))
			r = registry_commit(fill->registry, NULL);
	}
	return r;
}

static int add_tier(struct fill *fill)
{
	struct registry_tier tier = {.name = "all day", .roster = {.hours = "24/7"}};
	int r = registry_begin(fill->registry);

	if (r >= 0)
		r = registry_tier_add(fill->registry, &tier, &fill->tier);
	return r < 0 ? r : registry_commit(fill->registry, NULL);
}

int main(int argc, char **argv)
{
	struct registry_options options = {
		.timezone = "Europe/London",
		.hash = crypto_hash256,
	};
	struct registry_roster roster;
	struct fill fill = {0};
	char err[ERR_MAX];
	uint32_t count;
	int r;

	if (argc != 6) {
		fputs(usage, stderr);
		return 2;
	}
	options.path = argv[1];
	options.site = argv[2];
	count = (uint32_t)strtoul(argv[5], NULL, 10);
	r = crypto_init();
	if (r == 0)
		r = key_load_card(argv[3], &fill.key, err);
	if (r == 0)
		r = registry_open(&options, &fill.registry, err);
	if (r < 0) {
		fprintf(stderr, "virtual-fill: %s\n", err);
		return 1;
	}
	if (strcmp(argv[4], "add") == 0) {
		r = add_tier(&fill);
		if (r >= 0)
			r = each(&fill, count, add_one);
	} else {
		r = each(&fill, count, suspend_one);
	}
	if (r >= 0)
		r = registry_roster(fill.registry, &roster);
	if (r < 0)
		return fail(&fill, argv[4], r);
	printf("%u.%llu\n", roster.revision.generation, (unsigned long long)roster.revision.number);
	registry_close(fill.registry);
	return 0;
}
