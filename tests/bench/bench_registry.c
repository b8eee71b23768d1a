/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the registry on the disk of the current folder:
 *   bench_registry [CARDS [CHANGES]]
 */
#include "base/clock.h"
#include "crypto/hash.h"
#include "store/registry_people.h"
#include "store/registry_site.h"
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define CHUNK 48000 /* bytes: under 64 KiB as base64 */
#define PER_MEMBER 4

static char err[ERR_MAX];
static struct registry *reg;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench_registry: %s: %s%s\n", what, err, reg ? registry_error(reg) : "");
	exit(1);
}

static double peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

/* Begins the count of this process's peak anew. */
static void reset_peak(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	if (f) {
		fputs("5", f);
		fclose(f);
	}
}

static double kept_mib(const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[200];
	double kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, field, strlen(field)) == 0)
			kib = strtod(line + strlen(field), NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

static double seconds_since(uint64_t start)
{
	return (double)(clock_mono_us() - start) / 1e6;
}

static void open_registry(void)
{
	struct registry_options options = {
		.path = "hub.db",
		.site = "bench",
		.timezone = "Europe/London",
		.hash = crypto_hash256,
	};

	if (registry_open(&options, &reg, err) < 0)
		die("open");
}

static void token_of(uint64_t n, struct token *token)
{
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_part part = {&n, sizeof(n)};

	crypto_hash256(&part, 1, hash);
	memcpy(token->bytes, hash, TOKEN_SIZE);
}

static uint32_t add_tier(void)
{
	struct registry_tier tier = {.name = "Full", .roster.hours = "24/7"};
	uint32_t id;

	if (registry_tier_add(reg, &tier, &id) < 0)
		die("tier");
	return id;
}

/* Names of two words out of 30 and 4096, and one contact's host for all. */
static uint64_t add_member(uint32_t tier, size_t n)
{
	static const char *const first[] = {"Ada", "Grace", "Zoë", "Émile", "Maya", "Sam"};
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_part part = {&n, sizeof(n)};
	struct registry_member m = {
		.tier = tier,
		.state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE,
	};
	uint64_t id;

	crypto_hash256(&part, 1, hash);
	snprintf(m.name, sizeof(m.name), "%s %c%c%c%c", first[hash[0] % ARRAY_SIZE(first)],
		'A' + hash[1] % 16, 'a' + hash[2] % 16, 'a' + hash[3] % 16, 'a' + hash[4] % 26);
	snprintf(m.contact, sizeof(m.contact), "m%zu@example.org", n);
	if (registry_member_add(reg, &m, &id) < 0)
		die("member");
	return id;
}

/* All cards within one change. */
static void import(size_t cards)
{
	uint64_t start = clock_mono_us(), member = 0;
	struct registry_card card = {.key_id = 1, .label = "fob", .issued_by = "root"};
	struct stat st;
	uint32_t tier;

	if (registry_begin(reg) < 0)
		die("begin");
	tier = add_tier();
	for (size_t n = 0; n < cards; n++) {
		if (n % PER_MEMBER == 0)
			member = add_member(tier, n);
		card.member = member;
		token_of(n, &card.token);
		if (registry_card_issue(reg, &card, NULL) < 0)
			die("card");
	}
	if (registry_commit(reg, NULL) < 0 || stat("hub.db", &st) < 0)
		die("commit");
	printf("import of %zu cards, one change: %.2f s, file %.0f MiB, peak %.0f MiB\n", cards,
		seconds_since(start), (double)st.st_size / 1048576, peak_mib());
}

static void view(const char *what, const struct revision *from)
{
	static uint8_t out[CHUNK];
	struct registry_view *v = NULL;
	uint64_t start, bytes = 0, worst = 0;
	bool last = false;
	uint32_t chunk;
	double open_s;

	reset_peak();
	start = clock_mono_us();
	if (registry_view_open(reg, from, &v) < 0)
		die("view");
	open_s = seconds_since(start);
	for (chunk = 0; !last; chunk++) {
		uint64_t begun = clock_mono_us();
		int n = registry_view_chunk(v, chunk, out, sizeof(out), &last);

		if (n < 0)
			die("chunk");
		bytes += (uint64_t)n;
		if (clock_mono_us() - begun > worst)
			worst = clock_mono_us() - begun;
	}
	printf("%s: %.2f s (opening %.4f s, worst chunk %.2f ms), %u chunks, %.1f MiB, peak %.0f "
	       "MiB\n",
		what, seconds_since(start), open_s, (double)worst / 1000, chunk,
		(double)bytes / 1048576, kept_mib("VmHWM:"));
	registry_view_close(v);
}

/* Suspends cards that lie far from each other. */
static void suspend(size_t cards, size_t changes)
{
	uint64_t start = clock_mono_us();

	if (registry_begin(reg) < 0)
		die("begin");
	for (size_t n = 0; n < changes; n++)
		if (registry_card_act(reg, 1 + n * (cards / changes), REGISTRY_CARD_SUSPEND, "root",
			    "", 0) < 0)
			die("suspend");
	if (registry_commit(reg, NULL) < 0)
		die("commit");
	printf("%zu cards suspended, one change: %.2f s\n", changes, seconds_since(start));
}

static void single(void)
{
	uint64_t start = clock_mono_us();
	struct registry_roster roster;
	unsigned n;

	registry_roster(reg, &roster);
	for (n = 0; n < 50; n++)
		if (registry_begin(reg) < 0 ||
			registry_card_act(reg, 2,
				n % 2 ? REGISTRY_CARD_RESUME : REGISTRY_CARD_SUSPEND, "root", "",
				0) < 0 ||
			registry_commit(reg, NULL) < 0)
			die("single change");
	printf("one card suspended or resumed: %.2f ms\n", seconds_since(start) * 1000 / n);
	view("delta of one card", &roster.revision);
}

/* Of the processor alone: the machine may be busy with others. */
static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* What somebody types, letter by letter; the worst of three. */
static void search(void)
{
	static const char *const texts[] = {"a", "ad", "ada", "ada b", "ada bc", "zoe", "e", "ex",
		"example", "m123", "m@ex", "77", "zzz", "ada zzz", "maya a m1"};
	static struct registry_member rows[50];
	double worst = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct registry_member_query query = {
			.text = texts[i], .state = -1, .tier = -1, .limit = ARRAY_SIZE(rows)};
		double slowest = 0;
		int n = 0;

		for (int turn = 0; turn < 3; turn++) {
			double start = cpu_ms();

			n = registry_members(reg, &query, rows);
			if (n < 0)
				die("search");
			if (cpu_ms() - start > slowest)
				slowest = cpu_ms() - start;
		}
		printf("members with \"%s\": %d, %.2f ms\n", texts[i], n, slowest);
		worst = slowest > worst ? slowest : worst;
	}
	printf("search: worst %.2f ms\n", worst);
}

int main(int argc, char **argv)
{
	size_t cards = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	size_t changes = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
	struct registry_roster roster;
	uint64_t start;

	if (cards < changes || changes == 0) {
		fprintf(stderr, "usage: bench_registry [CARDS [CHANGES]], CARDS >= CHANGES > 0\n");
		return 2;
	}
	open_registry();
	import(cards);
	search();
	view("snapshot", NULL);
	registry_roster(reg, &roster);
	suspend(cards, changes);
	view("delta", &roster.revision);
	single();
	start = clock_mono_us();
	if (registry_backup(reg, "hub.db.backup") < 0)
		die("backup");
	printf("backup: %.2f s\n", seconds_since(start));
	registry_close(reg);
	reg = NULL;
	start = clock_mono_us();
	open_registry();
	printf("opening, with its check: %.2f s\n", seconds_since(start));
	registry_close(reg);
	return 0;
}
