/* SPDX-License-Identifier: Apache-2.0 */
/* The port over the unmodified libnfc and a chip that answers selects with what a test puts there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <termios.h>

#include "reader/nfc.h"

struct chip {
	int master;
	int slave; /* kept open, so that a close by libnfc is no hang-up */
	pthread_t thread;
	uint8_t target[64]; /* the data of the next answers to InListPassiveTarget */
	size_t target_size;
	uint8_t exchange[300]; /* the same for InDataExchange, from the status byte on */
	size_t exchange_size;
};

struct bed {
	struct chip chip;
	char dir[32];
	struct reader_nfc *nfc;
	struct reader_port port;
	char err[ERR_MAX];
};

static void answer(struct chip *chip, uint8_t code, const void *data, size_t size)
{
	static const uint8_t ack[] = {0x00, 0x00, 0xff, 0x00, 0xff, 0x00};
	uint8_t frame[320] = {0x00, 0x00, 0xff, 0xff, 0xff}, sum = (uint8_t)(0xd5 + code + 1);
	size_t length = size + 2, n = 8; /* always an extended frame: one form is enough */

	frame[5] = (uint8_t)(length >> 8);
	frame[6] = (uint8_t)length;
	frame[7] = (uint8_t) - (frame[5] + frame[6]);
	frame[n++] = 0xd5;
	frame[n++] = (uint8_t)(code + 1);
	if (size)
		memcpy(frame + n, data, size);
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + frame[n + i]);
	n += size;
	frame[n++] = (uint8_t)-sum;
	frame[n++] = 0x00;
	if (write(chip->master, ack, sizeof(ack)) < 0 || write(chip->master, frame, n) < 0)
		abort();
}

/* What libnfc 1.8.0 asks while it opens, sets up, selects, exchanges and closes. */
static void obey(struct chip *chip, const uint8_t *command, size_t size)
{
	static const uint8_t firmware[] = {0x32, 0x01, 0x06, 0x07}, zeros[16] = {0};

	switch (command[0]) {
	case 0x00: /* Diagnose: the echo */
		answer(chip, 0x00, command + 1, size - 1);
		break;
	case 0x02:
		answer(chip, 0x02, firmware, sizeof(firmware));
		break;
	case 0x06: /* ReadRegister: one byte for each address */
		answer(chip, 0x06, zeros, (size - 1) / 2);
		break;
	case 0x40:
		answer(chip, 0x40, chip->exchange, chip->exchange_size);
		break;
	case 0x4a:
		answer(chip, 0x4a, chip->target, chip->target_size);
		break;
	case 0x52: /* InRelease, PowerDown: a status */
	case 0x16:
		answer(chip, command[0], zeros, 1);
		break;
	default:
		answer(chip, command[0], NULL, 0);
	}
}

static bool get(struct chip *chip, void *data, size_t size)
{
	for (size_t n = 0; n < size;) {
		ssize_t got = read(chip->master, (uint8_t *)data + n, size - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

static void *chip_main(void *arg)
{
	struct chip *chip = arg;
	uint8_t window[3] = {1, 1, 1}, head[5], body[300];

	while (get(chip, window + 2, 1)) {
		bool start = window[0] == 0x00 && window[1] == 0x00 && window[2] == 0xff;
		size_t size;

		memmove(window, window + 1, 2);
		if (!start || !get(chip, head, 2) || head[0] == 0x00)
			continue;
		size = head[0];
		if (head[0] == 0xff && head[1] == 0xff) {
			get(chip, head + 2, 3);
			size = (size_t)head[2] << 8 | head[3];
		}
		if (size < 2 || size > sizeof(body) - 2 || !get(chip, body, size + 2))
			break;
		obey(chip, body + 1, size - 1); /* without the TFI */
	}
	return NULL;
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	char connstring[64];
	struct termios raw;

	strcpy(bed->dir, "/tmp/tapin-nfc.XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	bed->chip.master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_int_equal(grantpt(bed->chip.master), 0);
	assert_int_equal(unlockpt(bed->chip.master), 0);
	bed->chip.slave = open(ptsname(bed->chip.master), O_RDWR | O_NOCTTY);
	tcgetattr(bed->chip.slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(bed->chip.slave, TCSANOW, &raw);
	assert_int_equal(pthread_create(&bed->chip.thread, NULL, chip_main, &bed->chip), 0);
	snprintf(connstring, sizeof(connstring), "pn532_uart:%s", ptsname(bed->chip.master));
	assert_int_equal(reader_nfc_new(connstring, ptsname(bed->chip.master), bed->dir, &bed->nfc,
				 bed->err),
		0);
	bed->port = reader_nfc_port(bed->nfc);
	assert_int_equal(bed->port.open(bed->port.context, bed->err), 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;
	char command[64];

	reader_nfc_free(bed->nfc);
	close(bed->chip.slave); /* the last one: the chip's read fails and its thread ends */
	pthread_join(bed->chip.thread, NULL);
	close(bed->chip.master);
	snprintf(command, sizeof(command), "rm -rf %s", bed->dir);
	assert_int_equal(system(command), 0);
	free(bed);
	return 0;
}

static int look(struct bed *bed, const void *target, size_t size, struct reader_card *ret_card)
{
	memcpy(bed->chip.target, target, size);
	bed->chip.target_size = size;
	return bed->port.select(bed->port.context, READER_LOOK_A, ret_card);
}

static const uint8_t member[] = {
	1, 1, 0x00, 0x44, 0x00, 7, 0x04, 0x7c, 0x3b, 0x9a, 0x2e, 0x5d, 0x80};

static void chip_is_described(void **state)
{
	struct bed *bed = *state;
	char text[READER_TEXT_MAX + 1];

	bed->port.describe(bed->port.context, text);
	assert_non_null(strstr(text, "pn532_uart:/dev/pts/"));
	assert_non_null(strstr(text, " PN532 v1.6"));
}

static void card_is_read_as_it_is(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;
	char uid[UID_TEXT_MAX];

	assert_int_equal(look(bed, member, sizeof(member), &card), 1);
	uid_format(&card.uid, uid);
	assert_string_equal(uid, "047C3B9A2E5D80");
	assert_int_equal(card.atqa, 0x0044);
	assert_int_equal(card.sak, 0x00);
	assert_int_equal(card.ats_size, 0);
	assert_int_equal(look(bed, "\0", 1, &card), 0);
}

/* libnfc reads past the end of a short answer, into what the card before left on its stack. */
static void short_answer_is_not_completed_with_the_last_card(void **state)
{
	struct bed *bed = *state;
	struct reader_card before, after;

	for (size_t size = 2; size < sizeof(member); size++) {
		int rc;

		assert_int_equal(look(bed, member, sizeof(member), &before), 1);
		rc = look(bed, member, size, &after);
		if (rc == 1)
			assert_false(uid_equal(&before.uid, &after.uid));
	}
}

static void impossible_uid_lengths_are_no_card(void **state)
{
	struct bed *bed = *state;
	uint8_t target[sizeof(member)];
	struct reader_card card;

	memcpy(target, member, sizeof(member));
	for (unsigned size = 0; size < 10; size++) {
		int expected = size == 4 || size == 7 ? 1 : -EBADMSG;

		target[5] = (uint8_t)size;
		if (size == 4) /* the rest would be an ATS */
			assert_int_equal(look(bed, target, 10, &card), 1);
		else if (size != 8) /* libnfc drops a cascade byte there */
			assert_int_equal(
				look(bed, target, 6 + size < 13 ? 6 + size : 13, &card), expected);
	}
}

static void more_targets_than_asked_for_are_no_card(void **state)
{
	struct bed *bed = *state;
	uint8_t target[sizeof(member)];
	struct reader_card card;

	memcpy(target, member, sizeof(member));
	target[0] = 2;
	assert_int_equal(look(bed, target, sizeof(target), &card), -EBADMSG);
}

static int look_other(struct bed *bed, enum reader_look look, const void *target, size_t size,
	struct reader_card *ret_card)
{
	memcpy(bed->chip.target, target, size);
	bed->chip.target_size = size;
	return bed->port.select(bed->port.context, look, ret_card);
}

static const uint8_t type_b[] = {
	1, 1, 0x50, 0x5b, 0x0e, 0x41, 0xc7, 0, 0, 0, 0, 0x00, 0x71, 0x81, 1, 0};
static const uint8_t felica[] = {1, 1, 0x12, 0x01, 0x01, 0x01, 0x0a, 0x10, 0xd2, 0x38, 0x4f, 0x61,
	0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4e, 0xff};

static void cards_of_other_kinds_have_their_number(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;
	char uid[UID_TEXT_MAX];

	assert_int_equal(look_other(bed, READER_LOOK_B, type_b, sizeof(type_b), &card), 1);
	assert_int_equal(card.protocol, READER_PROTOCOL_ISO14443B);
	uid_format(&card.uid, uid);
	assert_string_equal(uid, "5B0E41C7");
	for (enum reader_look look = READER_LOOK_FELICA_212; look <= READER_LOOK_FELICA_424;
		look++) {
		assert_int_equal(look_other(bed, look, felica, sizeof(felica), &card), 1);
		assert_int_equal(card.protocol, READER_PROTOCOL_FELICA);
		uid_format(&card.uid, uid);
		assert_string_equal(uid, "01010A10D2384F610000");
		assert_int_equal(look_other(bed, look, "\0", 1, &card), 0);
	}
	assert_int_equal(card.sak, 0);
	assert_int_equal(card.ats_size, 0);
}

/* Whatever comes as target data, it is a number of the right length, or none. */
static void odd_target_data_of_other_kinds_do_no_harm(void **state)
{
	struct bed *bed = *state;
	const char *text = getenv("SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)getpid();
	uint8_t target[sizeof(bed->chip.target)];

	print_message("# SEED=%u\n", seed);
	srand(seed);
	for (unsigned i = 0; i < 3000; i++) {
		enum reader_look look = READER_LOOK_B + i % 3;
		struct reader_card card = {0};
		size_t size = 1 + (unsigned)rand() % sizeof(target);
		int rc;

		for (size_t k = 0; k < size; k++)
			target[k] = (uint8_t)rand();
		target[0] = i % 8 ? 1 : target[0];
		rc = look_other(bed, look, target, size, &card);
		assert_true(rc == 1 || rc == 0 || rc == -EBADMSG);
		assert_int_equal(card.uid.len, rc != 1 ? 0 : look == READER_LOOK_B ? 4 : 10);
	}
}

static int exchange(struct bed *bed, const void *data, size_t size, uint8_t *reply, size_t room)
{
	const uint8_t byte = 0x60;

	memcpy(bed->chip.exchange, data, size);
	bed->chip.exchange_size = size;
	return bed->port.transceive(bed->port.context, &byte, 1, reply, room, 200);
}

static void exchanges_are_bounded_and_their_errors_told_apart(void **state)
{
	uint8_t reply[READER_ANSWER_MAX], big[262] = {0};
	struct bed *bed = *state;
	struct reader_card card;

	assert_int_equal(look(bed, member, sizeof(member), &card), 1);
	assert_int_equal(exchange(bed, "\0\x90\xaf", 3, reply, sizeof(reply)), 2);
	assert_memory_equal(reply, "\x90\xaf", 2);
	assert_int_equal(exchange(bed, "\0", 1, reply, sizeof(reply)), 0);
	assert_int_equal(exchange(bed, "\x01", 1, reply, sizeof(reply)), -EREMOTEIO);
	assert_int_equal(exchange(bed, "\x29", 1, reply, sizeof(reply)), -EREMOTEIO);
	assert_int_equal(exchange(bed, big, 1 + 4, reply, 3), -EMSGSIZE);
	assert_int_equal(exchange(bed, big, 262, reply, sizeof(reply)), -EMSGSIZE);
	assert_int_equal(exchange(bed, big, 261, reply, sizeof(reply)), 260);
	assert_int_equal(bed->port.transceive(bed->port.context, big, 0, reply, 4, 100), -EINVAL);
	assert_int_equal(bed->port.transceive(bed->port.context, big, 257, reply, 4, 100), -EINVAL);
	assert_int_equal(bed->port.transceive(bed->port.context, big, 1, reply, 4, 0), -EINVAL);
}

static void closed_port_is_an_error_and_opens_again(void **state)
{
	struct bed *bed = *state;
	struct reader_card card;
	uint8_t reply[4];

	bed->port.close(bed->port.context);
	assert_int_equal(bed->port.select(bed->port.context, READER_LOOK_A, &card), -EIO);
	assert_int_equal(bed->port.transceive(bed->port.context, reply, 1, reply, 4, 100), -EIO);
	bed->port.close(bed->port.context);
	assert_int_equal(bed->port.open(bed->port.context, bed->err), 0);
	assert_int_equal(look(bed, member, sizeof(member), &card), 1);
}

static void device_that_cannot_be_opened_says_why(void **state)
{
	struct bed *bed = *state;

	bed->nfc = reader_nfc_free(bed->nfc); /* one context at a time (T13) */
	assert_int_equal(reader_nfc_new("pn532_uart:/nowhere/tty", "/nowhere/tty", bed->dir,
				 &bed->nfc, bed->err),
		0);
	bed->port = reader_nfc_port(bed->nfc);
	assert_false(bed->port.is_there(bed->port.context));
	assert_int_equal(bed->port.open(bed->port.context, bed->err), -ENOENT);
	assert_non_null(strstr(bed->err, "/nowhere/tty is not there"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chip_is_described),
		TEST(card_is_read_as_it_is),
		TEST(short_answer_is_not_completed_with_the_last_card),
		TEST(impossible_uid_lengths_are_no_card),
		TEST(more_targets_than_asked_for_are_no_card),
		TEST(cards_of_other_kinds_have_their_number),
		TEST(odd_target_data_of_other_kinds_do_no_harm),
		TEST(exchanges_are_bounded_and_their_errors_told_apart),
		TEST(closed_port_is_an_error_and_opens_again),
		TEST(device_that_cannot_be_opened_says_why),
	};

	setenv("LIBNFC_LOG_LEVEL", "0", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
