/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/rollcall.h"
#include "wire/sync.h"

#include "bodies.h"

#define AS_OF_US 1795339801000000

static const char *samples; /* --samples: a folder that the bodies are written to */
static struct seal_pair pair;
static struct warden_public warden;
static char err[ERR_MAX];

static struct rollcall_person people[] = {
	{"Ada Example", "", AS_OF_US - 1, true},
	{"Zo\xC3\xAB O'Neill", "first floor", AS_OF_US - 3600000000, false},
};
static struct rollcall_event events[] = {{"Pottery", 34}};

static struct rollcall good_list(void)
{
	return (struct rollcall){.site = "walker",
		.title = "Walker Building",
		.timezone = "Europe/London",
		.as_of_us = AS_OF_US,
		.sure = 1,
		.likely = 2,
		.people_count = ARRAY_SIZE(people),
		.people = people,
		.event_count = ARRAY_SIZE(events),
		.events = events};
}

static struct rollcall_sealed good_sealed(void)
{
	struct rollcall list = good_list();
	struct rollcall_sealed sealed;

	assert_int_equal(rollcall_seal(&list, &warden, &sealed), 0);
	return sealed;
}

static int read_list(const char *body, size_t size, char why[ERR_MAX])
{
	struct rollcall list;
	int r = rollcall_read(body, size, &list, why);

	if (r == 0)
		rollcall_free(&list);
	return r;
}

static int read_part(const char *body, size_t size, char why[ERR_MAX])
{
	struct rollcall_part part;
	int r = rollcall_part_read(body, size, &part, why);

	if (r == 0)
		rollcall_part_free(&part);
	return r;
}

/* ---- the list ---- */

static void list_there_and_back(void **state)
{
	static const char *const allowed[] = {"title=\"\"", "title=\"ZZ\"", "people=[]",
		"events=[]", "people[].name=\"\"", "people[].name=\"ZZ\"",
		"people[].zone=", "people[].zone=\"ZZ\"", "people[].sure=true",
		"events[].title=\"\"", "events[].title=\"ZZ\"", "timezone=\"ZZ\"", NULL};
	struct rollcall there = good_list(), back;
	char *text, *again;

	(void)state;
	assert_int_equal(rollcall_write(&there, &text), 0);
	assert_int_equal(rollcall_read(text, strlen(text), &back, err), 0);
	assert_int_equal(rollcall_write(&back, &again), 0);
	assert_string_equal(text, again);
	assert_string_equal(back.people[1].zone, "first floor");
	assert_int_equal(back.events[0].headcount, 34);
	rollcall_free(&back);
	free(again);
	if (samples)
		body_sample(samples, "rollcall", text);
	body_sweep(read_list, text, ROLLCALL_TEXT_MAX, false, allowed);
	free(text);
}

static void list_that_nobody_would_take_is_not_written(void **state)
{
	struct rollcall list = good_list();
	char *text;

	(void)state;
	list.sure = list.likely = 0;
	assert_int_equal(rollcall_write(&list, &text), -EINVAL);
	list = good_list();
	strcpy(list.timezone, "/etc/passwd");
	assert_int_equal(rollcall_write(&list, &text), -EINVAL);
	list = good_list();
	list.people_count = ROLLCALL_PEOPLE_MAX + 1;
	assert_int_equal(rollcall_write(&list, &text), -EINVAL);
	list = good_list();
	people[0].name[1] = '\n';
	assert_int_equal(rollcall_write(&list, &text), -EINVAL);
	people[0].name[1] = 'd';
}

/* What becomes TZ must name no file. */
static void zones_are_names(void **state)
{
	static const char *const bad[] = {
		"\"/etc/passwd\"", "\":/etc/passwd\"", "\"../x\"", "\"a b\"", "\"Europe/../../x\""};
	struct rollcall list = good_list();
	char *text;

	(void)state;
	assert_int_equal(rollcall_write(&list, &text), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(body_with(read_list, text, "timezone", bad[i]), -EBADMSG);
	assert_int_equal(body_with(read_list, text, "timezone", "\"America/Port-au-Prince\""), 0);
	assert_int_equal(body_with(read_list, text, "likely", "0"), -EBADMSG);
	free(text);
}

/* ---- the box ---- */

static void sealed_list_is_opened_by_its_key_alone(void **state)
{
	struct rollcall_sealed sealed = good_sealed();
	struct seal_pair other;
	struct rollcall list;

	(void)state;
	assert_null(memmem(sealed.data, sealed.size, "Ada", 3));
	assert_int_equal(rollcall_open(&sealed, &pair, &list, err), 0);
	assert_int_equal(list.people_count, 2);
	assert_string_equal(list.people[0].name, "Ada Example");
	rollcall_free(&list);
	seal_pair_make(&other);
	assert_int_equal(rollcall_open(&sealed, &other, &list, err), -EKEYREJECTED);
	assert_non_null(strstr(err, warden.id));
	rollcall_sealed_free(&sealed);
}

static void outside_must_be_what_is_inside(void **state)
{
	struct rollcall_sealed sealed = good_sealed();
	struct rollcall list;

	(void)state;
	sealed.as_of_us++;
	assert_int_equal(rollcall_open(&sealed, &pair, &list, err), -EBADMSG);
	assert_non_null(strstr(err, "inside"));
	sealed.as_of_us--;
	sealed.data[sealed.size - 1] ^= 1;
	assert_int_equal(rollcall_open(&sealed, &pair, &list, err), -EBADMSG);
	sealed.size = SEAL_OVERHEAD - 1;
	assert_int_equal(rollcall_open(&sealed, &pair, &list, err), -EBADMSG);
	rollcall_sealed_free(&sealed);
}

/* ---- the file ---- */

static void file_there_and_back_and_each_damage_is_seen(void **state)
{
	struct rollcall_sealed sealed = good_sealed(), back;
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(rollcall_file_write(&sealed, &data, &size), 0);
	assert_int_equal(rollcall_file_read(data, size, &back, err), 0);
	assert_string_equal(back.site, "walker");
	assert_string_equal(back.key, warden.id);
	assert_int_equal(back.as_of_us, AS_OF_US);
	assert_memory_equal(back.id, sealed.id, sizeof(back.id));
	assert_int_equal(back.size, sealed.size);
	assert_memory_equal(back.data, sealed.data, sealed.size);
	for (size_t i = 0; i < size; i++) {
		data[i] ^= 1;
		assert_int_equal(rollcall_file_read(data, size, &back, err), -EBADMSG);
		assert_non_null(strstr(err, i < 16 ? "not a sealed roll call" : "damaged"));
		data[i] ^= 1;
	}
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(rollcall_file_read(data, cut, &back, err), -EBADMSG);
	free(data);
	rollcall_sealed_free(&sealed);
}

/* Its id is no secret: whoever forges a file makes it fit. */
static void forged_first_line_is_not_taken(void **state)
{
	struct warden_public shouting = warden;
	struct rollcall list = good_list();
	struct rollcall_sealed sealed, back;
	char *data, *line;
	size_t size;

	(void)state;
	strcpy(shouting.id, "\033[2J\033[Hbeware!!");
	assert_int_equal(rollcall_seal(&list, &shouting, &sealed), 0);
	assert_int_equal(rollcall_file_write(&sealed, &data, &size), 0);
	assert_int_equal(rollcall_file_read(data, size, &back, err), -EBADMSG);
	free(data);
	rollcall_sealed_free(&sealed);

	/* what stands behind a NUL is not in the id */
	sealed = good_sealed();
	assert_int_equal(rollcall_file_write(&sealed, &data, &size), 0);
	data = realloc(data, size + 1);
	line = memchr(data, '\n', size);
	memmove(line + 1, line, size - (size_t)(line - data));
	*line = '\0';
	assert_int_equal(rollcall_file_read(data, size + 1, &back, err), -EBADMSG);
	free(data);
	rollcall_sealed_free(&sealed);
}

/* ---- parts ---- */

static void small_list_is_one_part(void **state)
{
	struct rollcall_sealed sealed = good_sealed();
	char *body;

	(void)state;
	assert_int_equal(rollcall_parts(sealed.size), 1);
	assert_int_equal(rollcall_part_write(&sealed, 1, &body), -EINVAL);
	assert_int_equal(rollcall_part_write(&sealed, 0, &body), 0);
	if (samples)
		body_sample(samples, "rollcall-part", body);
	body_sweep(read_part, body, SYNC_BODY_MAX, false, NULL);
	assert_int_equal(body_with(read_part, body, "part", "1"), -EBADMSG);
	assert_int_equal(body_with(read_part, body, "size", "1"), -EBADMSG);
	free(body);
	rollcall_sealed_free(&sealed);
}

/* Random bytes under another list's id: joining does not look into the box. */
static struct rollcall_sealed large_sealed(size_t size)
{
	struct rollcall_sealed sealed = good_sealed();

	free(sealed.data);
	sealed.size = size;
	sealed.data = malloc(size);
	crypto_random(sealed.data, size);
	return sealed;
}

static struct rollcall_part part_of(const struct rollcall_sealed *sealed, uint32_t n)
{
	struct rollcall_part part;
	char *body;

	assert_int_equal(rollcall_part_write(sealed, n, &body), 0);
	assert_in_range(strlen(body), 1, 65000);
	assert_int_equal(rollcall_part_read(body, strlen(body), &part, err), 0);
	free(body);
	return part;
}

static int add(struct rollcall_join *join, const struct rollcall_sealed *sealed, uint32_t n)
{
	struct rollcall_part part = part_of(sealed, n);
	int r = rollcall_join(join, &part);

	rollcall_part_free(&part);
	return r;
}

static void parts_join_in_order_and_are_held_against_their_id(void **state)
{
	struct rollcall_sealed wrong = large_sealed(2 * ROLLCALL_PART_MAX + 1);
	struct rollcall_join join = {0};

	(void)state;
	assert_int_equal(rollcall_parts(wrong.size), 3);
	assert_int_equal(add(&join, &wrong, 1), -EAGAIN);
	assert_int_equal(add(&join, &wrong, 0), 0);
	assert_int_equal(add(&join, &wrong, 2), -EAGAIN);
	assert_int_equal(add(&join, &wrong, 1), 0);
	assert_int_equal(add(&join, &wrong, 1), -EAGAIN);
	assert_int_equal(add(&join, &wrong, 2), -EBADMSG); /* its id is another list's */
	/* the first part begins anew, also in the middle */
	assert_int_equal(add(&join, &wrong, 0), 0);
	assert_int_equal(add(&join, &wrong, 0), 0);
	assert_int_equal(add(&join, &wrong, 1), 0);
	wrong.id[0] ^= 1;
	assert_int_equal(add(&join, &wrong, 2), -EAGAIN);
	rollcall_sealed_free(&join.of);
	rollcall_sealed_free(&wrong);
}

static void many_people_travel_in_parts(void **state)
{
	struct rollcall list = good_list(), back;
	struct rollcall_join join = {0};
	struct rollcall_sealed sealed;
	int r = 0;

	(void)state;
	list.people_count = list.sure = 11000;
	list.people = calloc(list.people_count, sizeof(*list.people));
	for (size_t i = 0; i < list.people_count; i++)
		snprintf(list.people[i].name, sizeof(list.people[i].name), "Member Number %zu", i);
	assert_int_equal(rollcall_seal(&list, &warden, &sealed), 0);
	for (uint32_t i = 0; i < rollcall_parts(sealed.size); i++)
		r = add(&join, &sealed, i);
	assert_int_equal(r, 1);
	assert_int_equal(rollcall_open(&join.of, &pair, &back, err), 0);
	assert_int_equal(back.people_count, 11000);
	assert_string_equal(back.people[10999].name, "Member Number 10999");
	rollcall_free(&back);
	rollcall_sealed_free(&join.of);
	rollcall_sealed_free(&sealed);
	free(list.people);
}

static int set_up(void **state)
{
	(void)state;
	if (crypto_init() < 0)
		return -1;
	seal_pair_make(&pair);
	return warden_public_set(pair.public, &warden);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_there_and_back),
		cmocka_unit_test(list_that_nobody_would_take_is_not_written),
		cmocka_unit_test(zones_are_names),
		cmocka_unit_test(sealed_list_is_opened_by_its_key_alone),
		cmocka_unit_test(outside_must_be_what_is_inside),
		cmocka_unit_test(file_there_and_back_and_each_damage_is_seen),
		cmocka_unit_test(forged_first_line_is_not_taken),
		cmocka_unit_test(small_list_is_one_part),
		cmocka_unit_test(parts_join_in_order_and_are_held_against_their_id),
		cmocka_unit_test(many_people_travel_in_parts),
	};

	if (argc == 3 && strcmp(argv[1], "--samples") == 0)
		samples = argv[2];
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
