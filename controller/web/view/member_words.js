// SPDX-License-Identifier: Apache-2.0
// What is said of members and cards, in one place for lists and pages.
import { h } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { t, word } from '../lib/texts.js';
import { addDays, dateOf, dateText } from '../lib/time.js';

const SOON_DAYS = 14;

/** A name within a sentence: its direction ends with it. */
export const iso = (name) => `\u2068${name}\u2069`;

/** Members | Cards, above both lists. */
export const tabs = (current) =>
	h(
		'nav',
		{ class: 'subtabs', 'aria-label': t('members.tabs') },
		[
			['members', '#/members'],
			['cards', '#/members/cards'],
		].map(([name, href]) => h('a', { href, 'aria-current': name === current ? 'page' : null }, t(`${name}.tab`))),
	);

/** Whether dates let a member in today: 'not_yet', 'ended', 'grace', 'soon' (ends within two weeks) or ''. */
export function datesOf(member, today = dateOf()) {
	if (member.valid_from && member.valid_from > today) return 'not_yet';
	if (member.valid_until && member.valid_until < today)
		return member.grace_until && member.grace_until >= today ? 'grace' : 'ended';
	return member.valid_until && member.valid_until <= addDays(today, SOON_DAYS) ? 'soon' : '';
}

/** {text, tone} of the end of a membership, or null where none is set. */
export function untilWords(member) {
	if (!member.valid_until) return null;
	return {
		text: dateText(member.valid_until),
		tone: { ended: 'bad-text', grace: 'warn-text', soon: 'warn-text' }[datesOf(member)] ?? '',
	};
}

/** How a member stands, as a badge: their state, or what their dates say. */
export function stateBadge(member) {
	const dates = datesOf(member);

	if (member.state !== 'active')
		return h(
			'span',
			{ class: ['badge', member.state === 'closed' ? '' : 'bad'] },
			icon('no', 14),
			word('member_state', member.state),
		);
	if (dates === 'ended' || dates === 'not_yet' || dates === 'grace')
		return h(
			'span',
			{ class: ['badge', dates === 'ended' ? 'bad' : 'warn'] },
			icon(dates === 'ended' ? 'no' : 'alert', 14),
			t(`members.badge_${dates}`),
		);
	return h('span', { class: 'badge good' }, icon('ok', 14), word('member_state', 'active'));
}

/** In a sentence: may they come in, and why not. {text, tone}. */
export function standing(member) {
	const dates = datesOf(member);
	const from = member.valid_from && dateText(member.valid_from),
		until = member.valid_until && dateText(member.valid_until);
	const values = {
		tier: member.tier_name ?? '',
		from,
		until,
		grace: member.grace_until && dateText(member.grace_until),
	};

	if (member.state !== 'active')
		return { text: t(`members.stands_${member.state}`), tone: member.state === 'closed' ? '' : 'bad' };
	if (!member.cards && (!dates || dates === 'soon')) return { text: t('members.stands_no_card'), tone: 'warn' };
	if (dates) return { text: t(`members.stands_${dates}`, values), tone: dates === 'ended' ? 'bad' : 'warn' };
	return { text: t('members.stands_ok', values), tone: 'good' };
}

/** pending, active … as the page says it: an unassigned card is to confirm, or in the drawer. */
export const cardState = (card) => (card.state !== 'unassigned' ? card.state : card.pending ? 'pending' : 'returned');

/** A card's state as a badge. */
export function cardBadge(card) {
	const state = cardState(card);
	const tone = { pending: 'warn', active: 'good', suspended: 'warn', lost: 'bad', revoked: 'bad', returned: '' }[state];

	return h(
		'span',
		{ class: ['badge', tone] },
		icon({ good: 'ok', warn: 'alert', bad: 'no' }[tone] ?? 'card', 14),
		word('card_state', state),
	);
}

/** Its label, or that it has none. */
export const cardName = (card) => card.label || t('cards.nameless', { id: card.id });
