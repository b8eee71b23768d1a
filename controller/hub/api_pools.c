/* SPDX-License-Identifier: Apache-2.0 */
/* Allowances that members share. */
#include "api.h"

#define LIMIT_MAX 100000

/* used: NULL for the audit, which keeps what somebody set */
static void write_pool(struct api_writer *out, const struct registry_pool *pool, bool counts)
{
	api_object(out, NULL);
	api_number(out, "id", pool->id);
	api_text(out, "name", pool->name);
	api_text(out, "kind", api_allowance_kinds[pool->kind]);
	api_number(out, "limit", pool->limit);
	if (counts) {
		api_number(out, "used", pool->used);
		api_number(out, "members", pool->members);
	}
	api_number(out, "version", pool->version);
	api_end(out);
}

static int list_pools(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_pool *rows = NULL;
	struct api_page page;
	int n;

	api_page_read(call, "pools", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_pools(call->registry, page.after, rows, page.limit) : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		write_pool(&call->out, &rows[i], true);
	api_page_close(call, "pools", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int show_pool(struct api_call *call)
{
	struct registry_pool pool;
	int r = registry_pool(call->registry, call->id, &pool);

	if (r < 0)
		return r;
	api_etag(call, pool.version);
	write_pool(&call->out, &pool, true);
	return 0;
}

static bool read_pool(struct api_body *body, struct registry_pool *pool, enum api_need needed)
{
	int kind;

	api_get_text(body, "name", needed, 1, REGISTRY_NAME_MAX, pool->name);
	/* days, half_days, visits */
	if (api_get_word(body, "kind", needed, api_allowance_kinds + ALLOWANCE_DAYS, 3, &kind))
		pool->kind = (enum allowance_kind)(ALLOWANCE_DAYS + kind);
	api_get_u32(body, "limit", needed, 0, LIMIT_MAX, &pool->limit);
	return api_body_done(body);
}

static int finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	struct registry_pool pool = {0};
	char object[80];

	if (r >= 0)
		r = registry_pool(call->registry, id, &pool);
	if (r >= 0) {
		write_pool(&after, &pool, false);
		api_object_name(object, "pool", id);
		r = api_audit(call, action, object, before, &after);
	}
	r = api_commit(call, r, NULL);
	if (r < 0)
		return r;
	api_etag(call, pool.version);
	write_pool(&call->out, &pool, true);
	return 0;
}

static int add_pool(struct api_call *call)
{
	struct registry_pool pool = {0};
	uint64_t id = 0;
	int r;

	if (!read_pool(&call->body, &pool, API_REQUIRED))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_pool_add(call->registry, &pool, &id);
	call->status = 201;
	return finish(call, r, id, "pool.add", NULL);
}

static int change_pool(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_pool pool;
	int r = registry_pool(call->registry, call->id, &pool);

	if (r < 0)
		return r;
	write_pool(&before, &pool, false);
	if (!read_pool(&call->body, &pool, API_OPTIONAL))
		return api_malformed(call);
	if (!api_matches(call, pool.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_pool_change(call->registry, &pool);
	return finish(call, r, call->id, "pool.change", &before);
}

static int remove_pool(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_pool pool;
	char object[80];
	int r = registry_pool(call->registry, call->id, &pool);

	if (r < 0)
		return r;
	if (!api_matches(call, pool.version))
		return API_ANSWERED;
	write_pool(&before, &pool, false);
	api_object_name(object, "pool", call->id);
	r = api_begin(call);
	if (r == 0)
		r = registry_pool_remove(call->registry, call->id, 0);
	if (r >= 0)
		r = api_audit(call, "pool.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

const struct api_route api_pool_routes[] = {
	{"GET", "/pools", API_ALL, API_TAKES_NOTHING, "limit cursor", list_pools, 0, API_ROW},
	{"POST", "/pools", API_ADMIN, API_TAKES_JSON, NULL, add_pool, 0, API_ROW},
	{"GET", "/pools/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_pool, 0, API_ROW},
	{"PATCH", "/pools/{id}", API_ADMIN, API_TAKES_JSON, NULL, change_pool, 0, API_ROW},
	{"DELETE", "/pools/{id}", API_ADMIN, API_TAKES_NOTHING, NULL, remove_pool, 0, API_ROW},
	{0},
};
