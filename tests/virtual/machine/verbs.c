/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the control socket; virtual-door --help describes them. */
#include "control.h"

#include <inttypes.h>
#include <string.h>

#define TAP_MS 300
#define PRESS_MS 200

struct verb {
	const char *name, *usage;
	size_t min, max; /* words after the name */
	enum verb_result (*fn)(
		struct machine *m, struct client *client, char **words, size_t n, char *err);
};

static bool parse_number(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		number = number * 10 + (uint64_t)(*p - '0');
		if (number > max)
			return false;
	}
	*ret_number = number;
	return true;
}

static bool parse_ms(const char *text, uint64_t *ret_ms, char *err)
{
	if (parse_number(text, MACHINE_ACTION_MS_MAX, ret_ms) && *ret_ms > 0)
		return true;
	snprintf(err, ERR_MAX, "\"%.32s\": expected milliseconds from 1 to %u", text,
		MACHINE_ACTION_MS_MAX);
	return false;
}

static bool parse_switch(const char *text, bool *ret_on, char *err)
{
	*ret_on = strcmp(text, "on") == 0;
	if (*ret_on || strcmp(text, "off") == 0)
		return true;
	snprintf(err, ERR_MAX, "\"%.32s\": expected on or off", text);
	return false;
}

/* NAME [MS] [go]: how long, and whether the answer comes at once and not at the end. */
static bool parse_timed(char **words, size_t n, uint64_t *ret_ms, bool *ret_go, char *err)
{
	*ret_go = n > 1 && strcmp(words[n - 1], "go") == 0;
	n -= *ret_go;
	if (n == 3) {
		snprintf(err, ERR_MAX, "\"%.32s\": expected go", words[2]);
		return false;
	}
	return n < 2 || parse_ms(words[1], ret_ms, err);
}

static enum verb_result verb_tap(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	uint64_t ms = TAP_MS;
	bool go;

	if (!parse_timed(words, n, &ms, &go, err) ||
		machine_tap(m, words[0], (unsigned)ms, client_finish, go ? NULL : client, err) < 0)
		return VERB_RESULT_ERROR;
	if (go)
		return VERB_RESULT_DONE;
	client_on_finish(client, "card %s has left the field", words[0]);
	return VERB_RESULT_LATER;
}

static enum verb_result verb_hold(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	char ignored[ERR_MAX];

	for (size_t i = 0; i < n; i++) {
		if (machine_hold(m, words[i], err) < 0) {
			while (i-- > 0)
				machine_remove(m, words[i], ignored);
			return VERB_RESULT_ERROR;
		}
		client_print(client, "card %s is in the field until: remove", words[i]);
	}
	return VERB_RESULT_DONE;
}

static enum verb_result verb_remove(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	if (machine_remove(m, n ? words[0] : NULL, err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "%s out of the field", n ? words[0] : "every card is");
	return VERB_RESULT_DONE;
}

static enum verb_result verb_press(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	uint64_t ms = PRESS_MS;
	bool go;

	if (strcmp(words[0], "exit") != 0) {
		snprintf(err, ERR_MAX, "no button \"%.32s\"; there is: exit", words[0]);
		return VERB_RESULT_ERROR;
	}
	if (!parse_timed(words, n, &ms, &go, err) ||
		machine_press(m, (unsigned)ms, client_finish, go ? NULL : client, err) < 0)
		return VERB_RESULT_ERROR;
	if (go)
		return VERB_RESULT_DONE;
	client_on_finish(client, "exit button is released");
	return VERB_RESULT_LATER;
}

static enum verb_result verb_open(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)words;
	(void)n;
	if (machine_drive(m, "GPIO6", 'r', err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "door is open");
	return VERB_RESULT_DONE;
}

static enum verb_result verb_close(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)words;
	(void)n;
	if (machine_drive(m, "GPIO6", '0', err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "door is closed");
	return VERB_RESULT_DONE;
}

static enum verb_result verb_input(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	char level = words[1][0];

	(void)n;
	if (strcmp(words[1], "0") != 0 && strcmp(words[1], "1") != 0 &&
		strcmp(words[1], "release") != 0) {
		snprintf(err, ERR_MAX, "\"%.32s\": expected 0, 1 or release", words[1]);
		return VERB_RESULT_ERROR;
	}
	if (machine_drive(m, words[0], level, err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "line %s is %d", words[0], gpio_sim_level(m->gpio, words[0]));
	return VERB_RESULT_DONE;
}

static enum verb_result break_line(
	struct machine *m, struct client *client, const char *line, char *err)
{
	if (gpio_sim_break(m->gpio, line, true) < 0) {
		snprintf(err, ERR_MAX,
			"no line \"%.32s\"; there are ID_SDA, ID_SCL and GPIO2 to GPIO27", line);
		return VERB_RESULT_ERROR;
	}
	client_print(client, "line %s cannot be set; end it with: heal", line);
	return VERB_RESULT_DONE;
}

static enum verb_result verb_break(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	uint64_t count = 0;

	if (strcmp(words[0], "line") == 0 && n == 2)
		return break_line(m, client, words[1], err);
	if (strcmp(words[0], "reader") != 0) {
		snprintf(err, ERR_MAX, "\"%.32s\" cannot be broken; only: reader, line", words[0]);
		return VERB_RESULT_ERROR;
	}
	if (n == 3 && (!parse_number(words[2], 1000000, &count) || count == 0)) {
		snprintf(err, ERR_MAX, "\"%.32s\": expected a count from 1 to 1000000", words[2]);
		return VERB_RESULT_ERROR;
	}
	if (machine_break(m, words[1], (unsigned)count, err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "reader is broken: %s; end it with: heal", words[1]);
	return VERB_RESULT_DONE;
}

static enum verb_result verb_heal(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)words;
	(void)n;
	gpio_sim_heal(m->gpio);
	if (machine_heal(m, err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "reader works at %s", port_path(m->port));
	return VERB_RESULT_DONE;
}

/* log [SINCE|now] [follow] */
static enum verb_result verb_log(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	uint64_t from = eventlog_first(m->log), to = eventlog_next(m->log);

	if (n && strcmp(words[n - 1], "follow") == 0) {
		to = UINT64_MAX;
		n--;
	}
	if (n == 2) {
		snprintf(err, ERR_MAX, "\"%.32s\": expected follow", words[1]);
		return VERB_RESULT_ERROR;
	}
	if (n && strcmp(words[0], "now") == 0) {
		from = eventlog_next(m->log);
	} else if (n && (!parse_number(words[0], UINT64_MAX / 20, &from) || from == 0)) {
		snprintf(err, ERR_MAX, "\"%.32s\": expected an event's number or now", words[0]);
		return VERB_RESULT_ERROR;
	}
	client_stream(client, from, to);
	return VERB_RESULT_DONE;
}

static enum verb_result verb_cards(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	char uid[CARD_UID_MAX * 2 + 1], ats[CARD_ATS_MAX * 2 + 1];

	(void)words;
	(void)n;
	(void)err;
	for (size_t i = 0; i < m->cards.n_cards; i++) {
		const struct card_spec *card = &m->cards.cards[i];
		hex_format(card->uid, card->uid_len, uid);
		hex_format(card->ats, card->ats_len, ats);
		client_print(client, "%-16s %-8s %-20s %02x%02x %02x %s", card->name,
			card_kind_name(card->kind), card->random_uid ? "random" : uid,
			card->atqa[0], card->atqa[1], card->sak, card->ats_len ? ats : "-");
	}
	return VERB_RESULT_DONE;
}

static enum verb_result verb_about(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)words;
	(void)n;
	(void)err;
	for (size_t i = 0; i < m->cards.n_cards; i++)
		if (m->cards.cards[i].about[0])
			client_print(
				client, "%s %s", m->cards.cards[i].name, m->cards.cards[i].about);
	return VERB_RESULT_DONE;
}

static enum verb_result verb_faults(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)m;
	(void)words;
	(void)n;
	(void)err;
	client_print(
		client, "%-17s the host sees a hang-up; heal brings another pts number", "unplug");
	client_print(client, "%-17s falls asleep; only a wake-up by the host ends it", "brownout");
	for (int i = PN532_FAULT_NONE + 1; i < PN532_N_FAULTS; i++)
		client_print(client, "%-17s %s", pn532_faults[i].name, pn532_faults[i].effect);
	return VERB_RESULT_DONE;
}

static void print_line(struct machine *m, struct client *client, const char *line)
{
	const struct machine_wire *wire = NULL;
	const char *holder = NULL;
	int level = gpio_sim_level(m->gpio, line);
	bool held = gpio_sim_held(m->gpio, line, &holder);

	for (size_t i = 0; i < machine_n_wires; i++)
		if (strcmp(machine_wires[i].line, line) == 0)
			wire = &machine_wires[i];
	if (!held && !wire)
		return;
	client_print(client, "line %s %d %s %s held %s%s", line, level, wire ? wire->name : "-",
		!wire   ? "-"
		: level ? wire->high
			: wire->low,
		held ? "by " : "no", held ? holder : "");
}

static enum verb_result verb_status(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	static const char *const power[] = {"asleep", "waking", "awake"};
	char uid[CARD_UID_MAX * 2 + 1];

	(void)words;
	(void)n;
	(void)err;
	client_print(client, "reader %s", power[m->chip.power]);
	client_print(client, "port %s", port_path(m->port) ? port_path(m->port) : "unplugged");
	client_print(client, "field %s", m->chip.field ? "on" : "off");
	client_print(client, "fault %s", pn532_faults[m->chip.fault].name);
	client_print(
		client, "timing %s %u", m->chip.config.timing ? "on" : "off", m->chip.config.speed);
	client_print(client, "persist %s", m->config.persist ? "on" : "off");
	client_print(client, "log %" PRIu64 " %" PRIu64, eventlog_first(m->log),
		eventlog_next(m->log) - 1);
	for (unsigned i = 0; i < m->chip.n_slots; i++) {
		const struct card *card = &m->chip.slots[i];
		client_print(client, "card %s %s", card->spec->name,
			hex_format(card->uid, card->spec->uid_len, uid));
	}
	for (unsigned i = 0; i < MACHINE_LINES; i++)
		print_line(m, client, machine_line_names[i]);
	return VERB_RESULT_DONE;
}

static enum verb_result verb_timing(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	bool on;

	(void)n;
	if (!parse_switch(words[0], &on, err))
		return VERB_RESULT_ERROR;
	pn532_set_timing(&m->chip, on);
	client_print(client, "timing is %s", words[0]);
	return VERB_RESULT_DONE;
}

static enum verb_result verb_persist(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)n;
	if (!parse_switch(words[0], &m->config.persist, err))
		return VERB_RESULT_ERROR;
	gpio_sim_set_persist(m->gpio, m->config.persist);
	client_print(client, "lines %s when their owner dies",
		m->config.persist ? "keep their level" : "turn back to inputs");
	return VERB_RESULT_DONE;
}

/* The world around the door as at start; the programs at it notice what they would. */
static enum verb_result verb_reset(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	char ignored[ERR_MAX];

	(void)words;
	(void)n;
	machine_remove(m, NULL, ignored);
	if (machine_heal(m, err) < 0 || machine_drive(m, "GPIO5", 'r', err) < 0 ||
		machine_drive(m, "GPIO6", '0', err) < 0)
		return VERB_RESULT_ERROR;
	client_print(client, "no card, no fault, door closed, button released");
	return VERB_RESULT_DONE;
}

static enum verb_result verb_help(
	struct machine *m, struct client *client, char **words, size_t n, char *err);

static const struct verb verbs[] = {
	{"tap", "tap NAME [MS] [go]", 1, 3, verb_tap},
	{"hold", "hold NAME [NAME]...", 1, PN532_SLOTS, verb_hold},
	{"remove", "remove [NAME]", 0, 1, verb_remove},
	{"press", "press exit [MS] [go]", 1, 3, verb_press},
	{"open", "open", 0, 0, verb_open},
	{"close", "close", 0, 0, verb_close},
	{"input", "input LINE 0|1|release", 2, 2, verb_input},
	{"break", "break reader FAULT [COUNT] | line NAME", 2, 3, verb_break},
	{"heal", "heal", 0, 0, verb_heal},
	{"reset", "reset", 0, 0, verb_reset},
	{"log", "log [SINCE|now] [follow]", 0, 2, verb_log},
	{"status", "status", 0, 0, verb_status},
	{"cards", "cards", 0, 0, verb_cards},
	{"about", "about", 0, 0, verb_about},
	{"faults", "faults", 0, 0, verb_faults},
	{"timing", "timing on|off", 1, 1, verb_timing},
	{"persist", "persist on|off", 1, 1, verb_persist},
	{"help", "help", 0, 0, verb_help},
};

static enum verb_result verb_help(
	struct machine *m, struct client *client, char **words, size_t n, char *err)
{
	(void)m;
	(void)words;
	(void)n;
	(void)err;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		client_print(client, "%s", verbs[i].usage);
	return VERB_RESULT_DONE;
}

enum verb_result verb_run(
	struct machine *machine, struct client *client, char **words, size_t n, char err[ERR_MAX])
{
	int used;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct verb *verb = &verbs[i];
		if (strcmp(verb->name, words[0]) != 0)
			continue;
		if (n - 1 < verb->min || n - 1 > verb->max) {
			snprintf(err, ERR_MAX, "expected: %s", verb->usage);
			return VERB_RESULT_ERROR;
		}
		return verb->fn(machine, client, words + 1, n - 1, err);
	}
	used = snprintf(err, ERR_MAX, "no command \"%.32s\"; there are:", words[0]);
	for (size_t i = 0; i < ARRAY_SIZE(verbs) && used < ERR_MAX; i++)
		used += snprintf(err + used, ERR_MAX - (size_t)used, " %s", verbs[i].name);
	return VERB_RESULT_ERROR;
}
