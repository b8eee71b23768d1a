/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the API share. A request becomes an api_call; its route's handler answers it or
 * returns why not. Handlers run on the loop, one after the other: what they read does not change
 * under them.
 *
 *   route.c     from a request to its route, role and body   session.c    who is asking
 *   api.c       refusals, changes, ETags, pages              cookie.c     sessions of the page
 *   limit.c     how often who may ask                        api_*.c      one group of routes each
 */
#pragma once

#include "crypto/password.h"
#include "hub/hub.h"
#include "wire/api_json.h"

#define API_PREFIX "/api/v1"
#define API_JSON_MAX 65536 /* bytes of a JSON body */
#define API_PAGE_DEFAULT 50

/* Who may: bits. */
enum api_who {
	API_NOBODY = 0, /* needs no login */
	API_HOST = 1 << 0,
	API_AUDITOR = 1 << 1,
	API_ADMIN = 1 << 2,
	API_READS = API_AUDITOR | API_ADMIN,
	API_WORKS = API_HOST | API_ADMIN,
	API_ALL = API_HOST | API_AUDITOR | API_ADMIN,
};

enum api_takes {
	API_TAKES_NOTHING,
	API_TAKES_JSON,
	API_MAY_TAKE_JSON,
	API_TAKES_CSV,
};

/* What a path's parameter is. */
enum api_names {
	API_ROW, /* a row's number, name or date; or there is none */
	API_HEX, /* {id} is 32 hex digits */
	API_OWN, /* {name} is an operator, and who is no admin may only be meant themselves */
};

struct api_call;
struct api_route {
	const char *method;
	const char *path; /* without API_PREFIX; at most one {parameter} */
	unsigned who;
	enum api_takes takes;
	const char *query; /* names that may stand there, between blanks; NULL: none */
	/* 0: call->out is the answer, with call->status; API_ANSWERED; or negative errno for
	 * api_fail. */
	int (*handle)(struct api_call *call);
	int argument; /* the handler's business */
	enum api_names names;
};
#define API_ANSWERED 1

struct api_actor {
	char name[NAME_ID_MAX];
	enum operator_role role;
	uint64_t member; /* their own record; 0: none */
	bool by_unix;
	uid_t uid;                              /* where by_unix */
	uint8_t session[REGISTRY_SESSION_SIZE]; /* where not by_unix */
	char csrf[SESSION_CSRF_SIZE];           /* of a session by cookie; else "" */
	int64_t created_us;
	int64_t expires_us;
};

struct api_call {
	struct hub *hub;
	struct registry *registry;
	struct http_request *request;
	const struct api_route *route;
	struct api_actor actor;
	char parameter[40]; /* the text of {…} */
	uint64_t id;        /* where it is a number */
	uint8_t hex[16];    /* where it is hex */
	struct api_errors errors;
	struct api_body body; /* of a JSON body; where none came, an empty object */
	bool has_body;
	struct api_writer out;
	unsigned status; /* 200 unless set */
	bool counted;    /* for the limit */
};

/* ---- tables: a group of routes each, ended by a row without method ---- */
extern const struct api_route api_session_routes[];
extern const struct api_route api_site_routes[];
extern const struct api_route api_warden_routes[];
extern const struct api_route api_retention_routes[];
extern const struct api_route api_member_routes[];
extern const struct api_route api_erase_routes[];
extern const struct api_route api_card_routes[];
extern const struct api_route api_enrol_routes[];
extern const struct api_route api_tier_routes[];
extern const struct api_route api_calendar_routes[];
extern const struct api_route api_hours_routes[];
extern const struct api_route api_today_routes[];
extern const struct api_route api_explain_routes[];
extern const struct api_route api_reason_routes[];
extern const struct api_route api_door_routes[];
extern const struct api_route api_event_routes[];
extern const struct api_route api_presence_routes[];
extern const struct api_route api_allowance_routes[];
extern const struct api_route api_pool_routes[];
extern const struct api_route api_guest_routes[];
extern const struct api_route api_event_guest_routes[];
extern const struct api_route api_operator_routes[];
extern const struct api_route api_log_routes[];
extern const struct api_route api_live_routes[];
extern const struct api_route api_report_routes[];
extern const struct api_route api_alarm_routes[];

/* ---- session.c ---- */

#define SESSION_LIFE_S (12 * 3600)
#define SESSION_IDLE_S (30 * 60)

struct hub_routes;
/* 1 and *ret_actor; 0: nobody says who they are; -EACCES: a key that is not good (any more). */
int session_actor(struct hub *hub, const struct http_request *request, struct api_actor *ret_actor);
/* Whether they still are who they were, in the same role; their session is not the longer for it.
 */
bool session_lives(struct hub *hub, const struct api_actor *actor);
/*
 * Judges a name and password: 0 and *ret_operator; -EACCES wrong, -EAGAIN too many tries, again in
 * *ret_wait_s. Unknown names cost and say the same.
 */
int session_judge(struct api_call *call, const char *name, const char *password,
	struct registry_operator *ret_operator, unsigned *ret_wait_s);
/* Makes a session; key has SESSION_KEY_SIZE bytes. */
int session_make(struct hub *hub, const char *name, char *key, int64_t *ret_expires_us);
/* True where this actor has not looked at this for ten minutes: it is to be audited, then noted. */
bool session_looks(const struct hub *hub, const char *actor, const char *object);
void session_looked(struct hub *hub, const char *actor, const char *object);
int session_start(struct hub_routes **ret_routes);
void session_stop(struct hub_routes *routes);

/* ---- cookie.c ---- */

/* The value of a cookie in a Cookie header, where it has a session key's length: 1, 0 where there
 * is none, -EACCES for another length and for one that stands twice. */
int cookie_find(const char *header, const char *name, char ret_key[SESSION_KEY_SIZE]);
/* The key of the page's cookie: 1, 0 where there is none, -EACCES for what is no key. */
int cookie_read(const struct http_request *request, char ret_key[SESSION_KEY_SIZE]);
/* Adds the header that sets it; key NULL: that takes it away. 0 or negative errno. */
int cookie_write(struct http_request *request, const char *key);
/*
 * Why a request by cookie is refused, in words: it came from another page than ours, or would
 * change something and is without the session's token. NULL: it is ours. csrf NULL: no token is
 * needed.
 */
const char *cookie_refusal(const struct http_request *request, const char *csrf);

/* ---- limit.c ---- */

enum limit_cost {
	LIMIT_FILE = 1, /* of the page */
	LIMIT_REQUEST = 8,
};

int limit_start(struct hub_limits **ret_limits);
void limit_stop(struct hub_limits *limits);
/* Counts one request of this session (REGISTRY_SESSION_SIZE bytes), or of its address where that is
 * NULL: false where it was answered with 429. The Unix socket has no limit. */
bool limit_take(struct hub *hub, struct http_request *request, const uint8_t *session,
	enum limit_cost cost);
/* Where a request comes from, as it is counted: one for a whole IPv6 network, and for this machine.
 */
void limit_address(const struct http_request *request, char ret_address[64]);

/* ---- api.c: refusals; each answers and returns API_ANSWERED ---- */

int api_refuse(struct api_call *call, unsigned status, const char *name, const char *title,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
/* 400 with errors: the body or the query is malformed. */
int api_malformed(struct api_call *call);
/* 422 with errors: well formed, but it cannot be. */
int api_unfit(struct api_call *call);
/* From an errno of the registry and its sentence. */
int api_fail(struct api_call *call, int r);
/* Sends call->out with call->status. */
void api_send(struct api_call *call);

/* ---- api.c: changes ---- */

/* If-Match: false where it was answered with 412. */
bool api_matches(struct api_call *call, uint64_t version);
/* The answer's ETag. */
void api_etag(struct api_call *call, uint64_t version);
int api_begin(struct api_call *call);
/* One row of the audit; before and after may be NULL. */
int api_audit(struct api_call *call, const char *action, const char *object,
	const struct api_writer *before, const struct api_writer *after);
/* Ends the change; r < 0 undoes it. *ret_revision may be NULL. Doors are told. 0 or r. */
int api_commit(struct api_call *call, int r, struct revision *ret_revision);
/* "card/17" */
void api_object_name(char out[80], const char *noun, uint64_t id);
/* "revision" and "doors": which active doors know of it. */
void api_confirmations(
	struct api_call *call, struct api_writer *out, const struct revision *revision);
/* Whether a door's roster is at least of this revision. */
bool api_confirmed(const struct registry_door *door, const struct revision *revision);

/* ---- api.c: queries and pages; what is wrong goes to call->errors ---- */

void api_query_number(struct api_call *call, const char *name, uint64_t *ret);
void api_query_time(struct api_call *call, const char *name, int64_t *ret_us);
void api_query_date(struct api_call *call, const char *name, int32_t *ret_date);
void api_query_word(struct api_call *call, const char *name, const char *const *words, size_t count,
	int *ret_index);
/* NULL where it is not there. */
const char *api_query_text(struct api_call *call, const char *name, size_t max);
void api_query_name(struct api_call *call, const char *name, const char **ret_name);

/* "2026-11" as 12 * year + month - 1. 0 or -EINVAL. */
int api_month_parse(const char *text, int32_t *ret_month);

/* ?revision=GENERATION.NUMBER; false where it is not there. */
bool api_query_revision(struct api_call *call, struct revision *ret_revision);

struct api_page {
	size_t limit;
	uint64_t after; /* lists by number: rows after (or before) this one; 0: from the start */
	char name[40];  /* lists by name; "": from the start */
};
/* ?limit= and ?cursor= of a list; what is wrong goes to call->errors. */
void api_page_read(struct api_call *call, const char *list, size_t max, struct api_page *ret_page);
/* Opens the answer of a list and closes it: there is a next page where `count` rows fill it. */
void api_page_open(struct api_call *call);
void api_page_close(struct api_call *call, const char *list, const struct api_page *page,
	size_t count, uint64_t last, const char *last_name);

/* ---- shared by groups ---- */

void api_write_member(struct api_writer *out, const struct registry_member *member);
void api_write_card(struct api_writer *out, const struct registry_card *card);
void api_write_door(
	struct api_call *call, struct api_writer *out, const struct registry_door *door);
/* Between api_object and api_end. */
/* The same for an answer, with the name of its tier or member beside the number; never for the
 * audit, which would keep the name of who is erased. */
void api_member_show(struct api_call *call, const struct registry_member *member);
void api_card_show(struct api_call *call, const struct registry_card *card);
void api_member_fields(struct api_writer *out, const struct registry_member *member);
void api_card_fields(struct api_writer *out, const struct registry_card *card);

void api_write_exception(struct api_writer *out, const struct registry_exception *exception);
/* With how many are listed and came. */
int api_event_show(struct api_call *call, const struct registry_event *event);

/* ---- api_hours.c: openings as pictures need them ---- */

#define API_HOURS_REACH_S (366LL * 86400) /* how far ahead the next change is looked for */
struct openings_rule;
/* The instant at which a local date begins, in seconds; -EINVAL. */
int api_day_start(int32_t date, int64_t *ret_s);
/* "windows": those that start on `days` dates from `from` on; and "open_now" and "next_change". */
int api_hours_windows(
	struct api_call *call, const struct openings_rule *rule, int32_t from, int days);
int api_hours_now(struct api_call *call, const struct openings_rule *rule, int64_t now_us);
/* "exceptions": closures and special openings of these dates; door NULL: of all, else the site's
 * and its own. */
int api_exceptions_between(struct api_call *call, const char *door, int32_t first, int32_t last);

/* Whether this operator may give what a tier gives: hosts may not grant staff and override. 0,
 * -ENOENT, -EACCES. */
int api_may_grant(struct api_call *call, uint32_t tier);

/* The token of a card number: 0, or -EINVAL with why it cannot be a card of ours. */
int api_card_token(
	struct api_call *call, const char *text, struct token *ret_token, char err[ERR_MAX]);
/* The wall clock, as the registry's. */
int64_t api_now_us(void);

/* Notes that this actor looked at what a person did: once in ten minutes. */
int api_audit_look(struct api_call *call, const char *noun, uint64_t id);
/* The kinds of allowance as words: enum allowance_kind. */
extern const char *const api_allowance_kinds[5];
/* Every month that the member used or was given something of, unit by unit, as a list. */
int api_allowance_months(struct api_call *call, const char *key);
/* The member's name beside the number, or null. */
void api_member_name(struct api_call *call, const char *key, uint64_t member);

/* api_log.c: names of members, each looked up once where it stands several times in a row. */
struct api_lookup {
	struct registry *registry;
	uint64_t id;
	char name[REGISTRY_NAME_MAX + 1];
};
void api_log_entry(
	struct api_writer *out, struct api_lookup *names, const struct registry_entry *row);
/* The earliest that this operator may see of the log; 0: all. */
int64_t api_log_earliest(const struct api_actor *actor);
/* live.c: whoever watches in this session does so no more. */
void live_end_session(struct hub *hub, const struct api_actor *actor);

/* api_import.c: the handlers of the imports */
int api_import_guests(struct api_call *call);
int api_import_members(struct api_call *call);
int api_import_cards(struct api_call *call);
/* What a host may not do to a member: 0, or -EACCES with err. before NULL: a new one. */
int api_member_allowed(struct api_call *call, const struct registry_member *before,
	const struct registry_member *after, char err[ERR_MAX]);
/* The same for what gives a card of this member. */
int api_card_allowed(struct api_call *call, uint64_t member, char err[ERR_MAX]);
/* api_enrol.c: sends a command by this caller, with its row of the audit: 0, answered, or negative.
 */
int api_command_send(struct api_call *call, struct registry_command *command, const char *action);
