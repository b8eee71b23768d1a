/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot and a delta through the keeper, on the disk of the current folder, while a thread in
 * the loop's place looks cards up all the time:
 *   bench_keeper [CARDS [CHANGES]]
 */
#include "base/clock.h"
#include "base/util.h"
#include "crypto/hash.h"
#include "store/keeper.h"
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define RUN_BYTES 45056 /* what one message of the hub carries */
#define RUNS_AHEAD 8
#define WAL_KEPT 4194304 /* bytes that stay */
#define LOOKUPS_MAX 4000000

static char err[ERR_MAX];
static struct cache *cache;
static struct keeper *keeper;
static uint8_t digest[ROSTER_DIGEST_SIZE];
static struct roster_record record;
static uint8_t bytes[ROSTER_RECORD_MAX];
static uint32_t *took; /* microseconds of each lookup */
static size_t looked;
static size_t card_count;
static struct token *tokens; /* in the order they are sent */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench_keeper: %s: %s\n", what, err);
	exit(1);
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int by_token(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_SIZE);
}

/* VmHWM of this process, in kB; and from here on anew. */
static long peak_kb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[200];
	long kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	f = fopen("/proc/self/clear_refs", "w");
	if (f) {
		fputs("5", f);
		fclose(f);
	}
	return kb;
}

/* What the loop does at a tap, and a look whether the roster changed. */
static void look_up(void)
{
	struct roster_card card;
	int64_t version;
	size_t n = (looked * 7919) % card_count;
	uint64_t start = clock_mono_us();

	if (cache_version(cache, &version) < 0 || cache_card(cache, &tokens[n], &card) < 0)
		die("lookup");
	if (looked < LOOKUPS_MAX)
		took[looked++] = (uint32_t)(clock_mono_us() - start);
}

static void figures(const char *what)
{
	qsort(took, looked, sizeof(*took), by_size);
	printf("  %-30s median %6.3f ms  p99 %6.3f ms  worst %7.3f ms  (%zu lookups)\n", what,
		took[looked / 2] / 1e3, took[looked * 99 / 100] / 1e3, took[looked - 1] / 1e3,
		looked);
	looked = 0;
}

/* The answer, looking up meanwhile as a busy door would. */
static struct keeper_event await(void)
{
	struct pollfd fd = {.fd = keeper_fd(keeper), .events = POLLIN};
	struct keeper_event event;

	while (!keeper_next(keeper, &event)) {
		look_up();
		poll(&fd, 1, 1);
	}
	if (event.error < 0) {
		snprintf(err, sizeof(err), "%s", event.message);
		die("keeper");
	}
	return event;
}

static void make_card(size_t n, uint32_t release_ms)
{
	record = (struct roster_record){.kind = ROSTER_KIND_CARD,
		.card = {
			.token = tokens[n],
			.key_id = 1,
			.card = n + 1,
			.member = n + 1,
			.tier = 1,
			.state = CARD_STATE_ACTIVE,
			.member_state = MEMBER_STATE_ACTIVE,
			.valid_from = DATE_NONE,
			.valid_until = 25000,
			.grace_until = DATE_NONE,
			.release_ms = release_ms,
		}};
}

struct run {
	uint8_t *data;
	size_t size;
	unsigned ahead;
};

static void send_run(struct run *run)
{
	for (; run->ahead >= RUNS_AHEAD; run->ahead--)
		await();
	if (keeper_roster_fill(keeper, run->data, run->size) < 0)
		die("fill");
	run->ahead++;
	for (unsigned i = 0; i < 4; i++)
		look_up();
	*run = (struct run){.ahead = run->ahead};
}

static void add_record(struct run *run)
{
	int size = roster_record_encode(&record, bytes), after;

	if (!run->data)
		run->data = malloc(RUN_BYTES);
	if (size < 0 || !run->data)
		die("encode");
	after = roster_run_add(run->data, run->size, RUN_BYTES, bytes, (size_t)size);
	if (after < 0) {
		send_run(run);
		add_record(run);
		return;
	}
	run->size = (size_t)after;
}

static void begin(bool snapshot, uint64_t from, uint64_t to)
{
	struct keeper_roster roster = {
		.site = "bench", .snapshot = snapshot, .from = {1, from}, .to = {1, to}};

	memcpy(roster.digest, digest, sizeof(digest));
	if (keeper_roster_begin(keeper, &roster) < 0)
		die("begin");
	await();
}

static void end(struct run *run, const char *what, uint64_t start)
{
	struct stat st;
	uint64_t filled;

	if (run->data)
		send_run(run);
	for (; run->ahead > 0; run->ahead--)
		await();
	filled = clock_mono_us();
	figures("while it is filled");
	if (keeper_roster_commit(keeper) < 0)
		die("commit");
	await();
	printf("%s: filled in %.2f s, in force %.2f s later, peak memory %ld MB\n", what,
		(double)(filled - start) / 1e6, (double)(clock_mono_us() - filled) / 1e6,
		peak_kb() / 1024);
	figures("while it is committed");
	start = clock_mono_us();
	while (stat("cache.db-wal", &st) == 0 && st.st_size > WAL_KEPT &&
		clock_mono_us() - start < 60000000) {
		look_up();
		nanosleep(&(struct timespec){0, 500000}, NULL);
	}
	printf("  then the -wal was moved into the file in %.2f s\n",
		(double)(clock_mono_us() - start) / 1e6);
	if (looked > 0)
		figures("while it is moved");
}

static void add_digest(void)
{
	int size = roster_record_encode(&record, bytes);

	if (size < 0)
		die("encode");
	roster_digest_add(digest, bytes, (size_t)size, crypto_hash256);
}

static void make_site(void)
{
	record = (struct roster_record){
		.kind = ROSTER_KIND_SITE, .site = {.timezone = "Europe/London"}};
}

static void make_tier(void)
{
	record = (struct roster_record){
		.kind = ROSTER_KIND_TIER, .tier = {.tier = 1, .hours = "Mo-Fr 09:00-17:00"}};
}

static void snapshot(uint64_t to, const char *what)
{
	struct run run = {0};
	uint64_t start;

	memset(digest, 0, sizeof(digest));
	make_site();
	add_digest();
	make_tier();
	add_digest();
	for (size_t n = 0; n < card_count; n++) {
		make_card(n, 0);
		add_digest();
	}
	peak_kb();
	start = clock_mono_us();
	begin(true, 0, to);
	make_site();
	add_record(&run);
	make_tier();
	add_record(&run);
	for (size_t n = 0; n < card_count; n++) {
		make_card(n, 0);
		add_record(&run);
	}
	end(&run, what, start);
}

/* Cards all over the roster get a longer release. */
static void delta(uint64_t from, size_t changes)
{
	size_t step = card_count / changes ? card_count / changes : 1;
	struct run run = {0};
	uint64_t start;

	for (size_t n = 0; n < card_count; n += step) {
		make_card(n, 0);
		roster_digest_take(digest, bytes, (size_t)roster_record_encode(&record, bytes),
			crypto_hash256);
		make_card(n, 8000);
		add_digest();
	}
	peak_kb();
	start = clock_mono_us();
	begin(false, from, from + 1);
	for (size_t n = 0; n < card_count; n += step) {
		make_card(n, 8000);
		add_record(&run);
	}
	end(&run, "delta", start);
}

/* One revoked card, to a refusal that holds. */
static void block(uint64_t number)
{
	struct revision revision = {1, number};
	uint64_t start = clock_mono_us();
	struct roster_card card;
	uint8_t run[200];
	int size;

	make_card(1, 0);
	record.card.state = CARD_STATE_REVOKED;
	size = roster_record_encode(&record, bytes);
	size = roster_run_add(run, 0, sizeof(run), bytes, (size_t)size);
	if (keeper_block(keeper, &revision, run, (size_t)size) < 0)
		die("block");
	await();
	if (cache_card(cache, &tokens[1], &card) != 1 || card.state != CARD_STATE_REVOKED)
		die("blocked");
	printf("block: refused and durable in %.2f ms\n", (double)(clock_mono_us() - start) / 1e3);
	looked = 0;
}

static void open_all(void)
{
	struct keeper_options options = {.cache_path = "cache.db",
		.kept_path = "kept.db",
		.site = "bench",
		.hash = crypto_hash256};
	bool damaged;

	if (cache_open("cache.db", &cache, &damaged, err) < 0 ||
		keeper_open(&options, &keeper, &damaged, err) < 0)
		die("open");
}

static void make_tokens(void)
{
	tokens = calloc(card_count, sizeof(*tokens));
	took = calloc(LOOKUPS_MAX, sizeof(*took));
	for (size_t n = 0; tokens && took && n < card_count; n++) {
		uint8_t hash[ENTRY_HASH_SIZE];
		struct entry_part part = {&n, sizeof(n)};

		crypto_hash256(&part, 1, hash);
		memcpy(tokens[n].bytes, hash, TOKEN_SIZE);
	}
	if (!tokens || !took)
		die("memory");
}

static void idle(const char *what)
{
	uint64_t until = clock_mono_us() + 3000000;

	while (clock_mono_us() < until) {
		look_up();
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
	figures(what);
}

int main(int argc, char **argv)
{
	char folder[] = "bench-keeper.XXXXXX";
	size_t changes = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
	struct stat st = {0};

	card_count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	if (card_count < 2 || changes < 1 || crypto_init() < 0) {
		fprintf(stderr, "usage: bench_keeper [CARDS [CHANGES]]\n");
		return 2;
	}
	if (!mkdtemp(folder) || chdir(folder) < 0)
		die("a folder to work in");
	make_tokens();
	open_all();
	printf("%zu cards; before anything: %ld MB, of which %zu MB are the bench's own\n",
		card_count, peak_kb() / 1024,
		(card_count * sizeof(*tokens) + LOOKUPS_MAX * sizeof(*took)) >> 20);
	qsort(tokens, card_count, sizeof(*tokens), by_token);
	snapshot(1, "snapshot into an empty cache, by token");
	stat("cache.db", &st);
	printf("  cache.db has %.0f MB\n", (double)st.st_size / 1e6);
	idle("idle");
	block(2);
	delta(1, changes);
	for (size_t n = card_count - 1; n > 0; n--) { /* any order */
		size_t other = (n * 7919 + 13) % (n + 1);
		struct token swap = tokens[n];

		tokens[n] = tokens[other];
		tokens[other] = swap;
	}
	snapshot(3, "snapshot over a full one, in any order");
	idle("idle");
	delta(3, changes);
	keeper = keeper_close(keeper, 10000);
	cache = cache_close(cache);
	free(tokens);
	free(took);
	unlink("cache.db");
	unlink("kept.db");
	if (chdir("..") < 0 || rmdir(folder) < 0)
		die("clean up");
	return 0;
}
