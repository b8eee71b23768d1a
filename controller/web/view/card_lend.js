// SPDX-License-Identifier: Apache-2.0
// A spare card from the drawer, lent to a member for the day.
import { h } from '../lib/dom.js';
import { all, post } from '../lib/api.js';
import { attempt, dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { t } from '../lib/texts.js';
import { cardName, iso } from './member_words.js';

/** The cards that lie in the drawer. */
export const spareCards = async (signal) =>
	(await all('/cards', { state: 'unassigned' }, 2000, { signal })).filter((card) => !card.pending && !card.member);

/** Asks which, lends it. page: the member's page. */
export async function lendCard(page) {
	const spare = await attempt(() => spareCards(page.scope.signal));
	let from;
	const answer =
		spare &&
		(await dialog(t('lend.title'), (close) => {
			page.scope.onLeave(close);
			if (!spare.length)
				return [
					h('p', null, t('lend.none')),
					h(
						'div',
						{ class: 'actions' },
						h('a', { class: 'button', href: '#/members/cards' }, t('guest.to_cards')),
						h('button', { type: 'button', autofocus: true, on: { click: () => close() } }, t('issue.close')),
					),
				];
			return [
				h('p', null, t('lend.text')),
				form(
					[
						{
							name: 'card',
							label: t('lend.card'),
							type: 'select',
							required: true,
							optional: false,
							autofocus: true,
							options: spare.map((card) => [card.id, `${cardName(card)} (${t('cards.number', { id: card.id })})`]),
							note: t('lend.card_note'),
						},
					],
					{
						submit: t('lend.do'),
						cancel: () => close(),
						async send({ card }) {
							from = performance.now();
							close(await post(`/members/${page.id}/loan`, { card: Number(card) }));
						},
					},
				),
			];
		}));

	if (!answer) return;
	toast(t('lend.did', { card: iso(cardName(answer)) }), {
		undo: async () => {
			await post(`/cards/${answer.id}/return`, { why: t('lend.undone_why') });
			await page.refresh();
		},
	});
	page.rows.follow(answer.id, answer, 'accept', from);
}
