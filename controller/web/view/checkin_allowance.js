// SPDX-License-Identifier: Apache-2.0
// What a member used of a month, and why each unit counts or not.
import { bdi, h, replace } from '../lib/dom.js';
import { all, get, post } from '../lib/api.js';
import { attempt, dialog, toast } from '../lib/dialog.js';
import { field, form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { dateOf, dateText, momentOf, monthText } from '../lib/time.js';
import { t } from '../lib/texts.js';

/** 90 minutes → "1.5 h"; 3 days → "3 days". */
export function amountText(kind, value) {
	if (kind === 'hours')
		return t('allowance.hours', { n: Math.round(value / 6) / 10 });
	return t(`allowance.${kind}`, { n: value });
}

/** The month in one sentence: "3 of 5 days used, 2 left." */
export function allowanceSentence(allowance) {
	if (allowance.kind === 'none')
		return t('allowance.none');
	const had = allowance.limit + allowance.extra;

	return [t('allowance.used', { used: amountText(allowance.kind, allowance.used), had: amountText(allowance.kind, had) }),
		allowance.left === null ? '' : t('allowance.left', { left: amountText(allowance.kind, allowance.left) }),
		allowance.left === 0 ? t(`allowance.spent_${allowance.when_spent}`) : ''].filter(Boolean).join(' ');
}

const unitText = (unit) => [t(`allowance.${unit.counts}`), unit.minutes === null ? '' : t('allowance.stayed', { n: unit.minutes })].filter(Boolean).join(' ');

function giveDialog(member, allowance, unit) {
	return dialog(t(unit ? 'allowance.forgive' : 'allowance.give'), (close) => form([
		h('p', { class: 'note' }, unit ? t('allowance.forgive_text', { when: momentOf(unit.at) }) : t('allowance.give_text')),
		!unit && { name: 'units', label: t(allowance.kind === 'hours' ? 'allowance.minutes' : 'allowance.units'), type: 'number', min: 1, value: 1, required: true, autofocus: true },
		{ name: 'why', label: t('allowance.why'), required: true, max: 200 },
	], { submit: t(unit ? 'allowance.forgive' : 'allowance.give'), cancel: () => close(), async send({ units, why }) {
		await post(`/members/${member}/allowance`, unit ? { entry: unit.entry, why } : { units, why });
		toast(t('allowance.done'), unit ? {} : { undo: () => post(`/members/${member}/allowance`, { units, take: true, why: t('allowance.undo_why') }) });
		close(true);
	} }));
}

function unitTable(allowance, doors, forgive) {
	return h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('allowance.each') }, h('table', null, h('caption', { class: 'hidden' }, t('allowance.each')),
		h('thead', null, h('tr', null, ['day', 'time', 'door', 'counted', ''].map((name) => h('th', { scope: 'col' }, name ? t(`allowance.${name}`) : h('span', { class: 'hidden' }, t('allowance.forgive')))))),
		h('tbody', null, allowance.units.map((unit) => h('tr', null, h('td', null, dateText(unit.date)), h('td', { class: 'time' }, unit.time), h('td', null, bdi(doors.get(unit.door) || unit.door)),
			h('td', null, unitText(unit), unit.event ? [' ', h('a', { href: `#/checkin/${unit.event}` }, t('log.event_of', { id: unit.event }))] : ''),
			h('td', null, may('work') && unit.entry && ['counts', 'pool'].includes(unit.counts) ? h('button', { type: 'button', on: { click: () => forgive(unit) } }, t('allowance.forgive')) : ''))))));
}

export async function show(root, { id, query, scope, setQuery }) {
	const { signal } = scope, member = await get(`/members/${encodeURIComponent(id)}`, {}, { signal });
	const doors = new Map((await all('/doors', {}, 200, { signal })).map((door) => [door.name, door.title]));
	const body = h('div', { class: 'stack' });
	let month = /^\d{4}-\d{2}$/.test(query.get('month') ?? '') ? query.get('month') : dateOf().slice(0, 7);

	async function draw() {
		const allowance = await get(`/members/${member.id}/allowance`, { month }, { signal });
		const act = (unit) => attempt(async () => { if (await giveDialog(member.id, allowance, unit)) await draw(); });

		setQuery({ month: month === dateOf().slice(0, 7) ? '' : month });
		replace(body, h('section', { class: 'card stack' }, h('h2', null, monthText(month)), h('p', { class: 'lead' }, allowanceSentence(allowance)),
			allowance.kind !== 'none' && may('work') && month === dateOf().slice(0, 7) && h('div', { class: 'row' }, h('button', { type: 'button', on: { click: () => act() } }, icon('plus', 16), t('allowance.give')))),
		h('section', { class: 'card' }, h('h2', null, t('allowance.each')), allowance.units.length ? unitTable(allowance, doors, act) : h('p', { class: 'empty' }, t('allowance.nothing'))),
		allowance.given.length > 0 && h('section', { class: 'card' }, h('h2', null, t('allowance.given')), h('ul', { class: 'plain lines' }, allowance.given.map((gift) => h('li', null,
			gift.entry ? t('allowance.forgiven_one') : t('allowance.given_one', { units: amountText(allowance.kind, Math.abs(gift.units)), sign: gift.units < 0 ? '−' : '+' }), ' ',
			h('span', { class: 'muted' }, t('allowance.given_by', { who: gift.by, when: momentOf(gift.at) }), ' ', bdi(gift.why)))))));
	}
	const picker = field({ name: 'month', label: t('reports.month'), optional: false, type: 'month', value: month,
		on: { change: (event) => { if (/^\d{4}-\d{2}$/.test(event.target.value)) { month = event.target.value; attempt(draw); } } } });

	replace(root, h('div', { class: 'head' }, h('div', null, h('a', { href: `#/members/${member.id}` }, icon('back', 16), ' ', bdi(member.name)), h('h1', { tabIndex: -1 }, t('checkin.allowance_of', { name: member.name })))),
		h('div', { class: 'card toolbar' }, picker.node, h('p', { class: 'note' }, t('log.looked'))), body);
	scope.on('presence', () => attempt(draw));
	await draw();
}
