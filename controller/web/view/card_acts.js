// SPDX-License-Identifier: Apache-2.0
// What a host does to a card: one click where there is a way back, a plain warning where there is none.
import { h } from '../lib/dom.js';
import { get, patch, post } from '../lib/api.js';
import { ask, attempt, dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { t } from '../lib/texts.js';
import { cardName, iso } from './member_words.js';

/** What takes an action back; what has none is asked for before. */
const BACK = { lose: ['find'], suspend: ['resume'], resume: ['suspend'], find: ['lose'] };
/** What the doors are to know then. */
export const KIND = {
	lose: 'refuse',
	suspend: 'refuse',
	revoke: 'refuse',
	return: 'refuse',
	resume: 'accept',
	find: 'accept',
	confirm: 'accept',
};

const WARNED = new Set(['revoke', 'return', 'refuse']);

/** A lost card that had been suspended goes back to just that. */
async function undo(card, action) {
	let now;

	for (const step of [...BACK[action], ...(action === 'lose' && card.state === 'suspended' ? ['suspend'] : [])])
		now = await post(`/cards/${card.id}/${step}`);
	return now;
}

/**
 * Does it, asking first where it is for good. told(card, answer, action, from) is called with what the hub answered, again
 * after an undo.
 */
export async function act(card, action, told) {
	const verb = action === 'refuse' ? 'return' : action; // a card to confirm that is given up goes back to the drawer

	if (
		WARNED.has(action) &&
		!(await ask({
			title: t(`cards.ask_${action}`, { card: iso(cardName(card)) }),
			text: t(`cards.ask_${action}_text`),
			confirm: t(`cards.do_${action}`),
			danger: action === 'revoke',
		}))
	)
		return;
	const from = performance.now();

	await attempt(async () => {
		const answer = await post(`/cards/${card.id}/${verb}`, undefined, { version: card.version });

		told(answer, verb, from);
		toast(
			t(`cards.did_${action}`, { card: iso(cardName(card)) }),
			BACK[action] && {
				undo: async () => {
					const start = performance.now(),
						steps = BACK[action];

					told(await undo(card, action), steps[steps.length - 1], start);
				},
			},
		);
	});
}

const labelField = (card) => ({
	name: 'label',
	label: t('cards.label'),
	value: card.label,
	max: 200,
	note: t('cards.label_note'),
});

/** Another label for a card. */
export async function relabel(card, told, scope) {
	const fresh = async () => [labelField((card = await get(`/cards/${card.id}`)))];
	const answer = await dialog(t('cards.relabel'), (close) => {
		scope.onLeave(close);
		return form([{ ...labelField(card), autofocus: true }], {
			submit: t('member.save'),
			cancel: () => close(),
			async send({ label }) {
				close(await patch(`/cards/${card.id}`, { label: label ?? '' }, { version: card.version }));
			},
			fresh,
		});
	});

	if (answer) told(answer);
}

/** Another card in the place of this one, which is revoked: by its number, or the last unknown one that was shown. */
export async function replaceCard(card, told, scope) {
	let from;
	const fresh = async () => [labelField((card = await get(`/cards/${card.id}`)))];
	const answer = await dialog(t('cards.replace_title', { card: iso(cardName(card)) }), (close) => {
		const send = async (body) => {
			from = performance.now();
			close(
				await post(`/cards/${card.id}/replace`, { ...body, why: t('cards.replaced_why') }, { version: card.version }),
			);
		};

		scope.onLeave(close);
		return [
			h('p', { class: 'callout warn' }, t('cards.replace_text', { card: iso(cardName(card)) })),
			form([h('p', null, t('cards.replace_claim')), labelField(card)], {
				submit: t('cards.replace_take'),
				send: ({ label }) => send({ claim_last: true, label: label ?? '' }),
				fresh,
			}),
			h(
				'details',
				null,
				h('summary', null, t('issue.by_number')),
				form([{ name: 'uid', label: t('issue.number'), required: true, max: 40, note: t('issue.number_note') }], {
					submit: t('cards.replace_number'),
					danger: true,
					send,
					fresh,
				}),
			),
		];
	});

	if (answer) told(answer, from);
}
