/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of the page: the key is in a cookie that no script reads. A browser sends it by itself,
 * so whatever would change something must show that our own page asked.
 */
#include "api.h"

#include "crypto/seal.h"

#include <string.h>
#include <strings.h>

/* __Host-: no other host of the domain, and no page without TLS, can put one in its place. */
static const char *name_of(const struct http_request *request)
{
	return http_is_tls(request) ? "__Host-tapin" : "tapin";
}

int cookie_find(const char *header, const char *name, char ret_key[SESSION_KEY_SIZE])
{
	size_t size = strlen(name);
	int found = 0;

	for (const char *at = header; *at; at += strspn(at, "; ")) {
		size_t whole = strcspn(at, ";"), value = whole - size - 1;

		if (whole > size && strncmp(at, name, size) == 0 && at[size] == '=') {
			/* one of two may be somebody else's: another path, another port */
			if (found || value != SESSION_KEY_SIZE - 1)
				return -EACCES;
			found = 1;
			memcpy(ret_key, at + size + 1, value);
			ret_key[value] = '\0';
		}
		at += whole;
	}
	return found;
}

int cookie_read(const struct http_request *request, char ret_key[SESSION_KEY_SIZE])
{
	const char *header = http_header(request, "Cookie");

	return header ? cookie_find(header, name_of(request), ret_key) : 0;
}

int cookie_write(struct http_request *request, const char *key)
{
	char text[SESSION_KEY_SIZE + 100];
	int r;

	snprintf(text, sizeof(text), "%s=%s; HttpOnly; SameSite=Strict; Path=/%s%s",
		name_of(request), key ? key : "", http_is_tls(request) ? "; Secure" : "",
		key ? "" : "; Max-Age=0");
	r = http_add_header(request, "Set-Cookie", text);
	crypto_wipe(text, sizeof(text));
	return r;
}

static bool origin_ours(const struct http_request *request, const char *origin)
{
	const char *host = http_header(request, "Host");
	const char *scheme = http_is_tls(request) ? "https://" : "http://";
	uid_t uid;

	/* behind the Unix socket is a proxy, whose own scheme nobody tells us */
	if (http_peer(request, &uid) && strncasecmp(origin, "https://", 8) == 0)
		scheme = "https://";
	return host && strncasecmp(origin, scheme, strlen(scheme)) == 0 &&
	       strcasecmp(origin + strlen(scheme), host) == 0;
}

static bool changes_nothing(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
	       strcmp(method, "OPTIONS") == 0;
}

const char *cookie_refusal(const struct http_request *request, const char *csrf)
{
	const char *site = http_header(request, "Sec-Fetch-Site");
	const char *origin = http_header(request, "Origin");
	const char *token = http_header(request, "X-Tapin-CSRF");

	/* none: typed by hand. same-site: another port or name, which is not ours */
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return "this was asked by a page of another origin";
	if (origin && !origin_ours(request, origin))
		return "this was asked by a page of another origin";
	if (!csrf || changes_nothing(http_method(request)))
		return NULL;
	if (token && strlen(token) == strlen(csrf) && crypto_equal(token, csrf, strlen(csrf)))
		return NULL;
	return "a session by cookie changes something only with the header X-Tapin-CSRF, and the "
	       "csrf that GET /api/v1/session tells: load the page again";
}
