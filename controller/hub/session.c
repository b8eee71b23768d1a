/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asking: sessions, users of the Unix socket, passwords, and how often they may be tried. */
#include "api.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/password.h"

#include <pwd.h>
#include <string.h>
#include <strings.h>

#define TOUCH_US (60 * 1000000LL) /* a session's last use is written down this seldom */
#define FAILURES_FREE 5           /* wrong passwords before a name is locked */
#define LOCK_FIRST_S 30           /* then, doubled with each further one */
#define LOCK_MAX_S 3600
#define BUCKETS 64
#define BUCKET_ROOM 20  /* tries of one address at once */
#define BUCKET_GAIN_S 3 /* and one more each so many seconds: a hash takes a tenth of a second */
/* of all other machines together, since whoever has a network has addresses */
#define ELSEWHERE_ROOM 40
#define ELSEWHERE_GAIN_S 1
#define STRANGERS 256
#define LOOKS 64
#define LOOK_AGAIN_MS (10 * 60 * 1000)
#define UNIX_BUFFER 4096

struct bucket {
	char address[64];
	unsigned spent;
	uint64_t at_ms;
};

/* A name that is no operator's: counted like one, so that nobody can tell. */
struct stranger {
	uint8_t name[ENTRY_HASH_SIZE];
	uint32_t failures;
	int64_t locked_until_us;
	uint64_t at_ms;
};

struct look {
	char actor[NAME_ID_MAX];
	char object[80];
	uint64_t at_ms;
};

struct hub_routes {
	struct bucket buckets[BUCKETS];
	struct bucket elsewhere;
	struct stranger strangers[STRANGERS];
	struct look looks[LOOKS];
	size_t next_look;
};

int session_start(struct hub_routes **ret_routes)
{
	*ret_routes = calloc(1, sizeof(**ret_routes));
	return *ret_routes ? 0 : -ENOMEM;
}

void session_stop(struct hub_routes *routes)
{
	free(routes);
}

/* ---- who is asking ---- */

static void actor_of(const struct registry_operator *operator, struct api_actor * ret_actor)
{
	snprintf(ret_actor->name, sizeof(ret_actor->name), "%s", operator->name);
	ret_actor->role = operator->role;
	ret_actor->member = operator->member;
}

static int actor_of_unix(struct hub *hub, uid_t uid, struct api_actor *ret_actor)
{
	struct registry_operator operator;
	struct passwd user, *found = NULL;
	char buffer[UNIX_BUFFER];
	int r;

	*ret_actor = (struct api_actor){.by_unix = true, .uid = uid};
	if (uid == 0) {
		strcpy(ret_actor->name, "root");
		ret_actor->role = OPERATOR_ROLE_ADMIN;
		return 1;
	}
	if (getpwuid_r(uid, &user, buffer, sizeof(buffer), &found) != 0 || !found)
		return 0;
	r = registry_operator_of_user(hub->registry, user.pw_name, &operator);
	if (r == 1)
		actor_of(&operator, ret_actor);
	return r;
}

/* A clock that was set back ends sessions: nobody knows how long they were idle. */
static bool is_over(const struct registry_session *session, int64_t now)
{
	return now >= session->expires_us || now - session->used_us >= SESSION_IDLE_S * 1000000LL ||
	       now < session->created_us;
}

static int actor_of_key(struct hub *hub, const char *key, struct api_actor *ret_actor)
{
	struct registry_session session;
	struct registry_operator operator;
	int64_t now = api_now_us();
	uint8_t hash[SESSION_KEY_HASH_SIZE];
	int r;

	if (session_key_hash(key, hash) < 0)
		return -EACCES;
	r = registry_session(hub->registry, hash, &session);
	if (r <= 0)
		return r == 0 ? -EACCES : r;
	if (is_over(&session, now)) {
		registry_session_remove(hub->registry, hash);
		return -EACCES;
	}
	r = registry_operator(hub->registry, session.operator, & operator);
	if (r <= 0)
		return r == 0 ? -EACCES : r;
	if (now - session.used_us >= TOUCH_US)
		registry_session_touch(hub->registry, hash, now);
	*ret_actor = (struct api_actor){
		.created_us = session.created_us, .expires_us = session.expires_us};
	actor_of(&operator, ret_actor);
	memcpy(ret_actor->session, hash, sizeof(ret_actor->session));
	return 1;
}

static int actor_of_cookie(
	struct hub *hub, const struct http_request *request, struct api_actor *ret_actor)
{
	char key[SESSION_KEY_SIZE];
	int r = cookie_read(request, key);

	if (r <= 0)
		return r;
	r = actor_of_key(hub, key, ret_actor);
	if (r == 1)
		session_key_csrf(key, ret_actor->csrf);
	crypto_wipe(key, sizeof(key));
	return r;
}

/* A browser is behind a proxy, whose user at the socket is not who sits there. */
static bool by_browser(const struct http_request *request)
{
	static const char *const signs[] = {
		"Sec-Fetch-Site", "Origin", "Via", "Forwarded", "X-Forwarded-For"};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (http_header(request, signs[i]))
			return true;
	return false;
}

int session_actor(struct hub *hub, const struct http_request *request, struct api_actor *ret_actor)
{
	const char *header = http_header(request, "Authorization");
	uid_t uid;
	int r;

	/* a key that is given counts, also where the user is known: it may be another operator's */
	if (header && strncasecmp(header, "Bearer ", 7) == 0)
		return actor_of_key(hub, header + 7, ret_actor);
	if (header)
		return -EACCES;
	r = actor_of_cookie(hub, request, ret_actor);
	if ((r == 0 || r == -EACCES) && http_peer(request, &uid) && !by_browser(request))
		return actor_of_unix(hub, uid, ret_actor);
	return r;
}

bool session_lives(struct hub *hub, const struct api_actor *actor)
{
	struct registry_session session;
	struct registry_operator operator;
	struct api_actor now;

	if (actor->by_unix)
		return actor_of_unix(hub, actor->uid, &now) == 1 && now.role == actor->role &&
		       strcmp(now.name, actor->name) == 0;
	return registry_session(hub->registry, actor->session, &session) == 1 &&
	       !is_over(&session, api_now_us()) &&
	       registry_operator(hub->registry, actor->name, &operator) == 1 &&
	       operator.role == actor->role;
}

/* ---- how often ---- */

/* Seconds until this bucket has room for a try again; 0: now, and it is counted. */
static unsigned fill(struct bucket *bucket, unsigned room, unsigned gain_s)
{
	uint64_t now = clock_mono_ms(), gained = (now - bucket->at_ms) / (gain_s * 1000);

	bucket->spent = gained >= bucket->spent ? 0 : bucket->spent - (unsigned)gained;
	bucket->at_ms = bucket->spent ? bucket->at_ms + gained * gain_s * 1000 : now;
	if (bucket->spent >= room)
		return gain_s;
	bucket->spent++;
	return 0;
}

static struct bucket *find_bucket(struct hub_routes *routes, const char *address)
{
	struct bucket *oldest = &routes->buckets[0];

	for (size_t i = 0; i < BUCKETS; i++) {
		struct bucket *b = &routes->buckets[i];

		if (strcmp(b->address, address) == 0)
			return b;
		if (b->at_ms < oldest->at_ms)
			oldest = b; /* the one that was quiet for longest */
	}
	*oldest = (struct bucket){.at_ms = clock_mono_ms()};
	snprintf(oldest->address, sizeof(oldest->address), "%s", address);
	return oldest;
}

/* Seconds until this peer may try again; 0: now, and the try is counted. */
static unsigned spend(struct hub_routes *routes, const struct http_request *request)
{
	char address[64];
	unsigned wait;
	uid_t uid;

	limit_address(request, address);
	wait = fill(find_bucket(routes, address), BUCKET_ROOM, BUCKET_GAIN_S);
	/* who is at this machine is not kept out by others */
	if (wait || http_peer(request, &uid) || strcmp(address, "127.0.0.1") == 0 ||
		strcmp(address, "::1") == 0)
		return wait;
	return fill(&routes->elsewhere, ELSEWHERE_ROOM, ELSEWHERE_GAIN_S);
}

static int64_t lock_until(uint32_t failures, int64_t now_us)
{
	uint32_t over = failures < FAILURES_FREE ? 0 : failures - FAILURES_FREE;
	int64_t lock_s = LOCK_FIRST_S;

	if (failures < FAILURES_FREE)
		return 0;
	for (uint32_t i = 0; i < over && lock_s < LOCK_MAX_S; i++)
		lock_s *= 2;
	return now_us + (lock_s < LOCK_MAX_S ? lock_s : LOCK_MAX_S) * 1000000;
}

static struct stranger *find_stranger(struct hub_routes *routes, const char *name)
{
	const struct entry_part part = {name, strlen(name)};
	struct stranger *oldest = &routes->strangers[0];
	uint8_t hash[ENTRY_HASH_SIZE];

	crypto_hash256(&part, 1, hash);
	for (size_t i = 0; i < STRANGERS; i++) {
		struct stranger *s = &routes->strangers[i];

		if (memcmp(s->name, hash, sizeof(hash)) == 0)
			return s;
		if (s->at_ms < oldest->at_ms)
			oldest = s;
	}
	*oldest = (struct stranger){0};
	memcpy(oldest->name, hash, sizeof(hash));
	return oldest;
}

static unsigned wait_s(int64_t until_us, int64_t now_us)
{
	return until_us > now_us ? (unsigned)((until_us - now_us + 999999) / 1000000) : 0;
}

/* Takes as long as a wrong password of an operator does, to the disk and back. */
static int judge_stranger(
	struct api_call *call, const char *name, const char *password, unsigned *ret_wait_s)
{
	struct stranger *stranger = find_stranger(call->hub->routes, name);
	int64_t now = api_now_us();

	stranger->at_ms = clock_mono_ms();
	*ret_wait_s = wait_s(stranger->locked_until_us, now);
	if (*ret_wait_s)
		return -EAGAIN;
	password_pretend(password);
	stranger->failures++;
	stranger->locked_until_us = lock_until(stranger->failures, now);
	if (registry_begin(call->registry) == 0) {
		/* what was typed there may be a password: it stays out of the audit */
		registry_audit_add(call->registry, http_peer_name(call->request), "session.refuse",
			"operator/?", "", "");
		api_commit(call, 0, NULL);
	}
	return -EACCES;
}

int session_judge(struct api_call *call, const char *name, const char *password,
	struct registry_operator *ret_operator, unsigned *ret_wait_s)
{
	int64_t now = api_now_us();
	int r;

	*ret_wait_s = spend(call->hub->routes, call->request);
	if (*ret_wait_s)
		return -EAGAIN;
	r = name_id_valid(name) ? registry_operator(call->registry, name, ret_operator) : 0;
	if (r < 0)
		return r;
	if (r == 0 || !*ret_operator->password)
		return judge_stranger(call, name, password, ret_wait_s);
	*ret_wait_s = wait_s(ret_operator->locked_until_us, now);
	if (*ret_wait_s)
		return -EAGAIN;
	if (password_verify(ret_operator->password, password))
		return registry_operator_tried(call->registry, name, true, 0);
	r = registry_operator_tried(
		call->registry, name, false, lock_until(ret_operator->failures + 1, now));
	return r < 0 ? r : -EACCES;
}

/* ---- sessions ---- */

int session_make(struct hub *hub, const char *name, char *key, int64_t *ret_expires_us)
{
	struct registry_session session = {.created_us = api_now_us()};

	session.used_us = session.created_us;
	session.expires_us = session.created_us + SESSION_LIFE_S * 1000000LL;
	snprintf(session.operator, sizeof(session.operator), "%s", name);
	session_key_make(key);
	session_key_hash(key, session.key);
	*ret_expires_us = session.expires_us;
	return registry_session_add(hub->registry, &session);
}

bool session_looks(const struct hub *hub, const char *actor, const char *object)
{
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < LOOKS; i++) {
		const struct look *look = &hub->routes->looks[i];

		if (look->at_ms && now - look->at_ms < LOOK_AGAIN_MS &&
			strcmp(look->actor, actor) == 0 && strcmp(look->object, object) == 0)
			return false;
	}
	return true;
}

void session_looked(struct hub *hub, const char *actor, const char *object)
{
	struct hub_routes *routes = hub->routes;
	struct look *look = &routes->looks[routes->next_look];

	routes->next_look = (routes->next_look + 1) % LOOKS;
	*look = (struct look){.at_ms = clock_mono_ms()};
	snprintf(look->actor, sizeof(look->actor), "%s", actor);
	snprintf(look->object, sizeof(look->object), "%s", object);
}
