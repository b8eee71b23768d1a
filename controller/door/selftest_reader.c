/* SPDX-License-Identifier: Apache-2.0 */
/* Self-test: the reader's program, its hardware, and a card. */
#include "base/clock.h"
#include "door/selftest.h"
#include "hw/reader_link.h"

#include <string.h>
#include <sys/types.h>

#define CONNECT_WAIT_MS 5000
#define RESET_WAIT_MS 10000 /* after its reset: tapin-reader tries every 5 s at least */
#define CARD_WAIT_MS 30000
#define ALIVE_MAX_MS 2000

struct reading {
	struct reader_link *link;
	uint64_t held_ms; /* since when its reset line is held at rest; 0: it has none */
	bool connected, well, has_card;
	char hello[READER_TEXT_MAX + 1];
	char fault[ERR_MAX]; /* the last one */
	struct reader_card card;
};

static void take_record(struct reading *r, const struct reader_record *record)
{
	uint32_t number;

	if (record->kind == READER_KIND_HELLO)
		r->connected = reader_hello_unpack(record, r->hello) == 0;
	else if (record->kind == READER_KIND_ALIVE && reader_u32_unpack(record, &number) == 0)
		r->well = number <= ALIVE_MAX_MS && !*r->fault &&
			  (!r->held_ms || number < clock_mono_ms() - r->held_ms);
	else if (record->kind == READER_KIND_FAULT)
		(void)reader_text_unpack(record, &number, r->fault);
	else if (record->kind == READER_KIND_OK)
		r->fault[0] = '\0';
	else if (record->kind == READER_KIND_CARD)
		r->has_card = reader_card_unpack(record, &r->card) == 0;
}

/* Takes what waits; a peer that is not the reader's user is told as a fault. */
static void receive(struct reading *r)
{
	struct reader_record record;
	char err[ERR_MAX];

	if (reader_link_accept(r->link, err) == -EPERM)
		snprintf(r->fault, sizeof(r->fault), "%s", err);
	if (reader_link_fd(r->link) < 0)
		return;
	while (reader_link_receive(r->link, &record) > 0)
		take_record(r, &record);
	if (reader_link_fd(r->link) < 0)
		r->connected = r->well = false;
}

/* 1 when *done, 0 not in time, -ECANCELED, -EINTR. */
static int until(struct selftest *t, struct reading *r, const bool *done, unsigned ms, bool person)
{
	uint64_t until_ms = clock_mono_ms() + ms, shown_s = 0;

	while (!*done && clock_mono_ms() < until_ms) {
		int fd = reader_link_fd(r->link);
		int n;

		if (person)
			selftest_countdown(t, until_ms, &shown_s);
		n = selftest_wait(t, fd >= 0 ? fd : reader_link_listen_fd(r->link), person,
			clock_mono_ms() + 200);
		if (n < 0)
			return n;
		if (n & SELFTEST_WAIT_TYPED && selftest_skipped(t))
			return -ECANCELED;
		receive(r);
	}
	return *done;
}

/* which card it is, is nobody's business here */
static void tell_card(struct selftest *t, const struct reader_card *card)
{
	const char *kind = tap_unsupported(card->protocol);

	if (kind)
		selftest_fail(t, "card", "show one of a kind that members have (ISO 14443 A)",
			"what was read is %s", kind);
	else
		selftest_ok(t, "card", "a card was read: number of %d bytes, SAK %02X",
			card->uid.len, card->sak);
}

static void try_card(struct selftest *t, struct reading *r)
{
	int n;

	if (!t->asks) {
		selftest_skip(t, "card", "nobody was asked to show one");
		return;
	}
	printf("      show a card to the reader, within %d s; Enter skips it\n",
		CARD_WAIT_MS / 1000);
	r->has_card = false;
	n = until(t, r, &r->has_card, CARD_WAIT_MS, true);
	if (n > 0)
		tell_card(t, &r->card);
	else if (n == 0)
		selftest_fail(t, "card",
			"hold it flat on the antenna; check the antenna, metal behind it, and that "
			"the card is of a kind that is read (13.56 MHz, ISO 14443 A)",
			"no card was read in %d s", CARD_WAIT_MS / 1000);
	else
		selftest_skip(t, "card", "none was shown");
}

static void try_reader(struct selftest *t, struct reading *r)
{
	int n = until(t, r, &r->well, r->held_ms ? RESET_WAIT_MS : CONNECT_WAIT_MS, false);

	if (n > 0) {
		selftest_ok(t, "reader", "it answers: %s", r->hello);
		try_card(t, r);
		return;
	}
	if (!*r->fault)
		strcpy(r->fault, r->connected ? "it is connected, but its hardware does not answer"
					      : "tapin-reader did not connect within 5 s");
	selftest_fail(t, "reader",
		r->connected && r->held_ms
			? "check [wiring] reader_reset: RSTPD_N is reset while it is low, so "
			  "its line is active-low; then the reader's supply and wires"
		: r->connected
			? "check the reader's supply, wires and interface switches; "
			  "journalctl -u tapin-reader says what it tried"
			: "start it: systemctl start tapin-reader; journalctl -u tapin-reader "
			  "says why it does not run; [reader] user must be its user",
		"%s: %s", t->conf.reader_socket, r->fault);
}

/* Keeps the reset line at rest, as the running door does. NULL: there is none, or the outputs'
 * step said why. */
static struct gpio_line *hold_reset(struct selftest *t, struct reading *r)
{
	const struct gpio_spec *spec = &t->conf.lines[DOOR_LINE_READER_RESET];
	struct gpio_line *line = NULL;
	char err[ERR_MAX];

	if (!*spec->line || gpio_line_request(spec, "tapin reader reset", &line, err) < 0)
		return NULL;
	r->held_ms = clock_mono_ms();
	return line;
}

void selftest_reader(struct selftest *t)
{
	struct gpio_line *reset;
	struct reading r = {0};
	char err[ERR_MAX];
	gid_t group;
	uid_t uid = link_peer_uid(&t->conf, &group);

	if (reader_link_listen(t->conf.reader_socket, uid, group, &r.link, err) < 0) {
		selftest_fail(t, "reader",
			"stop what listens there (systemctl stop tapin-door); its directory must "
			"be there and be the door user's (systemd-tmpfiles --create)",
			"%s", err);
		return;
	}
	reset = hold_reset(t, &r);
	try_reader(t, &r);
	gpio_line_free(reset);
	reader_link_free(r.link);
}
