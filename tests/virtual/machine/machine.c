/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <string.h>
#include <sys/random.h>

const struct machine_wire machine_wires[] = {
	{"GPIO17", "strike", "off", "on"},
	{"GPIO22", "green", "off", "on"},
	{"GPIO23", "red", "off", "on"},
	{"GPIO24", "buzzer", "off", "on"},
	{"GPIO5", "exit", "pressed", "released"},
	{"GPIO6", "door", "closed", "open"},
};
const size_t machine_n_wires = ARRAY_SIZE(machine_wires);

#define LINE_EXIT "GPIO5"
#define LINE_DOOR "GPIO6"
#define LINE_RESET "GPIO4" /* the reader's RSTPD_N, which its board pulls up */

const char *const machine_line_names[MACHINE_LINES] = {"ID_SDA", "ID_SCL", "GPIO2", "GPIO3",
	"GPIO4", "GPIO5", "GPIO6", "GPIO7", "GPIO8", "GPIO9", "GPIO10", "GPIO11", "GPIO12",
	"GPIO13", "GPIO14", "GPIO15", "GPIO16", "GPIO17", "GPIO18", "GPIO19", "GPIO20", "GPIO21",
	"GPIO22", "GPIO23", "GPIO24", "GPIO25", "GPIO26", "GPIO27"};

static void on_event(void *userdata, uint64_t mono_ns, const char *text)
{
	struct machine *m = userdata;

	eventlog_add(m->log, mono_ns, text);
	if (m->logged_fn)
		m->logged_fn(m->logged_userdata);
}

static void on_chip_event(void *userdata, const char *text)
{
	on_event(userdata, mono_ns_now(), text);
}

static void on_chip_random(void *userdata, uint8_t *ret_bytes, size_t n)
{
	(void)userdata;
	if (getrandom(ret_bytes, n, 0) != (ssize_t)n) /* 256 bytes never come short */
		memset(ret_bytes, 0x5A, n);
}

static void on_level(
	void *userdata, unsigned offset, const char *name, bool level, uint64_t mono_ns)
{
	struct machine *m = userdata;
	char text[EVENTLOG_TEXT_MAX];
	int n = snprintf(text, sizeof(text), "line %s %d", name, level);

	(void)offset;
	if (strcmp(name, LINE_RESET) == 0 && !m->port)
		return; /* the pull-up, as everything is switched on */
	for (size_t i = 0; i < machine_n_wires; i++) {
		const struct machine_wire *wire = &machine_wires[i];
		if (strcmp(wire->line, name) == 0)
			snprintf(text + n, sizeof(text) - (size_t)n, " %s %s", wire->name,
				level ? wire->high : wire->low);
	}
	on_event(userdata, mono_ns, text);
	if (strcmp(name, LINE_RESET) == 0) {
		pn532_reset(&m->chip, !level);
		port_kick(m->port);
	}
}

/* ---- cards ------------------------------------------------------------------------------ */

static const struct card_spec *find_card(
	const struct machine *m, const char *name, char err[ERR_MAX])
{
	const struct card_spec *card = catalogue_find(&m->cards, name);
	int n;

	if (card)
		return card;
	n = snprintf(err, ERR_MAX, "no card \"%.32s\" in %s; there are:", name, m->config.cards);
	for (size_t i = 0; i < m->cards.n_cards && n > 0 && n < ERR_MAX; i++)
		n += snprintf(err + n, ERR_MAX - (size_t)n, " %s", m->cards.cards[i].name);
	return NULL;
}

static int place_card(
	struct machine *m, const char *name, const struct card_spec **ret_card, char err[ERR_MAX])
{
	const struct card_spec *card = find_card(m, name, err);
	int r;

	if (!card)
		return -ENOENT;
	r = pn532_card_in(&m->chip, mono_ns_now(), card);
	if (r == -EEXIST)
		snprintf(err, ERR_MAX, "card %s is in the field; take it away first: remove", name);
	else if (r < 0)
		snprintf(err, ERR_MAX, "%d cards are in the field, no more fit; use: remove",
			PN532_SLOTS);
	if (r < 0)
		return r;
	port_kick(m->port);
	*ret_card = card;
	return 0;
}

int machine_hold(struct machine *m, const char *name, char err[ERR_MAX])
{
	const struct card_spec *card;

	return place_card(m, name, &card, err);
}

/* ---- actions that end by themselves ----------------------------------------------------- */

static void end_action(struct machine_action *action)
{
	struct machine *m = action->machine;
	struct machine_action ended = *action;

	action->timer = NULL;
	if (ended.card)
		pn532_card_out(&m->chip, ended.card); /* it may be gone: removed or pulled */
	else
		gpio_sim_release(m->gpio, LINE_EXIT);
	port_kick(m->port);
	if (ended.waiter)
		ended.done_fn(ended.waiter);
	sd_event_source_disable_unref(ended.timer);
}

static int on_action_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	end_action(userdata);
	return 0;
}

static struct machine_action *free_action(struct machine *m, char err[ERR_MAX])
{
	for (unsigned i = 0; i < MACHINE_ACTIONS; i++)
		if (!m->actions[i].timer)
			return &m->actions[i];
	snprintf(err, ERR_MAX, "%d taps and presses are under way; wait for one to end",
		MACHINE_ACTIONS);
	return NULL;
}

static int start_action(
	struct machine *m, struct machine_action *action, unsigned ms, char err[ERR_MAX])
{
	struct timespec now;
	uint64_t end_us;
	int r;

	/* not relative: that counts from when the loop woke, before the card came in, and a tap
	 * would last a moment less than asked */
	clock_gettime(CLOCK_MONOTONIC, &now);
	end_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u + 1u +
		 (uint64_t)ms * 1000u;
	r = sd_event_add_time(
		m->event, &action->timer, CLOCK_MONOTONIC, end_us, 1, on_action_over, action);
	if (r < 0)
		snprintf(err, ERR_MAX, "no timer: %s", strerror(-r));
	return r < 0 ? r : 0;
}

int machine_tap(struct machine *m, const char *name, unsigned ms, machine_done_fn done_fn,
	void *waiter, char err[ERR_MAX])
{
	struct machine_action *action = free_action(m, err);
	const struct card_spec *card;
	int r;

	if (!action)
		return -EBUSY;
	r = place_card(m, name, &card, err);
	if (r < 0)
		return r;
	*action = (struct machine_action){
		.machine = m, .card = card, .done_fn = done_fn, .waiter = waiter};
	r = start_action(m, action, ms, err);
	if (r < 0)
		pn532_card_out(&m->chip, card);
	return r;
}

int machine_press(
	struct machine *m, unsigned ms, machine_done_fn done_fn, void *waiter, char err[ERR_MAX])
{
	struct machine_action *action = free_action(m, err);
	int r;

	if (!action)
		return -EBUSY;
	for (unsigned i = 0; i < MACHINE_ACTIONS; i++) {
		if (m->actions[i].timer && !m->actions[i].card) {
			snprintf(err, ERR_MAX, "the exit button is pressed; wait for its release");
			return -EBUSY;
		}
	}
	r = machine_drive(m, LINE_EXIT, '0', err);
	if (r < 0)
		return r;
	*action = (struct machine_action){.machine = m, .done_fn = done_fn, .waiter = waiter};
	r = start_action(m, action, ms, err);
	if (r < 0)
		gpio_sim_release(m->gpio, LINE_EXIT);
	return r;
}

int machine_remove(struct machine *m, const char *name, char err[ERR_MAX])
{
	const struct card_spec *wanted = name ? find_card(m, name, err) : NULL;
	bool any = false;

	if (name && !wanted)
		return -ENOENT;
	for (unsigned i = 0; i < MACHINE_ACTIONS; i++) {
		struct machine_action *action = &m->actions[i];
		if (!action->timer || !action->card || (wanted && action->card != wanted))
			continue;
		any = true;
		end_action(action);
	}
	for (unsigned i = m->chip.n_slots; i-- > 0;) {
		const struct card_spec *card = m->chip.slots[i].spec;
		if (!wanted || card == wanted)
			any = pn532_card_out(&m->chip, card) == 0 || any;
	}
	if (any)
		return 0;
	snprintf(err, ERR_MAX, "%s is in the field; put one there with: hold NAME",
		name ? "no such card" : "no card");
	return -ENOENT;
}

void machine_forget(struct machine *m, const void *waiter)
{
	for (unsigned i = 0; i < MACHINE_ACTIONS; i++)
		if (m->actions[i].waiter == waiter)
			m->actions[i].waiter = NULL;
}

/* ---- lines ------------------------------------------------------------------------------ */

int machine_drive(struct machine *m, const char *line, char level, char err[ERR_MAX])
{
	int r = level == 'r' ? gpio_sim_release(m->gpio, line)
			     : gpio_sim_drive(m->gpio, line, level == '1');

	if (r == -ENOENT)
		snprintf(err, ERR_MAX,
			"no line \"%.32s\"; there are ID_SDA, ID_SCL and GPIO2 to GPIO27", line);
	else if (r == -EBUSY || r == -EPERM)
		snprintf(err, ERR_MAX, "line %.32s is an output; only inputs can be set", line);
	else if (r < 0)
		snprintf(err, ERR_MAX, "line %.32s: %s", line, strerror(-r));
	return r < 0 ? r : 0;
}

/* ---- faults ----------------------------------------------------------------------------- */

static int unplug(struct machine *m, char err[ERR_MAX])
{
	int r = port_unplug(m->port);

	if (r < 0)
		snprintf(err, ERR_MAX, "no new pty to plug in later: %s", strerror(-r));
	return r;
}

int machine_break(struct machine *m, const char *fault, unsigned count, char err[ERR_MAX])
{
	char text[EVENTLOG_TEXT_MAX];
	int n;

	if (strcmp(fault, "unplug") == 0)
		return unplug(m, err);
	if (strcmp(fault, "brownout") == 0) {
		pn532_brownout(&m->chip);
		return 0;
	}
	for (int i = PN532_FAULT_NONE + 1; i < PN532_N_FAULTS; i++) {
		if (strcmp(pn532_faults[i].name, fault) != 0)
			continue;
		pn532_break(&m->chip, (enum pn532_fault)i, count);
		snprintf(text, sizeof(text), "reader broken %s", fault);
		on_chip_event(m, text);
		return 0;
	}
	n = snprintf(err, ERR_MAX, "no fault \"%.32s\"; there are: unplug brownout", fault);
	for (int i = PN532_FAULT_NONE + 1; i < PN532_N_FAULTS && n < ERR_MAX; i++)
		n += snprintf(err + n, ERR_MAX - (size_t)n, " %s", pn532_faults[i].name);
	return -ENOENT;
}

int machine_heal(struct machine *m, char err[ERR_MAX])
{
	int r = port_plug(m->port);

	if (r < 0) {
		snprintf(err, ERR_MAX, "cannot renew %s/reader: %s", m->config.dir, strerror(-r));
		return r;
	}
	if (m->chip.fault != PN532_FAULT_NONE)
		on_chip_event(m, "reader healed");
	pn532_break(&m->chip, PN532_FAULT_NONE, 0);
	return 0;
}

/* ---- start and end ---------------------------------------------------------------------- */

static int open_gpio(struct machine *m, char err[ERR_MAX])
{
	char path[256];
	struct gpio_sim_config config = {
		.socket_path = path,
		.names = machine_line_names,
		.n_lines = MACHINE_LINES,
		.chip = "gpiochip0",
		.label = "pinctrl-bcm2711",
		.persist_outputs = m->config.persist,
		.level_fn = on_level,
		.userdata = m,
	};
	int r;

	snprintf(path, sizeof(path), "%s/gpio.sock", m->config.dir);
	r = gpio_sim_new(&config, m->event, &m->gpio);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: %s", path, strerror(-r));
		return r;
	}
	r = machine_drive(m, LINE_RESET, '1', err);
	return r < 0 ? r : machine_drive(m, LINE_DOOR, '0', err);
}

static int open_port(struct machine *m, char err[ERR_MAX])
{
	struct pn532_config config = {
		.timing = m->config.timing,
		.speed = m->config.speed,
		.event_fn = on_chip_event,
		.random_fn = on_chip_random,
		.userdata = m,
	};
	char link[256];
	int r;

	pn532_init(&m->chip, &config);
	snprintf(link, sizeof(link), "%s/reader", m->config.dir);
	r = port_new(m->event, &m->chip, link, on_event, m, &m->port);
	if (r < 0)
		snprintf(err, ERR_MAX, "%s: no pty behind it: %s", link, strerror(-r));
	return r;
}

int machine_open(
	struct machine *m, sd_event *event, const struct machine_config *config, char err[ERR_MAX])
{
	int r;

	m->event = event;
	m->config = *config;
	m->log = eventlog_new();
	if (!m->log) {
		snprintf(err, ERR_MAX, "no memory for the log");
		return -ENOMEM;
	}
	r = catalogue_load(config->cards, &m->cards, err);
	if (r == 0)
		r = open_gpio(m, err);
	if (r == 0)
		r = open_port(m, err);
	return r;
}

void machine_close(struct machine *m)
{
	m->logged_fn = NULL;
	for (unsigned i = 0; i < MACHINE_ACTIONS; i++)
		m->actions[i].timer = sd_event_source_disable_unref(m->actions[i].timer);
	m->port = port_free(m->port);
	m->gpio = gpio_sim_free(m->gpio);
	m->log = eventlog_free(m->log);
}
