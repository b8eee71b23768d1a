/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page: a directory of static files, read and compressed once, at start. "/" is its index.html,
 * asked for anew each time (ETag); the others are below "/w/DIGEST/", where DIGEST is that of all
 * files, and are kept for good. "@V@" in index.html is "/w/DIGEST".
 */
#pragma once

#include "base/util.h"
#include "wire/http.h"

struct page;

/*
 * Reads directory and its folders, one level deep: regular files named [a-z0-9._-] whose extension
 * has a known type; nothing behind a symbolic link. NULL: there is no page, and the log has why; a
 * hub without it is as safe as one with it.
 */
struct page *page_open(const char *directory);
struct page *page_free(struct page *page);

/* Whether path is one of the page's: "/", "/index.html" and what is below "/w/". */
bool page_owns(const char *path);
/* Answers a request for such a path; page NULL: there is none. */
void page_answer(struct page *page, struct http_request *request);
