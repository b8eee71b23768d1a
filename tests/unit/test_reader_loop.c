/* SPDX-License-Identifier: Apache-2.0 */
/* The loop with a reader made of paper and a clock that only moves when somebody waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "reader/loop.h"

static struct paper {
	uint64_t us; /* the clock */
	bool there;
	int open_result;
	int select_result; /* 1: uid lies there */
	int spoiled;       /* selects that fail with -EIO before select_result counts again */
	char uid;
	int other[READER_LOOK_COUNT]; /* the same for the other kinds; their uid is lower case */
	int looks[READER_LOOK_COUNT];
	int transceive_result;
	bool gone_after_transceive;
	bool is_open;
	int opens, closes, selects, transceives;
	uint64_t open_at_ms[64];
	int fed;
	char status[ERR_MAX + 100];
} paper;

static uint64_t paper_clock(void)
{
	return paper.us;
}

static bool paper_is_there(void *context)
{
	(void)context;
	return paper.there;
}

static int paper_open(void *context, char err[ERR_MAX])
{
	(void)context;
	assert_false(paper.is_open);
	paper.open_at_ms[paper.opens++ % 64] = paper.us / 1000;
	snprintf(err, ERR_MAX, "paper %d", paper.open_result);
	paper.us += paper.open_result == -ETIMEDOUT ? 1400000 : 50000;
	paper.is_open = paper.open_result == 0;
	return paper.open_result;
}

static void paper_close(void *context)
{
	(void)context;
	paper.closes += paper.is_open;
	paper.is_open = false;
}

static int paper_select(void *context, enum reader_look look, struct reader_card *ret_card)
{
	(void)context;
	assert_true(paper.is_open);
	paper.selects++;
	paper.looks[look]++;
	paper.us += paper.select_result == -ETIMEDOUT ? 350000 : look ? 33000 : 3000;
	if (paper.spoiled > 0) {
		paper.spoiled--;
		return -EIO;
	}
	if (look) {
		ret_card->protocol =
			look == READER_LOOK_B ? READER_PROTOCOL_ISO14443B : READER_PROTOCOL_FELICA;
		ret_card->uid = (struct uid){.len = 4, .bytes = {'a'}};
		return paper.select_result < 0 ? paper.select_result : paper.other[look];
	}
	ret_card->protocol = READER_PROTOCOL_ISO14443A;
	ret_card->uid = (struct uid){.len = 4, .bytes = {(uint8_t)paper.uid}};
	return paper.select_result;
}

static int paper_transceive(void *context, const uint8_t *data, size_t size, uint8_t *answer,
	size_t room, uint32_t timeout_ms)
{
	(void)context;
	assert_true(size >= 1 && size <= READER_TRANSCEIVE_MAX && timeout_ms >= 1);
	assert_int_equal(room, READER_ANSWER_MAX);
	paper.transceives++;
	paper.us += 4000;
	if (paper.gone_after_transceive)
		paper.select_result = 0;
	memcpy(answer, data, size);
	return paper.transceive_result ? paper.transceive_result : (int)size;
}

static void paper_describe(void *context, char text[READER_TEXT_MAX + 1])
{
	(void)context;
	strcpy(text, "paper");
}

static void paper_notify(const char *state)
{
	if (!strcmp(state, "WATCHDOG=1"))
		paper.fed++;
	else
		snprintf(paper.status, sizeof(paper.status), "%s", state);
}

struct bed {
	char dir[32];
	char path[64];
	struct reader_link *link;
	struct reader_loop loop;
	char err[ERR_MAX];
};

static int setup(void **state)
{
	static const struct reader_port port = {
		.is_there = paper_is_there,
		.open = paper_open,
		.close = paper_close,
		.select = paper_select,
		.transceive = paper_transceive,
		.describe = paper_describe,
	};
	struct bed *bed = calloc(1, sizeof(*bed));
	struct reader_loop_settings settings = {.poll_ms = 50, .misses = 3};

	paper = (struct paper){.us = 5000000, .there = true, .uid = 'A'};
	strcpy(bed->dir, "/tmp/tapin-loop.XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	snprintf(bed->path, sizeof(bed->path), "%s/s", bed->dir);
	settings.socket_path = bed->path;
	assert_int_equal(reader_link_listen(bed->path, -1, -1, &bed->link, bed->err), 0);
	assert_int_equal(
		reader_loop_init(&bed->loop, &settings, &port, paper_clock, paper_notify, bed->err),
		0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	reader_loop_close(&bed->loop);
	reader_link_free(bed->link);
	rmdir(bed->dir);
	free(bed);
	return 0;
}

/* Turns for so long; the clock moves by what the loop wants to wait. */
static void turn_for(struct bed *bed, uint32_t ms)
{
	uint64_t end = paper.us + (uint64_t)ms * 1000;

	while (paper.us < end) {
		uint32_t wait_ms = reader_loop_turn(&bed->loop);
		uint64_t wait_us = wait_ms ? wait_ms * 1000u : 10;

		assert_true(wait_ms <= 1000);
		if (paper.us < end)
			paper.us += wait_us < end - paper.us ? wait_us : end - paper.us;
		if (bed->link)
			reader_link_accept(bed->link, bed->err);
	}
}

/* The next record that is not ALIVE, as a word: "hello", "card", "-" for none. */
static const char *next(struct bed *bed, struct reader_record *record)
{
	while (reader_link_receive(bed->link, record) == 1) {
		switch (record->kind) {
		case READER_KIND_ALIVE:
			break;
		case READER_KIND_HELLO:
			return "hello";
		case READER_KIND_CARD:
			return "card";
		case READER_KIND_REMOVED:
			return "removed";
		case READER_KIND_FAULT:
			return "fault";
		case READER_KIND_OK:
			return "ok";
		case READER_KIND_RESULT:
			return "result";
		case READER_KIND_TRANSCEIVE:
			return "transceive";
		}
	}
	return "-";
}

#define NEXT(bed, word)                                           \
	do {                                                      \
		struct reader_record record_;                     \
		assert_string_equal(next((bed), &record_), word); \
	} while (0)

static uint32_t last_age(struct bed *bed)
{
	struct reader_record record;
	uint32_t age = 12345;

	while (reader_link_receive(bed->link, &record) == 1)
		if (record.kind == READER_KIND_ALIVE)
			assert_int_equal(reader_u32_unpack(&record, &age), 0);
	return age;
}

static void start(struct bed *bed)
{
	turn_for(bed, 1000);
	NEXT(bed, "hello");
	NEXT(bed, "-");
}

static struct reader_card tap(struct bed *bed, char uid)
{
	struct reader_record record;
	struct reader_card card;

	paper.uid = uid;
	paper.select_result = 1;
	turn_for(bed, 200);
	assert_string_equal(next(bed, &record), "card");
	assert_int_equal(reader_card_unpack(&record, &card), 0);
	assert_int_equal(card.uid.bytes[0], uid);
	return card;
}

static void card_is_told_with_its_time_and_then_its_removal(void **state)
{
	struct bed *bed = *state;
	struct reader_record record;
	struct reader_card card;
	uint64_t before;
	uint32_t handle;

	start(bed);
	before = paper.us;
	card = tap(bed, 'A');
	assert_true(card.mono_us > before && card.mono_us <= before + 60000);
	turn_for(bed, 5000);
	NEXT(bed, "-");
	paper.select_result = 0;
	turn_for(bed, 300);
	assert_string_equal(next(bed, &record), "removed");
	assert_int_equal(reader_u32_unpack(&record, &handle), 0);
	assert_int_equal(handle, card.handle);
	NEXT(bed, "-");
}

static void alive_comes_every_second_and_the_watchdog_is_fed(void **state)
{
	struct bed *bed = *state;
	struct reader_record record;
	uint64_t last, from, passed_s;

	start(bed);
	last = from = paper.us;
	for (int i = 0; i < 1000; i++) {
		turn_for(bed, 10);
		while (reader_link_receive(bed->link, &record) == 1)
			last = paper.us;
		assert_true(paper.us - last <= 1000000);
	}
	passed_s = (paper.us - from) / 1000000;
	assert_in_range(paper.fed, passed_s - 1, passed_s + 3);
}

static void one_spoiled_answer_is_no_fault(void **state)
{
	struct bed *bed = *state;

	start(bed);
	paper.spoiled = 1;
	turn_for(bed, 1000);
	NEXT(bed, "-");
	assert_int_equal(paper.closes, 0);
}

static void two_errors_in_a_row_are_a_fault_and_a_new_opening(void **state)
{
	struct bed *bed = *state;
	struct reader_record record;
	char text[READER_TEXT_MAX + 1];
	uint32_t code;

	start(bed);
	paper.spoiled = 2;
	turn_for(bed, 1000);
	assert_string_equal(next(bed, &record), "fault");
	assert_int_equal(reader_text_unpack(&record, &code, text), 0);
	assert_int_equal(code, EIO);
	assert_non_null(strstr(text, "paper"));
	NEXT(bed, "ok");
	assert_int_equal(paper.closes, 1);
	assert_int_equal(paper.opens, 2);
}

static void waits_between_openings_grow_from_200_ms_to_5_s(void **state)
{
	static const uint64_t waits[] = {200, 400, 800, 1600, 3200, 5000, 5000};
	struct bed *bed = *state;

	start(bed);
	paper.select_result = -ETIMEDOUT;
	paper.open_result = -ETIMEDOUT;
	turn_for(bed, 40000);
	for (size_t i = 1; i < ARRAY_SIZE(waits); i++)
		assert_in_range(paper.open_at_ms[i + 1] - paper.open_at_ms[i] - 1400, waits[i],
			waits[i] + 300);
	NEXT(bed, "fault"); /* it does not answer */
	NEXT(bed, "fault"); /* it cannot be opened */
	NEXT(bed, "-");     /* and not once for every attempt */
}

static void reader_that_fails_again_and_again_is_opened_ever_less_often(void **state)
{
	struct bed *bed = *state;

	start(bed);
	for (int i = 0; i < 300; i++) { /* 60 s of: opens, answers once, fails */
		turn_for(bed, 200);
		if (paper.is_open)
			paper.spoiled = 2;
	}
	assert_in_range(paper.opens, 10, 22);
	paper.spoiled = 0;
	turn_for(bed, 20000); /* it has proven itself: the wait starts from 0.2 s again */
	assert_true(paper.is_open);
	paper.spoiled = 2;
	turn_for(bed, 700);
	assert_true(paper.is_open);
}

static void fault_shows_in_a_growing_age_and_still_feeds_the_watchdog(void **state)
{
	struct bed *bed = *state;
	uint32_t age;
	int fed;

	start(bed);
	assert_true(last_age(bed) < 1000 || paper.selects);
	paper.select_result = -ETIMEDOUT;
	paper.open_result = -ETIMEDOUT;
	turn_for(bed, 10000);
	age = last_age(bed);
	assert_in_range(age, 7000, 10000);
	fed = paper.fed;
	turn_for(bed, 20000);
	assert_true(last_age(bed) >= age + 18000);
	assert_true(paper.fed >= fed + 2); /* after each attempt that came back */
	assert_non_null(strstr(paper.status, "STATUS=Fault: paper"));
}

static void reader_that_never_answered_has_no_age(void **state)
{
	struct bed *bed = *state;

	paper.open_result = -EACCES;
	turn_for(bed, 3000);
	assert_true(last_age(bed) == READER_AGE_NEVER);
}

static void missing_device_is_told_once_and_opened_when_it_is_back(void **state)
{
	struct bed *bed = *state;
	uint64_t back;

	paper.there = false;
	paper.open_result = -ENOENT;
	turn_for(bed, 60000);
	NEXT(bed, "hello");
	NEXT(bed, "fault");
	NEXT(bed, "-");
	assert_int_equal(paper.opens, 1);
	paper.there = true;
	paper.open_result = 0;
	back = paper.us / 1000;
	turn_for(bed, 1000);
	assert_int_equal(paper.opens, 2);
	assert_true(paper.open_at_ms[1] <= back + 300);
	NEXT(bed, "ok");
}

static void unplugged_reader_is_opened_when_it_is_back_however_often(void **state)
{
	struct bed *bed = *state;

	start(bed);
	for (int i = 0; i < 20; i++) {
		paper.spoiled = 2;
		paper.there = false;
		paper.open_result = -ENOENT;
		turn_for(bed, 500);
		paper.there = true;
		paper.open_result = 0;
		turn_for(bed, 400);
		assert_true(paper.is_open);
		NEXT(bed, "fault"); /* the line is gone */
		NEXT(bed, "fault"); /* the device is not there */
		NEXT(bed, "ok");
	}
}

static void other_kinds_are_looked_for_in_the_pauses(void **state)
{
	struct bed *bed = *state;
	int before;

	start(bed);
	before = paper.looks[READER_LOOK_A];
	for (int i = 0; i < READER_LOOK_COUNT; i++)
		paper.looks[i] = 0;
	turn_for(bed, 10000);
	assert_true(before > 0);
	/* no fewer than without: 53 ms each */
	assert_in_range(paper.looks[READER_LOOK_A], 185, 190);
	for (enum reader_look look = READER_LOOK_B; look < READER_LOOK_COUNT; look++)
		assert_in_range(paper.looks[look], 28, 34);
	tap(bed, 'A');
	memset(paper.looks, 0, sizeof(paper.looks));
	turn_for(bed, 1000);
	assert_int_equal(paper.looks[READER_LOOK_B], 0);
}

static void card_of_another_kind_counts_once_and_leaves(void **state)
{
	struct bed *bed = *state;
	struct reader_record record;
	struct reader_card card;

	start(bed);
	for (enum reader_look look = READER_LOOK_B; look < READER_LOOK_COUNT; look++) {
		paper.other[look] = 1;
		turn_for(bed, 700);
		assert_string_equal(next(bed, &record), "card");
		assert_int_equal(reader_card_unpack(&record, &card), 0);
		assert_int_equal(card.protocol,
			look == READER_LOOK_B ? READER_PROTOCOL_ISO14443B : READER_PROTOCOL_FELICA);
		turn_for(bed, 5000);
		NEXT(bed, "-");
		paper.other[look] = 0;
		turn_for(bed, 300);
		NEXT(bed, "removed");
		NEXT(bed, "-");
	}
}

static void card_of_several_kinds_is_its_type_a(void **state)
{
	struct bed *bed = *state;

	start(bed);
	for (int i = 0; i < 50; i++) {
		/* at any moment of the turn, also between the looks */
		paper.us += (uint64_t)i * 1700;
		paper.other[READER_LOOK_B] = paper.other[READER_LOOK_FELICA_212] = 1;
		tap(bed, 'A');
		paper.select_result = 0;
		paper.other[READER_LOOK_B] = paper.other[READER_LOOK_FELICA_212] = 0;
		turn_for(bed, 500);
		NEXT(bed, "removed");
		NEXT(bed, "-");
	}
}

static void kind_that_the_reader_does_not_know_is_not_asked_again(void **state)
{
	struct bed *bed = *state;

	start(bed);
	paper.other[READER_LOOK_B] = paper.other[READER_LOOK_FELICA_212] = -EOPNOTSUPP;
	turn_for(bed, 1000);
	memset(paper.looks, 0, sizeof(paper.looks));
	turn_for(bed, 1000);
	assert_int_equal(paper.looks[READER_LOOK_B] + paper.looks[READER_LOOK_FELICA_212], 0);
	assert_in_range(paper.looks[READER_LOOK_FELICA_424], 8, 11);
	paper.other[READER_LOOK_FELICA_424] = -EOPNOTSUPP;
	turn_for(bed, 1000);
	NEXT(bed, "-");
	assert_int_equal(paper.closes, 0);
}

/* A chip that stumbles over a kind loses one look in ten seconds, and is no fault. */
static void failed_look_for_another_kind_makes_a_pause(void **state)
{
	struct bed *bed = *state;

	start(bed);
	for (enum reader_look look = READER_LOOK_B; look < READER_LOOK_COUNT; look++)
		paper.other[look] = -EIO;
	memset(paper.looks, 0, sizeof(paper.looks));
	turn_for(bed, 30000);
	assert_in_range(paper.looks[READER_LOOK_B] + paper.looks[READER_LOOK_FELICA_212] +
				paper.looks[READER_LOOK_FELICA_424],
		3, 4);
	NEXT(bed, "-");
	assert_int_equal(paper.closes, 0);
}

/* One that answers once and then nonsense must not keep the reader closed to others. */
static void card_of_another_kind_that_spoils_its_looks_is_no_fault(void **state)
{
	struct bed *bed = *state;

	start(bed);
	paper.other[READER_LOOK_B] = 1;
	turn_for(bed, 700);
	NEXT(bed, "card");
	paper.other[READER_LOOK_B] = -EIO;
	turn_for(bed, 30000);
	NEXT(bed, "removed");
	assert_int_equal(paper.closes, 0);
	tap(bed, 'A');
}

static void held_card_does_not_count_again_after_a_fault(void **state)
{
	struct bed *bed = *state;

	start(bed);
	tap(bed, 'A');
	paper.spoiled = 2;
	turn_for(bed, 2000);
	NEXT(bed, "fault");
	NEXT(bed, "ok");
	NEXT(bed, "-");
}

static void impossible_target_is_a_fault(void **state)
{
	struct bed *bed = *state;

	start(bed);
	paper.select_result = -EBADMSG;
	turn_for(bed, 200);
	NEXT(bed, "fault");
	NEXT(bed, "-");
}

static void door_that_comes_back_is_greeted_without_the_stale_card(void **state)
{
	struct bed *bed = *state;

	start(bed);
	tap(bed, 'A');
	bed->link = reader_link_free(bed->link);
	turn_for(bed, 3000);
	assert_int_equal(paper.closes, 0); /* the reader is kept */
	assert_int_equal(reader_link_listen(bed->path, -1, -1, &bed->link, bed->err), 0);
	turn_for(bed, 3000);
	NEXT(bed, "hello");
	paper.select_result = 0;
	turn_for(bed, 1000);
	NEXT(bed, "-"); /* nor is its removal told */
	tap(bed, 'A');
}

static void door_that_comes_back_hears_of_the_fault(void **state)
{
	struct bed *bed = *state;

	bed->link = reader_link_free(bed->link);
	paper.open_result = -EACCES;
	turn_for(bed, 3000);
	assert_non_null(strstr(paper.status, "no connection to tapin-door"));
	assert_int_equal(reader_link_listen(bed->path, -1, -1, &bed->link, bed->err), 0);
	turn_for(bed, 3000);
	NEXT(bed, "hello");
	NEXT(bed, "fault");
}

static void door_that_takes_no_records_is_left_and_met_again(void **state)
{
	struct bed *bed = *state;
	int fd;

	start(bed);
	fd = bed->loop.client.fd;
	assert_true(fd >= 0);
	paper.us += 1;
	for (int i = 0; i < 3000 && bed->loop.client.fd >= 0; i++) {
		paper.us += 1000000; /* ALIVE after ALIVE, which nobody reads */
		reader_loop_turn(&bed->loop);
	}
	assert_true(bed->loop.client.fd < 0);
	turn_for(bed, 3000);
	assert_true(bed->loop.client.fd >= 0);
	NEXT(bed, "hello");
}

/* ---- exchanges ---- */

static uint32_t exchange(struct bed *bed, uint32_t handle)
{
	const uint8_t get_version = 0x60, *data;
	struct reader_record record;
	uint32_t result = 9999;
	size_t size;

	assert_int_equal(reader_transceive_pack(77, handle, 100, &get_version, 1, &record), 0);
	assert_int_equal(reader_link_send(bed->link, &record), 0);
	turn_for(bed, 10);
	assert_string_equal(next(bed, &record), "result");
	assert_int_equal(record.request, 77);
	assert_int_equal(reader_result_unpack(&record, &result, &data, &size), 0);
	assert_int_equal(size, result == 0 ? 1 : 0);
	assert_true(result != 0 || data[0] == 0x60);
	return result;
}

static void exchange_reaches_the_present_card_only(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;

	start(bed);
	assert_int_equal(exchange(bed, 1), ENODEV);
	card = tap(bed, 'A');
	assert_int_equal(exchange(bed, card.handle), 0);
	assert_int_equal(exchange(bed, card.handle + 1), ENODEV);
	paper.uid = 'B'; /* the chip holds another card now */
	turn_for(bed, 260);
	assert_int_equal(exchange(bed, card.handle), ENODEV);
	assert_int_equal(paper.transceives, 1);
}

static void no_select_comes_between_the_steps_of_an_exchange(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;
	int selects;

	start(bed);
	card = tap(bed, 'A');
	assert_int_equal(exchange(bed, card.handle), 0);
	selects = paper.selects;
	for (int i = 0; i < 10; i++) {
		turn_for(bed, 150);
		assert_int_equal(exchange(bed, card.handle), 0);
	}
	assert_int_equal(paper.selects, selects);
	turn_for(bed, 400);
	assert_true(paper.selects > selects);
}

static void card_that_does_not_answer_is_looked_for(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;

	start(bed);
	card = tap(bed, 'A');
	paper.transceive_result = -EREMOTEIO;
	assert_int_equal(exchange(bed, card.handle), EIO); /* it is still there */
	paper.gone_after_transceive = true;
	assert_int_equal(exchange(bed, card.handle), ENODEV);
}

static void errors_of_an_exchange_are_answered_and_counted(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;

	start(bed);
	card = tap(bed, 'A');
	paper.transceive_result = -EMSGSIZE;
	assert_int_equal(exchange(bed, card.handle), EMSGSIZE);
	paper.transceive_result = -ETIMEDOUT;
	assert_int_equal(exchange(bed, card.handle), ETIMEDOUT);
	turn_for(bed, 200);
	paper.transceive_result = -EIO;
	paper.spoiled = 1;
	assert_int_equal(exchange(bed, card.handle), EIO);
	NEXT(bed, "fault"); /* the look that followed failed too */
	assert_int_equal(exchange(bed, card.handle), ENODEV);
}

static void bad_requests_are_refused_and_unknown_ones_ignored(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = {.kind = READER_KIND_TRANSCEIVE, .request = 5, .length = 8};
	const uint8_t *data;
	uint32_t result;
	size_t size;

	start(bed);
	assert_int_equal(reader_link_send(bed->link, &record), 0);
	turn_for(bed, 10);
	assert_string_equal(next(bed, &record), "result");
	assert_int_equal(record.request, 5);
	assert_int_equal(reader_result_unpack(&record, &result, &data, &size), 0);
	assert_int_equal(result, EINVAL);
	record = (struct reader_record){.kind = (enum reader_kind)99};
	assert_int_equal(reader_link_send(bed->link, &record), 0);
	turn_for(bed, 100);
	NEXT(bed, "-");
	assert_true(bed->loop.client.fd >= 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(card_is_told_with_its_time_and_then_its_removal),
		TEST(alive_comes_every_second_and_the_watchdog_is_fed),
		TEST(one_spoiled_answer_is_no_fault),
		TEST(two_errors_in_a_row_are_a_fault_and_a_new_opening),
		TEST(waits_between_openings_grow_from_200_ms_to_5_s),
		TEST(reader_that_fails_again_and_again_is_opened_ever_less_often),
		TEST(fault_shows_in_a_growing_age_and_still_feeds_the_watchdog),
		TEST(reader_that_never_answered_has_no_age),
		TEST(missing_device_is_told_once_and_opened_when_it_is_back),
		TEST(unplugged_reader_is_opened_when_it_is_back_however_often),
		TEST(other_kinds_are_looked_for_in_the_pauses),
		TEST(card_of_another_kind_counts_once_and_leaves),
		TEST(card_of_several_kinds_is_its_type_a),
		TEST(kind_that_the_reader_does_not_know_is_not_asked_again),
		TEST(failed_look_for_another_kind_makes_a_pause),
		TEST(card_of_another_kind_that_spoils_its_looks_is_no_fault),
		TEST(held_card_does_not_count_again_after_a_fault),
		TEST(impossible_target_is_a_fault),
		TEST(door_that_comes_back_is_greeted_without_the_stale_card),
		TEST(door_that_comes_back_hears_of_the_fault),
		TEST(door_that_takes_no_records_is_left_and_met_again),
		TEST(exchange_reaches_the_present_card_only),
		TEST(no_select_comes_between_the_steps_of_an_exchange),
		TEST(card_that_does_not_answer_is_looked_for),
		TEST(errors_of_an_exchange_are_answered_and_counted),
		TEST(bad_requests_are_refused_and_unknown_ones_ignored),
	};

	log_open("test_reader_loop", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
