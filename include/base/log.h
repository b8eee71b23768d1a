/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's log on standard error: with systemd's priority prefix where the journal reads it,
 * as "tapin-door: warning: …" where a person does. Only programs log; libraries return.
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

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
