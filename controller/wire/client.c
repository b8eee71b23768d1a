/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/client.h"

#include "base/clock.h"
#include "crypto/hash.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

#define URL_MAX 4096
#define API "/api/v1"

struct client {
	CURL *curl;
	char hub[256]; /* as it was given, for messages */
	char base[200];
	char curl_error[CURL_ERROR_SIZE];
	char *authorization; /* a header line, or NULL */
	void (*slow)(void *userdata);
	void *userdata;
	unsigned slow_ms;
	uint64_t slow_at; /* 0: said */
};

struct sink {
	char *data;
	size_t size;
	size_t room;
	bool too_long;
};

static size_t take(char *data, size_t one, size_t count, void *userdata)
{
	struct sink *sink = userdata;
	size_t size = one * count, room = sink->room ? sink->room : 4096;
	char *bigger;

	if (size > CLIENT_ANSWER_MAX - sink->size) {
		sink->too_long = true;
		return 0;
	}
	while (room < sink->size + size + 1)
		room *= 2;
	if (room != sink->room) {
		bigger = realloc(sink->data, room);
		if (!bigger)
			return 0;
		sink->data = bigger;
		sink->room = room;
	}
	memcpy(sink->data + sink->size, data, size);
	sink->size += size;
	sink->data[sink->size] = '\0';
	return size;
}

/* ---- where the hub is ---- */

/* "127.0.0.1:8090" behind http://: the host is this machine, the port a number. */
static bool loopback(const char *address)
{
	static const char *const hosts[] = {"127.0.0.1", "[::1]", "localhost"};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		size_t n = strlen(hosts[i]);
		const char *port = address + n + 1;
		size_t digits;

		if (strncmp(address, hosts[i], n) != 0 || address[n] != ':')
			continue;
		digits = strspn(port, "0123456789");
		return digits >= 1 && digits <= 5 &&
		       (!port[digits] || strcmp(port + digits, "/") == 0);
	}
	return false;
}

/* "hub.local:8443" behind https://: a name, an IPv4 address or [IPv6], and a port or none; nobody's
 * name before an @. */
static bool elsewhere(const char *address)
{
	static const char hexes[] = "0123456789abcdefABCDEF:.";
	static const char name[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	bool six = *address == '[';
	const char *start = address + six, *end = start + strspn(start, six ? hexes : name);

	if (end == start || (six && *end++ != ']'))
		return false;
	if (*end == ':') {
		size_t digits = strspn(end + 1, "0123456789");

		if (digits < 1 || digits > 5)
			return false;
		end += 1 + digits;
	}
	return !*end || strcmp(end, "/") == 0;
}

static int set_place(struct client *c, const char *hub, char err[ERR_MAX])
{
	if (strncmp(hub, "unix:", 5) == 0 && hub[5] == '/' && strlen(hub + 5) < 108) {
		strcpy(c->base, "http://localhost" API);
		curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, hub + 5);
		return 0;
	}
	if (strncmp(hub, "http://", 7) == 0 && loopback(hub + 7)) {
		snprintf(c->base, sizeof(c->base), "http://%.*s" API, (int)strcspn(hub + 7, "/"),
			hub + 7);
		return 0;
	}
	if (strncmp(hub, "https://", 8) == 0 && elsewhere(hub + 8) && strlen(hub) < 150) {
		snprintf(c->base, sizeof(c->base), "https://%.*s" API, (int)strcspn(hub + 8, "/"),
			hub + 8);
		return 0;
	}
	snprintf(err, ERR_MAX,
		"%.100s: expected unix:/PATH of the hub's socket or http://127.0.0.1:PORT; from "
		"another machine https://HUB:PORT ([hub] listen)",
		hub);
	return strncmp(hub, "http", 4) == 0 ? -EPERM : -EINVAL;
}

int client_open(const char *hub, struct client **ret_client, char err[ERR_MAX])
{
	struct client *c = calloc(1, sizeof(*c));
	int r;

	if (!c || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		!(c->curl = curl_easy_init())) {
		snprintf(err, ERR_MAX, "not enough memory for a request");
		free(c);
		return -ENOMEM;
	}
	snprintf(c->hub, sizeof(c->hub), "%s", hub);
	r = set_place(c, hub, err);
	if (r < 0) {
		client_close(c);
		return r;
	}
	curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR,
		strncmp(c->base, "https", 5) == 0 ? "https" : "http");
	curl_easy_setopt(c->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->curl_error);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, (long)CLIENT_CONNECT_S);
	curl_easy_setopt(c->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)CLIENT_ANSWER_MAX);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "tapin/" TAPIN_VERSION);
	client_wait(c, CLIENT_TIMEOUT_S);
	*ret_client = c;
	return 0;
}

struct client *client_close(struct client *c)
{
	if (!c)
		return NULL;
	client_set_key(c, NULL);
	curl_easy_cleanup(c->curl);
	free(c);
	return NULL;
}

int client_set_key(struct client *c, const char *key)
{
	static const char format[] = "Authorization: Bearer %s";
	char *line = NULL;

	if (key) {
		line = malloc(sizeof(format) + strlen(key));
		if (!line)
			return -ENOMEM;
		sprintf(line, format, key);
	}
	if (c->authorization)
		crypto_wipe(c->authorization, strlen(c->authorization));
	free(c->authorization);
	c->authorization = line;
	return 0;
}

void client_set_ca(struct client *c, const char *path)
{
	curl_easy_setopt(c->curl, CURLOPT_CAINFO, path);
	curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL);
}

void client_wait(struct client *c, unsigned seconds)
{
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, (long)seconds);
}

/* curl asks about once a second. */
static int watch(
	void *userdata, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	struct client *c = userdata;

	(void)total, (void)now, (void)up_total, (void)up;
	if (c->slow_at && clock_mono_ms() >= c->slow_at) {
		c->slow_at = 0;
		c->slow(c->userdata);
	}
	return 0;
}

void client_set_slow(struct client *c, unsigned ms, void (*slow)(void *userdata), void *userdata)
{
	c->slow = slow;
	c->userdata = userdata;
	c->slow_ms = ms;
	curl_easy_setopt(c->curl, CURLOPT_XFERINFOFUNCTION, watch);
	curl_easy_setopt(c->curl, CURLOPT_XFERINFODATA, c);
	curl_easy_setopt(c->curl, CURLOPT_NOPROGRESS, slow ? 0L : 1L);
}

/* ---- one request ---- */

static int fail(struct client *c, CURLcode code, const struct sink *sink, char err[ERR_MAX])
{
	const char *why = *c->curl_error ? c->curl_error : curl_easy_strerror(code);
	long number = 0;

	/* for a Unix socket curl speaks of localhost and port 80 */
	if (code == CURLE_COULDNT_CONNECT && strncmp(c->hub, "unix:", 5) == 0 &&
		curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number > 0)
		why = strerror((int)number);

	if (sink->too_long || code == CURLE_FILESIZE_EXCEEDED) {
		snprintf(err, ERR_MAX, "%s: the answer is too long; ask for less", c->hub);
		return -EMSGSIZE;
	}
	if (code == CURLE_OPERATION_TIMEDOUT) {
		snprintf(err, ERR_MAX, "%s: the hub does not answer: %.200s", c->hub, why);
		return -ETIMEDOUT;
	}
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
		code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) {
		snprintf(err, ERR_MAX,
			"%s: no hub there: %.200s; is tapin-hub running (systemctl status "
			"tapin-hub), "
			"and may you use its socket?",
			c->hub, why);
		return -EHOSTUNREACH;
	}
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
		snprintf(err, ERR_MAX,
			"%s: is this your hub? %.200s; copy https.pem from its keys directory, "
			"compare its fingerprint (tapin-hub --fingerprint), and set TAPIN_CA to "
			"the copy",
			c->hub, why);
		return -EKEYREJECTED;
	}
	snprintf(err, ERR_MAX, "%s: no answer that can be understood: %.200s", c->hub, why);
	return -EPROTO;
}

/* Adds a line, or frees the list and gives NULL. */
static struct curl_slist *add(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (!longer)
		curl_slist_free_all(list);
	return longer;
}

static struct curl_slist *headers(const struct client *c, const struct client_request *request)
{
	struct curl_slist *list = add(NULL, "Accept: application/json");
	char line[128];

	if (list) /* an empty one: do not ask before sending a body */
		list = add(list, "Expect:");
	if (list && c->authorization)
		list = add(list, c->authorization);
	if (list && request->if_match) {
		snprintf(line, sizeof(line), "If-Match: \"%.60s\"", request->if_match);
		list = add(list, line);
	}
	if (list) {
		snprintf(line, sizeof(line), "Content-Type:%s%.60s",
			request->content_type ? " " : "",
			request->content_type ? request->content_type : "");
		list = add(list, line);
	}
	return list;
}

static void set_body(struct client *c, const struct client_request *request)
{
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, NULL);
	curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
	if (request->body || strcmp(request->method, "POST") == 0 ||
		strcmp(request->method, "PUT") == 0) {
		curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)(request->body ? request->body_size : 0));
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, request->body ? request->body : "");
	}
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, request->method);
}

int client_call(struct client *c, const struct client_request *request,
	struct client_answer *ret_answer, char err[ERR_MAX])
{
	struct curl_slist *list = headers(c, request);
	struct sink sink = {0};
	char url[URL_MAX];
	CURLcode code;
	int n;

	n = snprintf(url, sizeof(url), "%s%s", c->base, request->path);
	if (!list || n < 0 || n >= (int)sizeof(url)) {
		curl_slist_free_all(list);
		snprintf(err, ERR_MAX, "the request is too long");
		return -EINVAL;
	}
	set_body(c, request);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &sink);
	*c->curl_error = '\0';
	c->slow_at = clock_mono_ms() + c->slow_ms;
	code = curl_easy_perform(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(list);
	if (code != CURLE_OK) {
		free(sink.data);
		return fail(c, code, &sink, err);
	}
	*ret_answer = (struct client_answer){.body = sink.data, .size = sink.size};
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
	return 0;
}

void client_answer_free(struct client_answer *answer)
{
	if (answer->body)
		crypto_wipe(answer->body, answer->size);
	free(answer->body);
	*answer = (struct client_answer){0};
}

int client_escape(char *path, size_t room, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(path);

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("-._~", c);

		if (n + 4 > room)
			return -ENAMETOOLONG;
		if (plain) {
			path[n++] = (char)c;
		} else {
			path[n++] = '%';
			path[n++] = hex[c >> 4];
			path[n++] = hex[c & 15];
		}
	}
	path[n] = '\0';
	return 0;
}
