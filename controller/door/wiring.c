/* SPDX-License-Identifier: Apache-2.0 */
#include "door/wiring.h"

#include "base/file.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WIRING_MAX 256

int wiring_save(const struct door_conf *conf, char err[ERR_MAX])
{
	const struct gpio_spec *strike = &conf->lines[DOOR_LINE_STRIKE];
	char path[PATH_MAX], text[WIRING_MAX];
	int n, r;

	door_conf_path(conf->run_directory, "wiring", path);
	n = snprintf(text, sizeof(text), "tapin-wiring-1 %s %d %d\n",
		*strike->line ? strike->line : "-", strike->active_low, strike->initial);
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

int wiring_load(const char *run_directory, struct gpio_spec *ret_strike)
{
	struct gpio_spec strike = {.direction = GPIO_DIRECTION_OUTPUT};
	CLEANUP(cleanup_free) char *text = NULL;
	unsigned active_low, rest;
	char path[PATH_MAX], end;
	size_t size;
	int r;

	door_conf_path(run_directory, "wiring", path);
	r = file_read(path, WIRING_MAX, &text, &size);
	if (r < 0)
		return r;
	if (sscanf(text, "tapin-wiring-1 %63s %1u %1u%c", strike.line, &active_low, &rest, &end) !=
			4 ||
		end != '\n' || active_low > 1 || rest > 1)
		return -EBADMSG;
	if (strcmp(strike.line, "-") == 0)
		strike.line[0] = '\0';
	strike.active_low = active_low;
	strike.initial = rest;
	*ret_strike = strike;
	return 0;
}

int wiring_relock(const char *run_directory, const struct door_conf *conf, char ret_done[ERR_MAX],
	char err[ERR_MAX])
{
	struct gpio_line *line;
	struct gpio_spec strike;
	int r;

	r = wiring_load(run_directory, &strike);
	if (r < 0 && !conf) {
		snprintf(err, ERR_MAX,
			"%s/wiring: %s, and there is no usable configuration: the strike's line is "
			"not "
			"known; mend the configuration (tapin-door --check says what is wrong) and "
			"try "
			"again",
			run_directory, strerror(-r));
		return r;
	}
	if (r < 0)
		strike = conf->lines[DOOR_LINE_STRIKE];
	if (!*strike.line) {
		snprintf(ret_done, ERR_MAX, "no strike is wired: nothing to relock");
		return 0;
	}
	/* the request itself drives the rest level (gpio.h) */
	r = gpio_line_request(&strike, "tapin relock", &line, err);
	if (r < 0)
		return r;
	snprintf(ret_done, ERR_MAX, "strike at rest: %s = %d", gpio_line_resolved(line),
		strike.initial);
	gpio_line_free(line);
	return 0;
}
