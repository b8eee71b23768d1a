/* SPDX-License-Identifier: Apache-2.0 */
/* Step 7: what the page looks for as somebody types: members by their words, and whose time ends.
 */
#pragma once

/* clang-format off */
#define REGISTRY_SCHEMA_PAGE \
/* kept by registry_search.c: a schema that may not be trusted has no triggers for it */ \
"CREATE VIRTUAL TABLE member_text USING fts5(" \
"  id, name, contact, content='member', content_rowid='id'," \
"  tokenize='unicode61 remove_diacritics 2', prefix='1 2 3 4');" \
"INSERT INTO member_text (member_text) VALUES ('rebuild');" \
"CREATE INDEX member_ends ON member (valid_until) WHERE state = 1 AND valid_until IS NOT NULL;"
/* clang-format on */
