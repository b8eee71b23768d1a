/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's log: to systemd's journal with fields, where that is standard error (JOURNAL_STREAM),
 * else as lines on standard error, "tapin-door: warning: …". Only programs log; libraries return.
 */
#pragma once

enum log_level {
	LOG_LEVEL_ERROR = 3, /* syslog(3) numbers */
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Call once at start. name is kept. */
void log_open(const char *name, enum log_level level);

/*
 * What every later line has beside its message in the journal: "NAME=value\n" each, with values
 * that have no control characters; 255 bytes. Never a token, never a name of a person. For a
 * program that stays: the journal asks the kernel whose a message with fields is, and one that has
 * ended by then is nobody's; until this is called it gets lines.
 */
void log_fields(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line with fields of its own, in the same form, for those who filter: only in the journal, and
 * after log_fields(). */
void log_record(enum log_level level, const char *fields, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
