/* SPDX-License-Identifier: Apache-2.0 */
#include "door/check.h"

#include "base/log.h"
#include "door/door.h"

#include <string.h>

/* The running door's own. */
#define OURS "tapin "

static bool is_free(const struct gpio_found *found)
{
	return !found->held || strncmp(found->holder, OURS, strlen(OURS)) == 0;
}

/* The wired line before this one that is the same; DOOR_LINE_COUNT: none. */
static enum door_line twin(const struct gpio_found *found, enum door_line line)
{
	for (enum door_line other = 0; other < line; other++)
		if (strcmp(found[other].resolved, found[line].resolved) == 0)
			return other;
	return DOOR_LINE_COUNT;
}

static bool judge(const struct door_conf *conf, const struct gpio_found *all, enum door_line line)
{
	const char *name = door_line_name(line), *given = conf->lines[line].line;
	const struct gpio_found *found = &all[line];
	enum door_line other = twin(all, line);

	if (other < DOOR_LINE_COUNT)
		log_error("%s: %s is %s, and so is %s's %s: give each a line of its own", name,
			given, found->resolved, door_line_name(other), conf->lines[other].line);
	else if (!is_free(found))
		log_error("%s: %s is %s, held by \"%s\": stop that program, or wire and configure "
			  "another line",
			name, given, found->resolved,
			*found->holder ? found->holder : "an unnamed user, perhaps the kernel");
	else
		printf("%s: %s is %s%s%s\n", name, given, found->resolved,
			found->held ? ", held by " : "", found->held ? found->holder : "");
	return other == DOOR_LINE_COUNT && is_free(found);
}

static void say_idle(bool set, const char *name)
{
	if (set)
		log_warning("%s: has no effect at a check-in point; wire [wiring] strike, or take "
			    "this line out",
			name);
}

void check_purpose(const struct door_conf *conf)
{
	const struct gpio_spec *lines = conf->lines;

	if (!door_conf_is_checkin(conf))
		return;
	puts("strike: none is wired: this is a check-in point: taps are decided, shown and "
	     "recorded, and nothing is released");
	say_idle(*lines[DOOR_LINE_EXIT].line, "[wiring] exit");
	say_idle(*lines[DOOR_LINE_BOLT].line, "[wiring] bolt");
	say_idle(*conf->unlock_hours, "[door] unlock_hours");
	say_idle(conf->strike_max_s > 0, "[door] strike_max_s");
	if (!*lines[DOOR_LINE_GREEN].line && !*lines[DOOR_LINE_RED].line &&
		!*lines[DOOR_LINE_BUZZER].line)
		log_warning("green, red, buzzer: none is wired: nobody at this check-in point sees "
			    "an answer");
}

bool check_lines(const struct door_conf *conf)
{
	struct gpio_found found[DOOR_LINE_COUNT] = {0};
	char err[ERR_MAX];
	bool good = true;

	for (enum door_line line = 0; line < DOOR_LINE_COUNT; line++) {
		int r;

		if (!*conf->lines[line].line)
			continue;
		r = gpio_line_look(conf->lines[line].line, &found[line], err);
		if (r == -ENODEV || r == -EACCES) { /* perhaps only not here, not for this user */
			log_warning("%s: %s Lines were not looked at", door_line_name(line), err);
			return good;
		}
		if (r < 0)
			log_error("%s: %s", door_line_name(line), err);
		good = r == 0 && judge(conf, found, line) && good;
	}
	return good;
}
