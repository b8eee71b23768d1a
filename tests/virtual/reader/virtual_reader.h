/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "hw/reader_link.h"

/* Both return an exit status and say on standard error what went wrong. */
int play_reader(const char *socket_path, char **words, size_t count);
int play_door(const char *socket_path);

/* Prints what programs tell a service manager, "MONO_US READY=1", until it is killed. */
int play_notify(const char *socket_path);

/* Hex digits to bytes; the number of bytes, or -EINVAL. */
int parse_hex(const char *text, uint8_t *out, size_t room);
void print_hex(const uint8_t *data, size_t size);
