/* SPDX-License-Identifier: Apache-2.0 */
/* What a door stands on, in memory: GPIO lines, the journal, what it keeps of its hub. */
#include "day.h"

#include <stdlib.h>
#include <string.h>

#define LINE_FD 1000  /* and the line */
#define QUIET_FD 2000 /* never readable */

/* ---- GPIO ---- */

struct gpio_line {
	enum door_line line;
};

static struct gpio_line lines[DOOR_LINE_COUNT];

int gpio_line_request(const struct gpio_spec *spec, const char *consumer,
	struct gpio_line **ret_line, char err[ERR_MAX])
{
	enum door_line line = 0;

	(void)err;
	/* "tapin exit" */
	while (line < DOOR_LINE_COUNT && strcmp(consumer + 6, door_line_name(line)) != 0)
		line++;
	if (line == DOOR_LINE_COUNT)
		return -ENOENT;
	lines[line].line = line;
	*ret_line = &lines[line];
	day.edge_count[line] = 0;
	return spec->direction == GPIO_DIRECTION_OUTPUT ? gpio_line_set(*ret_line, spec->initial)
							: 0;
}

struct gpio_line *gpio_line_free(struct gpio_line *line)
{
	(void)line;
	return NULL;
}

const char *gpio_line_resolved(const struct gpio_line *line)
{
	return door_line_name(line->line);
}

int gpio_line_set(struct gpio_line *line, bool value)
{
	if (line->line == DOOR_LINE_STRIKE && day.strike_broken)
		return -EIO;
	if (day.levels[line->line] != value)
		day_trace("%s %d", door_line_name(line->line), value);
	day.levels[line->line] = value;
	return 0;
}

int gpio_line_get(struct gpio_line *line)
{
	return day.levels[line->line];
}

int gpio_line_fd(const struct gpio_line *line)
{
	return LINE_FD + (int)line->line;
}

int gpio_line_event(struct gpio_line *line, struct gpio_event *ret_event)
{
	unsigned *count = &day.edge_count[line->line];

	if (*count == 0)
		return 0;
	/* edges alternate: the last one led to the level that the line has now */
	ret_event->value = day.levels[line->line] == (*count % 2 == 1);
	ret_event->mono_ns = day.edges[line->line][0] * 1000;
	memmove(day.edges[line->line], day.edges[line->line] + 1,
		--*count * sizeof(day.edges[0][0]));
	return 1;
}

int gpio_generation(void)
{
	return 0;
}

bool below_readable(int fd)
{
	return fd >= LINE_FD && fd < LINE_FD + DOOR_LINE_COUNT && day.edge_count[fd - LINE_FD] > 0;
}

/* ---- the journal: each entry is a line of the trace; those about cards outlive a restart ---- */

static uint64_t last_seq;
static int64_t synced_us;
static struct kept_entry {
	uint64_t seq;
	struct entry entry;
} about[20000];
static size_t about_count;

static void remember(const struct entry *entry)
{
	if (about_count == ARRAY_SIZE(about))
		fprintf(stderr, "day: more entries about cards than fit\n"), exit(1);
	about[about_count].seq = last_seq;
	about[about_count++].entry = *entry;
}

void journal_status(struct journal *journal, struct journal_report *ret_report)
{
	(void)journal;
	*ret_report = (struct journal_report){
		.open = true, .id = {1}, .last_seq = last_seq, .synced_us = synced_us};
}

int journal_open(const struct journal_options *options, struct journal **ret_journal,
	struct journal_report *ret_report, char err[ERR_MAX])
{
	static char here;

	(void)options;
	(void)err;
	*ret_journal = (struct journal *)&here;
	journal_status(*ret_journal, ret_report);
	return 0;
}

int journal_append(struct journal *journal, const struct entry *entry)
{
	(void)journal;
	last_seq++;
	if (entry->clock == CLOCK_TRUST_SYNCED)
		synced_us = entry->wall_us;
	if (entry->subject.card)
		remember(entry);
	day_trace("entry %s %s%s %lld %llu %llu %s %s", entry_kind_name(entry->kind),
		entry->decided ? reason_info(entry->reason)->name : "-",
		entry->warnings & WARNING_PASSBACK ? "+warn_passback" : "",
		(long long)(entry->wall_us / 1000),
		(unsigned long long)(entry->mono_us / 1000 - DAY_START_MS),
		(unsigned long long)entry->subject.card,
		*entry->subject.actor ? entry->subject.actor : "-", entry->detail);
	return 0;
}

struct journal *journal_close(struct journal *journal, unsigned wait_ms, unsigned *ret_left)
{
	(void)journal;
	(void)wait_ms;
	*ret_left = 0;
	return NULL;
}

int journal_fd(const struct journal *journal)
{
	(void)journal;
	return QUIET_FD;
}

int journal_next(struct journal *journal, struct journal_event *ret_event)
{
	(void)journal;
	(void)ret_event;
	return 0;
}

unsigned journal_pending(struct journal *journal)
{
	(void)journal;
	return 0;
}

int journal_request(struct journal *journal, uint64_t after_seq, size_t count)
{
	(void)journal;
	(void)after_seq;
	(void)count;
	return 0;
}

int journal_ack(struct journal *journal, const uint8_t id[ENTRY_JOURNAL_SIZE], uint64_t seq,
	const uint8_t hash[ENTRY_HASH_SIZE])
{
	(void)journal;
	(void)id;
	(void)seq;
	(void)hash;
	return 0;
}

/* Unknown cards of the day before: there was none. */
int journal_erase(struct journal *journal, const struct journal_erasure *what)
{
	(void)journal;
	(void)what;
	return 0;
}

int journal_look(const char *path, uint64_t after_seq, entry_hash_fn hash, journal_look_fn look,
	void *userdata, char err[ERR_MAX])
{
	(void)path;
	(void)hash;
	(void)err;
	for (size_t i = 0; i < about_count; i++)
		if (about[i].seq > after_seq)
			look(userdata, about[i].seq, &about[i].entry);
	return 0;
}

/* ---- the keeper: its values outlive a restart of the door ---- */

static struct {
	char name[32];
	char *value;
} kept[16];

int keeper_open(const struct keeper_options *options, struct keeper **ret_keeper, bool *ret_damaged,
	char err[ERR_MAX])
{
	static char here;

	(void)options;
	(void)err;
	*ret_damaged = false;
	*ret_keeper = (struct keeper *)&here;
	return 0;
}

struct keeper *keeper_close(struct keeper *keeper, unsigned wait_ms)
{
	(void)keeper;
	(void)wait_ms;
	return NULL;
}

int keeper_fd(const struct keeper *keeper)
{
	(void)keeper;
	return QUIET_FD;
}

int keeper_next(struct keeper *keeper, struct keeper_event *ret_event)
{
	(void)keeper;
	(void)ret_event;
	return 0;
}

/* The place of a name, or the first free one. */
static unsigned place(const char *name)
{
	unsigned i = 0;

	while (i < ARRAY_SIZE(kept) - 1 && *kept[i].name && strcmp(kept[i].name, name) != 0)
		i++;
	return i;
}

int keeper_value(struct keeper *keeper, const char *name, char **ret_value, size_t *ret_size)
{
	unsigned i = place(name);

	(void)keeper;
	if (!*kept[i].name)
		return -ENOENT;
	*ret_value = strdup(kept[i].value);
	*ret_size = strlen(kept[i].value);
	return *ret_value ? 0 : -ENOMEM;
}

int keeper_keep(
	struct keeper *keeper, const char *name, const void *value, size_t size, uint64_t tag)
{
	unsigned i = place(name);

	(void)keeper;
	(void)tag;
	free(kept[i].value);
	snprintf(kept[i].name, sizeof(kept[i].name), "%s", name);
	kept[i].value = strndup(value, size);
	return kept[i].value ? 0 : -ENOMEM;
}

int keeper_roster_begin(struct keeper *keeper, const struct keeper_roster *roster)
{
	(void)keeper;
	(void)roster;
	return -EINVAL;
}

int keeper_roster_fill(struct keeper *keeper, uint8_t *run, size_t size)
{
	(void)keeper;
	(void)run;
	(void)size;
	return -EINVAL;
}

int keeper_roster_commit(struct keeper *keeper)
{
	(void)keeper;
	return -EINVAL;
}

void keeper_roster_abort(struct keeper *keeper)
{
	(void)keeper;
}

int keeper_block(
	struct keeper *keeper, const struct revision *revision, const uint8_t *run, size_t size)
{
	(void)keeper;
	(void)revision;
	(void)run;
	(void)size;
	return -EINVAL;
}

int keeper_file(struct keeper *keeper, const char *name, void *data, size_t size, uint64_t tag)
{
	(void)keeper;
	(void)name;
	(void)size;
	(void)tag;
	free(data);
	return 0;
}

int keeper_wipe(struct keeper *keeper, uint64_t tag)
{
	(void)keeper;
	(void)tag;
	return 0;
}
