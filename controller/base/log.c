/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_SIZE 1024
#define FIELDS_MAX 256

/* The one process-wide state of this room: like stderr itself, it belongs to the process. */
static struct {
	const char *name;
	enum log_level level;
	bool journal; /* standard error is systemd's journal */
	int fd;       /* its own socket, for fields; -1: lines only */
	unsigned lost;
	char fields[FIELDS_MAX]; /* of every line */
} out = {.name = "tapin", .level = LOG_LEVEL_INFO, .fd = -1};

/* systemd.exec(5): the variable names what was connected; a descendant may have another. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	char end;

	return stream && sscanf(stream, "%llu:%llu%c", &device, &inode, &end) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *name, enum log_level level)
{
	out.name = name;
	out.level = level;
	out.journal = is_journal();
}

/* What comes from outside must not forge another line, nor another field. */
static void scrub(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

void log_fields(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out.fields, sizeof(out.fields), format, args);
	va_end(args);
	if (out.journal && out.fd < 0)
		out.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static const char *level_word(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error: ";
	case LOG_LEVEL_WARNING:
		return "warning: ";
	case LOG_LEVEL_INFO:
		return "";
	case LOG_LEVEL_DEBUG:
		return "debug: ";
	}
	return "";
}

/*
 * systemd.journal-fields(7), in its native protocol: a datagram of NAME=VALUE lines. It never
 * waits: what a journal that hangs does not take is counted, for a line must not hold up a strike.
 * False: there is no such socket.
 */
static bool send_journal(enum log_level level, const char *fields, const char *line)
{
	static const struct sockaddr_un journal = {
		.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
	char packet[LINE_MAX_SIZE + 3 * FIELDS_MAX], lost[32] = "";
	int n;

	if (out.lost)
		snprintf(lost, sizeof(lost), "TAPIN_LOST=%u\n", out.lost);
	n = snprintf(packet, sizeof(packet),
		"PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n%s%s%sMESSAGE=%s\n", level, out.name,
		out.fields, fields, lost, line);
	if (out.fd < 0 || n < 0 || n >= (int)sizeof(packet))
		return false;
	if (sendto(out.fd, packet, (size_t)n, MSG_NOSIGNAL, (const struct sockaddr *)&journal,
		    sizeof(journal)) >= 0)
		out.lost = 0;
	else if (errno == EAGAIN || errno == ENOBUFS)
		out.lost++;
	else
		return false;
	return true;
}

static void write_line(enum log_level level, const char *fields, const char *line)
{
	if (out.journal && send_journal(level, fields, line))
		return;
	if (out.journal)
		fprintf(stderr, "<%d>%s\n", level, line);
	else
		fprintf(stderr, "%s: %s%s\n", out.name, level_word(level), line);
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list args;

	if (level > out.level)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	scrub(line);
	write_line(level, "", line);
}

void log_record(enum log_level level, const char *fields, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list args;

	if (level > out.level || !out.journal)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	scrub(line);
	(void)send_journal(level, fields, line);
}
