/* SPDX-License-Identifier: Apache-2.0 */
#include "door/wiring.h"

#include "base/file.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WIRING_MAX 256
/* A loop that says fire must say so for as long: the usual debounce. */
#define FIRE_LOOKS 10
#define FIRE_LOOK_MS 5

static const char *name_of(const struct gpio_spec *spec)
{
	return *spec->line ? spec->line : "-";
}

int wiring_save(const struct door_conf *conf, char err[ERR_MAX])
{
	const struct gpio_spec *strike = &conf->lines[DOOR_LINE_STRIKE];
	const struct gpio_spec *fire = &conf->lines[DOOR_LINE_FIRE];
	char path[PATH_MAX], text[WIRING_MAX];
	int n, r;

	door_conf_path(conf->run_directory, "wiring", path);
	n = snprintf(text, sizeof(text), "tapin-wiring-2 %s %d %d %s %d %d\n", name_of(strike),
		strike->active_low, strike->initial, name_of(fire), fire->active_low,
		(int)fire->bias);
	r = file_write_atomic(path, text, (size_t)n, 0644);
	if (r < 0) {
		unlink(path); /* what an earlier run kept there may name another line */
		snprintf(err, ERR_MAX,
			"%s: cannot be written: %s; --relock would depend on the "
			"configuration file",
			path, strerror(-r));
	}
	return r;
}

static int parse(const char *text, struct wiring *ret_wiring)
{
	struct wiring w = {.strike = {.direction = GPIO_DIRECTION_OUTPUT},
		.fire = {.direction = GPIO_DIRECTION_INPUT}};
	unsigned strike_low, rest, fire_low, bias;
	char end;

	if (sscanf(text, "tapin-wiring-2 %63s %1u %1u %63s %1u %1u%c", w.strike.line, &strike_low,
		    &rest, w.fire.line, &fire_low, &bias, &end) != 7 ||
		end != '\n' || strike_low > 1 || rest > 1 || fire_low > 1 ||
		bias > GPIO_BIAS_DISABLED)
		return -EBADMSG;
	if (strcmp(w.strike.line, "-") == 0)
		w.strike.line[0] = '\0';
	if (strcmp(w.fire.line, "-") == 0)
		w.fire.line[0] = '\0';
	w.strike.active_low = strike_low;
	w.strike.initial = rest;
	w.fire.active_low = fire_low;
	w.fire.bias = (enum gpio_bias)bias;
	*ret_wiring = w;
	return 0;
}

int wiring_load(const char *run_directory, struct wiring *ret_wiring)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[PATH_MAX];
	size_t size;
	int r;

	door_conf_path(run_directory, "wiring", path);
	r = file_read(path, WIRING_MAX, &text, &size);
	return r < 0 ? r : parse(text, ret_wiring);
}

/* Is there fire? 1, 0, or negative errno with err when the loop's line is not to be had. */
static int look_for_fire(const struct gpio_spec *spec, char err[ERR_MAX])
{
	const struct timespec look = {.tv_nsec = FIRE_LOOK_MS * 1000000L};
	struct gpio_line *line;
	int level = 0, r;

	if (!*spec->line)
		return 0;
	r = gpio_line_request(spec, "tapin relock", &line, err);
	if (r < 0)
		return r;
	/* first a pause: a pull resistor that was just switched on needs its time */
	for (unsigned i = 0; i < FIRE_LOOKS && level <= 0; i++) {
		nanosleep(&look, NULL);
		level = gpio_line_get(line); /* one that cannot be read is broken */
	}
	gpio_line_free(line);
	return level <= 0;
}

static int drive(struct gpio_spec *strike, bool fire, char ret_done[ERR_MAX], char err[ERR_MAX])
{
	struct gpio_line *line;
	int r;

	/* the request itself drives the level (gpio.h) */
	strike->initial = strike->initial != fire;
	r = gpio_line_request(strike, "tapin relock", &line, err);
	if (r < 0)
		return r;
	snprintf(ret_done, ERR_MAX, "%s: %s = %d",
		fire ? "fire: strike released, not at rest" : "strike at rest",
		gpio_line_resolved(line), strike->initial);
	gpio_line_free(line);
	return 0;
}

int wiring_relock(const char *run_directory, const struct door_conf *conf, char ret_done[ERR_MAX],
	char err[ERR_MAX])
{
	struct wiring wiring;
	char why[ERR_MAX];
	int r;

	r = wiring_load(run_directory, &wiring);
	if (r < 0 && !conf) {
		snprintf(err, ERR_MAX,
			"%s/wiring: %s, and there is no usable configuration: the strike's line is "
			"not known; mend the configuration (tapin-door --check says what is wrong) "
			"and try again",
			run_directory, strerror(-r));
		return r;
	}
	if (r < 0)
		wiring =
			(struct wiring){conf->lines[DOOR_LINE_STRIKE], conf->lines[DOOR_LINE_FIRE]};
	if (!*wiring.strike.line) {
		snprintf(ret_done, ERR_MAX, "no strike is wired: nothing to relock");
		return 0;
	}
	r = look_for_fire(&wiring.fire, why);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the strike stays as it is, there may be fire: fire: %.380s",
			why);
		return r;
	}
	return drive(&wiring.strike, r > 0, ret_done, err);
}
