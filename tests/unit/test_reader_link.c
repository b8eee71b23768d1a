/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "hw/reader_link.h"
#include "reader/client.h"

#define NOBODY 65534

struct bed {
	char dir[32];
	char path[64];
	struct reader_link *link;
	struct reader_client client, other;
	char err[ERR_MAX];
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	strcpy(bed->dir, "/tmp/tapin-link.XXXXXX");
	assert_non_null(mkdtemp(bed->dir));
	chmod(bed->dir, 0755);
	snprintf(bed->path, sizeof(bed->path), "%s/reader.sock", bed->dir);
	assert_int_equal(reader_client_init(&bed->client, bed->path, bed->err), 0);
	assert_int_equal(reader_client_init(&bed->other, bed->path, bed->err), 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	reader_client_close(&bed->client);
	reader_client_close(&bed->other);
	reader_link_free(bed->link);
	unlink(bed->path);
	rmdir(bed->dir);
	free(bed);
	return 0;
}

static int listen_here(struct bed *bed, uid_t peer, struct reader_link **ret)
{
	return reader_link_listen(bed->path, peer, (gid_t)-1, ret, bed->err);
}

static void connected(struct bed *bed)
{
	assert_int_equal(listen_here(bed, (uid_t)-1, &bed->link), 0);
	assert_int_equal(reader_client_connect(&bed->client), 0);
	assert_int_equal(reader_link_accept(bed->link, bed->err), 1);
}

static struct reader_record removed(uint32_t handle)
{
	struct reader_record record;

	assert_int_equal(reader_u32_pack(READER_KIND_REMOVED, handle, &record), 0);
	return record;
}

static void record_sent_is_record_received_both_ways(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = removed(7), got;

	connected(bed);
	assert_int_equal(reader_client_send(&bed->client, &record), 0);
	assert_int_equal(reader_link_receive(bed->link, &got), 1);
	assert_memory_equal(got.payload, record.payload, 4);
	assert_int_equal(reader_link_receive(bed->link, &got), 0);
	assert_int_equal(reader_link_send(bed->link, &record), 0);
	assert_int_equal(reader_client_receive(&bed->client, &got), 1);
	assert_int_equal(got.kind, READER_KIND_REMOVED);
	assert_int_equal(reader_client_receive(&bed->client, &got), 0);
}

static void nobody_connected_is_said(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = removed(1);

	assert_int_equal(listen_here(bed, (uid_t)-1, &bed->link), 0);
	assert_int_equal(reader_link_accept(bed->link, bed->err), 0);
	assert_int_equal(reader_link_fd(bed->link), -1);
	assert_int_equal(reader_link_receive(bed->link, &record), -ENOTCONN);
	assert_int_equal(reader_link_send(bed->link, &record), -ENOTCONN);
}

static void socket_file_is_for_owner_and_group_only(void **state)
{
	struct bed *bed = *state;
	struct stat st;

	assert_int_equal(listen_here(bed, (uid_t)-1, &bed->link), 0);
	assert_int_equal(stat(bed->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	bed->link = reader_link_free(bed->link);
	assert_int_equal(access(bed->path, F_OK), -1);
}

static void stale_socket_is_replaced(void **state)
{
	struct bed *bed = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", bed->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* its owner died */
	connected(bed);
}

static void live_socket_is_refused_and_its_reader_kept(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = removed(3), got;
	struct reader_link *second = NULL;

	connected(bed);
	assert_int_equal(listen_here(bed, (uid_t)-1, &second), -EADDRINUSE);
	assert_null(second);
	assert_non_null(strstr(bed->err, bed->path));
	assert_int_equal(reader_link_accept(bed->link, bed->err), 0); /* the look came and went */
	assert_int_equal(reader_client_send(&bed->client, &record), 0);
	assert_int_equal(reader_link_receive(bed->link, &got), 1);
}

static void file_that_is_no_socket_is_not_touched(void **state)
{
	struct bed *bed = *state;
	int fd = open(bed->path, O_CREAT | O_WRONLY, 0600);

	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(listen_here(bed, (uid_t)-1, &bed->link), -EEXIST);
	assert_int_equal(access(bed->path, F_OK), 0);
}

static void path_that_is_too_long_or_nowhere_is_refused(void **state)
{
	struct bed *bed = *state;
	char path[200];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[108] = '\0';
	assert_int_equal(reader_link_listen(path, (uid_t)-1, (gid_t)-1, &bed->link, bed->err),
		-ENAMETOOLONG);
	assert_int_equal(
		reader_link_listen("", (uid_t)-1, (gid_t)-1, &bed->link, bed->err), -ENAMETOOLONG);
	assert_int_equal(reader_link_listen("/nowhere/at/all.sock", (uid_t)-1, (gid_t)-1,
				 &bed->link, bed->err),
		-ENOENT);
	assert_null(bed->link);
}

static void newest_reader_takes_over(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = removed(5), got;

	connected(bed);
	assert_int_equal(reader_client_connect(&bed->other), 0);
	assert_int_equal(reader_link_accept(bed->link, bed->err), 1);
	assert_int_equal(reader_client_receive(&bed->client, &got), -ECONNRESET);
	assert_int_equal(reader_client_send(&bed->other, &record), 0);
	assert_int_equal(reader_link_receive(bed->link, &got), 1);
}

static void reader_that_leaves_is_noticed_after_its_last_record(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = removed(5), got;

	connected(bed);
	assert_int_equal(reader_client_send(&bed->client, &record), 0);
	reader_client_close(&bed->client);
	assert_int_equal(reader_link_receive(bed->link, &got), 1);
	assert_int_equal(reader_link_receive(bed->link, &got), -ECONNRESET);
	assert_int_equal(reader_link_fd(bed->link), -1);
}

static void send_raw(struct bed *bed, const void *data, size_t size)
{
	assert_int_equal(send(bed->client.fd, data, size, 0), size);
}

static void bad_packets_end_the_connection(void **state)
{
	static const char junk[READER_LINK_PACKET + 1] = "TPR1\x01";
	static const uint8_t newer[READER_LINK_HEADER] = {'T', 'P', 'R', '1', 2, 0, 1};
	struct bed *bed = *state;
	struct reader_record got;

	connected(bed);
	send_raw(bed, "hello", 5);
	assert_int_equal(reader_link_receive(bed->link, &got), -EBADMSG);
	assert_int_equal(reader_link_fd(bed->link), -1);
	assert_int_equal(reader_client_connect(&bed->client), 0);
	assert_int_equal(reader_link_accept(bed->link, bed->err), 1);
	send_raw(bed, junk, sizeof(junk)); /* one byte more than a packet may have */
	assert_int_equal(reader_link_receive(bed->link, &got), -EBADMSG);
	assert_int_equal(reader_client_connect(&bed->client), 0);
	assert_int_equal(reader_link_accept(bed->link, bed->err), 1);
	send_raw(bed, newer, sizeof(newer));
	assert_int_equal(reader_link_receive(bed->link, &got), -EPROTONOSUPPORT);
}

static void unknown_kinds_are_skipped(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = {.kind = (enum reader_kind)77}, got;

	connected(bed);
	for (int i = 0; i < 3; i++)
		assert_int_equal(reader_client_send(&bed->client, &record), 0);
	record = removed(4);
	assert_int_equal(reader_client_send(&bed->client, &record), 0);
	assert_int_equal(reader_link_receive(bed->link, &got), 1);
	assert_int_equal(got.kind, READER_KIND_REMOVED);
}

static void flood_of_unknown_kinds_does_not_hold_the_caller(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = {.kind = (enum reader_kind)77}, got;
	int sent = 0;

	connected(bed);
	while (reader_client_send(&bed->client, &record) == 0)
		sent++;
	assert_true(sent > 16);
	for (int i = 0; i <= sent / 16; i++)
		assert_true(reader_link_receive(bed->link, &got) != 1);
	assert_int_equal(reader_link_receive(bed->link, &got), -ENOTCONN);
}

static void full_socket_is_eagain_for_the_door_and_the_end_for_the_reader(void **state)
{
	struct bed *bed = *state;
	struct reader_record record = removed(1);
	int rc;

	connected(bed);
	while ((rc = reader_link_send(bed->link, &record)) == 0)
		;
	assert_int_equal(rc, -EAGAIN);
	assert_true(reader_link_fd(bed->link) >= 0);
	while ((rc = reader_client_send(&bed->client, &record)) == 0)
		;
	assert_int_equal(rc, -EAGAIN);
	assert_int_equal(reader_client_send(&bed->client, &record), -ENOTCONN);
}

static pid_t connect_as_nobody(struct bed *bed)
{
	pid_t pid = fork();

	if (pid == 0) {
		bool ok = setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
			  reader_client_connect(&bed->client) == 0;
		struct pollfd end = {.fd = bed->client.fd, .events = POLLIN};

		if (ok)
			poll(&end, 1, 5000); /* until the door ends it */
		_exit(ok ? 0 : 1);
	}
	return pid;
}

static int accept_soon(struct bed *bed)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < 200; i++) {
		rc = reader_link_accept(bed->link, bed->err);
		usleep(5000);
	}
	return rc;
}

static void stranger_is_refused_and_the_readers_user_let_in(void **state)
{
	struct bed *bed = *state;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip(); /* only root can be another user */
	assert_int_equal(listen_here(bed, (uid_t)-1, &bed->link), 0);
	chmod(bed->path, 0666);
	pid = connect_as_nobody(bed);
	assert_int_equal(accept_soon(bed), -EPERM);
	assert_non_null(strstr(bed->err, "65534"));
	assert_int_equal(reader_link_fd(bed->link), -1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	reader_link_free(bed->link);
	assert_int_equal(listen_here(bed, NOBODY, &bed->link), 0);
	chmod(bed->path, 0666);
	pid = connect_as_nobody(bed);
	assert_int_equal(accept_soon(bed), 1);
	bed->link = reader_link_free(bed->link);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(record_sent_is_record_received_both_ways),
		TEST(nobody_connected_is_said),
		TEST(socket_file_is_for_owner_and_group_only),
		TEST(stale_socket_is_replaced),
		TEST(live_socket_is_refused_and_its_reader_kept),
		TEST(file_that_is_no_socket_is_not_touched),
		TEST(path_that_is_too_long_or_nowhere_is_refused),
		TEST(newest_reader_takes_over),
		TEST(reader_that_leaves_is_noticed_after_its_last_record),
		TEST(bad_packets_end_the_connection),
		TEST(unknown_kinds_are_skipped),
		TEST(flood_of_unknown_kinds_does_not_hold_the_caller),
		TEST(full_socket_is_eagain_for_the_door_and_the_end_for_the_reader),
		TEST(stranger_is_refused_and_the_readers_user_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
