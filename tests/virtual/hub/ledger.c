/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include "core/reason.h"
#include "crypto/hash.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <string.h>

#define LINE_MAX_SIZE 1024

static struct journal *find(struct ledger *ledger, const uint8_t id[ENTRY_JOURNAL_SIZE])
{
	for (size_t i = 0; i < ledger->count; i++)
		if (memcmp(ledger->journals[i].id, id, ENTRY_JOURNAL_SIZE) == 0)
			return &ledger->journals[i];
	return NULL;
}

static struct journal *add(struct ledger *ledger, const uint8_t id[ENTRY_JOURNAL_SIZE],
	const uint8_t start[ENTRY_HASH_SIZE])
{
	struct journal *more =
		reallocarray(ledger->journals, ledger->count + 1, sizeof(*ledger->journals));
	struct journal *journal;

	if (!more)
		return NULL;
	ledger->journals = more;
	journal = &more[ledger->count++];
	memset(journal, 0, sizeof(*journal));
	memcpy(journal->id, id, ENTRY_JOURNAL_SIZE);
	memcpy(journal->start, start, ENTRY_HASH_SIZE);
	return journal;
}

static int add_hash(struct journal *journal, const uint8_t hash[ENTRY_HASH_SIZE])
{
	if (journal->count == journal->room) {
		size_t room = journal->room ? journal->room * 2 : 1024;
		void *more = reallocarray(journal->hashes, room, ENTRY_HASH_SIZE);

		if (!more)
			return -ENOMEM;
		journal->hashes = more;
		journal->room = room;
	}
	memcpy(journal->hashes[journal->count++], hash, ENTRY_HASH_SIZE);
	return 0;
}

/* The link that entry seq follows. */
static const uint8_t *link_before(const struct journal *journal, uint64_t seq)
{
	return seq == 1 ? journal->start : journal->hashes[seq - 2];
}

/* ---- the file: "journal ID START" and, below it, "SEQ HASH BODY", behind it "poison" where the
 * body is not what the hash says ---- */

static int load_row(struct ledger *ledger, struct journal *journal, const char *line)
{
	char hash_text[65] = "", body_text[BASE64_ROOM(ENTRY_BODY_MAX)] = "";
	uint8_t hash[ENTRY_HASH_SIZE], expected[ENTRY_HASH_SIZE];
	struct entry_record record = {0};
	uint64_t seq;
	bool poison = strstr(line, " poison") != NULL;
	int size;

	(void)ledger;
	if (!journal || sscanf(line, "%" SCNu64 " %64s %428s", &seq, hash_text, body_text) != 3 ||
		text_unhex(hash_text, hash, sizeof(hash)) < 0 || seq != journal->count + 1)
		return -EBADMSG;
	size = text_unbase64(body_text, strlen(body_text), record.body, sizeof(record.body));
	if (size < 0)
		return -EBADMSG;
	record.body_size = (uint16_t)size;
	entry_chain_next(link_before(journal, seq), seq, &record, crypto_hash256, expected);
	if (!poison && memcmp(expected, hash, sizeof(hash)) != 0)
		return -EBADMSG;
	return add_hash(journal, hash);
}

static int load_line(struct ledger *ledger, struct journal **journal, const char *line)
{
	char id_text[33] = "", start_text[65] = "";
	uint8_t id[ENTRY_JOURNAL_SIZE], start[ENTRY_HASH_SIZE];

	if (sscanf(line, "journal %32s %64s", id_text, start_text) != 2)
		return load_row(ledger, *journal, line);
	if (text_unhex(id_text, id, sizeof(id)) < 0 ||
		text_unhex(start_text, start, sizeof(start)) < 0)
		return -EBADMSG;
	*journal = find(ledger, id);
	if (!*journal)
		*journal = add(ledger, id, start);
	return *journal ? 0 : -ENOMEM;
}

int ledger_open(struct ledger *ledger, const char *path, char err[ERR_MAX])
{
	struct journal *journal = NULL;
	char line[LINE_MAX_SIZE];
	unsigned number = 0;

	memset(ledger, 0, sizeof(*ledger));
	ledger->store_at = SIZE_MAX;
	if (!path)
		return 0;
	ledger->store = fopen(path, "a+");
	if (!ledger->store) {
		snprintf(err, ERR_MAX, "%s: %s", path, strerror(errno));
		return -errno;
	}
	rewind(ledger->store);
	while (fgets(line, sizeof(line), ledger->store)) {
		int r = load_line(ledger, &journal, line);

		number++;
		if (r < 0) {
			snprintf(err, ERR_MAX, "%s:%u: no row of a journal, or a broken chain",
				path, number);
			return r;
		}
	}
	return 0;
}

void ledger_close(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		free(ledger->journals[i].hashes);
	free(ledger->journals);
	if (ledger->store)
		fclose(ledger->store);
}

static void store_row(
	struct ledger *ledger, const struct journal *journal, const struct message_row *row)
{
	char id[33], start[65], hash[65], body[BASE64_ROOM(ENTRY_BODY_MAX)];
	size_t at = (size_t)(journal - ledger->journals);

	if (!ledger->store)
		return;
	if (at != ledger->store_at) {
		text_hex(journal->id, sizeof(journal->id), id);
		text_hex(journal->start, sizeof(journal->start), start);
		fprintf(ledger->store, "journal %s %s\n", id, start);
		ledger->store_at = at;
	}
	text_hex(row->hash, sizeof(row->hash), hash);
	text_base64(row->record.body, row->record.body_size, body);
	fprintf(ledger->store, "%" PRIu64 " %s %s%s\n", row->seq, hash,
		*body ? body : "AA==", row->poison ? " poison" : "");
}

static int store_sync(struct ledger *ledger)
{
	if (!ledger->store)
		return 0;
	return fflush(ledger->store) != 0 || fdatasync(fileno(ledger->store)) < 0 ? -EIO : 0;
}

/* ---- what is said ---- */

static void say_entry(const struct message_row *row, bool follow)
{
	const struct reason_info *reason;
	const char *kind;
	struct entry entry;

	if (row->poison) {
		printf("poison %" PRIu64 " %s\n", row->seq, row->why);
		return;
	}
	/* the batch was read, so this decodes */
	if (entry_decode(&row->record, crypto_hash256, &entry) < 0)
		return;
	reason = reason_info(entry.reason);
	kind = entry_kind_name(entry.kind);
	printf("entry %" PRIu64 " %s %s %s", row->seq, kind ? kind : "unknown",
		!entry.decided ? "-"
		: entry.grant  ? "grant"
			       : "deny",
		entry.decided ? reason->name : "-");
	if (entry.subject.card)
		printf(" card=%" PRIu64, entry.subject.card);
	if (entry.subject.member)
		printf(" member=%" PRIu64, entry.subject.member);
	if (entry.subject.sponsor)
		printf(" sponsor=%" PRIu64, entry.subject.sponsor);
	if (entry.subject.event)
		printf(" event=%" PRIu64, entry.subject.event);
	if (entry.subject.use)
		printf(" use=%u", entry.subject.use);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (entry.warnings & bit && warning_name(bit))
			printf(" %s", warning_name(bit));
	if (*entry.detail)
		printf(" detail=\"%s\"", entry.detail);
	if (follow && entry.decided)
		printf(" | %s", reason->member);
	putchar('\n');
}

static void say_range(const char *word, const struct message_batch *batch, const char *more)
{
	printf("%s %" PRIu64 "..%" PRIu64 "%s\n", word, batch->rows[0].seq,
		batch->rows[batch->count - 1].seq, more);
}

/* ---- a batch ---- */

/* A journal seen for the first time must start at 1 and follow the one before it. */
static struct journal *begin(struct ledger *ledger, const struct message_batch *batch)
{
	static const uint8_t none[ENTRY_HASH_SIZE];
	const struct journal *last = ledger->count ? &ledger->journals[ledger->count - 1] : NULL;
	const uint8_t *before = last ? link_before(last, last->count + 1) : none;
	char id[33];

	if (batch->rows[0].seq != 1) {
		printf("gap expected 1 got %" PRIu64 "\n", batch->rows[0].seq);
		ledger->gaps++;
		return NULL;
	}
	/* entries of the old journal that never came: said, and the new one is taken */
	if (last && memcmp(before, batch->before, ENTRY_HASH_SIZE) != 0) {
		printf("gap in the journal before this one, after %zu\n", last->count);
		ledger->gaps++;
	}
	text_hex(batch->journal, sizeof(batch->journal), id);
	printf("journal %s\n", id);
	return add(ledger, batch->journal, batch->previous);
}

/* Rows that are held already: the same, or a fork. Returns their number. */
static size_t compare(struct ledger *ledger, const struct journal *journal,
	const struct message_batch *batch, bool *ret_fork)
{
	size_t held = 0, acked = 0;

	*ret_fork = false;
	for (; held < batch->count && batch->rows[held].seq <= journal->count; held++) {
		const struct message_row *row = &batch->rows[held];

		if (memcmp(row->hash, journal->hashes[row->seq - 1], ENTRY_HASH_SIZE) != 0) {
			printf("fork %" PRIu64 "\n", row->seq);
			ledger->forks++;
			*ret_fork = true;
			return held;
		}
		acked += row->seq <= journal->acked;
	}
	if (held > 0) {
		say_range("duplicate", batch, acked ? " after acknowledgement" : "");
		ledger->duplicates += acked;
	}
	return held;
}

int ledger_take(struct ledger *ledger, const struct message_batch *batch, bool follow,
	struct journal **ret_journal)
{
	struct journal *journal = find(ledger, batch->journal);
	uint64_t first = batch->rows[0].seq;
	bool fork;
	size_t held;

	if (!journal)
		journal = begin(ledger, batch);
	if (!journal)
		return 0;
	*ret_journal = journal;
	if (first > journal->count + 1) {
		printf("gap expected %zu got %" PRIu64 "\n", journal->count + 1, first);
		ledger->gaps++;
		return 0;
	}
	held = compare(ledger, journal, batch, &fork);
	if (fork)
		return 0;
	if (held == 0 &&
		memcmp(link_before(journal, first), batch->previous, ENTRY_HASH_SIZE) != 0) {
		printf("fork %" PRIu64 "\n", first);
		ledger->forks++;
		return 0;
	}
	for (size_t i = held; i < batch->count; i++) {
		if (add_hash(journal, batch->rows[i].hash) < 0)
			return -ENOMEM;
		store_row(ledger, journal, &batch->rows[i]);
		say_entry(&batch->rows[i], follow);
	}
	return store_sync(ledger) < 0 ? -EIO : 1;
}

uint64_t ledger_total(const struct ledger *ledger)
{
	uint64_t total = 0;

	for (size_t i = 0; i < ledger->count; i++)
		total += ledger->journals[i].count;
	return total;
}
