/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the store on the disk of the current folder:
 *   bench_store [ENTRIES [CARDS]]
 */
#include "base/clock.h"
#include "base/util.h"
#include "crypto/hash.h"
#include "store/cache.h"
#include "store/journal.h"
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char err[ERR_MAX];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench_store: %s: %s\n", what, err);
	exit(1);
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void figures(const char *what, uint64_t *us, size_t count)
{
	qsort(us, count, sizeof(*us), by_size);
	printf("%-44s median %7.3f ms  p99 %7.3f ms  worst %7.3f ms  (%zu)\n", what,
		(double)us[count / 2] / 1000, (double)us[count * 99 / 100] / 1000,
		(double)us[count - 1] / 1000, count);
}

static struct journal *open_journal(void)
{
	struct journal_options options = {
		.path = "journal.db",
		.intent_path = "journal.intent",
		.site = "bench",
		.door = "front",
		.hash = crypto_hash256,
		.random = crypto_random,
		.wall_us = clock_wall_us(),
		.mono_us = clock_mono_us(),
	};
	struct journal_report report;
	struct journal *journal = NULL;

	if (journal_open(&options, &journal, &report, err) < 0 || !report.open)
		die("journal");
	return journal;
}

static void append(struct journal *journal)
{
	struct entry entry = {
		.kind = ENTRY_KIND_TAP,
		.decided = true,
		.has_subject = true,
		.subject = {.has_token = true, .card = 1},
	};

	if (journal_append(journal, &entry) < 0)
		die("append");
}

static void wait_committed(struct journal *journal)
{
	struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};
	struct journal_event event;

	for (;;) {
		while (journal_next(journal, &event))
			if (event.kind == JOURNAL_EVENT_COMMITTED)
				return;
			else if (event.error < 0)
				die(event.message);
		poll(&fd, 1, 10000);
	}
}

static void bench_journal(size_t count)
{
	uint64_t *call = calloc(count, sizeof(*call)), *durable = calloc(count, sizeof(*durable));
	struct journal *journal = open_journal();
	uint64_t start, checked = 0;

	for (size_t i = 0; call && durable && i < count; i++) {
		start = clock_mono_us();
		append(journal);
		call[i] = clock_mono_us() - start;
		wait_committed(journal);
		durable[i] = clock_mono_us() - start;
		nanosleep(&(struct timespec){0, 500000}, NULL);
	}
	figures("journal_append returns", call, count);
	figures("journal_append to COMMITTED, one at a time", durable, count);
	start = clock_mono_us();
	for (size_t i = 0; i < JOURNAL_PENDING_MAX; i++)
		append(journal);
	for (size_t i = 0; i < JOURNAL_PENDING_MAX; i++)
		wait_committed(journal);
	printf("%-44s %.0f entries a second\n", "journal, a queue of 1000",
		JOURNAL_PENDING_MAX * 1e6 / (double)(clock_mono_us() - start));
	journal_close(journal, 10000, NULL);
	start = clock_mono_us();
	if (journal_verify("journal.db", "bench", "front", crypto_hash256, &checked, err) < 0)
		die("verify");
	printf("%-44s %llu entries in %.3f s\n", "journal_verify", (unsigned long long)checked,
		(double)(clock_mono_us() - start) / 1e6);
	free(call);
	free(durable);
}

static void token_of(size_t n, struct token *token)
{
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_part part = {&n, sizeof(n)};

	crypto_hash256(&part, 1, hash);
	memcpy(token->bytes, hash, TOKEN_SIZE);
}

static void fill(struct cache *cache, size_t cards)
{
	struct cache_head head = {
		.site = "bench",
		.timezone = "Europe/London",
		.origin = CACHE_ORIGIN_FILE,
	};

	if (cache_fill_begin(cache, &head, err) < 0 ||
		cache_fill_tier(cache, 1, 0, "Mo-Fr 09:00-17:00") < 0)
		die("fill");
	for (size_t n = 0; n < cards; n++) {
		struct roster_card card = {
			.key_id = 1,
			.card = n + 1,
			.member = n + 1,
			.tier = 1,
			.state = CARD_STATE_ACTIVE,
			.member_state = MEMBER_STATE_ACTIVE,
			.valid_from = DATE_NONE,
			.valid_until = 25000,
			.grace_until = DATE_NONE,
		};

		token_of(n, &card.token);
		if (cache_fill_card(cache, &card) < 0)
			die("card");
	}
	if (cache_fill_commit(cache, err) < 0)
		die("commit");
}

static struct cache *open_cache(void)
{
	struct cache *cache = NULL;
	bool damaged;

	if (cache_open("cache.db", &cache, &damaged, err) < 0)
		die("cache");
	return cache;
}

static void bench_cache(size_t cards)
{
	static uint64_t took[100000];
	struct cache *cache = open_cache();
	uint64_t start = clock_mono_us();
	struct stat st = {0};

	fill(cache, cards);
	stat("cache.db", &st);
	printf("%-44s %zu cards in %.1f s, %.0f MB\n", "cache fill", cards,
		(double)(clock_mono_us() - start) / 1e6, (double)st.st_size / 1e6);
	start = clock_mono_us();
	fill(cache, cards);
	printf("%-44s %.1f s\n", "cache fill over a full one",
		(double)(clock_mono_us() - start) / 1e6);
	cache_close(cache);
	start = clock_mono_us();
	cache = open_cache();
	printf("%-44s %.1f s\n", "cache_open (quick_check)",
		(double)(clock_mono_us() - start) / 1e6);
	for (size_t i = 0; i < ARRAY_SIZE(took); i++) {
		struct roster_card card;
		struct token token;

		token_of((i * 7919) % (2 * cards), &token); /* every other one is unknown */
		start = clock_mono_us();
		if (cache_card(cache, &token, &card) != ((i * 7919) % (2 * cards) < cards))
			die("lookup");
		took[i] = clock_mono_us() - start;
	}
	figures("cache_card", took, ARRAY_SIZE(took));
	cache_close(cache);
}

int main(int argc, char **argv)
{
	char folder[] = "bench-store.XXXXXX";
	size_t entries = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	size_t cards = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;

	if (entries < 1 || cards < 1 || crypto_init() < 0) {
		fprintf(stderr, "usage: bench_store [ENTRIES [CARDS]]\n");
		return 2;
	}
	if (!mkdtemp(folder) || chdir(folder) < 0)
		die("a folder to work in");
	bench_journal(entries);
	bench_cache(cards);
	unlink("journal.db");
	unlink("journal.intent");
	unlink("cache.db");
	if (chdir("..") < 0 || rmdir(folder) < 0)
		die("clean up");
	return 0;
}
