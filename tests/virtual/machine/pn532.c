/* SPDX-License-Identifier: Apache-2.0 */
/* The PN532's line, power, time and faults; what the commands do is in pn532_commands.c. */
#include "pn532.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct pn532_fault_info pn532_faults[PN532_N_FAULTS] = {
	[PN532_FAULT_NONE] = {"none", "works"},
	[PN532_FAULT_HANG] = {"hang", "silent: no ACK, no answer"},
	[PN532_FAULT_LATCHUP] = {"latchup", "the same, until its reset line is pulled"},
	[PN532_FAULT_STALL] = {"stall", "ACK, then no answer"},
	[PN532_FAULT_NOACK] = {"noack", "an answer without an ACK before it"},
	[PN532_FAULT_NACK] = {"nack", "a NACK in place of ACK and answer"},
	[PN532_FAULT_LATE] = {"late", "answers 450 ms late, after the host gave up"},
	[PN532_FAULT_SLOW] = {"slow", "answers 150 ms late, before the host gives up"},
	[PN532_FAULT_BADCHECKSUM] = {"badchecksum", "answers with a wrong data checksum"},
	[PN532_FAULT_WRONGTFI] = {"wrongtfi", "answers that claim to come from the host"},
	[PN532_FAULT_ERRORFRAME] = {"errorframe", "the syntax error frame for every command"},
	[PN532_FAULT_TRUNCATED] = {"truncated", "the first half of each answer, then silence"},
	[PN532_FAULT_GARBAGE] = {"garbage", "16 bytes of noise before each answer"},
	[PN532_FAULT_EXTENDED_GARBAGE] = {"extended-garbage",
		"valid extended frames full of noise"},
	[PN532_FAULT_PIECES] = {"pieces", "answers byte by byte (harmless)"},
	[PN532_FAULT_STATUS7] = {"status7",
		"exchanges answer a status with bit 7 set: libnfc aborts"},
	[PN532_FAULT_ENDLESS] = {"endless",
		"exchanges answer \"more to come\" for ever: libnfc never returns"},
	[PN532_FAULT_ATS0] = {"ats0", "cards answer an ATS of length 0: libnfc crashes"},
	[PN532_FAULT_SHORTANSWER] = {"shortanswer", "exchanges answer one byte of data"},
	[PN532_FAULT_EMPTYANSWER] = {"emptyanswer", "exchanges answer no data"},
	[PN532_FAULT_LONGANSWER] = {"longanswer", "exchanges answer 262 bytes of data"},
	[PN532_FAULT_PULLED] = {"pulled", "the card leaves between select and exchange"},
	[PN532_FAULT_SHORTTARGET] = {"shorttarget", "cards show two bytes of themselves"},
	[PN532_FAULT_LONGTARGET] = {"longtarget", "cards show 250 bytes of noise"},
	[PN532_FAULT_NOISETARGET] = {"noisetarget", "cards show noise of the right length"},
};

void pn532_event(struct pn532 *chip, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	chip->config.event_fn(chip->config.userdata, text);
}

static uint64_t wire_ns(const struct pn532 *chip, size_t n)
{
	return chip->config.timing ? n * 10u * 1000000000u / chip->config.speed : 0;
}

/* True if this fault is on; counts it down where it was asked for a number of times. */
bool pn532_spoils(struct pn532 *chip, enum pn532_fault fault)
{
	if (chip->fault != fault)
		return false;
	if (chip->fault_count && --chip->fault_count == 0) {
		chip->fault = PN532_FAULT_NONE;
		pn532_event(chip, "reader healed after %s", pn532_faults[fault].name);
	}
	return true;
}

/* ---- what leaves ------------------------------------------------------------------------ */

static struct pn532_out *queue(
	struct pn532 *chip, uint64_t at_ns, const uint8_t *bytes, size_t n, const char *note)
{
	struct pn532_out *out;

	if (chip->n_outs == PN532_OUTS) { /* a host that floods loses the oldest */
		memmove(chip->outs, chip->outs + 1, sizeof(*chip->outs) * (PN532_OUTS - 1));
		chip->n_outs--;
	}
	out = &chip->outs[chip->n_outs++];
	memset(out, 0, sizeof(*out));
	out->at_ns = at_ns;
	out->len = n;
	memcpy(out->bytes, bytes, n);
	snprintf(out->note, sizeof(out->note), "%s", note ? note : "");
	return out;
}

static void drop(struct pn532 *chip, unsigned i)
{
	chip->n_outs--;
	memmove(chip->outs + i, chip->outs + i + 1, sizeof(*chip->outs) * (chip->n_outs - i));
}

/* A new command or an ACK from the host ends what runs; an answer under way is not sent. */
static void cancel(struct pn532 *chip)
{
	chip->waiting.on = false;
	for (unsigned i = chip->n_outs; i-- > 0;)
		if (!chip->outs[i].keep)
			drop(chip, i);
}

static void fill_noise(struct pn532 *chip, uint8_t *bytes, size_t n)
{
	chip->config.random_fn(chip->config.userdata, bytes, n);
}

/* Spoils the frame that is about to leave. Returns its new length. */
static size_t spoil_frame(struct pn532 *chip, uint8_t code, uint8_t frame[FRAME_MAX], size_t n)
{
	uint8_t noise[FRAME_BODY_MAX - 1];

	if (pn532_spoils(chip, PN532_FAULT_BADCHECKSUM)) {
		frame[n - 2] ^= 0x5A;
	} else if (pn532_spoils(chip, PN532_FAULT_WRONGTFI)) {
		/* TFI D5 becomes D4, and DCS makes up for it: only the direction is wrong */
		size_t tfi = frame[3] == 0xFF && frame[4] == 0xFF ? 8 : 5;
		frame[tfi] = FRAME_TFI_HOST;
		frame[n - 2]++;
	} else if (pn532_spoils(chip, PN532_FAULT_TRUNCATED)) {
		n /= 2;
	} else if (pn532_spoils(chip, PN532_FAULT_EXTENDED_GARBAGE)) {
		fill_noise(chip, noise, sizeof(noise));
		noise[0] = (uint8_t)(code + 1);
		n = frame_build(FRAME_TFI_CHIP, noise, sizeof(noise), frame);
	} else if (pn532_spoils(chip, PN532_FAULT_ERRORFRAME)) {
		n = sizeof(frame_error);
		memcpy(frame, frame_error, n);
	} else if (n + 16 <= FRAME_MAX && pn532_spoils(chip, PN532_FAULT_GARBAGE)) {
		memmove(frame + 16, frame, n);
		fill_noise(chip, frame, 16);
		n += 16;
	}
	return n;
}

static void send_frame(struct pn532 *chip, uint64_t now_ns, uint64_t radio_ns, uint8_t code,
	uint8_t frame[FRAME_MAX], size_t n, const char *note)
{
	uint64_t start_ns = now_ns > chip->reply_ns ? now_ns : chip->reply_ns, extra_ns = 0;
	bool late, pieces;
	struct pn532_out *out;

	memcpy(chip->last_frame, frame, n);
	chip->last_len = n;
	if (pn532_spoils(chip, PN532_FAULT_STALL))
		return;
	late = pn532_spoils(chip, PN532_FAULT_LATE);
	if (late)
		extra_ns = PN532_LATE_NS;
	else if (pn532_spoils(chip, PN532_FAULT_SLOW))
		extra_ns = PN532_SLOW_NS;
	pieces = pn532_spoils(chip, PN532_FAULT_PIECES);
	n = spoil_frame(chip, code, frame, n);
	if (chip->config.timing)
		start_ns += PN532_CHIP_WORK_NS + radio_ns;
	out = queue(chip, start_ns + extra_ns + (pieces ? 0 : wire_ns(chip, n)), frame, n, note);
	out->keep = late;
	out->pieces = pieces;
}

void pn532_answer(struct pn532 *chip, uint64_t now_ns, uint64_t radio_ns, uint8_t code,
	const uint8_t *data, size_t n, const char *note)
{
	uint8_t body[FRAME_BODY_MAX - 1], frame[FRAME_MAX];

	if (n > sizeof(body) - 1)
		n = sizeof(body) - 1;
	body[0] = (uint8_t)(code + 1);
	if (n)
		memcpy(body + 1, data, n);
	n = frame_build(FRAME_TFI_CHIP, body, n + 1, frame);
	send_frame(chip, now_ns, radio_ns, code, frame, n, note);
}

void pn532_refuse(struct pn532 *chip, uint64_t now_ns)
{
	uint8_t frame[FRAME_MAX];

	memcpy(frame, frame_error, sizeof(frame_error));
	send_frame(chip, now_ns, 0, 0, frame, sizeof(frame_error), NULL);
}

bool pn532_take(struct pn532 *chip, uint64_t now_ns, uint8_t ret_bytes[FRAME_MAX], size_t *ret_n,
	char ret_note[PN532_NOTE_MAX])
{
	unsigned first = 0;
	struct pn532_out *out;

	if (chip->n_outs == 0)
		return false;
	for (unsigned i = 1; i < chip->n_outs; i++)
		if (chip->outs[i].at_ns < chip->outs[first].at_ns)
			first = i;
	out = &chip->outs[first];
	if (out->at_ns > now_ns)
		return false;
	*ret_n = out->pieces ? 1 : out->len;
	memcpy(ret_bytes, out->bytes + out->sent, *ret_n);
	out->sent += *ret_n;
	out->at_ns += PN532_PIECE_NS;
	ret_note[0] = '\0';
	if (out->sent == out->len) {
		memcpy(ret_note, out->note, PN532_NOTE_MAX);
		drop(chip, first);
	}
	return true;
}

/* ---- power, field, cards ---------------------------------------------------------------- */

static void power_up_card(struct pn532 *chip, struct card *card)
{
	uint8_t random[3];

	fill_noise(chip, random, sizeof(random));
	card_power_up(card, random);
}

void pn532_set_field(struct pn532 *chip, bool on)
{
	if (chip->field == on)
		return;
	chip->field = on;
	memset(chip->targets, 0, sizeof(chip->targets));
	for (unsigned i = 0; i < chip->n_slots; i++)
		power_up_card(chip, &chip->slots[i]);
	pn532_event(chip, "reader field %s", on ? "on" : "off");
}

/* TxMode and RxMode: the CRC is handled by the chip, as libnfc assumes without asking. */
void pn532_reset_registers(struct pn532 *chip)
{
	memset(chip->regs, 0, sizeof(chip->regs));
	chip->regs[0x6302] = chip->regs[0x6303] = 0x80;
	chip->parameters = 0x14;
	chip->max_retries = 0xFF;
	chip->timeout_code = 0x0A;
	chip->sam_mode = 0x01;
	chip->last_error = 0;
}

void pn532_init(struct pn532 *chip, const struct pn532_config *config)
{
	memset(chip, 0, sizeof(*chip));
	chip->config = *config;
	pn532_reset_registers(chip);
}

static void power_up(struct pn532 *chip)
{
	cancel(chip);
	pn532_set_field(chip, false);
	pn532_reset_registers(chip);
	memset(&chip->parser, 0, sizeof(chip->parser));
	chip->power = PN532_POWER_ASLEEP;
}

void pn532_brownout(struct pn532 *chip)
{
	power_up(chip);
	pn532_event(chip, "reader asleep after a brown-out");
}

void pn532_reset(struct pn532 *chip, bool on)
{
	if (chip->reset == on)
		return;
	chip->reset = on;
	power_up(chip);
	if (chip->fault == PN532_FAULT_LATCHUP)
		chip->fault = PN532_FAULT_NONE;
	pn532_event(chip, on ? "reader in reset" : "reader out of reset");
}

void pn532_break(struct pn532 *chip, enum pn532_fault fault, unsigned count)
{
	chip->fault = fault;
	chip->fault_count = count;
	for (unsigned i = chip->n_outs; i-- > 0;) /* no late answer outlives its fault */
		if (chip->outs[i].keep)
			drop(chip, i);
}

void pn532_set_timing(struct pn532 *chip, bool timing)
{
	chip->config.timing = timing;
	chip->line_ns = 0;
}

int pn532_card_in(struct pn532 *chip, uint64_t now_ns, const struct card_spec *spec)
{
	struct pn532_waiting *w = &chip->waiting;
	struct card *card;

	for (unsigned i = 0; i < chip->n_slots; i++)
		if (chip->slots[i].spec == spec)
			return -EEXIST;
	if (chip->n_slots == PN532_SLOTS)
		return -ENOSPC;
	card = &chip->slots[chip->n_slots++];
	memset(card, 0, sizeof(*card));
	card->spec = spec;
	power_up_card(chip, card);
	pn532_event(chip, "card %s in field", spec->name);
	if (w->on) { /* the next try meets it; none is made while nothing can have changed */
		uint64_t gone_ns = now_ns > w->start_ns ? now_ns - w->start_ns : 0;
		uint64_t slots = (gone_ns + w->slot_ns - 1) / w->slot_ns;
		w->next_ns = chip->config.timing ? w->start_ns + slots * w->slot_ns : now_ns;
	}
	return 0;
}

int pn532_card_out(struct pn532 *chip, const struct card_spec *spec)
{
	for (unsigned i = 0; i < chip->n_slots; i++) {
		if (chip->slots[i].spec != spec)
			continue;
		for (unsigned t = 0; t < 2; t++) { /* the cards behind it move up one slot */
			struct card *card = chip->targets[t].card;
			if (card == &chip->slots[i])
				chip->targets[t].card = NULL;
			else if (card && card > &chip->slots[i])
				chip->targets[t].card--;
		}
		chip->n_slots--;
		memmove(chip->slots + i, chip->slots + i + 1,
			sizeof(*chip->slots) * (chip->n_slots - i));
		pn532_event(chip, "card %s out of field", spec->name);
		return 0;
	}
	return -ENOENT;
}

/* ---- what arrives ----------------------------------------------------------------------- */

static void receive_command(struct pn532 *chip, uint64_t now_ns, const uint8_t *command, size_t n)
{
	uint64_t ack_ns = now_ns + (chip->config.timing ? PN532_CHIP_ACK_NS : 0) +
			  wire_ns(chip, sizeof(frame_ack));

	if (chip->power == PN532_POWER_ASLEEP)
		return;
	if (chip->power == PN532_POWER_WAKING && command[0] != 0x14)
		return;
	cancel(chip);
	if (chip->fault == PN532_FAULT_LATCHUP || pn532_spoils(chip, PN532_FAULT_HANG))
		return;
	chip->reply_ns = ack_ns;
	if (pn532_spoils(chip, PN532_FAULT_NACK)) {
		queue(chip, ack_ns, frame_nack, sizeof(frame_nack), NULL);
		return;
	}
	if (!pn532_spoils(chip, PN532_FAULT_NOACK))
		queue(chip, ack_ns, frame_ack, sizeof(frame_ack), NULL);
	pn532_run(chip, ack_ns, command, n);
}

static void receive_frame(struct pn532 *chip, uint64_t now_ns, enum frame_kind kind)
{
	const struct frame_parser *p = &chip->parser;
	uint8_t command[FRAME_BODY_MAX];

	switch (kind) {
	case FRAME_KIND_NONE:
	case FRAME_KIND_BAD:
		break;
	case FRAME_KIND_ACK:
		cancel(chip);
		break;
	case FRAME_KIND_NACK:
		if (chip->power == PN532_POWER_AWAKE && chip->last_len)
			queue(chip, now_ns + wire_ns(chip, chip->last_len), chip->last_frame,
				chip->last_len, NULL);
		break;
	case FRAME_KIND_DATA:
		if (p->body[0] != FRAME_TFI_HOST || p->body_len < 2)
			break;
		memcpy(command, p->body + 1, p->body_len - 1);
		receive_command(chip, now_ns, command, p->body_len - 1);
		break;
	}
}

void pn532_receive(struct pn532 *chip, uint64_t now_ns, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && !chip->reset; i++) {
		enum frame_kind kind = frame_parser_push(&chip->parser, bytes[i]);

		chip->line_ns =
			(chip->line_ns > now_ns ? chip->line_ns : now_ns) + wire_ns(chip, 1);
		if (chip->parser.saw_wakeup && chip->power == PN532_POWER_ASLEEP)
			chip->power = PN532_POWER_WAKING;
		chip->parser.saw_wakeup = false;
		receive_frame(chip, chip->config.timing ? chip->line_ns : now_ns, kind);
	}
}

void pn532_tick(struct pn532 *chip, uint64_t now_ns)
{
	struct pn532_waiting *w = &chip->waiting;

	if (!w->on)
		return;
	if (w->next_ns <= now_ns && w->next_ns <= w->end_ns) {
		uint64_t at_ns = w->next_ns;
		w->next_ns = PN532_NEVER;
		pn532_try(chip, at_ns, false);
	}
	if (w->on && w->end_ns <= now_ns)
		pn532_try(chip, w->end_ns, true);
}

uint64_t pn532_next_ns(const struct pn532 *chip)
{
	const struct pn532_waiting *w = &chip->waiting;
	uint64_t next_ns = PN532_NEVER;

	for (unsigned i = 0; i < chip->n_outs; i++)
		if (chip->outs[i].at_ns < next_ns)
			next_ns = chip->outs[i].at_ns;
	if (w->on && w->next_ns < next_ns)
		next_ns = w->next_ns;
	if (w->on && w->end_ns < next_ns)
		next_ns = w->end_ns;
	return next_ns;
}
