/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/gpio_find.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define GIVE "Give a line name, label:offset or chip:offset as gpioinfo shows them."

/* PREFIX:OFFSET. Labels may hold colons of their own, so the last one counts. */
static void split(struct gpio_find *find)
{
	const char *colon = strrchr(find->wanted, ':');
	size_t length = colon ? (size_t)(colon - find->wanted) : 0;
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (!length || length >= sizeof(find->prefix) || !digits || digits > 5 || colon[1 + digits])
		return;
	memcpy(find->prefix, find->wanted, length);
	find->wanted_offset = (unsigned)strtoul(colon + 1, NULL, 10);
}

void gpio_find_chip(struct gpio_find *find, const char *name, const char *label, unsigned n_lines)
{
	size_t used = strlen(find->seen);

	snprintf(find->chip, sizeof(find->chip), "%s", name);
	snprintf(find->label, sizeof(find->label), "%s", label);
	find->n_lines = n_lines;
	snprintf(find->seen + used, sizeof(find->seen) - used, "%s%s [%s] with %u lines",
		used ? ", " : "", name, label, n_lines);
}

static enum gpio_find_rank rank_of(const struct gpio_find *find, unsigned offset, const char *name)
{
	const char *file = find->path + strlen("/dev/");

	if (name && !strcmp(name, find->wanted))
		return GPIO_FIND_NAME;
	if (!find->prefix[0] || offset != find->wanted_offset)
		return GPIO_FIND_NONE;
	return !strcmp(find->prefix, find->label) ? GPIO_FIND_LABEL
	       : !strcmp(find->prefix, file)      ? GPIO_FIND_CHIP
						  : GPIO_FIND_NONE;
}

void gpio_find_offer(
	struct gpio_find *find, unsigned offset, const char *name, bool held, const char *holder)
{
	enum gpio_find_rank rank = rank_of(find, offset, name);
	char *text = find->found.resolved;

	if (rank == GPIO_FIND_NONE || rank < find->rank)
		return;
	if (rank == find->rank) {
		text = find->second;
	} else {
		find->rank = rank;
		find->second[0] = '\0';
		find->found_offset = offset;
		memcpy(find->found_path, find->path, sizeof(find->found_path));
		find->found.held = held;
		snprintf(find->found.holder, sizeof(find->found.holder), "%s",
			held && holder ? holder : "");
	}
	snprintf(text, GPIO_RESOLVED_MAX, "%s [%s] %u%s%s", find->chip, find->label, offset,
		name ? " " : "", name ? name : "");
}

/* A link is another name of a chip seen already (Pi 5: gpiochip4), unless it is what was given. */
static bool is_alias(const struct gpio_find *find, const char *file)
{
	struct stat st;

	return lstat(find->path, &st) == 0 && S_ISLNK(st.st_mode) && strcmp(file, find->prefix);
}

static void look_at(struct gpio_find *find, const char *file, gpio_find_look_fn look)
{
	int r;

	if (strncmp(file, "gpiochip", strlen("gpiochip")) ||
		strlen(file) >= sizeof(find->path) - strlen("/dev/"))
		return;
	snprintf(find->path, sizeof(find->path), "/dev/%s", file);
	if (is_alias(find, file))
		return;
	r = look(find, find->path);
	if (r < 0 && r != -ENOENT && r != -ENOTTY) { /* went away, or is no GPIO chip */
		memcpy(find->denied, find->path, sizeof(find->denied));
		find->denied_error = r;
	}
}

static int not_found(const struct gpio_find *find, char err[ERR_MAX])
{
	const char *name = find->wanted;

	if (find->denied_error) {
		snprintf(err, ERR_MAX, "line \"%s\": cannot open %s: %s.%s", name, find->denied,
			strerror(-find->denied_error),
			find->denied_error == -EACCES
				? " Let this user use it: group gpio, or the udev rule."
				: "");
		return find->denied_error;
	}
	if (!find->seen[0]) {
		snprintf(err, ERR_MAX,
			"line \"%s\": this machine shows no GPIO chip: there is no /dev/gpiochip*. "
			"Check that the kernel drives the pins (gpiodetect).",
			name);
		return -ENODEV;
	}
	snprintf(err, ERR_MAX, "line \"%s\": there is no such line on %s. " GIVE, name, find->seen);
	return -ENOENT;
}

int gpio_find_line(
	struct gpio_find *find, const char *wanted, gpio_find_look_fn look, char err[ERR_MAX])
{
	struct dirent **files = NULL;
	int n;

	*find = (struct gpio_find){.wanted = wanted};
	if (!wanted[0]) {
		snprintf(err, ERR_MAX, "a GPIO line without a name was asked for. " GIVE);
		return -EINVAL;
	}
	split(find);
	n = scandir("/dev", &files, NULL, versionsort);
	for (int i = 0; i < n; i++) {
		look_at(find, files[i]->d_name, look);
		free(files[i]);
	}
	free(files);
	if (find->rank == GPIO_FIND_NONE)
		return not_found(find, err);
	if (find->second[0]) {
		snprintf(err, ERR_MAX,
			"line \"%s\" could be %s or %s. Give the one that is wired as "
			"label:offset or chip:offset.",
			wanted, find->found.resolved, find->second);
		return -ENOTUNIQ;
	}
	return 0;
}

int gpio_find_refused(const struct gpio_find *find, int error, char err[ERR_MAX])
{
	const struct gpio_found *found = &find->found;

	if (error == -EBUSY)
		snprintf(err, ERR_MAX,
			"line \"%s\" (%s) is held by \"%s\". Stop that program, or wire and "
			"configure another line.",
			find->wanted, found->resolved,
			*found->holder ? found->holder : "an unnamed user, perhaps the kernel");
	else
		snprintf(err, ERR_MAX,
			"line \"%s\" (%s): %s. Check that this line can be used in this "
			"direction, with edges (inputs) and with the configured bias.",
			find->wanted, found->resolved, strerror(-error));
	return error;
}
