// SPDX-License-Identifier: Apache-2.0
// A guest of a member, on a card from the drawer.
import { h } from '../lib/dom.js';
import { get, post } from '../lib/api.js';
import { dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { memberPicker } from '../lib/picker.js';
import { dateOf, toUtc } from '../lib/time.js';
import { t } from '../lib/texts.js';

/** Answers the guest that was made, or undefined. */
export async function guestDialog(doors, sponsor = null) {
	const spare = (await get('/cards', { state: 'unassigned', limit: 50 })).items;
	const picker = memberPicker({ label: t('guest.sponsor'), state: 'active', value: sponsor, autofocus: !sponsor });

	return dialog(t('guest.new'), (close) => (spare.length === 0 ? h('div', { class: 'stack' }, h('p', null, t('guest.no_spare')),
		h('div', { class: 'actions' }, h('button', { type: 'button', autofocus: true, on: { click: () => close() } }, t('dialog.close')))) : form([
		picker,
		{ name: 'name', label: t('guest.name'), required: true, max: 100 },
		{ name: 'card', label: t('guest.card'), type: 'select', value: String(spare[0].id), note: t('guest.card_note'),
			options: spare.map((card) => [String(card.id), card.label ? `${card.id}: ${card.label}` : t('entry.card_of', { id: card.id })]) },
		{ name: 'date', label: t('guest.day'), type: 'date', value: dateOf(), required: true },
		{ name: 'time', label: t('guest.until_time'), type: 'time', value: '18:00', required: true },
		{ name: 'door', label: t('guest.door'), type: 'select', value: '', options: [['', t('guest.every_door')], ...doors.map((door) => [door.name, door.title || door.name])] },
	], { submit: t('guest.make'), cancel: () => close(), async send(values) {
		if (!picker.member)
			throw new Error(t('guest.no_sponsor'));
		const guest = await post('/guests', { sponsor: picker.member.id, name: values.name, card: Number(values.card), door: values.door, until: toUtc(values.date, values.time) });

		toast(t('guest.made', { name: guest.name, id: guest.card }));
		close(guest);
	} })));
}
