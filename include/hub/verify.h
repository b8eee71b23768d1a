/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole log verified beside the hub: a child, this very program, reads the registry's file and
 * writes "done N" lines and then the result, as JSON, to a pipe. The loop goes on meanwhile. One at
 * a time; killed when the hub stops, and when it dies.
 */
#pragma once

#include "hub/hub.h"
#include "wire/api_json.h"

struct hub_verify; /* hub->verify */

/* Starts one, unless it runs already. `of`: about how many entries there are. 0 or negative errno.
 */
int verify_start(struct hub *hub, uint64_t of);
/* "state", "done", "of", "started", "ended", "why", "result": what runs, or ran last. */
void verify_write(const struct hub *hub, struct api_writer *out);
void verify_stop(struct hub *hub);

/* The child: tapin-hub --verify FILE --site SITE. An exit status. */
int verify_child(const char *file, const char *site);

struct registry_chain;
/* {"whole", "chains"} */
void verify_write_chains(struct api_writer *out, const struct registry_chain *chains, int count);
