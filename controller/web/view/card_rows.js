// SPDX-License-Identifier: Apache-2.0
// The cards of a member: their state, what can be done with each, which doors know.
import { bdi, h, keyed, replace } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { dialog, toast } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { dateText, dayOf } from '../lib/time.js';
import { act, KIND, relabel, replaceCard } from './card_acts.js';
import { confirming } from './card_doors.js';
import { historyOf } from './member_history.js';
import { cardBadge, cardName, cardState, iso } from './member_words.js';

/** What is offered at a look, and what behind "More". */
const OFFERED = {
	pending: [['confirm', 'refuse'], []],
	active: [['lose'], ['suspend', 'replace', 'return', 'revoke', 'relabel', 'history']],
	suspended: [
		['resume', 'lose'],
		['replace', 'return', 'revoke', 'relabel', 'history'],
	],
	lost: [
		['find', 'replace'],
		['return', 'revoke', 'relabel', 'history'],
	],
	revoked: [[], ['return', 'history']],
	returned: [[], ['history']],
};

function facts(card) {
	const parts = [];

	if (card.loan_until) parts.push(t('cards.lent', { date: dateText(card.loan_until) }));
	if (card.ended_at)
		parts.push(
			t('cards.ended', {
				state: t(`card_state.${cardState(card)}`),
				when: dayOf(card.ended_at),
				who: card.ended_by ?? '',
			}),
		);
	else if (card.issued_at) parts.push(t('cards.issued', { when: dayOf(card.issued_at), who: card.issued_by }));
	if (card.ended_why) parts.push(`“${card.ended_why}”`);
	if (card.replaced_by) parts.push(t('cards.replaced_by', { id: card.replaced_by }));
	parts.push(t('cards.number', { id: card.id }));
	return parts.join(' · ');
}

function showHistory(card, scope, doors) {
	dialog(
		t('cards.history_of', { card: iso(cardName(card)) }),
		(close) => {
			const list = historyOf({ card: card.id }, t('cards.history_of', { card: iso(cardName(card)) }), doors);

			scope.onLeave(close);
			list.load();
			return [h('p', { class: 'note' }, t('history.audited')), list];
		},
		{ wide: true },
	);
}

/**
 * A list of cards that keeps its places. options: member, doors (Map), scope, changed() (something is to be fetched anew).
 * Answers a node with draw(cards) and told(card, answer, kind, from).
 */
export function cardRows({ doors, scope, changed }) {
	const list = h('ul', { class: 'plain card-rows' }),
		earlier = h('ul', { class: 'plain card-rows' }),
		count = h('summary');
	const past = h('details', { class: 'earlier', hidden: true }, count, earlier);
	const node = h('div', null, list, past);
	const lines = new Map(); // what the doors say of a card, as long as the page stands

	/** Shows at the card which doors know. */
	function follow(id, answer, kind, from) {
		if (answer?.revision) lines.set(id, confirming(`/cards/${id}`, answer, { kind, from, doors, scope }));
		changed();
	}
	const told = (answer, action, from) => follow(answer.id, answer, KIND[action] ?? 'know', from);
	const does = {
		relabel: (card) =>
			relabel(
				card,
				() => {
					toast(t('cards.did_relabel'));
					changed();
				},
				scope,
			),
		replace: (card) =>
			replaceCard(
				card,
				(answer, from) => {
					toast(t(answer.card.pending ? 'cards.did_replace_pending' : 'cards.did_replace'));
					follow(answer.replaced.id, answer, 'refuse', from);
				},
				scope,
			),
		history: (card) => showHistory(card, scope, doors),
	};
	const button = (card, action, className) =>
		h(
			'button',
			{
				type: 'button',
				class: className,
				data: { act: action },
				on: { click: () => (does[action] ? does[action](card) : act(card, action, told)) },
			},
			t(`cards.${action}`),
		);

	function make(card) {
		const [first, more] = may('work') ? OFFERED[cardState(card)] : [[], ['history']];
		const primary = { confirm: 'primary', lose: 'warned' };

		return h(
			'li',
			{ class: 'card-row', data: { card: card.id, state: cardState(card) } },
			h(
				'div',
				{ class: 'card-head' },
				icon('card'),
				h('span', { class: 'card-name' }, bdi(cardName(card))),
				cardBadge(card),
			),
			h('p', { class: 'note' }, facts(card)),
			h(
				'div',
				{ class: 'row' },
				first.map((action) => button(card, action, primary[action])),
				more.length > 0 &&
					h(
						'details',
						{ class: 'more' },
						h('summary', null, t('cards.more'), h('span', { class: 'hidden' }, ` ${cardName(card)}`)),
						h(
							'div',
							{ class: 'row' },
							more.map((action) => button(card, action, action === 'revoke' ? 'warned' : null)),
						),
					),
			),
			h('div', { class: 'card-doors' }, lines.get(card.id)),
		);
	}
	/** A button that had the focus gives it to the one that took its place. */
	function keepFocus(fn) {
		const id = document.activeElement?.closest?.('.card-row')?.dataset.card;

		fn();
		if (id && !node.contains(document.activeElement))
			node.querySelector(`.card-row[data-card="${id}"] :is(button, summary)`)?.focus();
	}
	node.draw = (cards) =>
		keepFocus(() => {
			const gone = cards.filter((card) => card.state === 'revoked');

			keyed(
				list,
				cards.filter((card) => card.state !== 'revoked'),
				(card) => card.id,
				make,
			);
			keyed(earlier, gone, (card) => card.id, make);
			past.hidden = gone.length === 0;
			replace(count, t('cards.earlier', { n: gone.length }));
			if (gone.some((card) => lines.has(card.id))) past.open = true;
			for (const [id, line] of lines)
				node.querySelector(`.card-row[data-card="${id}"] .card-doors`)?.replaceChildren(line);
		});
	node.follow = follow;
	return node;
}

/** Cards of a member, newest first. */
export const cardsOf = async (member, signal) =>
	(await get('/cards', { member, limit: 200 }, { signal })).items.reverse();
