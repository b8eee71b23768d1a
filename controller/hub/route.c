/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its route: method, path and role are judged before anything else is read. */
#include "api.h"

#include "base/log.h"
#include "crypto/text.h"
#include "hub/certificate.h"
#include "hub/route.h"
#include "wire/utf8.h"

#include <string.h>
#include <strings.h>

static const struct api_route *const groups[] = {
	api_session_routes,
	api_site_routes,
	api_warden_routes,
	api_retention_routes,
	api_member_routes,
	api_erase_routes,
	api_card_routes,
	api_enrol_routes,
	api_tier_routes,
	api_calendar_routes,
	api_hours_routes,
	api_today_routes,
	api_explain_routes,
	api_reason_routes,
	api_door_routes,
	api_event_routes,
	api_event_guest_routes,
	api_presence_routes,
	api_allowance_routes,
	api_pool_routes,
	api_guest_routes,
	api_operator_routes,
	api_log_routes,
	api_live_routes,
	api_report_routes,
	api_alarm_routes,
};

/* Walks all routes: NULL past the end. */
static const struct api_route *next(const struct api_route *route, size_t *group)
{
	if (!route)
		*group = 0;
	else if ((route + 1)->method)
		return route + 1;
	else if (++*group == ARRAY_SIZE(groups))
		return NULL;
	return groups[*group];
}

static void write_roles(unsigned who, const char *between, char *out, size_t size)
{
	static const char *const names[] = {"host", "auditor", "admin"};

	snprintf(out, size, "%s", who ? "" : "none");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (who & 1u << i)
			snprintf(out + strlen(out), size - strlen(out), "%s%s", *out ? between : "",
				names[i]);
}

void route_print(FILE *out)
{
	size_t group;
	char roles[40];

	for (const struct api_route *r = next(NULL, &group); r; r = next(r, &group)) {
		write_roles(r->who, ",", roles, sizeof(roles));
		fprintf(out, "%s %s %s\n", r->method, r->path, roles);
	}
}

/* ---- paths ---- */

/* Whether path has the shape of a route's; the text of {…} goes to parameter ("" without one). */
static bool path_fits(const char *shape, const char *path, char *parameter, size_t size)
{
	*parameter = '\0';
	while (*shape) {
		size_t n;

		if (*shape != '{') {
			if (*shape++ != *path++)
				return false;
			continue;
		}
		shape = strchr(shape, '}') + 1;
		n = strcspn(path, "/");
		if (n == 0)
			return false;
		/* what is too long names nothing */
		snprintf(parameter, size, "%.*s", (int)(n < size ? n : 1), n < size ? path : "?");
		path += n;
	}
	return *path == '\0';
}

/* The shape that path has: those without a parameter first, so that members/import is no member. */
static const struct api_route *find_shape(const char *path)
{
	const struct api_route *found = NULL;
	char parameter[40];
	size_t group;

	for (const struct api_route *r = next(NULL, &group); r; r = next(r, &group)) {
		if (!path_fits(r->path, path, parameter, sizeof(parameter)))
			continue;
		if (!*parameter)
			return r;
		if (!found)
			found = r;
	}
	return found;
}

static const struct api_route *find_method(const struct api_route *shape, const char *method)
{
	size_t group;

	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (const struct api_route *r = next(NULL, &group); r; r = next(r, &group))
		if (strcmp(r->path, shape->path) == 0 && strcmp(r->method, method) == 0)
			return r;
	return NULL;
}

static void add_allow(struct http_request *request, const struct api_route *shape)
{
	char allow[80] = "OPTIONS";
	size_t group;

	for (const struct api_route *r = next(NULL, &group); r; r = next(r, &group)) {
		if (strcmp(r->path, shape->path) != 0)
			continue;
		snprintf(allow + strlen(allow), sizeof(allow) - strlen(allow), ", %s%s", r->method,
			strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
	}
	http_add_header(request, "Allow", allow);
}

/* ---- method, path and role ---- */

static unsigned role_bit(enum operator_role role)
{
	switch (role) {
	case OPERATOR_ROLE_HOST:
		return API_HOST;
	case OPERATOR_ROLE_AUDITOR:
		return API_AUDITOR;
	case OPERATOR_ROLE_ADMIN:
		return API_ADMIN;
	case OPERATOR_ROLE_NONE:
		break;
	}
	return 0;
}

/* Where it has not been counted yet. */
static int judge_count(struct api_call *call, bool known)
{
	const uint8_t *session = known && !call->actor.by_unix ? call->actor.session : NULL;
	bool counted = call->counted;

	call->counted = true;
	if (counted || limit_take(call->hub, call->request, session, LIMIT_REQUEST))
		return 0;
	return API_ANSWERED;
}

static int judge_role(struct api_call *call)
{
	const char *why;
	char roles[40];
	int r;

	if (call->route->who == API_NOBODY)
		return judge_count(call, false);
	r = session_actor(call->hub, call->request, &call->actor);
	if (judge_count(call, r == 1) != 0)
		return API_ANSWERED;
	if (r == 0 || r == -EACCES) {
		http_add_header(call->request, "WWW-Authenticate", "Bearer realm=\"tapin\"");
		return api_refuse(call, 401, "login", "Log in first", "%s",
			r == 0 ? "nobody is logged in: POST /api/v1/session gives a key for "
				 "Authorization: Bearer"
			       : "this session has ended, or never was: log in again");
	}
	if (r < 0)
		return api_fail(call, r);
	why = *call->actor.csrf ? cookie_refusal(call->request, call->actor.csrf) : NULL;
	if (why)
		return api_refuse(call, 403, "csrf", "Not from another page", "%s", why);
	if (call->route->who & role_bit(call->actor.role))
		return 0;
	write_roles(call->route->who, " or ", roles, sizeof(roles));
	return api_refuse(call, 403, "role", "Not with this role",
		"%s has the role %s, this needs %s: ask an admin", call->actor.name,
		operator_role_name(call->actor.role), roles);
}

static int judge_parameter(struct api_call *call)
{
	const char *text = call->parameter;
	bool good = true;
	int32_t date, month;

	if (strstr(call->route->path, "{id}") && call->route->names == API_HEX)
		good = text_unhex(text, call->hex, sizeof(call->hex)) == 0;
	else if (strstr(call->route->path, "{id}"))
		good = api_number_parse(text, API_NUMBER_MAX, &call->id) == 0 && call->id > 0;
	else if (strstr(call->route->path, "{name}"))
		good = name_id_valid(text);
	else if (strstr(call->route->path, "{date}"))
		good = civil_date_parse(text, &date) == 0;
	else if (strstr(call->route->path, "{month}"))
		good = api_month_parse(text, &month) == 0;
	if (call->route->names == API_OWN && call->actor.role != OPERATOR_ROLE_ADMIN &&
		strcmp(text, call->actor.name) != 0)
		return api_refuse(call, 403, "role", "Not with this role",
			"%s may do this for themselves only: ask an admin", call->actor.name);
	return good ? 0
		    : api_refuse(call, 404, "absent", "No such thing",
			      "%.39s names nothing that could be here", text);
}

/* 0 where the route is found and this caller may; else API_ANSWERED. */
static int judge(struct api_call *call)
{
	const char *path = http_path(call->request), *method = http_method(call->request);
	const struct api_route *shape = NULL;
	int r;

	if (strncmp(path, API_PREFIX "/", strlen(API_PREFIX) + 1) == 0)
		shape = find_shape(path + strlen(API_PREFIX));
	if (!shape)
		return api_refuse(call, 404, "path", "No such path",
			"there is nothing here; the paths are listed by tapin-hub --routes");
	call->route = find_method(shape, method);
	if (!call->route)
		add_allow(call->request, shape);
	if (strcmp(method, "OPTIONS") == 0)
		return http_respond(call->request, 204, NULL, "", 0), API_ANSWERED;
	if (!call->route)
		return api_refuse(call, 405, "method", "Not with this method",
			"%.20s is not possible here; the Allow header says what is", method);
	path_fits(call->route->path, path + strlen(API_PREFIX), call->parameter,
		sizeof(call->parameter));
	r = judge_role(call);
	return r == 0 ? judge_parameter(call) : r;
}

static void begin_call(struct api_call *call, struct hub *hub, struct http_request *request)
{
	*call = (struct api_call){
		.hub = hub, .registry = hub->registry, .request = request, .status = 200};
}

/* The head is there: refuse now, or say how much of a body may come. */
static size_t on_begin(struct http_request *request, void *userdata)
{
	struct hub *hub = userdata;
	struct api_call *call;
	size_t max = 0;

	if (page_owns(http_path(request))) {
		if (limit_take(hub, request, NULL, LIMIT_FILE))
			page_answer(hub->page, request);
		return 0;
	}
	call = calloc(1, sizeof(*call));
	if (!call)
		return 0;
	begin_call(call, hub, request);
	if (judge(call) == 0)
		max = call->route->takes == API_TAKES_CSV ? HTTP_BODY_MAX : API_JSON_MAX;
	free(call);
	return max;
}

/* ---- query and body ---- */

static int know_parameter(const char *name, const char *value, void *userdata)
{
	struct api_call *call = userdata;
	const char *known = call->route->query ? call->route->query : "";
	size_t size = strlen(name);

	(void)value;
	for (const char *at = known; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == size && strncmp(at, name, n) == 0)
			return 0;
		at += n;
	}
	api_errors_add(&call->errors, name, "unknown parameter%s%s",
		*known ? "; known here: " : ", this takes none", known);
	return 0;
}

static bool type_is(const char *type, const char *wanted)
{
	size_t n = type ? strcspn(type, "; ") : 0;

	return n == strlen(wanted) && strncasecmp(type, wanted, n) == 0;
}

static int read_body(struct api_call *call)
{
	const char *type = http_header(call->request, "Content-Type");
	bool csv = call->route->takes == API_TAKES_CSV;
	const char *wanted = csv ? "text/csv" : "application/json";
	size_t size;
	const char *body = http_body(call->request, &size);

	call->has_body = size > 0;
	if (call->route->takes == API_TAKES_NOTHING) {
		if (size == 0)
			return 0;
		api_errors_add(&call->errors, "", "this takes no body");
		return api_malformed(call);
	}
	if (size == 0 && call->route->takes == API_MAY_TAKE_JSON)
		return api_body_open("{}", 2, &call->errors, &call->body);
	if (size == 0) {
		api_errors_add(&call->errors, "", "a body of %s is missing", wanted);
		return api_malformed(call);
	}
	if (!type_is(type, wanted))
		return api_refuse(call, 415, "content-type", "Wrong Content-Type",
			"the body must be %s, by its Content-Type", wanted);
	if (csv)
		return 0;
	return api_body_open(body, size, &call->errors, &call->body) < 0 ? api_malformed(call) : 0;
}

static void respond(struct api_call *call, int r)
{
	if (registry_changing(call->registry)) {
		log_error("%s %s left a change unfinished; it is undone", call->route->method,
			call->route->path);
		registry_abort(call->registry);
	}
	if (r == 0 && call->out.failed)
		r = -ENOMEM;
	if (r < 0)
		api_fail(call, r);
	else if (r == 0)
		api_send(call);
}

static void on_request(struct http_request *request, void *userdata)
{
	struct api_call *call = calloc(1, sizeof(*call));

	if (!call) {
		http_respond(request, 503, NULL, "", 0);
		return;
	}
	begin_call(call, userdata, request);
	call->counted = true; /* when it began */
	if (judge(call) == 0) {
		http_query_each(request, know_parameter, call);
		if (call->errors.count > 0)
			api_malformed(call);
		else if (read_body(call) == 0)
			respond(call, call->route->handle(call));
	}
	api_body_free(&call->body);
	api_writer_free(&call->out);
	free(call);
}

/* ---- start and stop ---- */

static int open_http(struct hub *hub, struct http_config *config, char err[ERR_MAX])
{
	CLEANUP(certificate_free) struct certificate certificate = {0};
	const struct hub_listen *listen = &hub->conf.listen;
	bool six = strchr(listen->address, ':');
	int r;

	if (!*listen->address)
		return http_open(config, &hub->http, err);
	r = hub_certificate_load(&hub->conf, true, &certificate, err);
	if (r < 0)
		return r;
	config->tls_address = listen->address;
	config->tls_port = listen->port;
	config->tls_certificate = certificate.chain;
	config->tls_key = certificate.key;
	r = http_open(config, &hub->http, err);
	if (r < 0)
		return r;
	strcpy(hub->fingerprint, certificate.fingerprint);
	hub->certificate_from_us = certificate.from_us;
	hub->certificate_until_us = certificate.until_us;
	log_info("page and API on https://%s%s%s:%u, certificate %s", six ? "[" : "",
		listen->address, six ? "]" : "", listen->port, hub->fingerprint);
	return 0;
}

int route_start(struct hub *hub, char err[ERR_MAX])
{
	struct http_config config = {
		.socket_path = *hub->conf.socket ? hub->conf.socket : NULL,
		/* who may is judged by the peer's user and by login, not by the file */
		.socket_mode = 0666,
		.address = *hub->conf.address ? hub->conf.address : NULL,
		.port = (uint16_t)hub->conf.port,
		.begin = on_begin,
		.handle = on_request,
		.userdata = hub,
	};
	int r = session_start(&hub->routes);

	if (r == 0)
		r = limit_start(&hub->limits);
	if (r < 0) {
		snprintf(err, ERR_MAX, "sessions: %s", strerror(-r));
		return r;
	}
	hub->page = page_open(hub->conf.web);
	r = open_http(hub, &config, err);
	if (r == 0 && config.address)
		log_info("API on http://%s:%u" API_PREFIX, config.address, http_port(hub->http));
	return r;
}

void route_stop(struct hub *hub)
{
	hub->http = http_close(hub->http);
	session_stop(hub->routes);
	hub->routes = NULL;
	limit_stop(hub->limits);
	hub->limits = NULL;
	hub->page = page_free(hub->page);
}

void route_tick(struct hub *hub)
{
	(void)hub; /* sessions end when they are next used; the registry prunes what is left */
}
