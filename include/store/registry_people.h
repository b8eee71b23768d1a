/* SPDX-License-Identifier: Apache-2.0 */
/* Members and cards of the registry. */
#pragma once

#include "store/registry.h"

struct registry_member {
	uint64_t id; /* from 1, never used again */
	char name[REGISTRY_NAME_MAX + 1];
	char contact[REGISTRY_NAME_MAX + 1];
	char note[REGISTRY_NOTE_MAX + 1];
	uint32_t tier;
	enum member_state state;
	int32_t valid_from; /* local dates, inclusive; DATE_NONE open-ended */
	int32_t valid_until;
	int32_t grace_until;
	uint32_t release_ms; /* needs longer at the door; 0: no */
	uint64_t version;
	int64_t created_us;
	uint32_t cards; /* how many are active */
	uint64_t pool;  /* whose units the member shares; 0: none */
};

int registry_member(struct registry *registry, uint64_t id, struct registry_member *ret_member);
/* id and version are given by the registry: *ret_id. */
int registry_member_add(
	struct registry *registry, const struct registry_member *member, uint64_t *ret_id);
/* Takes over every field but id, created and cards. -ESTALE if version is neither 0 nor the row's.
 */
int registry_member_change(struct registry *registry, const struct registry_member *member);

struct registry_member_query {
	uint64_t after;      /* by id, ascending */
	const char *text;    /* beginnings of words of the number, name and contact, in any order;
				case and accents do not count; or NULL */
	int state;           /* enum member_state, or -1 */
	int64_t tier;        /* or -1 */
	int32_t ends_before; /* 0: any; else only active ones whose last day is before this, by
				that day and id, and text does not count */
	int32_t ends_from;   /* the earliest such day; 0: any */
	int32_t after_ends;  /* with after: the day of the row that the page before ended with */
	size_t limit;
};
/* Fills rows (room: limit): how many. */
int registry_members(struct registry *registry, const struct registry_member_query *query,
	struct registry_member *rows);

struct registry_card {
	uint64_t id;    /* from 1, never used again */
	bool has_token; /* a returned card that was issued again keeps its history, not its token */
	struct token token;
	uint32_t key_id;
	enum card_kind kind;
	enum card_state
		state; /* UNASSIGNED: returned, or waits for a host's confirmation (pending) */
	bool pending;
	char label[REGISTRY_NAME_MAX + 1]; /* "blue fob 17" */
	uint64_t member;                   /* 0: nobody */
	char issued_by[ENTRY_ACTOR_MAX + 1];
	int64_t issued_us;
	char ended_by[ENTRY_ACTOR_MAX + 1];
	int64_t ended_us; /* 0: not */
	char ended_why[REGISTRY_NOTE_MAX + 1];
	uint64_t replaced_by; /* card number; 0: none */
	int32_t loan_until;   /* lent for the day: that date; else DATE_NONE */
	uint64_t version;
};

int registry_card(struct registry *registry, uint64_t id, struct registry_card *ret_card);
/* By token: 1, 0 when there is none, or negative errno. */
int registry_card_of_token(
	struct registry *registry, const struct token *token, struct registry_card *ret_card);

/*
 * Issues a card to a member: token, key id, kind, label, member, pending and issued_by are read.
 * -EEXIST with the number of the card in the way unless that one was returned; a returned one keeps
 * its row without the token and the new row gets a new number. -EPERM for a member who is closed.
 */
int registry_card_issue(
	struct registry *registry, const struct registry_card *card, uint64_t *ret_id);
/* A card of nobody, which lies in the drawer: no door is told. -EEXIST where it is a card already.
 */
int registry_card_spare(
	struct registry *registry, const struct registry_card *card, uint64_t *ret_id);

enum registry_card_action {
	REGISTRY_CARD_CONFIRM, /* pending → active */
	REGISTRY_CARD_SUSPEND, /* active → suspended */
	REGISTRY_CARD_RESUME,  /* suspended → active */
	REGISTRY_CARD_LOSE,    /* → lost */
	REGISTRY_CARD_FIND,    /* lost → active */
	REGISTRY_CARD_REVOKE,  /* → revoked, for good */
	REGISTRY_CARD_RETURN,  /* any → unassigned: the card lies in the drawer and may be issued
				  again */
};
const char *registry_card_action_name(enum registry_card_action action); /* "confirm", … */
int registry_card_action_parse(const char *text, enum registry_card_action *ret_action);
/* -EPERM where the card's state does not allow it. version 0: whatever is there. */
int registry_card_act(struct registry *registry, uint64_t id, enum registry_card_action action,
	const char *actor, const char *why, uint64_t version);
/* A label, or the number of the card that took its place. */
int registry_card_label(
	struct registry *registry, uint64_t id, const char *label, uint64_t version);
int registry_card_replaced(struct registry *registry, uint64_t id, uint64_t by);

struct registry_card_query {
	uint64_t after;           /* by id, ascending */
	uint64_t member;          /* 0: any */
	int state;                /* enum card_state, or -1 */
	bool lent;                /* only those that are lent for the day */
	const char *text;         /* part of the label; or NULL */
	int64_t issued_before_us; /* 0: no bound: cards that may be copyable after a theft */
	size_t limit;
};
int registry_cards(struct registry *registry, const struct registry_card_query *query,
	struct registry_card *rows);
