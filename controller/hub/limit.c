/* SPDX-License-Identifier: Apache-2.0 */
/* How often who may ask over TCP: one page or script that runs wild leaves the others their turn.
 */
#include "api.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define BUCKETS 128
#define BURST_S 6 /* what may be asked at once, in seconds of asking steadily */
#define RETRY_S "1"

/* Drained as time goes by, full at BURST_S. */
struct bucket {
	uint8_t key[ENTRY_HASH_SIZE]; /* hash of a session's key or of an address */
	uint64_t level;               /* thousandths of LIMIT_FILE */
	uint64_t at_ms;
};

struct hub_limits {
	struct bucket buckets[BUCKETS];
};

_Static_assert(REGISTRY_SESSION_SIZE == ENTRY_HASH_SIZE, "a session is a bucket's key");

int limit_start(struct hub_limits **ret_limits)
{
	*ret_limits = calloc(1, sizeof(**ret_limits));
	return *ret_limits ? 0 : -ENOMEM;
}

void limit_stop(struct hub_limits *limits)
{
	free(limits);
}

void limit_address(const struct http_request *request, char ret_address[64])
{
	const char *name = http_peer_name(request);
	struct in6_addr six;

	/* whoever is on this machine has sixteen million addresses to come from */
	if (strncmp(name, "127.", 4) == 0)
		name = "127.0.0.1";
	snprintf(ret_address, 64, "%s", name);
	if (inet_pton(AF_INET6, name, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six) ||
		IN6_IS_ADDR_LOOPBACK(&six))
		return;
	/* and elsewhere a network of its own: 64 bits */
	memset(&six.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &six, ret_address, 64);
}

static struct bucket *find(struct hub_limits *limits, const uint8_t *key)
{
	struct bucket *oldest = &limits->buckets[0];

	for (size_t i = 0; i < BUCKETS; i++) {
		struct bucket *b = &limits->buckets[i];

		if (memcmp(b->key, key, sizeof(b->key)) == 0)
			return b;
		if (b->at_ms < oldest->at_ms)
			oldest = b;
	}
	*oldest = (struct bucket){.at_ms = clock_mono_ms()};
	memcpy(oldest->key, key, sizeof(oldest->key));
	return oldest;
}

static bool take(struct bucket *bucket, uint64_t per_s, enum limit_cost cost)
{
	uint64_t now = clock_mono_ms(), drained = (now - bucket->at_ms) * per_s * LIMIT_REQUEST;

	bucket->level -= drained < bucket->level ? drained : bucket->level;
	bucket->at_ms = now;
	if (bucket->level + cost * 1000 > BURST_S * per_s * LIMIT_REQUEST * 1000)
		return false;
	bucket->level += cost * 1000;
	return true;
}

bool limit_take(
	struct hub *hub, struct http_request *request, const uint8_t *session, enum limit_cost cost)
{
	uint8_t key[ENTRY_HASH_SIZE];
	char address[64], detail[160];
	uid_t uid;

	if (http_peer(request, &uid))
		return true;
	limit_address(request, address);
	crypto_hash256(&(struct entry_part){address, strlen(address)}, 1, key);
	if (session)
		memcpy(key, session, sizeof(key));
	if (take(find(hub->limits, key), hub->conf.requests_per_s, cost))
		return true;
	http_add_header(request, "Retry-After", RETRY_S);
	snprintf(detail, sizeof(detail),
		"more than %u requests in a second ([hub] requests_per_s): again in " RETRY_S " s",
		hub->conf.requests_per_s);
	http_problem(request, 429, "too-often", "Too many requests", detail, NULL);
	return false;
}
