// SPDX-License-Identifier: Apache-2.0
// Cards from the drawer: for a guest of a member, or lent to a member for the day.
import { h, setText } from '../lib/dom.js';
import { get, post, Problem } from '../lib/api.js';
import { dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { memberPicker } from '../lib/picker.js';
import { siteNow } from '../lib/shell.js';
import { dateOf, timeOf, toUtc } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { spareCards } from './card_lend.js';
import { iso } from './member_words.js';

const HOURS_MS = 4 * 3600000;
export const cardText = (card) =>
	card.label ? t('guest.card_named', { label: iso(card.label), id: card.id }) : t('entry.card_of', { id: card.id });

const choice = (spare) => ({
	name: 'card',
	label: t('guest.card'),
	type: 'select',
	value: String(spare[0].id),
	note: t('guest.card_note'),
	options: spare.map((card) => [String(card.id), cardText(card)]),
});
const noSpare = (close) =>
	h(
		'div',
		{ class: 'stack' },
		h('p', null, t('guest.no_spare')),
		h(
			'div',
			{ class: 'actions' },
			h('a', { class: 'button', href: '#/members/cards', on: { click: () => close() } }, t('guest.to_cards')),
			h('button', { type: 'button', autofocus: true, on: { click: () => close() } }, t('dialog.close')),
		),
	);

/** How many guests a sponsor has, of how many at once. */
async function sponsorSays(note, member) {
	const max = siteNow()?.guests_max ?? 0,
		n = (await get('/guests', { sponsor: member.id, active: 'true', limit: 200 })).items.length;

	note.classList.toggle('fault', n >= max);
	setText(
		note,
		n >= max
			? t('guest.sponsor_full', { name: iso(member.name), n })
			: t('guest.sponsor_has', { name: iso(member.name), n, max }),
	);
}

function whoNamed(picker) {
	if (!picker.member) throw new Problem(422, { detail: t('guest.no_sponsor') });
	return picker.member.id;
}

/** Until when, unless said: four hours from now, today. */
function usualEnd() {
	const later = new Date(Date.now() + HOURS_MS);

	return dateOf(later) === dateOf() ? timeOf(later) : '23:59';
}

/** A guest on a card, of this sponsor {id, name} or another; answers the guest that was made, or undefined. */
export async function guestDialog(doors, sponsor = null) {
	const spare = await spareCards();
	const note = h('p', { class: 'note', role: 'status' }, t('guest.sponsor_note', { n: siteNow()?.guests_max ?? 0 }));
	const picker = memberPicker({
		label: t('guest.sponsor'),
		state: 'active',
		value: sponsor,
		autofocus: !sponsor,
		pick: (member) => sponsorSays(note, member).catch(() => {}),
	});

	if (sponsor) sponsorSays(note, sponsor).catch(() => {});

	return dialog(t('guest.new'), (close) =>
		spare.length === 0
			? noSpare(close)
			: form(
					[
						picker,
						note,
						{ name: 'name', label: t('guest.name'), required: true, max: 100, autofocus: Boolean(sponsor) },
						choice(spare),
						[
							{ name: 'date', label: t('guest.day'), type: 'date', value: dateOf(), required: true },
							{ name: 'time', label: t('guest.until_time'), type: 'time', value: usualEnd(), required: true },
						],
						{
							name: 'door',
							label: t('guest.door'),
							type: 'select',
							value: '',
							options: [['', t('guest.every_door')], ...doors.map((door) => [door.name, door.title || door.name])],
						},
					],
					{
						submit: t('guest.make'),
						cancel: () => close(),
						async send(values) {
							const guest = await post('/guests', {
								sponsor: whoNamed(picker),
								name: values.name,
								card: Number(values.card),
								door: values.door,
								until: toUtc(values.date, values.time),
							});

							toast(
								t('guest.made', {
									name: iso(guest.name),
									card: cardText(spare.find((card) => card.id === guest.card) ?? { id: guest.card }),
								}),
							);
							close(guest);
						},
					},
				),
	);
}

/** A spare card for a member who left theirs at home, until the day's end. */
export async function loanDialog() {
	const spare = await spareCards(),
		picker = memberPicker({ label: t('guest.lend_whom'), state: 'active', autofocus: true });

	return dialog(t('lend.title'), (close) =>
		spare.length === 0
			? noSpare(close)
			: form([h('p', null, t('lend.text')), picker, choice(spare)], {
					submit: t('lend.do'),
					cancel: () => close(),
					async send({ card }) {
						const lent = await post(`/members/${whoNamed(picker)}/loan`, { card: Number(card) });

						toast(t('guest.lent', { name: iso(picker.member.name), card: cardText(lent) }), {
							undo: () => post(`/cards/${lent.id}/return`, { why: t('lend.undone_why') }),
						});
						close(lent);
					},
				}),
	);
}
