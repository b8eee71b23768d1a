// SPDX-License-Identifier: Apache-2.0
// Who is put on a list: a member, or a name; one, or a whole file.
import { bdi, h, replace, setText } from '../lib/dom.js';
import { request } from '../lib/api.js';
import { dialog, sentence, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { memberPicker } from '../lib/picker.js';
import { t } from '../lib/texts.js';

export const someoneDialog = {
	/** {member} or {name}, or undefined. */
	pick(walkIn) {
		const picker = memberPicker({ label: t('checkin.member'), autofocus: true });

		return dialog(t(walkIn ? 'checkin.walk_in' : 'checkin.add'), (close) => form([
			h('p', { class: 'note' }, t('checkin.someone_text')), picker,
			{ name: 'name', label: t('checkin.or_name'), max: 100 },
		], { submit: t(walkIn ? 'checkin.let_in' : 'checkin.add'), cancel: () => close(), async send({ name }) {
			// what was typed into the first field and is no member is a name, too
			const typed = name ?? picker.input.value.trim();

			if (!picker.member && !typed)
				throw new Error(t('checkin.nobody_named'));
			close(picker.member ? { member: picker.member.id } : { name: typed });
		} }));
	},
	/** How many heads a host counted, or undefined. */
	heads: (event) => dialog(t('checkin.count_heads'), (close) => form([
		h('p', { class: 'note' }, t('checkin.heads_text')),
		{ name: 'heads', label: t('checkin.heads_label'), type: 'number', min: 0, value: event.headcount || '', autofocus: true },
	], { submit: t('event.save'), cancel: () => close(), async send({ heads }) { close(heads ?? 0); } })),
};

function rowsTable(rows) {
	return h('div', { class: 'scroll preview', tabIndex: 0, role: 'region', 'aria-label': t('checkin.preview') }, h('table', null, h('caption', { class: 'hidden' }, t('checkin.preview')),
		h('thead', null, h('tr', null, ['line', 'effect', 'detail'].map((name) => h('th', { scope: 'col' }, t(`checkin.import_${name}`))))),
		h('tbody', null, rows.map((row) => h('tr', null, h('td', { class: 'num' }, row.line),
			h('td', null, h('span', { class: ['badge', row.effect === 'error' ? 'bad' : row.effect === 'created' ? 'good' : ''] }, t(`checkin.effect_${row.effect}`))), h('td', null, bdi(row.detail)))))));
}

/** A list of guests from a file: what would come of each line first, then all or none. True when it was taken. */
export const importDialog = (event) => dialog(t('checkin.import'), (close) => {
	const path = `/events/${event.id}/guests/import`;
	const said = h('p', { role: 'status' }, t('checkin.import_text')), place = h('div');
	const go = h('button', { type: 'button', class: 'primary', disabled: true }, t('checkin.import_do'));
	let csv = '';

	const file = h('input', { type: 'file', accept: '.csv,text/csv', 'aria-label': t('checkin.file'), on: { async change() {
		go.disabled = true;
		try {
			csv = await file.files[0].text();
			const { data } = await request('POST', path, { csv, query: { preview: 'true' } });

			replace(place, rowsTable(data.rows));
			setText(said, t('checkin.import_sum', { n: data.created, same: data.unchanged, bad: data.errors }));
			go.disabled = data.errors > 0 || data.created + data.changed === 0;
		} catch (error) {
			replace(place);
			setText(said, sentence(error));
		}
	} } });

	go.addEventListener('click', async () => {
		go.disabled = true;
		try {
			const { data } = await request('POST', path, { csv });

			toast(t('checkin.imported', { n: data.created }));
			close(true);
		} catch (error) {
			setText(said, sentence(error));
		}
	});
	return [said, file, place, h('footer', { class: 'actions' }, h('button', { type: 'button', on: { click: () => close() } }, t('dialog.cancel')), go)];
}, { wide: true });
