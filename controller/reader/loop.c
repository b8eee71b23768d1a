/* SPDX-License-Identifier: Apache-2.0 */
#include "reader/loop.h"

#include "base/log.h"
#include <poll.h>
#include <string.h>

#define OPEN_WAIT_MIN 200u
#define OPEN_WAIT_MAX 5000u
#define CONNECT_WAIT_MIN 200u
#define CONNECT_WAIT_MAX 2000u
#define ALIVE_MS 900u /* with one select in between, ALIVE still comes every second */
#define FEED_MS 1000u
#define THERE_MS 250u /* how often a missing device file is looked for */
#define PROVEN_MS 10000u
#define TALK_MS 200u /* no select between the steps of a card's protocol */
#define ERRORS_MAX 2u
#define OTHER_MS 80u          /* between two looks for cards that are not of type A */
#define OTHER_PAUSE_MS 10000u /* after an error: a chip may stumble over it, or answer too late */

static uint64_t now_ms(const struct reader_loop *loop)
{
	return loop->now_us() / 1000;
}

static uint32_t doubled(uint32_t wait_ms, uint32_t max_ms)
{
	return wait_ms * 2 < max_ms ? wait_ms * 2 : max_ms;
}

static void set_status(const struct reader_loop *loop)
{
	const char *door = loop->client.fd < 0 ? "; no connection to tapin-door" : "";
	char status[ERR_MAX + 80];

	if (loop->fault)
		snprintf(status, sizeof(status), "STATUS=Fault: %s%s", loop->fault_text, door);
	else
		snprintf(status, sizeof(status), "STATUS=%s%s", loop->open ? "Reading" : "Starting",
			door);
	loop->notify(status);
}

static void feed(struct reader_loop *loop)
{
	uint64_t now = now_ms(loop);

	if (now < loop->fed_ms + FEED_MS && loop->fed_ms)
		return;
	loop->notify("WATCHDOG=1");
	loop->fed_ms = now;
}

/* ---- the door ---- */

static void send_record(struct reader_loop *loop, const struct reader_record *record)
{
	int rc = reader_client_send(&loop->client, record);

	if (rc == 0 || rc == -ENOTCONN)
		return;
	log_warning("lost the connection to tapin-door at %s: %s; connecting again",
		loop->client.address.sun_path,
		rc == -EAGAIN ? "it does not take records" : strerror(-rc));
	set_status(loop);
}

static void send_alive(struct reader_loop *loop)
{
	uint64_t now = now_ms(loop), age = now - loop->good_ms;
	struct reader_record record;

	if (!loop->good_ms)
		age = READER_AGE_NEVER;
	else if (age >= READER_AGE_NEVER)
		age = READER_AGE_NEVER - 1;
	loop->alive_at = now + ALIVE_MS;
	if (reader_u32_pack(READER_KIND_ALIVE, (uint32_t)age, &record) == 0)
		send_record(loop, &record);
}

static void send_fault(struct reader_loop *loop)
{
	struct reader_record record;

	if (reader_text_pack(
		    READER_KIND_FAULT, (uint32_t)-loop->fault, loop->fault_text, &record) == 0)
		send_record(loop, &record);
}

static void greet(struct reader_loop *loop)
{
	const uint8_t protocols[] = {
		READER_PROTOCOL_ISO14443A, READER_PROTOCOL_ISO14443B, READER_PROTOCOL_FELICA};
	char text[READER_TEXT_MAX + 1];
	struct reader_record record;

	loop->told = 0;
	loop->port.describe(loop->port.context, text);
	if (reader_hello_pack(protocols, sizeof(protocols), text, &record) == 0)
		send_record(loop, &record);
	if (loop->fault)
		send_fault(loop);
	send_alive(loop);
}

static void connect_door(struct reader_loop *loop)
{
	int rc = reader_client_connect(&loop->client);

	if (rc < 0) {
		loop->connect_at = now_ms(loop) + loop->connect_wait_ms;
		loop->connect_wait_ms = doubled(loop->connect_wait_ms, CONNECT_WAIT_MAX);
		return;
	}
	loop->connect_wait_ms = CONNECT_WAIT_MIN;
	/* if this connection is ended at once, the next attempt waits all the same */
	loop->connect_at = now_ms(loop) + CONNECT_WAIT_MIN;
	log_info("connected to tapin-door at %s", loop->client.address.sun_path);
	set_status(loop);
	greet(loop);
}

/* ---- the reader ---- */

/* From here until a good answer the reader is closed or in doubt. */
static void fail(struct reader_loop *loop, int code, const char *text)
{
	bool news = loop->fault != code || strcmp(loop->fault_text, text) != 0;
	uint64_t now;

	if (loop->open) {
		send_alive(loop);
		loop->port.close(loop->port.context);
	}
	now = now_ms(loop);
	loop->open = false;
	loop->errors = 0;
	loop->missing = code == -ENOENT;
	presence_unknown(&loop->presence);
	if (loop->opened_ms && loop->good_ms >= loop->opened_ms + PROVEN_MS)
		loop->open_wait_ms = OPEN_WAIT_MIN;
	loop->opened_ms = 0;
	loop->open_at = now + loop->open_wait_ms;
	loop->open_wait_ms = doubled(loop->open_wait_ms, OPEN_WAIT_MAX);
	if (!news)
		return;
	if (!loop->fault)
		loop->fault_ms = now;
	loop->fault = code;
	snprintf(loop->fault_text, sizeof(loop->fault_text), "%s", text);
	log_warning("%s; trying again", text);
	set_status(loop);
	send_fault(loop);
}

static void open_reader(struct reader_loop *loop)
{
	char err[ERR_MAX];
	int rc;

	send_alive(loop);
	rc = loop->port.open(loop->port.context, err);
	feed(loop);
	if (rc < 0) {
		fail(loop, rc, err);
		return;
	}
	loop->open = true;
	loop->missing = false;
	loop->opened_ms = now_ms(loop);
	loop->select_at = loop->opened_ms;
	loop->unknown = 0; /* it may be another reader */
}

static void good_answer(struct reader_loop *loop)
{
	struct reader_record record = {.kind = READER_KIND_OK};

	loop->errors = 0;
	loop->good_ms = now_ms(loop);
	feed(loop);
	if (!loop->fault)
		return;
	log_info("the reader answers again after %llu ms",
		(unsigned long long)(loop->good_ms - loop->fault_ms));
	loop->fault = 0;
	set_status(loop);
	send_record(loop, &record);
}

static void bad_answer(struct reader_loop *loop, int code)
{
	char about[READER_TEXT_MAX + 1], text[ERR_MAX];

	loop->select_at = now_ms(loop);
	loop->other_at = loop->select_at + OTHER_PAUSE_MS;
	presence_unknown(&loop->presence);
	if (++loop->errors < ERRORS_MAX)
		return;
	loop->port.describe(loop->port.context, about);
	snprintf(text, sizeof(text), "reader %s: %s", about,
		code == -ETIMEDOUT ? "it does not answer; check its power and its wiring"
		: code == -EBADMSG ? "it answers what no card can be; check the reader"
				   : "the line is broken or gone; check the cable");
	fail(loop, code, text);
}

static void tell_change(
	struct reader_loop *loop, struct presence_change change, struct reader_card *card)
{
	struct reader_record record;

	if (change.removed && change.removed == loop->told) {
		loop->told = 0;
		if (reader_u32_pack(READER_KIND_REMOVED, change.removed, &record) == 0)
			send_record(loop, &record);
	}
	if (!change.arrived || loop->client.fd < 0)
		return;
	card->handle = change.arrived;
	loop->told = change.arrived;
	if (reader_card_pack(card, &record) == 0)
		send_record(loop, &record);
}

/* The next kind that this reader can look for; READER_LOOK_A: none. */
static enum reader_look next_other(const struct reader_loop *loop)
{
	enum reader_look look = loop->other;

	for (unsigned i = READER_LOOK_A + 1; i < READER_LOOK_COUNT; i++) {
		look = look + 1 < READER_LOOK_COUNT ? look + 1 : READER_LOOK_A + 1;
		if (!(loop->unknown & 1u << look))
			return look;
	}
	return READER_LOOK_A;
}

/* No card of type A: perhaps one of another kind. As port.select. */
static int select_other(struct reader_loop *loop, struct reader_card *card)
{
	bool held = loop->presence.here;
	uint64_t now = now_ms(loop);
	int rc;

	if ((held && loop->present == READER_LOOK_A) || now < loop->other_at)
		return 0;
	loop->other_at = now + (held ? 0 : OTHER_MS);
	loop->other = held ? loop->present : next_other(loop);
	if (loop->other == READER_LOOK_A)
		return 0;
	rc = loop->port.select(loop->port.context, loop->other, card);
	if (rc == -EOPNOTSUPP) {
		loop->unknown |= 1u << loop->other;
		rc = 0;
	}
	if (rc == 1) {
		loop->present = loop->other;
		loop->other_at = now;
	}
	return rc;
}

/* As port.select, for any kind. */
static int select_any(struct reader_loop *loop, struct reader_card *card)
{
	struct reader_card type_a = {0};
	bool held = loop->presence.here;
	int rc = loop->port.select(loop->port.context, READER_LOOK_A, card);

	loop->select_at = now_ms(loop) + loop->poll_ms;
	if (rc == 1)
		loop->present = READER_LOOK_A;
	if (rc != 0)
		return rc;
	rc = select_other(loop, card);
	if (rc != 1 || held)
		return rc;
	/* it came between the two looks, and may be of type A as well, as phones are */
	rc = loop->port.select(loop->port.context, READER_LOOK_A, &type_a);
	if (rc == 0)
		return 1;
	loop->present = READER_LOOK_A;
	*card = type_a;
	return rc;
}

static void select_card(struct reader_loop *loop)
{
	struct reader_card card = {0};
	int rc = select_any(loop, &card);
	struct presence_change change;

	card.mono_us = loop->now_us();
	if (rc < 0) {
		bad_answer(loop, rc);
		return;
	}
	change = rc ? presence_card(&loop->presence, &card.uid) : presence_nobody(&loop->presence);
	tell_change(loop, change, &card); /* somebody waits: first the card, then the rest */
	good_answer(loop);
}

/* ---- exchanges for the door ---- */

static void answer(
	struct reader_loop *loop, uint32_t request, int result, const uint8_t *data, size_t size)
{
	struct reader_record record;

	if (reader_result_pack(request, (uint32_t)-result, data, size, &record) == 0)
		send_record(loop, &record);
}

/* The card did not answer properly: one select says whether it is still there. */
static int look_again(struct reader_loop *loop, uint32_t handle)
{
	if (loop->open)
		select_card(loop);
	return loop->open && presence_reaches(&loop->presence, handle) ? -EIO : -ENODEV;
}

static void exchange(struct reader_loop *loop, const struct reader_record *record)
{
	uint8_t reply[READER_ANSWER_MAX];
	uint32_t handle, timeout_ms;
	const uint8_t *data;
	size_t size;
	int rc;

	if (reader_transceive_unpack(record, &handle, &timeout_ms, &data, &size) < 0) {
		answer(loop, record->request, -EINVAL, NULL, 0);
		return;
	}
	if (!loop->open || !presence_reaches(&loop->presence, handle)) {
		answer(loop, record->request, -ENODEV, NULL, 0);
		return;
	}
	rc = loop->port.transceive(
		loop->port.context, data, size, reply, sizeof(reply), timeout_ms);
	loop->select_at = now_ms(loop) + (rc >= 0 ? TALK_MS : 0);
	if (rc == -EREMOTEIO)
		rc = look_again(loop, handle);
	else if (rc == -EIO || rc == -ETIMEDOUT)
		bad_answer(loop, rc);
	else
		good_answer(loop);
	answer(loop, record->request, rc < 0 ? rc : 0, reply, rc < 0 ? 0 : (size_t)rc);
}

static void serve_door(struct reader_loop *loop)
{
	struct reader_record record;
	int rc = reader_client_receive(&loop->client, &record);

	if (rc == 1 && record.kind == READER_KIND_TRANSCEIVE)
		exchange(loop, &record);
	if (rc >= 0 || rc == -ENOTCONN)
		return;
	log_warning("the connection to tapin-door at %s ended: %s; connecting again",
		loop->client.address.sun_path, strerror(-rc));
	set_status(loop);
}

/* ---- turning ---- */

int reader_loop_init(struct reader_loop *loop, const struct reader_loop_settings *settings,
	const struct reader_port *port, uint64_t (*now_us)(void), void (*notify)(const char *state),
	char err[ERR_MAX])
{
	*loop = (struct reader_loop){
		.port = *port,
		.now_us = now_us,
		.notify = notify,
		.poll_ms = settings->poll_ms,
		.open_wait_ms = OPEN_WAIT_MIN,
		.connect_wait_ms = CONNECT_WAIT_MIN,
	};
	presence_init(&loop->presence, settings->misses);
	return reader_client_init(&loop->client, settings->socket_path, err);
}

/* A device file that comes back is opened at once; one that goes is tried once, to say so. */
static bool open_is_due(const struct reader_loop *loop, uint64_t now)
{
	bool there = loop->port.is_there(loop->port.context);

	return there == loop->missing || (there && now >= loop->open_at);
}

static uint32_t until(uint64_t at, uint64_t now, uint32_t most)
{
	if (at <= now)
		return 0;
	return at - now < most ? (uint32_t)(at - now) : most;
}

static uint32_t next_due(const struct reader_loop *loop)
{
	uint64_t now = now_ms(loop);
	uint32_t due =
		until(loop->client.fd < 0 ? loop->connect_at : loop->alive_at, now, ALIVE_MS);

	if (loop->open)
		return until(loop->select_at, now, due);
	due = due < THERE_MS ? due : THERE_MS;
	return loop->missing ? due : until(loop->open_at, now, due);
}

uint32_t reader_loop_turn(struct reader_loop *loop)
{
	serve_door(loop);
	if (loop->open && now_ms(loop) >= loop->select_at)
		select_card(loop);
	else if (!loop->open && open_is_due(loop, now_ms(loop)))
		open_reader(loop);
	if (loop->client.fd < 0 && now_ms(loop) >= loop->connect_at)
		connect_door(loop);
	if (loop->client.fd >= 0 && now_ms(loop) >= loop->alive_at)
		send_alive(loop);
	return next_due(loop);
}

int reader_loop_run(struct reader_loop *loop, int stop_fd)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = stop_fd, .events = POLLIN},
			{.fd = -1, .events = POLLIN},
		};
		uint32_t wait_ms = reader_loop_turn(loop);

		fds[1].fd = loop->client.fd;
		if (poll(fds, 2, (int)wait_ms) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			return 0;
	}
}

void reader_loop_close(struct reader_loop *loop)
{
	loop->port.close(loop->port.context);
	loop->open = false;
	reader_client_close(&loop->client);
}
