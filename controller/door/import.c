/* SPDX-License-Identifier: Apache-2.0 */
#include "door/import.h"

#include "base/file.h"
#include "door/keys.h"
#include "wire/holidays.h"
#include "wire/roster_file.h"
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

static int check_place(const struct door_conf *conf, const char *file,
	const struct roster_file *roster, char err[ERR_MAX])
{
	if (strcmp(roster->site, conf->site) != 0) {
		snprintf(err, ERR_MAX,
			"%s: site is \"%s\", this door belongs to \"%s\": import that "
			"site's roster, or mend [site] id",
			file, roster->site, conf->site);
		return -EINVAL;
	}
	if (*roster->timezone && strcmp(roster->timezone, conf->timezone) != 0) {
		snprintf(err, ERR_MAX,
			"%s: timezone is \"%s\", this door runs in \"%s\": make them the "
			"same ([site] timezone), or its hours would be wrong",
			file, roster->timezone, conf->timezone);
		return -EINVAL;
	}
	return 0;
}

static int fill_tiers(struct cache *cache, const struct roster_file *roster, char err[ERR_MAX])
{
	int r = 0;

	for (size_t i = 0; i < roster->tier_count && r == 0; i++) {
		const struct roster_file_tier *tier = &roster->tiers[i];

		r = cache_fill_tier(cache, tier->tier, tier->flags, tier->hours);
		for (size_t j = 0; j < tier->door_count && r == 0; j++)
			r = cache_fill_tier_door(
				cache, tier->tier, tier->doors[j].door, tier->doors[j].hours);
		if (r < 0)
			snprintf(err, ERR_MAX, "tiers[%zu]: cannot be stored: %s", i, strerror(-r));
	}
	return r;
}

static int fill_cards(struct cache *cache, const struct roster_file *roster,
	const struct card_key *key, char err[ERR_MAX])
{
	for (size_t i = 0; i < roster->card_count; i++) {
		struct roster_card card = roster->cards[i].card;
		int r;

		if (roster->cards[i].has_uid) {
			crypto_card_token(key, &roster->cards[i].uid, &card.token);
			card.key_id = key->id;
		}
		r = cache_fill_card(cache, &card);
		if (r == -EEXIST)
			snprintf(err, ERR_MAX,
				"cards[%zu]: the same card stands in the file twice, once "
				"as UID and once as token: keep one",
				i);
		else if (r < 0)
			snprintf(err, ERR_MAX, "cards[%zu]: cannot be stored: %s", i, strerror(-r));
		if (r < 0)
			return r;
	}
	return 0;
}

static int fill_calendar(struct cache *cache, const struct calendar *calendar, char err[ERR_MAX])
{
	int r = 0;

	for (unsigned i = 0; i < calendar->exception_count && r == 0; i++)
		r = cache_fill_exception(cache, &calendar->exceptions[i]);
	for (unsigned i = 0; i < calendar->date_count && r == 0; i++)
		r = cache_fill_holiday(cache, calendar->dates[i].date, calendar->dates[i].holiday);
	if (r < 0)
		snprintf(err, ERR_MAX, "closures, openings or holidays: cannot be stored: %s",
			strerror(-r));
	return r;
}

static int fill(struct cache *cache, const struct roster_file *roster, const struct card_key *key,
	char err[ERR_MAX])
{
	struct cache_head head = {
		.revision = roster->revision,
		.origin = CACHE_ORIGIN_FILE,
		.cards = roster->card_count,
		.holidays = roster->calendar.holidays,
		.checkout_minute = CHECKOUT_MINUTE_DEFAULT,
	};
	int r;

	strcpy(head.site, roster->site);
	strcpy(head.timezone, roster->timezone);
	r = cache_fill_begin(cache, &head, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < roster->door_count && r == 0; i++)
		r = cache_fill_door(cache, roster->doors[i]);
	if (r == 0)
		r = fill_tiers(cache, roster, err);
	if (r == 0)
		r = fill_cards(cache, roster, key, err);
	if (r == 0)
		r = fill_calendar(cache, &roster->calendar, err);
	if (r == 0)
		r = cache_fill_commit(cache, err);
	if (r < 0)
		cache_fill_abort(cache);
	return r;
}

/*
 * Root imports for the user that runs the door: what root would make there, the door could not
 * write. The store's owner is that user.
 */
static int become_owner(const char *directory, char err[ERR_MAX])
{
	struct stat st;

	if (geteuid() != 0 || stat(directory, &st) < 0 || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) == 0 && setgid(st.st_gid) == 0 && setuid(st.st_uid) == 0)
		return 0;
	snprintf(err, ERR_MAX, "%s: cannot act as its owner, user %u: %s", directory, st.st_uid,
		strerror(errno));
	return -EPERM;
}

/* Makes the store, becomes its owner and opens the cache. */
static int open_store(const struct door_conf *conf, struct cache **ret_cache, char err[ERR_MAX])
{
	char path[PATH_MAX];
	bool damaged;
	int r;

	if (mkdir(conf->store_directory, 0750) < 0 && errno != EEXIST) {
		snprintf(err, ERR_MAX, "%s: cannot be made: %s", conf->store_directory,
			strerror(errno));
		return -errno;
	}
	r = become_owner(conf->store_directory, err);
	if (r < 0)
		return r;
	door_conf_path(conf->store_directory, "cache.db", path);
	return cache_open(path, ret_cache, &damaged, err);
}

static int take_over(
	const struct door_conf *conf, const struct roster_file *roster, char err[ERR_MAX])
{
	struct cache *cache = NULL;
	struct door_keys keys;
	int r = open_store(conf, &cache, err);

	if (r < 0)
		return r;
	r = keys_load(conf->key_directory, &keys, err);
	if (r == 0) {
		r = fill(cache, roster, &keys.card, err);
		crypto_wipe(&keys, sizeof(keys));
	}
	cache_close(cache);
	return r;
}

static int read_file(
	const char *file, size_t max, char **ret_text, size_t *ret_size, char err[ERR_MAX])
{
	int r = file_read(file, max, ret_text, ret_size);

	if (r < 0)
		snprintf(err, ERR_MAX, "%s: cannot be read: %s", file, strerror(-r));
	return r;
}

static int keep_holidays(struct cache *cache, const char *file, const char *text, size_t size,
	char ret_done[ERR_MAX], char err[ERR_MAX])
{
	struct calendar calendar = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};
	struct cache_head head;
	int r = cache_head(cache, &head), listed;

	if (r < 0) {
		snprintf(err, ERR_MAX, "the cache's head cannot be read: %s", strerror(-r));
		return r;
	}
	if (head.origin != CACHE_ORIGIN_EMPTY)
		calendar.holidays = head.holidays;
	listed = holidays_read(file, text, size, &calendar, err);
	r = listed < 0 ? listed : cache_import_holidays(cache, &calendar, err);
	if (r == 0)
		snprintf(ret_done, ERR_MAX,
			"%s: %d holidays are in force, those of earlier files are not; a running "
			"tapin-door takes them over within five seconds",
			file, listed);
	return r;
}

int import_holidays(
	const struct door_conf *conf, const char *file, char ret_done[ERR_MAX], char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct cache *cache = NULL;
	size_t size;
	int r = read_file(file, HOLIDAYS_FILE_MAX, &text, &size, err);

	if (r == 0)
		r = open_store(conf, &cache, err);
	if (r == 0)
		r = keep_holidays(cache, file, text, size, ret_done, err);
	cache_close(cache);
	return r;
}

int import_roster(
	const struct door_conf *conf, const char *file, char ret_done[ERR_MAX], char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct roster_file roster;
	size_t size;
	int r;

	r = crypto_init();
	if (r < 0)
		return r;
	r = read_file(file, ROSTER_FILE_MAX, &text, &size, err);
	if (r < 0)
		return r;
	r = roster_file_read(file, text, size, &roster, err);
	if (r < 0)
		return r;
	r = check_place(conf, file, &roster, err);
	if (r == 0)
		r = take_over(conf, &roster, err);
	if (r == 0)
		snprintf(ret_done, ERR_MAX,
			"%s: %zu cards, %zu tiers, revision %u.%llu are in force; a running "
			"tapin-door "
			"takes them over within five seconds",
			file, roster.card_count, roster.tier_count, roster.revision.generation,
			(unsigned long long)roster.revision.number);
	roster_file_free(&roster);
	return r;
}
