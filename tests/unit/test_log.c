/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program's log goes, and that nothing from outside forges a line or a field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- a journal: this program's sendto() is found before the C library's ---- */

static char packet[4096], path[128];
static int packets, refusal;

ssize_t sendto(int fd, const void *buffer, size_t size, int flags, const struct sockaddr *to,
	socklen_t to_size)
{
	(void)fd;
	(void)flags;
	(void)to_size;
	if (refusal) {
		errno = refusal;
		return -1;
	}
	assert_true(size < sizeof(packet));
	memcpy(packet, buffer, size);
	packet[size] = '\0';
	snprintf(path, sizeof(path), "%s", ((const struct sockaddr_un *)to)->sun_path);
	packets++;
	return (ssize_t)size;
}

/* ---- standard error in a file ---- */

static FILE *file;
static int real_stderr;

static const char *lines(void)
{
	static char text[4096];
	size_t n;

	fflush(stderr);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	return text;
}

static void open_log(bool journal)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino + !journal);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("tapin-test", LOG_LEVEL_INFO);
}

static int set_up(void **state)
{
	(void)state;
	file = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	packets = refusal = 0;
	return file && dup2(fileno(file), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	return fclose(file);
}

/* ---- tests ---- */

static void a_person_gets_lines(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open("tapin-test", LOG_LEVEL_INFO);
	log_warning("disk: %d %% full", 97);
	log_info("two\nlines \x1b[31m");
	log_debug("not now");
	log_record(LOG_LEVEL_INFO, "A=b\n", "for the journal alone");
	assert_string_equal(lines(), "tapin-test: warning: disk: 97 % full\n"
				     "tapin-test: two lines  [31m\n");
	assert_int_equal(packets, 0);
}

static void another_stream_than_the_journals_gets_lines(void **state)
{
	(void)state;
	open_log(false);
	log_error("broken");
	setenv("JOURNAL_STREAM", "nonsense", 1);
	log_open("tapin-test", LOG_LEVEL_INFO);
	log_error("broken");
	assert_string_equal(lines(), "tapin-test: error: broken\ntapin-test: error: broken\n");
	assert_int_equal(packets, 0);
}

/* The first: what is opened stays. */
static void the_journal_gets_lines_of_a_program_that_may_end_at_once(void **state)
{
	(void)state;
	open_log(true);
	log_warning("held by \"gpioset\"");
	log_record(LOG_LEVEL_INFO, "A=b\n", "for those who filter");
	assert_string_equal(lines(), "<4>held by \"gpioset\"\n");
	assert_int_equal(packets, 0);
}

static void the_journal_gets_fields(void **state)
{
	(void)state;
	open_log(true);
	log_fields("%s", "");
	log_info("ready");
	assert_string_equal(path, "/run/systemd/journal/socket");
	assert_string_equal(packet, "PRIORITY=6\nSYSLOG_IDENTIFIER=tapin-test\nMESSAGE=ready\n");
	log_fields("TAPIN_DOOR=%s\n", "front");
	log_error("broken");
	assert_string_equal(packet, "PRIORITY=3\nSYSLOG_IDENTIFIER=tapin-test\nTAPIN_DOOR=front\n"
				    "MESSAGE=broken\n");
	log_record(LOG_LEVEL_WARNING, "TAPIN_SEQ=7\n", "entry %d", 7);
	assert_string_equal(packet, "PRIORITY=4\nSYSLOG_IDENTIFIER=tapin-test\nTAPIN_DOOR=front\n"
				    "TAPIN_SEQ=7\nMESSAGE=entry 7\n");
	log_record(LOG_LEVEL_DEBUG, "TAPIN_SEQ=8\n", "not now");
	assert_int_equal(packets, 3);
	assert_string_equal(lines(), "");
}

static void a_message_forges_no_field(void **state)
{
	(void)state;
	open_log(true);
	log_fields("%s", "");
	log_info("card\nTAPIN_VERDICT=grant");
	assert_non_null(strstr(packet, "\nMESSAGE=card TAPIN_VERDICT=grant\n"));
}

static void a_long_message_is_cut(void **state)
{
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	open_log(true);
	log_fields("%s", "");
	log_info("%s", text);
	assert_int_equal(packets, 1);
	assert_int_equal(strspn(strstr(packet, "MESSAGE=") + 8, "x"), 1023);
}

static void what_a_hanging_journal_does_not_take_is_counted(void **state)
{
	(void)state;
	open_log(true);
	log_fields("%s", "");
	refusal = EAGAIN;
	log_info("one");
	log_info("two");
	refusal = 0;
	log_info("three");
	assert_string_equal(packet, "PRIORITY=6\nSYSLOG_IDENTIFIER=tapin-test\nTAPIN_LOST=2\n"
				    "MESSAGE=three\n");
	log_info("four");
	assert_null(strstr(packet, "TAPIN_LOST"));
	assert_string_equal(lines(), "");
}

static void without_its_socket_the_journal_gets_lines(void **state)
{
	(void)state;
	open_log(true);
	log_fields("%s", "");
	refusal = ENOENT;
	log_warning("door");
	log_record(LOG_LEVEL_INFO, "A=b\n", "for those who filter");
	assert_string_equal(lines(), "<4>door\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_journal_gets_lines_of_a_program_that_may_end_at_once),
		TEST(a_person_gets_lines),
		TEST(another_stream_than_the_journals_gets_lines),
		TEST(the_journal_gets_fields),
		TEST(a_message_forges_no_field),
		TEST(a_long_message_is_cut),
		TEST(what_a_hanging_journal_does_not_take_is_counted),
		TEST(without_its_socket_the_journal_gets_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
