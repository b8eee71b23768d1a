/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-hub: plays the hub for tests and for make run. */
#include "ledger.h"
#include "speak.h"

#include "base/clock.h"
#include "core/roster.h"
#include "crypto/sign.h"
#include "wire/envelope.h"
#include "wire/mqtt.h"

#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

static const char usage[] =
	"usage: virtual-hub init DIR SITE\n"
	"       virtual-hub collect --dir DIR --site SITE --door DOOR --port PORT [OPTION]...\n"
	"       virtual-hub speak --dir DIR --site SITE --door DOOR --port PORT\n"
	"\n"
	"init makes DIR/card.key, DIR/hub.key and DIR/hub.pub.\n"
	"\n"
	"collect verifies a door's journal batches and acknowledges them, signed with "
	"DIR/hub.key.\n"
	"  --door-key FILE       the door's public key; DIR/door.pub. May appear later\n"
	"  --host HOST           127.0.0.1\n"
	"  --username NAME --password-file FILE --ca-file FILE --cert-file FILE --key-file FILE\n"
	"  --store FILE          keep verified rows there (\"SEQ HASH BODY\") and go on from them\n"
	"  --no-ack              acknowledge nothing\n"
	"  --ack-delay MS        acknowledge so much later\n"
	"  --ack-number N        a roster of revision 1.N counts what is acknowledged; 0: every "
	"one\n"
	"  --drop PERCENT        lose so many batches before looking at them (SEED repeats a run)\n"
	"  --follow              for a person: entries with the sentence the member is told\n"
	"\n"
	"Lines on standard output:\n"
	"  connected | disconnected REASON\n"
	"  journal ID                                the first batch of a journal\n"
	"  entry SEQ KIND grant|deny|- REASON|- [card=N] [member=N] [sponsor=N] [event=N] "
	"[use=BITS]\n"
	"      [warn_...] [detail=\"...\"]\n"
	"  ack SEQ\n"
	"  duplicate FIRST..LAST [after acknowledgement]\n"
	"  gap expected SEQ got SEQ                  not taken, not acknowledged\n"
	"  fork SEQ                                  the same entry with another hash; not taken\n"
	"  poison SEQ WHY                            an entry that is not what its hash says\n"
	"  dropped | refused REASON                  a batch\n"
	"  live CLASS [WHAT]\n"
	"  status STATE reader=... contact=... journal=... clock=... pending=N | status offline\n"
	"On SIGTERM or SIGINT it ends with 0 and\n"
	"  collected N entries, first A, last B, duplicates after ack D, gaps G, forks F\n"
	"where N counts every row held, A and B belong to the newest journal, D counts rows.\n"
	"\n"
	"speak signs and publishes what lines on standard input say, right or wrong, and answers a "
	"door's\n"
	"asks. It makes DIR/root.key, hub.key, next.key and other.key with their .pub where they "
	"are missing.\n"
	"  site [warn=S] [bound=S] | door [id=D] | tier [tier=N] "
	"[flags=staff,override,may_open_up]\n"
	"  card uid=HEX [state=active] [card=N] [tier=N] | many count=N     the next revision\n"
	"  extra id=N kind=event|guest [member=N] [card=N] [about=N] [from=S] [until=S] [free] "
	"[at=DOOR] [gone]\n"
	"  standing member=N [days=BITS] [halves=BITS] [visits=N] [minutes=N] [extra=N] [inside] "
	"[ago=S]\n"
	"  pool id=N allowance=KIND limit=N [used=N] [doors=N]\n"
	"  tier and pool: allowance=hours|days|half_days|visits limit=N policy=deny|warn "
	"percent=N\n"
	"  revision [generation=N] [number=N]                               as if it were that "
	"one\n"
	"  keys [serial=N] [generation=N] [good=hub,next] [revoked] | head | delta [from=N] "
	"[empty]\n"
	"  site_state [lockdown] | state [mode=M] [from=S] [until=S] [event]   lie: published, but "
	"not\n"
	"                                   what it answers; silent: answered, but not published\n"
	"  command verb=V [seconds=N] [number=COUNTER] [start] [expires=S] | ack seq=N journal=HEX "
	"hash=HEX\n"
	"  mark seq=N journal=HEX hash=HEX  the journal it says it has; none until then\n"
	"  skew seconds=N                   its clock is so much ahead\n"
	"  deaf [no] | chunk bytes=N | spoil answer=nonce|old|site|door|digest|generation|rollback|"
	"key|flip|\n"
	"                                   lose|restart: the next answer is wrong in this way\n"
	"  with any message: key=root|hub|next|other  topic=T (signed for)  on=T (published on)  "
	"flip\n"
	"                    site=S door=D (in the body)  generation=N number=N  time=S (from now) "
	" "
	"retain=no\n"
	"Lines on standard output: connected | sent TOPIC | ask WANT REVISION to=N chunk=N "
	"digest=same|HEX\n"
	"  result VERB OUTCOME shown=N card=TOKEN|- why=\"...\" | unknown WORD | cannot WHAT\n";

struct hub {
	const char *dir, *site, *door, *door_key, *store;
	struct mqtt_config mqtt_config;
	bool ack, follow;
	unsigned ack_delay_ms, drop_percent;
	uint64_t ack_number;

	struct sign_secret key;
	struct sign_public door_public;
	bool door_known;
	struct ledger ledger;
	struct mqtt *mqtt;
	char journal_topic[MQTT_TOPIC_MAX], live_topic[MQTT_TOPIC_MAX],
		status_topic[MQTT_TOPIC_MAX];
	char ack_topic[MQTT_TOPIC_MAX];
	uint64_t ack_due_ms; /* 0: nothing to acknowledge */
};

static int fail(const char *err)
{
	fprintf(stderr, "virtual-hub: %s\n", err);
	return 1;
}

static int init(const char *dir, const char *site)
{
	struct card_key card = {.id = 1};
	struct sign_secret hub;
	char path[PATH_MAX], err[ERR_MAX];
	int r;

	if (!name_id_valid(site))
		return fail("SITE: expected 1 to 32 of a-z, 0-9 and -");
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return fail(strerror(errno));
	crypto_random(card.bytes, sizeof(card.bytes));
	sign_key_make(&hub);
	snprintf(path, sizeof(path), "%s/card.key", dir);
	r = key_save_card(path, &card, err);
	snprintf(path, sizeof(path), "%s/hub.key", dir);
	if (r == 0)
		r = key_save_secret(path, &hub, err);
	snprintf(path, sizeof(path), "%s/hub.pub", dir);
	if (r == 0)
		r = key_save_public(path, &hub.public, err);
	return r < 0 ? fail(err) : 0;
}

/* ---- acknowledgements ---- */

static void send_ack(struct hub *hub)
{
	struct journal *journal =
		hub->ledger.count ? &hub->ledger.journals[hub->ledger.count - 1] : NULL;
	CLEANUP(cleanup_free) char *body = NULL, *message = NULL;
	struct message_ack ack = {0};
	size_t size;

	hub->ack_due_ms = 0;
	if (!hub->ack || !journal || journal->count == 0)
		return;
	ack.seq = journal->count;
	ack.revision = (struct revision){hub->ack_number ? 1 : 0, hub->ack_number};
	memcpy(ack.journal, journal->id, sizeof(ack.journal));
	memcpy(ack.hash, journal->hashes[ack.seq - 1], sizeof(ack.hash));
	if (message_ack_write(&ack, &body) < 0 ||
		envelope_seal(&hub->key, hub->ack_topic, body, strlen(body), &message, &size) < 0)
		return;
	if (mqtt_publish(hub->mqtt, hub->ack_topic, message, size, 1, false, NULL) == 0) {
		journal->acked = ack.seq;
		printf("ack %llu\n", (unsigned long long)ack.seq);
	}
}

/* ---- what arrives ---- */

static bool know_door(struct hub *hub)
{
	char err[ERR_MAX];

	if (!hub->door_known && key_load_public(hub->door_key, &hub->door_public, err) == 0)
		hub->door_known = true;
	else if (!hub->door_known)
		printf("refused %s\n", err);
	return hub->door_known;
}

static void take_batch(struct hub *hub, const struct mqtt_event *event)
{
	struct message_batch batch = {0};
	struct journal *journal;
	char err[ERR_MAX];
	int r;

	if (hub->drop_percent && (unsigned)rand() % 100 < hub->drop_percent) {
		printf("dropped\n");
		return;
	}
	if (!know_door(hub))
		return;
	r = message_batch_read(event->payload, event->size, &hub->door_public, 1, &batch, err);
	if (r < 0) {
		printf("refused %s\n", err);
		return;
	}
	if (strcmp(batch.site, hub->site) != 0 || strcmp(batch.door, hub->door) != 0)
		printf("refused a batch of %s/%s on this door's topic\n", batch.site, batch.door);
	else
		r = ledger_take(&hub->ledger, &batch, hub->follow, &journal);
	message_batch_free(&batch);
	if (r < 0)
		exit(fail("the store cannot be written"));
	if (r > 0 && !hub->ack_due_ms)
		hub->ack_due_ms = clock_mono_ms() + hub->ack_delay_ms;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static void say_live(const json_t *live)
{
	const char *what = json_string_value(json_object_get(live, "what"));

	printf("live %s%s%s\n", text_of(live, "class"), what ? " " : "", what ? what : "");
}

static void say_status(const json_t *status)
{
	if (!json_is_true(json_object_get(status, "online"))) {
		printf("status offline\n");
		return;
	}
	printf("status %s reader=%s contact=%s journal=%s clock=%s pending=%lld\n",
		text_of(status, "state"), text_of(status, "reader"), text_of(status, "contact"),
		text_of(status, "journal"), text_of(status, "clock"),
		(long long)json_integer_value(json_object_get(status, "pending")));
}

static void take_message(struct hub *hub, const struct mqtt_event *event)
{
	bool live = strcmp(event->topic, hub->live_topic) == 0;
	json_t *object;

	if (strcmp(event->topic, hub->journal_topic) == 0) {
		take_batch(hub, event);
		return;
	}
	object = json_loadb(event->payload, event->size, JSON_REJECT_DUPLICATES, NULL);
	if (!object)
		printf("refused %s: not JSON\n", event->topic);
	else if (live)
		say_live(object);
	else
		say_status(object);
	json_decref(object);
}

static void take_event(struct hub *hub, const struct mqtt_event *event)
{
	switch (event->kind) {
	case MQTT_EVENT_CONNECTED:
		printf("connected\n");
		mqtt_subscribe(hub->mqtt, hub->journal_topic, 1);
		mqtt_subscribe(hub->mqtt, hub->live_topic, 0);
		mqtt_subscribe(hub->mqtt, hub->status_topic, 1);
		/* the one before may have been lost with the connection */
		hub->ack_due_ms = clock_mono_ms();
		return;
	case MQTT_EVENT_DISCONNECTED:
		printf("disconnected %s\n", event->message);
		return;
	case MQTT_EVENT_MESSAGE:
		take_message(hub, event);
		return;
	case MQTT_EVENT_PUBLISHED:
		return;
	}
}

static void serve(struct hub *hub, int signals)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN}, {.fd = mqtt_fd(hub->mqtt), .events = POLLIN}};
	struct mqtt_event event;

	while (!(fds[0].revents & POLLIN)) {
		uint64_t now_ms = clock_mono_ms();
		int wait_ms = !hub->ack_due_ms           ? -1
			      : hub->ack_due_ms > now_ms ? (int)(hub->ack_due_ms - now_ms)
							 : 0;

		if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
			return;
		while (mqtt_next(hub->mqtt, &event) > 0) {
			take_event(hub, &event);
			mqtt_event_done(&event);
		}
		if (hub->ack_due_ms && clock_mono_ms() >= hub->ack_due_ms)
			send_ack(hub);
		fflush(stdout);
	}
}

static int collect(struct hub *hub)
{
	const struct journal *newest;
	char path[PATH_MAX], err[ERR_MAX], client[64];
	sigset_t ends;
	int signals;

	snprintf(path, sizeof(path), "%s/hub.key", hub->dir);
	if (key_load_secret(path, &hub->key, err) < 0 ||
		ledger_open(&hub->ledger, hub->store, err) < 0)
		return fail(err);
	message_topic_door(hub->site, hub->door, "journal", hub->journal_topic, MQTT_TOPIC_MAX);
	message_topic_door(hub->site, hub->door, "live", hub->live_topic, MQTT_TOPIC_MAX);
	message_topic_door(hub->site, hub->door, "status", hub->status_topic, MQTT_TOPIC_MAX);
	message_topic_door(hub->site, hub->door, "ack", hub->ack_topic, MQTT_TOPIC_MAX);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	snprintf(client, sizeof(client), "virtual-hub-%d", (int)getpid());
	hub->mqtt_config.client_id = client;
	if (signals < 0 || mqtt_open(&hub->mqtt_config, &hub->mqtt, err) < 0)
		return fail(signals < 0 ? strerror(errno) : err);
	serve(hub, signals);
	mqtt_close(hub->mqtt, NULL, NULL, 1000);
	newest = hub->ledger.count ? &hub->ledger.journals[hub->ledger.count - 1] : NULL;
	printf("collected %llu entries, first %d, last %zu, duplicates after ack %llu, gaps %llu, "
	       "forks %llu\n",
		(unsigned long long)ledger_total(&hub->ledger), newest && newest->count ? 1 : 0,
		newest ? newest->count : 0, (unsigned long long)hub->ledger.duplicates,
		(unsigned long long)hub->ledger.gaps, (unsigned long long)hub->ledger.forks);
	ledger_close(&hub->ledger);
	close(signals);
	return 0;
}

static unsigned number(const char *text, unsigned max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n > max) {
		fprintf(stderr, "virtual-hub: %s: expected a number from 0 to %u\n", text, max);
		exit(2);
	}
	return (unsigned)n;
}

enum {
	DIR_ = 1,
	SITE,
	DOOR,
	PORT,
	DOOR_KEY,
	HOST,
	USERNAME,
	PASSWORD_FILE,
	CA_FILE,
	CERT_FILE,
	KEY_FILE,
	STORE,
	NO_ACK,
	ACK_DELAY,
	ACK_NUMBER,
	DROP,
	FOLLOW
};

static const struct option options[] = {{"dir", 1, NULL, DIR_}, {"site", 1, NULL, SITE},
	{"door", 1, NULL, DOOR}, {"port", 1, NULL, PORT}, {"door-key", 1, NULL, DOOR_KEY},
	{"host", 1, NULL, HOST}, {"username", 1, NULL, USERNAME},
	{"password-file", 1, NULL, PASSWORD_FILE}, {"ca-file", 1, NULL, CA_FILE},
	{"cert-file", 1, NULL, CERT_FILE}, {"key-file", 1, NULL, KEY_FILE},
	{"store", 1, NULL, STORE}, {"no-ack", 0, NULL, NO_ACK}, {"ack-delay", 1, NULL, ACK_DELAY},
	{"ack-number", 1, NULL, ACK_NUMBER}, {"drop", 1, NULL, DROP}, {"follow", 0, NULL, FOLLOW},
	{0}};

static void set(struct hub *hub, int option, const char *value)
{
	const struct {
		int option;
		const char **field;
	} texts[] = {{DIR_, &hub->dir}, {SITE, &hub->site}, {DOOR, &hub->door},
		{DOOR_KEY, &hub->door_key}, {HOST, &hub->mqtt_config.host},
		{USERNAME, &hub->mqtt_config.username},
		{PASSWORD_FILE, &hub->mqtt_config.password_file},
		{CA_FILE, &hub->mqtt_config.ca_file}, {CERT_FILE, &hub->mqtt_config.cert_file},
		{KEY_FILE, &hub->mqtt_config.key_file}, {STORE, &hub->store}};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].option == option)
			*texts[i].field = value;
	if (option == PORT)
		hub->mqtt_config.port = (uint16_t)number(value, UINT16_MAX);
	else if (option == ACK_DELAY)
		hub->ack_delay_ms = number(value, 600000);
	else if (option == ACK_NUMBER)
		hub->ack_number = number(value, 1000000);
	else if (option == DROP)
		hub->drop_percent = number(value, 100);
	else if (option == NO_ACK)
		hub->ack = false;
	else if (option == FOLLOW)
		hub->follow = true;
}

static int run_collect(int argc, char **argv)
{
	struct hub hub = {.ack = true, .mqtt_config = {.host = "127.0.0.1", .keepalive_s = 30}};
	const char *seed = getenv("SEED");
	char door_key[PATH_MAX];
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return 2;
		set(&hub, option, optarg);
	}
	if (!hub.dir || !hub.site || !hub.door || !hub.mqtt_config.port || optind != argc)
		return fail("collect needs --dir, --site, --door and --port; see --help");
	if (!name_id_valid(hub.site) || !name_id_valid(hub.door))
		return fail("SITE and DOOR: expected 1 to 32 of a-z, 0-9 and -");
	snprintf(door_key, sizeof(door_key), "%s/door.pub", hub.dir);
	if (!hub.door_key)
		hub.door_key = door_key;
	srand(seed ? (unsigned)strtoul(seed, NULL, 0) : 1);
	return collect(&hub);
}

int main(int argc, char **argv)
{
	if (crypto_init() < 0)
		return fail("no cryptography");
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "init") == 0)
		return init(argv[2], argv[3]);
	if (argc >= 2 && strcmp(argv[1], "collect") == 0)
		return run_collect(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "speak") == 0)
		return speak(argc - 1, argv + 1);
	fputs(usage, stderr);
	return 2;
}
