/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors' journals as the hub collected them, and what was wrong with them.
 *
 * Each entry is kept once, under (door, journal, seq), as the bytes that came. Chains are verified
 * before they get here (wire/message.h); what cannot be taken is set aside, never dropped.
 */
#pragma once

#include "crypto/sign.h"
#include "store/registry.h"

struct registry_batch_row {
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_record record;
	bool poison; /* genuine by the door's signature, but its bytes do not fit its hash */
	char why[ENTRY_DETAIL_MAX + 1];
};
/* The door's signature over a batch (core/entry_cover.h has the bytes under it). */
struct registry_signature {
	char key_id[KEY_ID_SIZE]; /* "": the batch has none; its entries will be told as unsigned */
	uint8_t bytes[SIGN_SIZE];
	bool rotten; /* it covers this digest of the rows that are poison */
	uint8_t poison[ENTRY_HASH_SIZE];
	uint64_t erased; /* what the door had erased by then: bit i is entry first + i */
};
struct registry_batch {
	char door[NAME_ID_MAX];
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint8_t previous[ENTRY_HASH_SIZE];
	uint8_t before[ENTRY_HASH_SIZE];
	struct registry_signature signature;
	size_t count;
	struct registry_batch_row *rows;
};
struct registry_mark {
	bool known;
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq; /* the last that is kept; 0: none yet */
	uint8_t hash[ENTRY_HASH_SIZE];
};
enum registry_taken {
	REGISTRY_TAKEN_NEW,       /* at least one row is new and now durable */
	REGISTRY_TAKEN_DUPLICATE, /* all were there */
	REGISTRY_TAKEN_GAP,       /* begins after what we have: not taken; an alarm stands */
	REGISTRY_TAKEN_FORK,      /* the same entry with another hash: both kept, an alarm stands */
};
/*
 * Keeps what is new, in one transaction of its own. *ret_mark: where this journal stands now, to be
 * acknowledged (unless GAP at seq 0). Returns enum registry_taken. A journal that names as `before`
 * something that is not the door's last hash raises an alarm, but is taken.
 *
 * The signature is kept where an entry was new, as the door's proof of all before its last one. Of
 * each 64 entries one is enough: a later one by the same key takes the place of those before it,
 * unless rotten rows stand under them.
 */
int registry_log_take(struct registry *registry, const struct registry_batch *batch,
	struct registry_mark *ret_mark);
/* Many batches, one transaction: call between these; registry_log_take then only adds. */
int registry_log_begin(struct registry *registry);
int registry_log_commit(struct registry *registry);
/* Where the newest journal of a door stands. */
int registry_log_mark(struct registry *registry, const char *door, struct registry_mark *ret_mark);

/* One entry as people ask for it. */
struct registry_entry {
	uint64_t id; /* in the order of collection */
	char door[NAME_ID_MAX];
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
	bool poison;
	struct entry entry; /* decoded; zeros where poison */
};
struct registry_log_query {
	uint64_t above; /* ascending from there, to follow; or */
	uint64_t below; /* newest first from there; 0 and 0: from the newest */
	bool ascending; /* as with above, also from its 0: a log that may still be empty */
	const char *door;
	uint64_t member; /* 0: any */
	uint64_t card;
	uint64_t event;
	const char *actor; /* NULL: any */
	int verdict;       /* 1 grants, 0 denials, -1 any */
	int reason;        /* enum reason, or -1 */
	int kind;          /* enum entry_kind, or -1 */
	int64_t from_us;   /* the door's wall clock; 0: no bound */
	int64_t until_us;
	size_t limit;
};
/* Fills rows (room: limit): how many. */
int registry_log(struct registry *registry, const struct registry_log_query *query,
	struct registry_entry *rows);

/* The last taps with an unknown card since since_us, newest first, each card once: at most two rows
 * matter to who claims one. */
struct registry_unknown {
	struct token token;
	uint32_t key_id;
	char door[NAME_ID_MAX];
	int64_t at_us; /* hub's clock when it was collected */
};
int registry_log_unknown(struct registry *registry, const char *door, int64_t since_us,
	struct registry_unknown *rows, size_t limit);

/*
 * Verifies every chain anew from the bytes, and the doors' signatures over them, read-only, also
 * beside a running hub. Keys that went with a removed door cannot be had any more: what they signed
 * is not among signed_entries, and `why` tells so of a chain that is whole.
 */
struct registry_chain {
	char door[NAME_ID_MAX];
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t first_seq;
	uint64_t last_seq;
	uint64_t entries;
	uint64_t signed_entries; /* under a good signature of the door */
	uint64_t poison;
	uint64_t forks;
	bool linked;       /* to the journal before it, or it is the first */
	bool whole;        /* no gap, every hash right, every entry signed by a key of the door */
	char why[ERR_MAX]; /* where not, or what could not be checked */
};
/* *ret_chains: the caller frees. How many. */
int registry_log_verify(const char *path, const char *site, entry_hash_fn hash,
	struct registry_chain **ret_chains, char err[ERR_MAX]);
/* The same; tell (or NULL) is called now and then with how many entries are done. */
int registry_log_verify_told(const char *path, const char *site, entry_hash_fn hash,
	void (*tell)(uint64_t done), struct registry_chain **ret_chains, char err[ERR_MAX]);

/* ---- alarms: what somebody should look at ---- */
enum registry_alarm_kind {
	REGISTRY_ALARM_NONE,
	REGISTRY_ALARM_GAP,
	REGISTRY_ALARM_FORK,
	REGISTRY_ALARM_POISON,
	REGISTRY_ALARM_UNLINKED, /* a new journal that does not follow the old one */
	REGISTRY_ALARM_REFUSED,  /* a message that was not genuine */
};
struct registry_alarm {
	uint64_t id;
	enum registry_alarm_kind kind;
	char door[NAME_ID_MAX];
	char what[ERR_MAX];
	int64_t first_us;
	int64_t last_us;
	uint64_t count;                    /* the same again counts here */
	char seen_by[ENTRY_ACTOR_MAX + 1]; /* who has taken note; "" nobody */
};
const char *registry_alarm_name(enum registry_alarm_kind kind);
int registry_alarm_add(struct registry *registry, enum registry_alarm_kind kind, const char *door,
	const char *what);
int registry_alarm_seen(struct registry *registry, uint64_t id, const char *actor);
/* Newest first; open: only those nobody has taken note of. */
int registry_alarms(struct registry *registry, uint64_t below, bool open,
	struct registry_alarm *rows, size_t limit);
