/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New doors: claims answered; and the site's keys followed when
 * tapin-hub --roll-keys changed them under us.
 */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "hub/keys.h"

#include "provision_private.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define ANSWER_STAYS_MS 60000 /* the account of a used claim, so that its door reads the answer */

/* A claim that was used a moment ago: the same one again gets the same answer. */
struct used {
	struct used *next;
	struct claim claim;
	char *answer; /* NULL: void, only its account is to go */
	uint64_t until_ms;
};

struct hub_provision {
	struct used *used;
	struct timespec keys_mtime;
	ino_t keys_inode;
	uint64_t expiry_ms; /* monotonic: next look for claims that ran out */
};

static void topic_of(
	const struct hub *hub, const char *claim, const char *name, char out[MQTT_TOPIC_MAX])
{
	snprintf(out, MQTT_TOPIC_MAX, "tapin/%s/claim/%s/%s", hub->conf.site, claim, name);
}

/* The claim of "tapin/SITE/claim/CLAIM/ask"; false for any other topic. */
static bool topic_claim(const struct hub *hub, const char *topic, char claim[17])
{
	char expected[MQTT_TOPIC_MAX];
	size_t before = strlen("tapin//claim/") + strlen(hub->conf.site);

	if (strlen(topic) != before + 16 + strlen("/ask"))
		return false;
	memcpy(claim, topic + before, 16);
	claim[16] = '\0';
	topic_of(hub, claim, "ask", expected);
	return strspn(claim, "0123456789abcdef") == 16 && strcmp(topic, expected) == 0;
}

/* ---- claims ---- */

static struct used *find_used(const struct hub_provision *provision, const char *claim)
{
	for (struct used *used = provision->used; used; used = used->next)
		if (strcmp(used->claim.claim, claim) == 0)
			return used;
	return NULL;
}

bool provision_claim_lives(const struct hub *hub, const char *claim)
{
	return find_used(hub->provision, claim) != NULL;
}

static void answer(struct hub *hub, const char *claim, const char *body)
{
	char topic[MQTT_TOPIC_MAX];
	int r;

	topic_of(hub, claim, "answer", topic);
	r = hub_publish(hub, topic, body, false);
	if (r < 0)
		log_warning("provision: the answer to claim %s was not sent: %s; the door asks "
			    "again",
			claim, strerror(-r));
}

static void refuse(struct hub *hub, const struct claim *claim, const char *why)
{
	struct claim_answer refusal = {.keys = hub->keys.keys_message};
	CLEANUP(cleanup_free) char *body = NULL;

	/* a bundle that was copied on its way shows here */
	hub_refuse(hub, claim->door, "claim", why);
	memcpy(refusal.nonce, claim->nonce, sizeof(refusal.nonce));
	snprintf(refusal.refused, sizeof(refusal.refused), "%s", why);
	if (claim_answer_write(&refusal, &body) == 0)
		answer(hub, claim->claim, body);
}

/* The welcome, sealed for the claim's box key, as the answer's body. */
static int write_answer(
	struct hub *hub, const struct claim *claim, const struct welcome *welcome, char **ret_body)
{
	struct claim_answer sealed = {.keys = hub->keys.keys_message};
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) uint8_t *bytes = NULL;
	int r = welcome_write(welcome, &text);

	if (r < 0)
		return r;
	memcpy(sealed.nonce, claim->nonce, sizeof(sealed.nonce));
	sealed.size = strlen(text) + SEAL_OVERHEAD;
	bytes = malloc(sealed.size);
	sealed.sealed = bytes;
	r = bytes ? seal_make(claim->box, text, strlen(text), bytes) : -ENOMEM;
	crypto_wipe(text, strlen(text));
	return r < 0 ? r : claim_answer_write(&sealed, ret_body);
}

static void fill_welcome(struct hub *hub, const struct claim *claim, struct welcome *welcome)
{
	struct registry_mark mark = {0};

	strcpy(welcome->site, hub->conf.site);
	strcpy(welcome->door, claim->door);
	welcome->card = hub->keys.card;
	snprintf(welcome->mqtt_username, sizeof(welcome->mqtt_username), "door-%s", claim->door);
	password_make(welcome->mqtt_password);
	if (registry_log_mark(hub->registry, claim->door, &mark) >= 0 && mark.known)
		memcpy(welcome->journal_before, mark.hash, sizeof(mark.hash));
}

static int use_claim(struct hub *hub, const struct claim *claim)
{
	char actor[ENTRY_ACTOR_MAX + 1], object[80], after[80];
	int r = registry_begin(hub->registry);

	snprintf(actor, sizeof(actor), "door:%.32s", claim->door);
	snprintf(object, sizeof(object), "door/%.32s", claim->door);
	snprintf(after, sizeof(after), "{\"key\":\"%s\"}", claim->key.id);
	if (r >= 0)
		r = registry_claim_use(hub->registry, claim->claim, &claim->key);
	if (r >= 0)
		r = registry_audit_add(hub->registry, actor, "door.provision", object, "", after);
	if (r >= 0)
		r = registry_commit(hub->registry, NULL);
	if (r < 0)
		registry_abort(hub->registry);
	return r < 0 ? r : 0;
}

static struct used *remember(struct hub *hub, const struct claim *claim, char *body)
{
	struct used *used = calloc(1, sizeof(*used));

	if (!used) {
		free(body);
		return NULL;
	}
	used->claim = *claim;
	used->answer = body;
	used->until_ms = clock_mono_ms() + ANSWER_STAYS_MS;
	used->next = hub->provision->used;
	hub->provision->used = used;
	return used;
}

/* Everything about the claim is right: the door is let in. */
static void welcome_door(struct hub *hub, const struct claim *claim)
{
	struct welcome welcome = {0};
	char *body = NULL, err[ERR_MAX] = "";
	int r;

	fill_welcome(hub, claim, &welcome);
	r = write_answer(hub, claim, &welcome, &body);
	if (r == 0)
		r = use_claim(hub, claim);
	if (r < 0) {
		free(body);
		crypto_wipe(&welcome, sizeof(welcome));
		log_error("provision: door %s: %s", claim->door,
			*registry_error(hub->registry) ? registry_error(hub->registry)
						       : strerror(-r));
		refuse(hub, claim,
			"the hub could not keep the door's key; look at its log, then "
			"try again with the same bundle");
		return;
	}
	/* the account before the answer: the broker takes both in this order */
	r = broker_add_door(hub, claim->door, welcome.mqtt_password, err);
	crypto_wipe(&welcome, sizeof(welcome));
	if (r < 0)
		log_error("provision: %s", err);
	if (remember(hub, claim, body))
		answer(hub, claim->claim, body);
	log_info("provision: door %s joined with key %s", claim->door, claim->key.id);
	hub_changed(hub);
}

/* NULL when the claim is good, else why it is not. */
static const char *judge(struct hub *hub, const struct claim *claim)
{
	struct registry_claim row = {0};
	uint8_t proof[BUNDLE_PROOF_SIZE];
	int r = registry_claim(hub->registry, claim->claim, &row);
	const char *why = NULL;

	if (r < 0 && r != -ENOENT)
		why = "the hub cannot read its registry; try again later";
	else if (r <= 0)
		why = "this bundle was used before, has run out, or a newer one was made; make a "
		      "new one: tapin door bundle";
	claim_prove(claim, row.secret, proof);
	if (why)
		; /* nothing to compare with */
	else if (!crypto_equal(proof, claim->proof, sizeof(proof)))
		why = "the claim is not proven by the bundle's secret; carry the bundle over "
		      "again, "
		      "unchanged";
	else if (strcmp(claim->door, row.door) != 0)
		why = "this bundle is another door's";
	else if (row.expires_us <= clock_wall_us())
		why = "this bundle has run out (24 hours); make a new one: tapin door bundle";
	crypto_wipe(&row, sizeof(row));
	return why;
}

static bool same_claim(const struct claim *a, const struct claim *b)
{
	return strcmp(a->door, b->door) == 0 &&
	       crypto_equal(a->key.bytes, b->key.bytes, sizeof(a->key.bytes)) &&
	       crypto_equal(a->box, b->box, sizeof(a->box)) &&
	       crypto_equal(a->nonce, b->nonce, sizeof(a->nonce)) &&
	       crypto_equal(a->proof, b->proof, sizeof(a->proof));
}

bool hub_provision_message(struct hub *hub, const struct mqtt_event *event)
{
	char id[17], err[ERR_MAX] = "";
	struct claim claim;
	const struct used *used;
	const char *why;

	if (!topic_claim(hub, event->topic, id))
		return false;
	if (claim_read(event->payload, event->size, &claim, err) < 0) {
		hub_refuse(hub, "", "claim", err);
		return true;
	}
	if (strcmp(claim.claim, id) != 0) {
		hub_refuse(hub, "", "claim", "it names another claim than its topic");
		return true;
	}
	used = find_used(hub->provision, id);
	if (used && used->answer && same_claim(&used->claim, &claim)) {
		answer(hub, id, used->answer); /* the answer was lost on its way */
		return true;
	}
	why = strcmp(claim.site, hub->conf.site) != 0 ? "this bundle is another site's"
						      : judge(hub, &claim);
	if (why)
		refuse(hub, &claim, why);
	else
		welcome_door(hub, &claim);
	return true;
}

/* ---- housekeeping ---- */

static void drop_used(struct hub *hub, uint64_t now_ms)
{
	struct used **at = &hub->provision->used;
	char account[64];

	while (*at) {
		struct used *used = *at;

		if (now_ms != 0 && now_ms < used->until_ms) {
			at = &used->next;
			continue;
		}
		*at = used->next;
		snprintf(account, sizeof(account), "claim-%s", used->claim.claim);
		if (now_ms != 0)
			provision_account_gone(hub, account);
		free(used->answer);
		free(used);
	}
}

static void drop_expired(struct hub *hub)
{
	struct registry_claim rows[CLAIMS_MAX];
	int count = registry_claims_expired(hub->registry, rows, ARRAY_SIZE(rows));

	for (int i = 0; i < count; i++) {
		log_info("provision: the bundle of door %s ran out unused", rows[i].door);
		provision_account_gone(hub, rows[i].account);
	}
	crypto_wipe(rows, sizeof(rows));
}

/* tapin-hub --roll-keys works on the files alone; the hub follows. */
static void follow_keys(struct hub *hub)
{
	struct hub_provision *provision = hub->provision;
	char path[PATH_MAX], err[ERR_MAX] = "";
	struct hub_keys keys;
	struct stat st;

	hub_keys_path(&hub->conf, "keys", path, sizeof(path));
	if (stat(path, &st) < 0 ||
		(st.st_ino == provision->keys_inode &&
			memcmp(&st.st_mtim, &provision->keys_mtime, sizeof(st.st_mtim)) == 0))
		return;
	bool first = provision->keys_inode == 0;

	provision->keys_inode = st.st_ino;
	provision->keys_mtime = st.st_mtim;
	if (first)
		return;
	if (hub_keys_load(&hub->conf, &keys, err) < 0) {
		log_error("keys: %s; the old ones stay in use until the hub is restarted", err);
		return;
	}
	hub_keys_free(&hub->keys);
	hub->keys = keys;
	crypto_wipe(&keys, sizeof(keys));
	log_info("keys: hub key %s signs, %zu certified", hub->keys.hub.public.id,
		hub->keys.site.count);
	if (hub->mqtt && mqtt_connected(hub->mqtt))
		hub_sync_connected(hub); /* what is retained was signed by the old one */
}

void hub_provision_tick(struct hub *hub)
{
	uint64_t now_ms = clock_mono_ms();

	follow_keys(hub);
	drop_used(hub, now_ms);
	if (now_ms < hub->provision->expiry_ms)
		return;
	hub->provision->expiry_ms = now_ms + 60000;
	drop_expired(hub);
}

void hub_provision_connected(struct hub *hub)
{
	char topic[MQTT_TOPIC_MAX];

	snprintf(topic, sizeof(topic), "tapin/%s/claim/+/ask", hub->conf.site);
	mqtt_subscribe(hub->mqtt, topic, 1);
}

int hub_provision_start(struct hub *hub, char err[ERR_MAX])
{
	hub->provision = calloc(1, sizeof(*hub->provision));
	if (!hub->provision) {
		snprintf(err, ERR_MAX, "out of memory");
		return -ENOMEM;
	}
	follow_keys(hub);
	return 0;
}

void hub_provision_stop(struct hub *hub)
{
	if (!hub->provision)
		return;
	drop_used(hub, 0);
	free(hub->provision);
	hub->provision = NULL;
}
