/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated PN532 as its host sees it: bytes in, bytes and times out. */
#include "../virtual/machine/card.c"
#include "../virtual/machine/catalogue.c"
#include "../virtual/machine/frame.c"
#include "../virtual/machine/pn532.c"
#include "../virtual/machine/pn532_commands.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define START_NS 1000000000u
#define BYTE_NS 86805u /* 10 bits at 115200 */

/* One chip and what came out of it since the last command. */
static struct pn532 chip;
static uint64_t now;
static uint8_t out[4096];
static size_t out_len;
static uint64_t out_ns; /* when the last byte came */
static char events[1024];
static uint8_t next_random;

static const struct card_spec desfire = {.name = "desfire",
	.kind = CARD_KIND_DESFIRE,
	.uid = {0x04, 0x33, 0x5b, 0x0a, 0x91, 0x26, 0x80},
	.uid_len = 7,
	.atqa = {0x03, 0x44},
	.sak = 0x20,
	.ats = {0x75, 0x77, 0x81, 0x02, 0x80},
	.ats_len = 5};
static const struct card_spec ntag = {.name = "ntag",
	.kind = CARD_KIND_NTAG,
	.uid = {0x04, 0xe9, 0x73, 0x52, 0x1c, 0x6a, 0x80},
	.uid_len = 7,
	.atqa = {0x00, 0x44}};
static const struct card_spec classic = {.name = "classic",
	.kind = CARD_KIND_CLASSIC,
	.uid = {0xb4, 0x6d, 0x21, 0x9e},
	.uid_len = 4,
	.atqa = {0x00, 0x04},
	.sak = 0x08};
static const struct card_spec tenbyte = {.name = "tenbyte",
	.uid = {0x04, 0xc5, 0x19, 0x3e, 0x8a, 0x72, 0xd1, 0x0b, 0x4f, 0x96},
	.uid_len = 10,
	.atqa = {0x00, 0x84}};
static const struct card_spec phone = {.name = "phone",
	.kind = CARD_KIND_PHONE,
	.random_uid = true,
	.uid_len = 4,
	.atqa = {0x00, 0x04},
	.sak = 0x20,
	.ats = {0x78, 0x80, 0x70, 0x02},
	.ats_len = 4};

static void keep_event(void *userdata, const char *text)
{
	(void)userdata;
	strncat(events, text, sizeof(events) - strlen(events) - 2);
	strcat(events, "\n");
}

static void count_up(void *userdata, uint8_t *ret_bytes, size_t n)
{
	(void)userdata;
	for (size_t i = 0; i < n; i++)
		ret_bytes[i] = ++next_random;
}

/* Lets time pass until nothing is due before the end. */
static void run_until(uint64_t end_ns)
{
	char note[PN532_NOTE_MAX];
	size_t n;

	for (;;) {
		uint64_t next_ns = pn532_next_ns(&chip);
		if (next_ns > end_ns)
			break;
		now = next_ns > now ? next_ns : now;
		pn532_tick(&chip, now);
		while (pn532_take(&chip, now, out + out_len, &n, note)) {
			out_len += n;
			out_ns = now;
			assert_true(out_len + FRAME_MAX <= sizeof(out));
			if (note[0])
				keep_event(NULL, note);
		}
	}
	now = end_ns > now ? end_ns : now;
}

static void forget(void)
{
	out_len = 0;
	events[0] = '\0';
}

static void receive_raw(const uint8_t *bytes, size_t n)
{
	forget();
	pn532_receive(&chip, now, bytes, n);
	run_until(now + 2000000000u);
}
#define RAW(...) receive_raw((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void command_bytes(const uint8_t *bytes, size_t n)
{
	uint8_t frame[FRAME_MAX];

	receive_raw(frame, frame_build(FRAME_TFI_HOST, bytes, n, frame));
}
#define COMMAND(...) \
	command_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The answer after the ACK: code and data. */
static void expect_bytes(const uint8_t *bytes, size_t n)
{
	uint8_t expected[FRAME_MAX];
	size_t length = frame_build(FRAME_TFI_CHIP, bytes, n, expected);

	assert_true(out_len >= 6);
	assert_memory_equal(out, frame_ack, 6);
	assert_int_equal(out_len, 6 + length);
	assert_memory_equal(out + 6, expected, length);
}
#define EXPECT(...) \
	expect_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static int power_on(void **state)
{
	struct pn532_config config = {
		.speed = 115200, .event_fn = keep_event, .random_fn = count_up};

	(void)state;
	now = START_NS;
	next_random = 0;
	pn532_init(&chip, &config);
	return 0;
}

static int wake(void **state)
{
	power_on(state);
	RAW(0x55, 0x55, 0x00, 0x00, 0x00);
	COMMAND(0x14, 0x01);
	COMMAND(0x32, 0x05, 0x00, 0x01, 0x02);
	forget();
	return 0;
}

static void put_card(const struct card_spec *card)
{
	assert_int_equal(pn532_card_in(&chip, now, card), 0);
}

/* ---- the line --------------------------------------------------------------------------- */

static void asleep_it_hears_only_a_wakeup_and_sam_configuration(void **state)
{
	(void)state;
	COMMAND(0x14, 0x01);
	assert_int_equal(out_len, 0);
	RAW(0x55, 0x55, 0x00, 0x00, 0x00);
	COMMAND(0x02);
	assert_int_equal(out_len, 0);
	COMMAND(0x14, 0x01);
	EXPECT(0x15);
	assert_string_equal(events, "reader awake\n");
}

static void firmware_version_is_a_pn532s(void **state)
{
	(void)state;
	RAW(0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00);
	assert_int_equal(out_len, 19);
	assert_memory_equal(out,
		"\x00\x00\xFF\x00\xFF\x00"
		"\x00\x00\xFF\x06\xFA\xD5\x03\x32\x01\x06\x07\xE8\x00",
		19);
}

static void frames_with_wrong_checksums_get_no_answer(void **state)
{
	(void)state;
	RAW(0x00, 0x00, 0xFF, 0x02, 0xFD, 0xD4, 0x02, 0x2A, 0x00);
	assert_int_equal(out_len, 0);
	RAW(0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2B, 0x00);
	assert_int_equal(out_len, 0);
	RAW(0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD5, 0x02, 0x29, 0x00); /* TFI of the chip */
	assert_int_equal(out_len, 0);
}

static void it_finds_a_frame_after_noise_and_long_preambles(void **state)
{
	(void)state;
	RAW(0x12, 0xFF, 0x00, 0xAA, 0x00, 0x00, 0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A);
	EXPECT(0x03, 0x32, 0x01, 0x06, 0x07);
}

static void extended_frames_work_both_ways(void **state)
{
	uint8_t command[262] = {0x00, 0x00}, answer[262] = {0x01, 0x00};

	(void)state;
	for (size_t i = 2; i < sizeof(command); i++)
		command[i] = answer[i] = (uint8_t)i;
	command_bytes(command, sizeof(command));
	expect_bytes(answer, sizeof(answer));
	assert_memory_equal(out + 6, "\x00\x00\xFF\xFF\xFF\x01\x07\xF8\xD5", 9);
}

static void a_nack_repeats_the_last_answer(void **state)
{
	(void)state;
	COMMAND(0x02);
	RAW(0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00);
	assert_int_equal(out_len, 13);
	assert_memory_equal(out + 6, "\x03\x32\x01\x06\x07", 5);
}

static void unknown_commands_get_the_error_frame(void **state)
{
	(void)state;
	COMMAND(0x99);
	assert_int_equal(out_len, 6 + sizeof(frame_error));
	assert_memory_equal(out + 6, frame_error, sizeof(frame_error));
}

static void registers_keep_what_is_written(void **state)
{
	(void)state;
	COMMAND(0x08, 0x63, 0x3D, 0x07, 0x63, 0x05, 0x40);
	EXPECT(0x09);
	COMMAND(0x06, 0x63, 0x3D, 0x63, 0x05, 0x63, 0x02);
	EXPECT(0x07, 0x07, 0x40, 0x80);
	COMMAND(0x06, 0x63);
	assert_memory_equal(out + 6, frame_error, sizeof(frame_error));
}

static void power_down_answers_then_sleeps(void **state)
{
	(void)state;
	COMMAND(0x16, 0xF0);
	EXPECT(0x17, 0x00);
	COMMAND(0x02);
	assert_int_equal(out_len, 0);
}

static void a_brownout_leaves_it_deaf_until_woken(void **state)
{
	(void)state;
	pn532_brownout(&chip);
	COMMAND(0x02);
	assert_int_equal(out_len, 0);
	RAW(0x55, 0x55, 0x00, 0x00);
	COMMAND(0x14, 0x01);
	EXPECT(0x15);
}

/* ---- finding cards ---------------------------------------------------------------------- */

static void in_reset_it_is_deaf_and_a_latchup_ends(void **state)
{
	(void)state;
	pn532_break(&chip, PN532_FAULT_LATCHUP, 0);
	pn532_brownout(&chip);
	for (unsigned low = 0; low < 2; low++) {
		RAW(0x55, 0x55, 0x00, 0x00, 0x00);
		COMMAND(0x14, 0x01);
		assert_int_equal(out_len, 0);
		pn532_reset(&chip, true);
	}
	RAW(0x55, 0x55, 0x00, 0x00, 0x00);
	pn532_reset(&chip, false);
	COMMAND(0x14, 0x01); /* asleep, as after power-up */
	assert_int_equal(out_len, 0);
	RAW(0x55, 0x55, 0x00, 0x00, 0x00);
	COMMAND(0x14, 0x01);
	EXPECT(0x15);
}

static void a_finite_select_of_an_empty_field_answers_zero(void **state)
{
	(void)state;
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x00);
}

static void an_infinite_select_waits_for_a_card(void **state)
{
	(void)state;
	COMMAND(0x32, 0x05, 0xFF, 0xFF, 0xFF);
	COMMAND(0x4A, 0x01, 0x00);
	assert_int_equal(out_len, 6);
	put_card(&classic);
	run_until(now + 1);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e);
}

static void an_ack_from_the_host_ends_the_wait(void **state)
{
	(void)state;
	COMMAND(0x32, 0x05, 0xFF, 0xFF, 0xFF);
	COMMAND(0x4A, 0x01, 0x00);
	RAW(0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00);
	put_card(&classic);
	run_until(now + 1000000000u);
	assert_int_equal(out_len, 0);
}

static void an_iso_dep_card_shows_its_ats_only_with_automatic_rats(void **state)
{
	(void)state;
	put_card(&desfire);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x03, 0x44, 0x20, 0x07, 0x04, 0x33, 0x5b, 0x0a, 0x91, 0x26, 0x80,
		0x06, 0x75, 0x77, 0x81, 0x02, 0x80);
	assert_non_null(strstr(events, "reader answered card 04335b0a912680"));
	COMMAND(0x12, 0x04);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x03, 0x44, 0x20, 0x07, 0x04, 0x33, 0x5b, 0x0a, 0x91, 0x26, 0x80);
}

static void a_ten_byte_uid_is_found_by_its_cascade_levels(void **state)
{
	(void)state;
	put_card(&tenbyte);
	COMMAND(0x4A, 0x01, 0x00, 0x88, 0x04, 0xc5, 0x19, 0x88, 0x3e, 0x8a, 0x72, 0xd1, 0x0b, 0x4f,
		0x96);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x84, 0x00, 0x0A, 0x04, 0xc5, 0x19, 0x3e, 0x8a, 0x72, 0xd1,
		0x0b, 0x4f, 0x96);
	COMMAND(0x4A, 0x01, 0x00, 0x88, 0x04, 0xc5, 0x19, 0x3e, 0x8a, 0x72, 0xd1);
	EXPECT(0x4B, 0x00);
}

static void a_random_uid_lasts_until_the_field_drops(void **state)
{
	(void)state;
	put_card(&phone);
	COMMAND(0x4A, 0x01, 0x00); /* field on: random bytes 4, 5, 6 */
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x20, 0x04, 0x08, 0x04, 0x05, 0x06, 0x05, 0x78, 0x80,
		0x70, 0x02);
	COMMAND(0x4A, 0x01, 0x00);
	assert_memory_equal(out + 6 + 13, "\x08\x04\x05\x06", 4);
	COMMAND(0x32, 0x01, 0x00);
	COMMAND(0x32, 0x01, 0x01);
	COMMAND(0x4A, 0x01, 0x00);
	assert_memory_equal(out + 6 + 13, "\x08\x0a\x0b\x0c", 4);
}

static void of_two_cards_one_is_picked_or_both_are_given(void **state)
{
	(void)state;
	put_card(&classic);
	put_card(&ntag);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e);
	COMMAND(0x4A, 0x02, 0x00);
	EXPECT(0x4B, 0x02, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e, 0x02, 0x00, 0x44,
		0x00, 0x07, 0x04, 0xe9, 0x73, 0x52, 0x1c, 0x6a, 0x80);
}

static void a_deselected_card_is_halted_until_asked_for_by_uid(void **state)
{
	(void)state;
	put_card(&classic);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x44, 0x00);
	EXPECT(0x45, 0x00);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x00);
	COMMAND(0x4A, 0x01, 0x00, 0xb4, 0x6d, 0x21, 0x9e);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e);
}

static void other_modulations_find_nothing(void **state)
{
	(void)state;
	put_card(&classic);
	COMMAND(0x4A, 0x01, 0x01, 0x00, 0xFF, 0xFF, 0x00, 0x00);
	EXPECT(0x4B, 0x00);
	COMMAND(0x4A, 0x01, 0x03, 0x00);
	EXPECT(0x4B, 0x00);
}

static void cards_of_type_b_and_felica_show_themselves_to_their_own(void **state)
{
	static const struct card_spec b = {
		.name = "b", .kind = CARD_KIND_TYPEB, .uid = {5, 6, 7, 8}, .uid_len = 4};
	static const struct card_spec f = {.name = "f",
		.kind = CARD_KIND_FELICA,
		.uid = {1, 1, 2, 3, 4, 5, 6, 7},
		.uid_len = 8};

	(void)state;
	put_card(&b);
	put_card(&f);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x00);
	COMMAND(0x4A, 0x01, 0x03, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x50, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0x71, 0x81, 1, 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, CARD_ERROR_TIMEOUT);
	for (uint8_t speed = 1; speed <= 2; speed++) {
		COMMAND(0x4A, 0x01, speed, 0x00, 0xFF, 0xFF, 0x01, 0x00);
		EXPECT(0x4B, 0x01, 0x01, 0x12, 0x01, 1, 1, 2, 3, 4, 5, 6, 7, 0x01, 0x20, 0x22, 0x04,
			0x27, 0x67, 0x4E, 0xFF);
	}
	COMMAND(0x60, 0x01, 0x01, 0x00);
	EXPECT(0x61, 0x00);
	pn532_break(&chip, PN532_FAULT_SHORTTARGET, 1);
	COMMAND(0x4A, 0x01, 0x03, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x50);
	pn532_break(&chip, PN532_FAULT_LONGTARGET, 1);
	COMMAND(0x4A, 0x01, 0x03, 0x00);
	assert_int_equal(out_len, 6 + 7 + 3 + 250);
}

static void autopoll_names_the_type_it_found(void **state)
{
	(void)state;
	put_card(&classic);
	COMMAND(0x60, 0x01, 0x01, 0x20, 0x10);
	EXPECT(0x61, 0x01, 0x10, 0x09, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e);
}

static void autopoll_waits_150_ms_for_each_type_and_period(void **state)
{
	uint64_t start = now;

	(void)state;
	COMMAND(0x60, 0x02, 0x01, 0x20, 0x10);
	EXPECT(0x61, 0x00);
	assert_int_equal(out_ns - start, 600000000u);
}

/* ---- talking to cards ------------------------------------------------------------------- */

static void an_exchange_without_a_target_is_refused(void **state)
{
	(void)state;
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x27);
}

static void an_exchange_with_a_card_that_left_times_out(void **state)
{
	(void)state;
	put_card(&ntag);
	COMMAND(0x4A, 0x01, 0x00);
	assert_int_equal(pn532_card_out(&chip, &ntag), 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x01);
}

static void an_ntag_reads_its_pages_and_version(void **state)
{
	(void)state;
	put_card(&ntag);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x00, 0x04, 0xe9, 0x73, 0x16, 0x52, 0x1c, 0x6a, 0x80, 0xa4, 0x48, 0x00, 0x00,
		0xe1, 0x10, 0x12, 0x00);
	COMMAND(0x42, 0x60);
	EXPECT(0x43, 0x00, 0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x0F, 0x03);
	COMMAND(0x40, 0x01, 0x30, 0x2D); /* past the last page */
	EXPECT(0x41, 0x02);
}

static void a_classic_refuses_every_key(void **state)
{
	(void)state;
	put_card(&classic);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x40, 0x01, 0x60, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xb4, 0x6d, 0x21, 0x9e);
	EXPECT(0x41, 0x14);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e);
}

static void a_desfire_tells_its_version_in_three_parts(void **state)
{
	(void)state;
	put_card(&desfire);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x40, 0x01, 0x60);
	EXPECT(0x41, 0x00, 0xAF, 0x04, 0x01, 0x01, 0x01, 0x00, 0x18, 0x05);
	COMMAND(0x40, 0x01, 0xAF);
	EXPECT(0x41, 0x00, 0xAF, 0x04, 0x01, 0x01, 0x01, 0x04, 0x18, 0x05);
	COMMAND(0x40, 0x01, 0xAF);
	EXPECT(0x41, 0x00, 0x00, 0x04, 0x33, 0x5b, 0x0a, 0x91, 0x26, 0x80, 0xBA, 0x54, 0x91, 0x4A,
		0x30, 0x12, 0x24);
	COMMAND(0x40, 0x01, 0xAF);
	EXPECT(0x41, 0x00, 0x1C);
}

static void a_desfire_takes_iso_wrapped_commands(void **state)
{
	(void)state;
	put_card(&desfire);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x40, 0x01, 0x90, 0x60, 0x00, 0x00, 0x00);
	EXPECT(0x41, 0x00, 0x04, 0x01, 0x01, 0x01, 0x00, 0x18, 0x05, 0x91, 0xAF);
	COMMAND(0x40, 0x01, 0x90, 0x5A, 0x00, 0x00, 0x03, 0x01, 0x02, 0x03, 0x00);
	EXPECT(0x41, 0x00, 0x91, 0xA0);
	COMMAND(0x40, 0x01, 0x90, 0x5A, 0x00, 0x00, 0x40, 0x01, 0x02, 0x03, 0x00);
	EXPECT(0x41, 0x00, 0x91, 0x7E);
}

static void the_presence_ping_is_answered_while_the_card_is_there(void **state)
{
	(void)state;
	put_card(&desfire);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x42, 0xB2);
	EXPECT(0x43, 0x00, 0xA3);
	assert_int_equal(pn532_card_out(&chip, &desfire), 0);
	COMMAND(0x42, 0xB2);
	EXPECT(0x43, 0x01);
}

static void raw_anticollision_follows_the_cascade(void **state)
{
	(void)state;
	put_card(&ntag);
	COMMAND(0x32, 0x01, 0x01);
	COMMAND(0x08, 0x63, 0x02, 0x00, 0x63, 0x3D, 0x07);
	COMMAND(0x42, 0x26);
	EXPECT(0x43, 0x00, 0x44, 0x00);
	COMMAND(0x08, 0x63, 0x3D, 0x00);
	COMMAND(0x42, 0x93, 0x20);
	EXPECT(0x43, 0x00, 0x88, 0x04, 0xe9, 0x73, 0x16);
	COMMAND(0x42, 0x93, 0x70, 0x88, 0x04, 0xe9, 0x73, 0x16, 0x00, 0x00); /* wrong CRC */
	EXPECT(0x43, 0x01);
}

static void releasing_forgets_the_target(void **state)
{
	(void)state;
	put_card(&ntag);
	COMMAND(0x4A, 0x01, 0x00);
	COMMAND(0x52, 0x01);
	EXPECT(0x53, 0x00);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x27);
	COMMAND(0x54, 0x01);
	EXPECT(0x55, 0x27);
}

static void cards_behind_one_that_leaves_stay_who_they_are(void **state)
{
	(void)state;
	put_card(&classic);
	put_card(&ntag);
	COMMAND(0x4A, 0x02, 0x00);
	assert_int_equal(pn532_card_out(&chip, &classic), 0);
	COMMAND(0x40, 0x02, 0x30, 0x03);
	EXPECT(0x41, 0x00, 0xe1, 0x10, 0x12, 0x00, 0x03, 0x00, 0xFE, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00);
	COMMAND(0x40, 0x01, 0x30, 0x03);
	EXPECT(0x41, 0x01);
}

static void a_field_has_room_for_four_cards_each_once(void **state)
{
	static const struct card_spec fifth = {.name = "fifth", .uid_len = 4};

	(void)state;
	put_card(&classic);
	assert_int_equal(pn532_card_in(&chip, now, &classic), -EEXIST);
	put_card(&ntag);
	put_card(&desfire);
	put_card(&phone);
	assert_int_equal(pn532_card_in(&chip, now, &fifth), -ENOSPC);
	assert_int_equal(pn532_card_out(&chip, &tenbyte), -ENOENT);
}

/* ---- faults ----------------------------------------------------------------------------- */

static void silent_faults_are_silent(void **state)
{
	(void)state;
	pn532_break(&chip, PN532_FAULT_HANG, 0);
	COMMAND(0x02);
	assert_int_equal(out_len, 0);
	pn532_break(&chip, PN532_FAULT_STALL, 0);
	COMMAND(0x02);
	assert_int_equal(out_len, 6);
	pn532_break(&chip, PN532_FAULT_NONE, 0);
	COMMAND(0x02);
	EXPECT(0x03, 0x32, 0x01, 0x06, 0x07);
}

static void a_fault_may_heal_after_some_answers(void **state)
{
	(void)state;
	pn532_break(&chip, PN532_FAULT_HANG, 2);
	COMMAND(0x02);
	COMMAND(0x02);
	assert_int_equal(out_len, 0);
	COMMAND(0x02);
	EXPECT(0x03, 0x32, 0x01, 0x06, 0x07);
}

static void acknowledgement_faults(void **state)
{
	(void)state;
	pn532_break(&chip, PN532_FAULT_NOACK, 0);
	COMMAND(0x02);
	assert_int_equal(out_len, 13);
	pn532_break(&chip, PN532_FAULT_NACK, 0);
	COMMAND(0x02);
	assert_int_equal(out_len, 6);
	assert_memory_equal(out, frame_nack, 6);
}

static void frame_faults_spoil_one_thing_each(void **state)
{
	static const uint8_t good[] = {0, 0, 0xFF, 6, 0xFA, 0xD5, 3, 0x32, 1, 6, 7, 0xE8, 0};

	(void)state;
	pn532_break(&chip, PN532_FAULT_BADCHECKSUM, 0);
	COMMAND(0x02);
	assert_memory_equal(out + 6, good, 11);
	assert_int_not_equal(out[17], 0xE8);
	pn532_break(&chip, PN532_FAULT_WRONGTFI, 0);
	COMMAND(0x02);
	assert_int_equal(out[11], 0xD4);
	assert_int_equal(out[17], 0xE9); /* the checksum holds */
	pn532_break(&chip, PN532_FAULT_TRUNCATED, 0);
	COMMAND(0x02);
	assert_int_equal(out_len, 12);
	pn532_break(&chip, PN532_FAULT_GARBAGE, 0);
	COMMAND(0x02);
	assert_int_equal(out_len, 6 + 16 + 13);
	assert_memory_equal(out + 22, good, 13);
	pn532_break(&chip, PN532_FAULT_ERRORFRAME, 0);
	COMMAND(0x02);
	assert_memory_equal(out + 6, frame_error, sizeof(frame_error));
	pn532_break(&chip, PN532_FAULT_EXTENDED_GARBAGE, 0);
	COMMAND(0x02);
	assert_memory_equal(out + 6, "\x00\x00\xFF\xFF\xFF\x01\x09\xF6\xD5\x03", 10);
	assert_int_equal(out_len, 6 + 3 + 5 + 265 + 2);
}

static void pieces_come_byte_by_byte(void **state)
{
	uint64_t start = now;

	(void)state;
	pn532_break(&chip, PN532_FAULT_PIECES, 0);
	COMMAND(0x02);
	EXPECT(0x03, 0x32, 0x01, 0x06, 0x07);
	assert_int_equal(out_ns - start, 12 * PN532_PIECE_NS);
}

static void a_late_answer_crosses_the_next_command(void **state)
{
	uint8_t frame[FRAME_MAX];
	size_t n = frame_build(FRAME_TFI_HOST, (const uint8_t[]){0x02}, 1, frame);
	uint64_t start = now;

	(void)state;
	pn532_break(&chip, PN532_FAULT_LATE, 1);
	forget();
	pn532_receive(&chip, now, frame, n);
	run_until(start + 400000000u);
	assert_int_equal(out_len, 6);
	pn532_receive(&chip, now, frame, n);
	run_until(start + 460000000u);
	assert_int_equal(out_len, 6 + 6 + 13 + 13);
	assert_int_equal(out_ns - start, PN532_LATE_NS);
}

static void hostile_exchange_answers(void **state)
{
	(void)state;
	put_card(&ntag);
	COMMAND(0x4A, 0x01, 0x00);
	pn532_break(&chip, PN532_FAULT_STATUS7, 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	assert_int_equal(out[6 + 7], 0x80);
	pn532_break(&chip, PN532_FAULT_ENDLESS, 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x40);
	pn532_break(&chip, PN532_FAULT_SHORTANSWER, 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x00, 0x04);
	pn532_break(&chip, PN532_FAULT_EMPTYANSWER, 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x00);
	pn532_break(&chip, PN532_FAULT_LONGANSWER, 0);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	assert_int_equal(out_len, 6 + 3 + 5 + 1 + 264 + 2);
}

static void ats0_puts_a_zero_length_after_the_uid(void **state)
{
	(void)state;
	put_card(&classic);
	pn532_break(&chip, PN532_FAULT_ATS0, 0);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e, 0x00);
}

static void a_pulled_card_leaves_between_select_and_exchange(void **state)
{
	(void)state;
	put_card(&ntag);
	pn532_break(&chip, PN532_FAULT_PULLED, 0);
	COMMAND(0x4A, 0x01, 0x00);
	assert_int_equal(out[6 + 7], 1);
	COMMAND(0x40, 0x01, 0x30, 0x00);
	EXPECT(0x41, 0x01);
	assert_string_equal(events, "card ntag out of field\n");
}

/* ---- time ------------------------------------------------------------------------------- */

static void with_timing_every_byte_takes_ten_bits(void **state)
{
	uint64_t start = now;
	size_t bytes = 9 + 6 + 13; /* command, ACK, answer */

	(void)state;
	pn532_set_timing(&chip, true);
	RAW(0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00);
	/* the post-amble of the command comes while the chip works already */
	assert_in_range(out_ns - start,
		(bytes - 1) * BYTE_NS + PN532_CHIP_ACK_NS + PN532_CHIP_WORK_NS - 1000,
		(bytes - 1) * BYTE_NS + PN532_CHIP_ACK_NS + PN532_CHIP_WORK_NS + 3000);
}

static void with_timing_an_empty_field_costs_its_tries(void **state)
{
	uint64_t start = now;

	(void)state;
	pn532_set_timing(&chip, true);
	COMMAND(0x4A, 0x01, 0x00);
	EXPECT(0x4B, 0x00);
	assert_in_range(out_ns - start, 3 * PN532_TRY_NS, 3 * PN532_TRY_NS + 5000000u);
}

static void with_timing_a_card_is_met_by_the_next_try(void **state)
{
	uint8_t frame[FRAME_MAX];
	size_t n = frame_build(FRAME_TFI_HOST, (const uint8_t[]){0x4A, 0x01, 0x00}, 3, frame);
	uint64_t start = now;

	(void)state;
	pn532_set_timing(&chip, true);
	forget();
	pn532_receive(&chip, now, frame, n);
	run_until(start + 15000000u);
	put_card(&classic);
	run_until(start + 1000000000u);
	EXPECT(0x4B, 0x01, 0x01, 0x00, 0x04, 0x08, 0x04, 0xb4, 0x6d, 0x21, 0x9e);
	assert_in_range(out_ns - start, 2 * PN532_TRY_NS, 3 * PN532_TRY_NS);
}

static void without_timing_answers_leave_at_once(void **state)
{
	uint64_t start = now;

	(void)state;
	put_card(&desfire);
	COMMAND(0x4A, 0x01, 0x00);
	assert_int_equal(out_ns, start);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, wake)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			asleep_it_hears_only_a_wakeup_and_sam_configuration, power_on),
		TEST(firmware_version_is_a_pn532s),
		TEST(frames_with_wrong_checksums_get_no_answer),
		TEST(it_finds_a_frame_after_noise_and_long_preambles),
		TEST(extended_frames_work_both_ways),
		TEST(a_nack_repeats_the_last_answer),
		TEST(unknown_commands_get_the_error_frame),
		TEST(registers_keep_what_is_written),
		TEST(power_down_answers_then_sleeps),
		TEST(a_brownout_leaves_it_deaf_until_woken),
		TEST(in_reset_it_is_deaf_and_a_latchup_ends),
		TEST(a_finite_select_of_an_empty_field_answers_zero),
		TEST(an_infinite_select_waits_for_a_card),
		TEST(an_ack_from_the_host_ends_the_wait),
		TEST(an_iso_dep_card_shows_its_ats_only_with_automatic_rats),
		TEST(a_ten_byte_uid_is_found_by_its_cascade_levels),
		TEST(a_random_uid_lasts_until_the_field_drops),
		TEST(of_two_cards_one_is_picked_or_both_are_given),
		TEST(a_deselected_card_is_halted_until_asked_for_by_uid),
		TEST(other_modulations_find_nothing),
		TEST(cards_of_type_b_and_felica_show_themselves_to_their_own),
		TEST(autopoll_names_the_type_it_found),
		TEST(autopoll_waits_150_ms_for_each_type_and_period),
		TEST(an_exchange_without_a_target_is_refused),
		TEST(an_exchange_with_a_card_that_left_times_out),
		TEST(an_ntag_reads_its_pages_and_version),
		TEST(a_classic_refuses_every_key),
		TEST(a_desfire_tells_its_version_in_three_parts),
		TEST(a_desfire_takes_iso_wrapped_commands),
		TEST(the_presence_ping_is_answered_while_the_card_is_there),
		TEST(raw_anticollision_follows_the_cascade),
		TEST(releasing_forgets_the_target),
		TEST(cards_behind_one_that_leaves_stay_who_they_are),
		TEST(a_field_has_room_for_four_cards_each_once),
		TEST(silent_faults_are_silent),
		TEST(a_fault_may_heal_after_some_answers),
		TEST(acknowledgement_faults),
		TEST(frame_faults_spoil_one_thing_each),
		TEST(pieces_come_byte_by_byte),
		TEST(a_late_answer_crosses_the_next_command),
		TEST(hostile_exchange_answers),
		TEST(ats0_puts_a_zero_length_after_the_uid),
		TEST(a_pulled_card_leaves_between_select_and_exchange),
		TEST(with_timing_every_byte_takes_ten_bits),
		TEST(with_timing_an_empty_field_costs_its_tries),
		TEST(with_timing_a_card_is_met_by_the_next_try),
		TEST(without_timing_answers_leave_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
