/* SPDX-License-Identifier: Apache-2.0 */
/* One request from its head to its answer. */
#include "http_private.h"

#include "base/clock.h"
#include "wire/api_json.h"
#include "wire/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- reading the head ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX decoded, once: NULL for what is no escape, for NUL, and for what is not UTF-8. */
static char *decode(const char *text)
{
	char *out = malloc(strlen(text) + 1), *to = out;

	if (!out)
		return NULL;
	for (const char *c = text; *c; c++) {
		int high, low;

		if (*c != '%') {
			*to++ = *c;
			continue;
		}
		high = hex_digit(c[1]);
		low = high < 0 ? -1 : hex_digit(c[2]);
		if (low < 0 || (high == 0 && low == 0))
			goto bad;
		*to++ = (char)(high << 4 | low);
		c += 2;
	}
	*to = '\0';
	if (utf8_valid(out, (size_t)(to - out)))
		return out;
bad:
	free(out);
	return NULL;
}

struct head {
	struct http_request *request;
	size_t size;
	unsigned seen;     /* bits of `once` */
	const char *wrong; /* what is refused, in words */
};

/* Of two, a proxy before us may take the other one. The first two say where a request ends. */
static const char *const once[] = {"Content-Length", "Transfer-Encoding", "Host", "Content-Type",
	"Authorization", "Cookie", "Origin", "Sec-Fetch-Site"};

/* Where the request ends is in doubt: what follows it is not read. */
static void doubt(struct head *head, const char *wrong)
{
	head->wrong = wrong;
	head->request->in_doubt = true;
}

static void count_header(struct head *head, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(once); i++) {
		if (strcasecmp(name, once[i]) != 0)
			continue;
		if (head->seen & 1u << i)
			doubt(head, "a header stands twice that may stand once");
		head->seen |= 1u << i;
		if (i == 1 && strcasecmp(value, "chunked") != 0)
			doubt(head, "the only Transfer-Encoding here is chunked");
	}
	if ((head->seen & 3) == 3)
		doubt(head, "Content-Length and Transfer-Encoding exclude each other");
}

static enum MHD_Result take_header(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct head *head = cls;

	(void)kind;
	head->size += strlen(name) + (value ? strlen(value) : 0) + 4;
	if (value && !utf8_valid(value, strlen(value)))
		head->wrong = "a header holds bytes that are not UTF-8";
	count_header(head, name, value ? value : "");
	return MHD_YES;
}

static enum MHD_Result take_parameter(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct head *head = cls;
	struct http_request *request = head->request;
	struct http_pair *pair = &request->query[request->query_count];

	(void)kind;
	head->size += strlen(name) + (value ? strlen(value) : 0) + 2;
	if (request->query_count == QUERY_MAX) {
		head->wrong = "the query has too many parameters";
		return MHD_NO;
	}
	request->query_count++;
	pair->name = decode(name);
	pair->value = decode(value ? value : "");
	if (!pair->name || !pair->value) {
		head->wrong = "the query holds a bad escape, a NUL or bytes that are not UTF-8";
		return MHD_NO;
	}
	for (struct http_pair *other = request->query; other < pair; other++) {
		if (strcmp(other->name, pair->name) == 0) {
			head->wrong = "a parameter of the query stands twice";
			return MHD_NO;
		}
	}
	return MHD_YES;
}

static bool path_sound(const char *raw, const char *path)
{
	/* an escaped slash would make one segment look like two */
	return path && *path == '/' && !strcasestr(raw, "%2f") && utf8_one_line(path);
}

/* On plain TCP the name that was asked for must be this machine's: a web page whose name was
 * rebound to 127.0.0.1 asks for its own. Over TLS the certificate binds the name. */
static bool host_known(const struct http_request *request)
{
	const char *host = http_header(request, "Host");
	const char *const ours[] = {"localhost", "127.0.0.1", "[::1]", request->http->address};
	size_t size;

	if (request->peer->has_uid || request->peer->is_tls || !host)
		return true; /* HTTP/1.1 without a Host was refused before; no browser speaks 1.0 */
	size = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strlen(ours[i]) == size && strncasecmp(host, ours[i], size) == 0)
			return true;
	return false;
}

/* Answers where the head is refused. */
static void read_head(struct http_request *request, const char *url)
{
	struct head head = {.request = request, .size = strlen(url)};

	request->path = decode(url);
	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_header, &head);
	MHD_get_connection_values(
		request->connection, MHD_GET_ARGUMENT_KIND, take_parameter, &head);
	if (request->in_doubt)
		http_add_header(request, "Connection", "close");
	if (head.size > HTTP_HEAD_MAX)
		http_problem(request, 431, "head-too-large", "Head too large",
			"the request's head is larger than 16384 bytes", NULL);
	else if (!path_sound(url, request->path))
		http_problem(request, 400, "path", "Bad path",
			"the path holds a bad escape, an escaped slash, a control character or "
			"bytes that are not UTF-8",
			NULL);
	else if (head.wrong)
		http_problem(request, 400, "head", "Bad head", head.wrong, NULL);
	else if (!host_known(request))
		http_problem(request, 421, "host", "Wrong host",
			"ask for localhost, 127.0.0.1 or [::1]: this address serves its own "
			"machine only",
			NULL);
}

static struct http_request *begin(struct http_server *server, struct MHD_Connection *connection,
	const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_request *request;
	struct http *http = server->http;

	if (!info || !info->socket_context)
		return NULL;
	request = calloc(1, sizeof(*request));
	if (!request)
		return NULL;
	request->http = http;
	request->connection = connection;
	request->peer = info->socket_context;
	request->peer->asked = true;
	request->method = method;
	request->body_max = HTTP_BODY_MAX;
	read_head(request, url);
	if (!request->response && http->config.begin) {
		request->body_max = http->config.begin(request, http->config.userdata);
		if (request->body_max > HTTP_BODY_MAX)
			request->body_max = HTTP_BODY_MAX;
	}
	return request;
}

/* ---- the body ---- */

static void too_large(struct http_request *request)
{
	char detail[80];

	snprintf(detail, sizeof(detail), "the body is larger than %zu bytes", request->body_max);
	http_problem(request, 413, "body-too-large", "Body too large", detail, NULL);
}

/* 0, or negative: the connection is cut. */
static int take_body(struct http_request *request, const char *data, size_t size)
{
	size_t room = request->body_room ? request->body_room : 4096;
	char *grown;

	if (!request->response && size > request->body_max - request->body_size)
		too_large(request);
	if (request->response) {
		request->drained += size;
		return request->drained > DRAIN_MAX ? -EFBIG : 0;
	}
	while (room <= request->body_size + size)
		room *= 2;
	if (room > request->body_room) {
		grown = realloc(request->body, room);
		if (!grown)
			return -ENOMEM;
		request->body = grown;
		request->body_room = room;
	}
	memcpy(request->body + request->body_size, data, size);
	request->body_size += size;
	request->body[request->body_size] = '\0';
	return 0;
}

/* A body that is announced too large for its bytes to be let go by, or that waits for our word, is
 * answered at once; libmicrohttpd then closes the connection. */
static bool answer_at_once(struct http_request *request)
{
	const char *length = http_header(request, "Content-Length");
	unsigned long long announced = length ? strtoull(length, NULL, 10) : 0;

	if (!request->response && announced > request->body_max)
		too_large(request);
	return request->response && (request->in_doubt || announced > DRAIN_MAX ||
					    http_header(request, "Expect") != NULL);
}

static enum MHD_Result send_answer(struct http_request *request)
{
	enum MHD_Result r;

	request->done = true;
	request->peer->since_ms = clock_mono_ms();
	r = MHD_queue_response(request->connection, request->status, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	return r;
}

enum MHD_Result http_on_access(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	struct http_server *server = cls;
	struct http_request *request = *context;

	(void)version;
	if (!request) {
		*context = request = begin(server, connection, url, method);
		if (!request)
			return MHD_NO;
		return answer_at_once(request) ? send_answer(request) : MHD_YES;
	}
	if (*size > 0) {
		int r = take_body(request, data, *size);

		*size = 0;
		return r < 0 ? MHD_NO : MHD_YES;
	}
	if (request->done)
		return MHD_YES;
	if (!request->response)
		server->http->config.handle(request, server->http->config.userdata);
	return request->response ? send_answer(request) : MHD_NO;
}

static void free_pairs(struct http_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pairs[i].name);
		free(pairs[i].value);
	}
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *context;

	(void)cls;
	(void)connection;
	(void)code;
	*context = NULL;
	if (!request)
		return;
	request->peer->since_ms = clock_mono_ms();
	request->stream = http_stream_free(request->stream);
	if (request->response)
		MHD_destroy_response(request->response);
	if (request->body)
		explicit_bzero(request->body, request->body_size); /* passwords and card numbers */
	free(request->body);
	free(request->path);
	free_pairs(request->query, request->query_count);
	free_pairs(request->headers, request->header_count);
	free(request);
}

/* ---- what the handler asks ---- */

const char *http_method(const struct http_request *request)
{
	return request->method;
}

const char *http_path(const struct http_request *request)
{
	return request->path ? request->path : "";
}

const char *http_query(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query_count; i++)
		if (strcmp(request->query[i].name, name) == 0)
			return request->query[i].value;
	return NULL;
}

int http_query_each(const struct http_request *request,
	int (*fn)(const char *name, const char *value, void *userdata), void *userdata)
{
	int r = 0;

	for (size_t i = 0; i < request->query_count && r >= 0; i++)
		r = fn(request->query[i].name, request->query[i].value, userdata);
	return r < 0 ? r : 0;
}

const char *http_header(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_body(const struct http_request *request, size_t *ret_size)
{
	*ret_size = request->body_size;
	return request->body ? request->body : "";
}

bool http_peer(const struct http_request *request, uid_t *ret_uid)
{
	if (request->peer->has_uid)
		*ret_uid = request->peer->uid;
	return request->peer->has_uid;
}

const char *http_peer_name(const struct http_request *request)
{
	return request->peer->name;
}

bool http_is_tls(const struct http_request *request)
{
	return request->peer->is_tls;
}

/* ---- the answer ---- */

int http_add_header(struct http_request *request, const char *name, const char *value)
{
	struct http_pair *pair = &request->headers[request->header_count];

	if (request->header_count == HEADERS_MAX)
		return -ENOSPC;
	pair->name = strdup(name);
	pair->value = strdup(value);
	if (!pair->name || !pair->value) {
		free_pairs(pair, 1);
		return -ENOMEM;
	}
	request->header_count++;
	return 0;
}

static bool has_own(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcasecmp(request->headers[i].name, name) == 0)
			return true;
	return false;
}

/* Script and sheet: a browser shows them as plain text, what they may do is said by the document
 * that loads them. */
static bool is_part(const char *content_type)
{
	return content_type && (strncmp(content_type, "text/javascript", 15) == 0 ||
				       strncmp(content_type, "text/css", 8) == 0);
}

int http_take_response(struct http_request *request, unsigned status, const char *content_type,
	struct MHD_Response *response)
{
	static const char *const always[][2] = {
		{"X-Content-Type-Options", "nosniff"},
		{"Cache-Control", "no-store"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Frame-Options", "DENY"}, /* from here on: of documents */
		{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
		{"Referrer-Policy", "no-referrer"},
	};
	const size_t count = is_part(content_type) ? 3 : ARRAY_SIZE(always);
	enum MHD_Result r = MHD_YES;

	if (!response)
		return -ENOMEM;
	for (size_t i = 0; i < count && r == MHD_YES; i++)
		if (!has_own(request, always[i][0]))
			r = MHD_add_response_header(response, always[i][0], always[i][1]);
	if (r == MHD_YES && content_type)
		r = MHD_add_response_header(response, "Content-Type", content_type);
	for (size_t i = 0; i < request->header_count && r == MHD_YES; i++)
		r = MHD_add_response_header(
			response, request->headers[i].name, request->headers[i].value);
	if (r != MHD_YES) {
		MHD_destroy_response(response);
		return -EINVAL;
	}
	request->response = response;
	request->status = status;
	return 0;
}

int http_respond(struct http_request *request, unsigned status, const char *content_type,
	const char *body, size_t size)
{
	if (request->response || request->done)
		return -EALREADY;
	/* libmicrohttpd copies and does not change it; before 1.0 its parameter was not const */
	return http_take_response(request, status, content_type,
		MHD_create_response_from_buffer(
			size, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY));
}

int http_problem(struct http_request *request, unsigned status, const char *name, const char *title,
	const char *detail, const char *errors)
{
	CLEANUP(api_writer_free) struct api_writer out = {0};
	char type[80];

	snprintf(type, sizeof(type), "urn:tapin:problem:%s", name);
	api_object(&out, NULL);
	api_text(&out, "type", type);
	api_text(&out, "title", title);
	api_number(&out, "status", status);
	api_text(&out, "detail", detail);
	api_text(&out, "instance", http_path(request));
	if (errors)
		api_raw(&out, "errors", errors);
	api_end(&out);
	if (out.failed)
		return http_respond(request, status, NULL, "", 0);
	return http_respond(request, status, "application/problem+json", out.text, out.used);
}
