/* SPDX-License-Identifier: Apache-2.0 */
/* What the PN532's commands do (UM0701-02, chapter 7). Each answers once, or refuses. */
#include "pn532.h"

#include "base/util.h"
#include "catalogue.h"

#include <string.h>

enum {
	COMMAND_DIAGNOSE = 0x00,
	COMMAND_GET_FIRMWARE = 0x02,
	COMMAND_GET_STATUS = 0x04,
	COMMAND_READ_REGISTER = 0x06,
	COMMAND_WRITE_REGISTER = 0x08,
	COMMAND_SET_PARAMETERS = 0x12,
	COMMAND_SAM = 0x14,
	COMMAND_POWER_DOWN = 0x16,
	COMMAND_RF_CONFIGURATION = 0x32,
	COMMAND_EXCHANGE = 0x40,
	COMMAND_THRU = 0x42,
	COMMAND_DESELECT = 0x44,
	COMMAND_LIST = 0x4A,
	COMMAND_PSL = 0x4E,
	COMMAND_RELEASE = 0x52,
	COMMAND_SELECT = 0x54,
	COMMAND_AUTOPOLL = 0x60,
};

enum {
	PARAMETER_AUTO_RATS = 0x10,
	STATUS_OK = 0x00,
	STATUS_WRONG_CONTEXT = 0x27, /* no such target */
	STATUS_MORE = 0x40,
	RETRY_FOREVER = 0xFF,
	BRTY_TYPE_A = 0x00,
	BRTY_FELICA_212 = 0x01,
	BRTY_FELICA_424 = 0x02,
	BRTY_TYPE_B = 0x03,
	BRTY_MAX = 0x04,
	REG_TX_MODE = 0x6302,
	REG_BIT_FRAMING = 0x633D,
};
#define AUTOPOLL_UNIT_NS 150000000u
#define LONG_TARGET 250
#define TARGETS_DATA_MAX (1 + 2 * (2 + LONG_TARGET))

static void answer_status(struct pn532 *chip, uint64_t now_ns, uint8_t code, uint8_t status)
{
	chip->last_error = status;
	pn532_answer(chip, now_ns, 0, code, &status, 1, NULL);
}

/* How long the chip listens to a silent card: RFConfiguration item 2, 0 = no limit: its longest. */
static uint64_t silence_ns(const struct pn532 *chip)
{
	unsigned code = chip->timeout_code;

	return code == 0 || code > 0x10 ? 3280000000u : (uint64_t)100000 << (code - 1);
}

/* ---- finding cards ---------------------------------------------------------------------- */

static uint64_t activation_ns(const struct pn532 *chip, const struct card *card)
{
	unsigned levels = (card->spec->uid_len - 4u) / 3 + 1;

	return PN532_ACTIVATE_NS + levels * PN532_LEVEL_NS +
	       (card->state == CARD_STATE_PROTOCOL || chip->fault == PN532_FAULT_ATS0
			       ? PN532_RATS_NS
			       : 0);
}

/* Cards that an earlier command selected hear the chip again. */
static void release_targets(struct pn532 *chip)
{
	for (unsigned i = 0; i < ARRAY_SIZE(chip->targets); i++) {
		struct card *card = chip->targets[i].card;
		if (card && card->state != CARD_STATE_HALTED)
			card->state = CARD_STATE_IDLE;
	}
	memset(chip->targets, 0, sizeof(chip->targets));
}

static bool hears(const struct pn532_waiting *w, const struct card *card)
{
	if (w->n_wanted)
		return card_uid_matches(card, w->wanted, w->n_wanted);
	return card->state != CARD_STATE_HALTED;
}

/* ATQB: PUPI, application data, protocol info; then an empty answer to ATTRIB with its length. */
static size_t put_type_b(const struct card *card, uint8_t *at)
{
	static const uint8_t rest[] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x71, 0x81, 1, 0x00};

	at[0] = 0x50;
	memcpy(at + 1, card->uid, 4);
	memcpy(at + 5, rest, sizeof(rest));
	return 5 + sizeof(rest);
}

/* The answer to POLLING with its length: NFCID2, Pad. */
static size_t put_felica(const struct card *card, uint8_t *at)
{
	static const uint8_t pad[] = {0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4E, 0xFF};

	at[0] = 0x12;
	at[1] = 0x01;
	memcpy(at + 2, card->uid, 8);
	memcpy(at + 10, pad, sizeof(pad));
	return 10 + sizeof(pad);
}

/* SENS_RES, SEL_RES, UID with its length, ATS with its length. */
static size_t put_type_a(struct pn532 *chip, const struct card *card, uint8_t *at)
{
	const struct card_spec *spec = card->spec;
	size_t n = 0;

	at[n++] = spec->atqa[0];
	at[n++] = spec->atqa[1];
	at[n++] = spec->sak;
	at[n++] = spec->uid_len;
	memcpy(at + n, card->uid, spec->uid_len);
	n += spec->uid_len;
	if (pn532_spoils(chip, PN532_FAULT_ATS0)) {
		at[n++] = 0;
	} else if (card->state == CARD_STATE_PROTOCOL) {
		at[n++] = (uint8_t)(spec->ats_len + 1);
		memcpy(at + n, spec->ats, spec->ats_len);
		n += spec->ats_len;
	}
	return n;
}

/* Tg and what the card shows of itself. Returns the length. */
static size_t put_target(struct pn532 *chip, uint8_t tg, const struct card *card, uint8_t *at)
{
	size_t n = 1;

	at[0] = tg;
	if (card->spec->kind == CARD_KIND_TYPEB)
		n += put_type_b(card, at + 1);
	else if (card->spec->kind == CARD_KIND_FELICA)
		n += put_felica(card, at + 1);
	else
		n += put_type_a(chip, card, at + 1);
	if (pn532_spoils(chip, PN532_FAULT_SHORTTARGET))
		n = 2;
	else if (pn532_spoils(chip, PN532_FAULT_LONGTARGET))
		chip->config.random_fn(chip->config.userdata, at, n = LONG_TARGET);
	else if (pn532_spoils(chip, PN532_FAULT_NOISETARGET))
		chip->config.random_fn(chip->config.userdata, at, n);
	return n;
}

/* The InAutoPoll type under which this card is reported, or -1 if it was not asked for. */
static int autopoll_type(const struct pn532_waiting *w, const struct card *card)
{
	for (unsigned i = 0; i < w->n_types; i++) {
		uint8_t type = w->types[i];
		bool iso_dep = card->spec->sak & 0x20;
		if (type == 0x00 || (type == 0x10 && !iso_dep) || (type == 0x20 && iso_dep))
			return type;
	}
	return -1;
}

static bool speaks(const struct card_spec *spec, uint8_t modulation)
{
	if (spec->kind == CARD_KIND_TYPEB)
		return modulation == BRTY_TYPE_B;
	if (spec->kind == CARD_KIND_FELICA)
		return modulation == BRTY_FELICA_212 || modulation == BRTY_FELICA_424;
	return modulation == BRTY_TYPE_A;
}

static bool eligible(const struct pn532_waiting *w, const struct card *card)
{
	if (w->autopoll)
		return card_is_type_a(card->spec) && hears(w, card) && autopoll_type(w, card) >= 0;
	return speaks(card->spec, w->modulation) && hears(w, card);
}

void pn532_try(struct pn532 *chip, uint64_t now_ns, bool done)
{
	struct pn532_waiting *w = &chip->waiting;
	uint8_t code = w->autopoll ? COMMAND_AUTOPOLL : COMMAND_LIST, found = 0;
	uint8_t data[TARGETS_DATA_MAX];
	char note[PN532_NOTE_MAX], hex[CARD_UID_MAX * 2 + 1];
	size_t n = 1, note_n = (size_t)snprintf(note, sizeof(note), "reader answered card");
	uint64_t radio_ns = 0;

	for (unsigned i = 0; i < chip->n_slots && found < w->max_targets; i++) {
		struct card *card = &chip->slots[i];
		size_t head = w->autopoll ? 2 : 0;

		if (!eligible(w, card))
			continue;
		card_activate(card, chip->parameters & PARAMETER_AUTO_RATS);
		chip->targets[found] = (struct pn532_target){.known = true, .card = card};
		radio_ns += activation_ns(chip, card);
		size_t length = put_target(chip, ++found, card, data + n + head);
		if (w->autopoll) {
			data[n] = (uint8_t)autopoll_type(w, card);
			data[n + 1] = (uint8_t)length;
		}
		n += head + length;
		note_n += (size_t)snprintf(note + note_n, sizeof(note) - note_n, " %s",
			hex_format(card->uid, card->spec->uid_len, hex));
	}
	if (!found && !done)
		return;
	w->on = false;
	data[0] = found;
	pn532_answer(chip, now_ns, radio_ns, code, data, n, found ? note : NULL);
}

/* Begins w: the first try at once, then each slot until the end. */
static void wait_for_card(struct pn532 *chip, uint64_t now_ns, uint64_t slot_ns, uint64_t tries)
{
	struct pn532_waiting *w = &chip->waiting;

	pn532_set_field(chip, true);
	release_targets(chip);
	w->on = true;
	w->start_ns = now_ns;
	w->slot_ns = slot_ns;
	w->next_ns = PN532_NEVER;
	w->end_ns = tries == PN532_NEVER ? PN532_NEVER : now_ns + tries * slot_ns;
	pn532_try(chip, now_ns, w->end_ns <= now_ns);
}

static void list(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	struct pn532_waiting *w = &chip->waiting;
	uint64_t tries = chip->max_retries == RETRY_FOREVER ? PN532_NEVER : chip->max_retries + 1u;

	if (n < 2 || arg[0] < 1 || arg[0] > 2 || arg[1] > BRTY_MAX) {
		pn532_refuse(chip, now_ns);
		return;
	}
	memset(w, 0, sizeof(*w));
	w->max_targets = arg[0];
	w->modulation = arg[1];
	if (arg[1] == BRTY_TYPE_A) {
		if (n - 2 > sizeof(w->wanted)) {
			pn532_refuse(chip, now_ns);
			return;
		}
		w->n_wanted = (uint8_t)(n - 2);
		memcpy(w->wanted, arg + 2, n - 2);
	}
	if (!chip->config.timing && tries != PN532_NEVER)
		tries = 0;
	wait_for_card(chip, now_ns, PN532_TRY_NS, tries);
}

static void autopoll(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	struct pn532_waiting *w = &chip->waiting;
	uint64_t tries = PN532_NEVER;

	if (n < 3 || n - 2 > sizeof(w->types) || arg[0] == 0 || arg[1] == 0 || arg[1] > 15) {
		pn532_refuse(chip, now_ns);
		return;
	}
	memset(w, 0, sizeof(*w));
	w->autopoll = true;
	w->max_targets = 2;
	w->n_types = (uint8_t)(n - 2);
	memcpy(w->types, arg + 2, n - 2);
	if (arg[0] != RETRY_FOREVER)
		tries = (uint64_t)arg[0] * w->n_types;
	wait_for_card(chip, now_ns, (uint64_t)arg[1] * AUTOPOLL_UNIT_NS, tries);
}

/* ---- talking to cards ------------------------------------------------------------------- */

/* "pulled": every card leaves the field just before the exchange reaches it. */
static void pull_cards(struct pn532 *chip)
{
	if (chip->n_slots == 0 || !pn532_spoils(chip, PN532_FAULT_PULLED))
		return;
	while (chip->n_slots)
		pn532_card_out(chip, chip->slots[0].spec);
}

static void answer_exchange(
	struct pn532 *chip, uint64_t now_ns, uint8_t code, size_t tx_n, int r, uint8_t *data)
{
	uint64_t radio_ns = r == -CARD_ERROR_TIMEOUT ? silence_ns(chip) : PN532_CARD_NS;
	size_t n = r > 0 ? (size_t)r : 0;

	data[0] = r < 0 ? (uint8_t)-r : STATUS_OK;
	radio_ns += (tx_n + n + 4) * PN532_RF_BYTE_NS; /* both ways with two CRC bytes */
	if (pn532_spoils(chip, PN532_FAULT_STATUS7)) {
		data[0] |= 0x80;
	} else if (pn532_spoils(chip, PN532_FAULT_ENDLESS)) {
		data[0] = STATUS_MORE;
		n = 0;
	} else if (pn532_spoils(chip, PN532_FAULT_SHORTANSWER)) {
		data[0] = STATUS_OK;
		data[1] = n ? data[1] : 0xAF;
		n = 1;
	} else if (pn532_spoils(chip, PN532_FAULT_EMPTYANSWER)) {
		data[0] = STATUS_OK;
		n = 0;
	} else if (pn532_spoils(chip, PN532_FAULT_LONGANSWER)) {
		data[0] = STATUS_OK;
		n = CARD_ANSWER_MAX;
		chip->config.random_fn(chip->config.userdata, data + 1, n);
	}
	chip->last_error = data[0];
	pn532_answer(chip, now_ns, radio_ns, code, data, n + 1, NULL);
}

static void exchange(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	uint8_t data[1 + CARD_ANSWER_MAX];
	struct pn532_target *target;
	int r = -CARD_ERROR_TIMEOUT;

	if (n < 1) {
		pn532_refuse(chip, now_ns);
		return;
	}
	pull_cards(chip);
	if (arg[0] < 1 || arg[0] > 2 || !chip->targets[arg[0] - 1].known) {
		answer_status(chip, now_ns, COMMAND_EXCHANGE, STATUS_WRONG_CONTEXT);
		return;
	}
	target = &chip->targets[arg[0] - 1];
	if (target->card && target->card->state == CARD_STATE_HALTED)
		card_activate(target->card, chip->parameters & PARAMETER_AUTO_RATS);
	if (target->card)
		r = card_exchange(target->card, arg + 1, n - 1, data + 1);
	answer_exchange(chip, now_ns, COMMAND_EXCHANGE, n - 1, r, data);
}

static void thru(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	bool short_frame = (chip->regs[REG_BIT_FRAMING] & 7) == 7;
	bool without_crc = !(chip->regs[REG_TX_MODE] & 0x80);
	bool type_a = !(chip->regs[REG_TX_MODE] & 0x03);
	uint8_t data[1 + CARD_ANSWER_MAX];
	int r = 0;

	pull_cards(chip);
	for (unsigned i = 0; i < chip->n_slots && r == 0 && type_a && chip->field; i++)
		r = card_raw(&chip->slots[i], arg, n, short_frame, without_crc, data + 1);
	answer_exchange(chip, now_ns, COMMAND_THRU, n, r ? r : -CARD_ERROR_TIMEOUT, data);
}

/* InDeselect, InRelease and InSelect: Tg 0 is every target. */
static void targets(struct pn532 *chip, uint64_t now_ns, uint8_t code, const uint8_t *arg, size_t n)
{
	uint8_t status = STATUS_OK;

	if (n != 1 || (code == COMMAND_SELECT && arg[0] == 0)) {
		pn532_refuse(chip, now_ns);
		return;
	}
	if (arg[0] > 2 || (arg[0] && !chip->targets[arg[0] - 1].known)) {
		answer_status(chip, now_ns, code, STATUS_WRONG_CONTEXT);
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(chip->targets); i++) {
		struct pn532_target *target = &chip->targets[i];
		if (!target->known || (arg[0] && arg[0] != i + 1))
			continue;
		if (code == COMMAND_SELECT && target->card)
			card_activate(target->card, chip->parameters & PARAMETER_AUTO_RATS);
		else if (code == COMMAND_SELECT)
			status = CARD_ERROR_TIMEOUT;
		else if (target->card)
			target->card->state = target->card->spec->kind == CARD_KIND_FELICA
						      ? CARD_STATE_IDLE /* it knows no halt */
						      : CARD_STATE_HALTED;
		if (code == COMMAND_RELEASE)
			*target = (struct pn532_target){0};
	}
	answer_status(chip, now_ns, code, status);
}

/* ---- the chip itself -------------------------------------------------------------------- */

static void diagnose(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	uint8_t ok = STATUS_OK;

	if (n >= 1 && arg[0] == 0x00) /* communication test: everything comes back */
		pn532_answer(chip, now_ns, 0, COMMAND_DIAGNOSE, arg, n, NULL);
	else if (n >= 1 && (arg[0] == 0x01 || arg[0] == 0x02)) /* ROM, RAM */
		pn532_answer(chip, now_ns, 0, COMMAND_DIAGNOSE, &ok, 1, NULL);
	else if (n >= 1 && arg[0] == 0x06) /* is the selected card there? */
		answer_status(chip, now_ns, COMMAND_DIAGNOSE,
			chip->targets[0].card ? STATUS_OK : CARD_ERROR_TIMEOUT);
	else
		pn532_refuse(chip, now_ns);
}

static void get_status(struct pn532 *chip, uint64_t now_ns)
{
	uint8_t data[16] = {chip->last_error};
	size_t n = 3;

	for (uint8_t i = 0; i < ARRAY_SIZE(chip->targets); i++) {
		if (!chip->targets[i].known)
			continue;
		data[2]++;
		data[n++] = (uint8_t)(i + 1);
		n += 2;           /* 106 kbit/s both ways */
		data[n++] = 0x10; /* modulation: type A */
	}
	data[n++] = 0x00; /* SAM */
	pn532_answer(chip, now_ns, 0, COMMAND_GET_STATUS, data, n, NULL);
}

static void read_registers(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	uint8_t data[FRAME_BODY_MAX / 2];

	if (n == 0 || n % 2) {
		pn532_refuse(chip, now_ns);
		return;
	}
	for (size_t i = 0; i < n / 2; i++)
		data[i] = chip->regs[arg[i * 2] << 8 | arg[i * 2 + 1]];
	pn532_answer(chip, now_ns, 0, COMMAND_READ_REGISTER, data, n / 2, NULL);
}

static void write_registers(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	if (n == 0 || n % 3) {
		pn532_refuse(chip, now_ns);
		return;
	}
	for (size_t i = 0; i < n; i += 3)
		chip->regs[arg[i] << 8 | arg[i + 1]] = arg[i + 2];
	pn532_answer(chip, now_ns, 0, COMMAND_WRITE_REGISTER, NULL, 0, NULL);
}

static void set_parameters(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	if (n != 1) {
		pn532_refuse(chip, now_ns);
		return;
	}
	chip->parameters = arg[0];
	pn532_answer(chip, now_ns, 0, COMMAND_SET_PARAMETERS, NULL, 0, NULL);
}

static void sam_configuration(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	if (n < 1 || n > 3 || arg[0] < 1 || arg[0] > 4) {
		pn532_refuse(chip, now_ns);
		return;
	}
	chip->sam_mode = arg[0];
	if (chip->power != PN532_POWER_AWAKE)
		pn532_event(chip, "reader awake");
	chip->power = PN532_POWER_AWAKE;
	pn532_answer(chip, now_ns, 0, COMMAND_SAM, NULL, 0, NULL);
}

static void power_down(struct pn532 *chip, uint64_t now_ns, size_t n)
{
	if (n < 1 || n > 2) {
		pn532_refuse(chip, now_ns);
		return;
	}
	answer_status(chip, now_ns, COMMAND_POWER_DOWN, STATUS_OK);
	pn532_set_field(chip, false);
	pn532_reset_registers(chip);
	chip->power = PN532_POWER_ASLEEP;
	pn532_event(chip, "reader asleep");
}

static void rf_configuration(struct pn532 *chip, uint64_t now_ns, const uint8_t *arg, size_t n)
{
	static const uint8_t lengths[0x0E] = {[0x01] = 2,
		[0x02] = 4,
		[0x04] = 2,
		[0x05] = 4,
		[0x0A] = 12,
		[0x0B] = 9,
		[0x0C] = 4,
		[0x0D] = 10};

	if (n < 1 || arg[0] >= sizeof(lengths) || lengths[arg[0]] == 0 || n != lengths[arg[0]]) {
		pn532_refuse(chip, now_ns);
		return;
	}
	if (arg[0] == 0x01)
		pn532_set_field(chip, arg[1] & 1);
	else if (arg[0] == 0x02)
		chip->timeout_code = arg[3];
	else if (arg[0] == 0x05)
		chip->max_retries = arg[3];
	pn532_answer(chip, now_ns, 0, COMMAND_RF_CONFIGURATION, NULL, 0, NULL);
}

void pn532_run(struct pn532 *chip, uint64_t now_ns, const uint8_t *command, size_t n)
{
	static const uint8_t firmware[] = {0x32, 0x01, 0x06, 0x07};
	const uint8_t *arg = command + 1;
	uint8_t code = command[0];

	n--;
	switch (code) {
	case COMMAND_DIAGNOSE:
		diagnose(chip, now_ns, arg, n);
		break;
	case COMMAND_GET_FIRMWARE:
		pn532_answer(chip, now_ns, 0, code, firmware, sizeof(firmware), NULL);
		break;
	case COMMAND_GET_STATUS:
		get_status(chip, now_ns);
		break;
	case COMMAND_READ_REGISTER:
		read_registers(chip, now_ns, arg, n);
		break;
	case COMMAND_WRITE_REGISTER:
		write_registers(chip, now_ns, arg, n);
		break;
	case COMMAND_SET_PARAMETERS:
		set_parameters(chip, now_ns, arg, n);
		break;
	case COMMAND_SAM:
		sam_configuration(chip, now_ns, arg, n);
		break;
	case COMMAND_POWER_DOWN:
		power_down(chip, now_ns, n);
		break;
	case COMMAND_RF_CONFIGURATION:
		rf_configuration(chip, now_ns, arg, n);
		break;
	case COMMAND_EXCHANGE:
		exchange(chip, now_ns, arg, n);
		break;
	case COMMAND_THRU:
		thru(chip, now_ns, arg, n);
		break;
	case COMMAND_DESELECT:
	case COMMAND_RELEASE:
	case COMMAND_SELECT:
		targets(chip, now_ns, code, arg, n);
		break;
	case COMMAND_LIST:
		list(chip, now_ns, arg, n);
		break;
	case COMMAND_PSL:
		answer_status(chip, now_ns, code, n == 3 ? STATUS_OK : STATUS_WRONG_CONTEXT);
		break;
	case COMMAND_AUTOPOLL:
		autopoll(chip, now_ns, arg, n);
		break;
	default:
		pn532_refuse(chip, now_ns);
	}
}
