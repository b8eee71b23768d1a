// SPDX-License-Identifier: Apache-2.0
// Spare cards: another one for the drawer, and one that was lent comes back.
import { h } from '../lib/dom.js';
import { post } from '../lib/api.js';
import { attempt, dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { t } from '../lib/texts.js';
import { cardName, iso } from './member_words.js';

/** Asks which card, the last one that a door refused or by its number; answers it, or undefined. */
export async function spareCard(scope) {
	const made = await dialog(t('spare.title'), (close) => {
		const label = {
			name: 'label',
			label: t('cards.label'),
			max: 200,
			required: true,
			note: t('spare.label_note'),
			autofocus: true,
		};
		const send = async (values, how) => close(await post('/cards', { ...how, label: values.label }));

		scope.onLeave(close);
		return [
			h('p', null, t('spare.text')),
			form([label], {
				submit: t('spare.take'),
				cancel: () => close(),
				send: (values) => send(values, { claim_last: true }),
			}),
			h(
				'details',
				null,
				h('summary', null, t('issue.by_number')),
				form(
					[
						{ name: 'uid', label: t('issue.number'), required: true, max: 40, note: t('issue.number_note') },
						{ ...label, autofocus: false },
					],
					{ submit: t('spare.number'), send: ({ uid, ...values }) => send(values, { uid }) },
				),
			),
		];
	});

	if (made) toast(t('spare.did', { card: iso(cardName(made)) }));
	return made;
}

/** A card that was lent lies in the drawer again, from which Undo takes it. done() after each. */
export const cameBack = (card, done) =>
	attempt(async () => {
		await post(`/cards/${card.id}/return`, { why: t('spare.back_why') }, { version: card.version });
		toast(t('spare.came_back', { card: iso(cardName(card)) }), {
			async undo() {
				await post(`/members/${card.member}/loan`, { card: card.id });
				await done();
			},
		});
		await done();
	});
