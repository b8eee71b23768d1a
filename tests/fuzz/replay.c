/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main() for a fuzz target where there is no fuzzer: feeds it each file of its corpus, then
 * FUZZ_RUNS mutations of them. SEED repeats a run. Prints TAP; a crash is what fails.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (64 * 1024) /* larger corpus files are an error, larger mutations are cut */
#define CORPUS_MAX 1024

struct input {
	uint8_t *data;
	size_t size;
};

/* xorshift64*: the same numbers everywhere for the same seed. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static size_t below(uint64_t *state, size_t bound)
{
	return bound ? (size_t)(next(state) % bound) : 0;
}

static uint64_t number_from_env(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : fallback;
}

static int input_read(const char *path, struct input *ret_input)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	size_t size = 0;
	int r = 0;

	if (!f || !data)
		r = f ? -ENOMEM : -errno;
	if (r == 0) {
		size = fread(data, 1, INPUT_MAX, f);
		if (ferror(f) || fgetc(f) != EOF)
			r = -EFBIG;
	}
	if (f)
		fclose(f);
	if (r < 0) {
		free(data);
		return r;
	}
	*ret_input = (struct input){data, size};
	return 0;
}

/* A copy of exactly its size, so that AddressSanitizer sees one byte too far. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

/* One change: a bit, a byte, a telling value, a cut, a hole, a repeat, or a piece of another. */
static size_t mutate(uint8_t *buf, size_t size, const struct input *other, uint64_t *rng)
{
	static const uint8_t telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '"', '\\', '\n', '{', '['};
	size_t at = below(rng, size), n = 1 + below(rng, 16), from;

	switch (below(rng, 7)) {
	case 0:
		if (size)
			buf[at] ^= (uint8_t)(1u << below(rng, 8));
		return size;
	case 1:
		if (size)
			buf[at] = (uint8_t)next(rng);
		return size;
	case 2:
		if (size)
			buf[at] = telling[below(rng, sizeof(telling))];
		return size;
	case 3:
		return at;
	case 4:
		n = n < size - at ? n : size - at;
		memmove(buf + at, buf + at + n, size - at - n);
		return size - n;
	case 5:
		n = n < size - at ? n : size - at;
		n = n < INPUT_MAX - size ? n : INPUT_MAX - size;
		memmove(buf + at + n, buf + at, size - at);
		return size + n;
	}
	from = below(rng, other->size);
	n = n < other->size - from ? n : other->size - from;
	n = n < INPUT_MAX - at ? n : INPUT_MAX - at;
	memcpy(buf + at, other->data + from, n);
	return at + n > size ? at + n : size;
}

static size_t corpus_read(const char *dir_path, struct input *corpus)
{
	struct dirent **names = NULL;
	int n = scandir(dir_path, &names, NULL, alphasort), count = 0;

	for (int i = 0; i < n; i++) {
		char path[4096];
		int r;

		snprintf(path, sizeof(path), "%s/%s", dir_path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && count < CORPUS_MAX) {
			r = input_read(path, &corpus[count]);
			if (r < 0) {
				printf("Bail out! %s: %s\n", path, strerror(-r));
				exit(1);
			}
			count++;
		}
		free(names[i]);
	}
	free(names);
	return (size_t)count;
}

int main(int argc, char **argv)
{
	static struct input corpus[CORPUS_MAX];
	static uint8_t buf[INPUT_MAX];
	const char *name = strrchr(argv[0], '/');
	uint64_t runs = number_from_env("FUZZ_RUNS", 5000);
	uint64_t seed = number_from_env("SEED", (uint64_t)time(NULL)), rng = seed ? seed : 1;
	char dir_path[1024];
	size_t count;

	(void)argc;
	name = name ? name + 1 : argv[0];
	name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
	snprintf(dir_path, sizeof(dir_path), "tests/fuzz/corpus/%s", name);
	count = corpus_read(dir_path, corpus);
	printf("# SEED=%llu FUZZ_RUNS=%llu\n", (unsigned long long)seed, (unsigned long long)runs);
	fflush(stdout);
	for (size_t i = 0; i < count; i++)
		feed(corpus[i].data, corpus[i].size);
	feed(buf, 0);
	printf("%sok 1 - %s takes its %zu corpus files\n", count ? "" : "not ", name, count);
	fflush(stdout);
	for (uint64_t i = 0; i < runs && count; i++) {
		const struct input *base = &corpus[below(&rng, count)];
		size_t size = base->size;

		memcpy(buf, base->data, size);
		for (size_t n = 1 + below(&rng, 4); n > 0; n--)
			size = mutate(buf, size, &corpus[below(&rng, count)], &rng);
		feed(buf, size);
	}
	printf("ok 2 - %s takes %llu mutations\n1..2\n", name, (unsigned long long)runs);
	for (size_t i = 0; i < count; i++)
		free(corpus[i].data);
	return count ? 0 : 1;
}
