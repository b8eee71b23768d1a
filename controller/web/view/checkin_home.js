// SPDX-License-Identifier: Apache-2.0
// All events that are on or come, guests of members, and ways to the roll call and to allowances.
import { bdi, h, keyed, replace } from '../lib/dom.js';
import { all, get, post } from '../lib/api.js';
import { ask, attempt, toast } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { memberPicker } from '../lib/picker.js';
import { may } from '../lib/session.js';
import { dateOf, dateText, momentOf, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { eventDialog } from './checkin_form.js';
import { guestDialog } from './checkin_guest.js';

const DAY_MS = 86400000;

/** "on now", "today", or the day. */
function whenOf(event) {
	const now = Date.now();

	if (!event.starts)
		return t('event.no_time');
	const span = `${timeOf(event.starts)}–${event.ends ? timeOf(event.ends) : ''}`;

	if (Date.parse(event.starts) <= now && now <= Date.parse(event.ends))
		return t('event.on_now', { span });
	return dateOf(event.starts) === dateOf() ? t('event.today', { span }) : `${dateText(dateOf(event.starts))}, ${span}`;
}

const countText = (event) => (event.capacity ? t('event.count_of', { n: event.arrived, listed: event.listed, capacity: event.capacity })
	: t('event.count', { n: event.arrived, listed: event.listed }));

function eventCard(event) {
	const on = event.starts && Date.parse(event.starts) <= Date.now() && Date.now() <= Date.parse(event.ends);

	return h('li', null, h('a', { class: ['card', 'event', on && 'on'], href: `#/checkin/${event.id}` },
		h('strong', null, bdi(event.title)), h('span', { class: 'when' }, whenOf(event)), h('span', { class: 'muted' }, event.room ? [bdi(event.room), ' · '] : '', countText(event))));
}

function guestRow(doors, ended) {
	return (guest) => h('li', { class: 'spread' },
		h('span', null, h('strong', null, bdi(guest.name)), ' ', h('span', { class: 'muted' }, t('guest.of'), ' ', h('a', { href: `#/members/${guest.sponsor}` }, bdi(guest.sponsor_name)),
			` · ${t('guest.on_card', { id: guest.card })} · ${t('guest.until', { when: momentOf(guest.until) })} · `,
			guest.door ? bdi(doors.get(guest.door) || guest.door) : t('guest.every_door'), ' · ', guest.arrived_at ? t('guest.came', { when: timeOf(guest.arrived_at) }) : t('guest.not_yet'))),
		may('work') && h('button', { type: 'button', on: { click: () => ended(guest) } }, t('guest.end')));
}

export async function show(root, { scope }) {
	const { signal } = scope;
	const doors = await all('/doors', {}, 200, { signal }), names = new Map(doors.map((door) => [door.name, door.title]));
	const events = h('ul', { class: 'plain grid' }), noEvents = h('p', { class: 'empty' }, t('event.none'));
	const guests = h('ul', { class: 'plain lines' }), noGuests = h('p', { class: 'empty' }, t('guest.none'));

	async function drawEvents() {
		const rows = (await all('/events', { since: new Date(Date.now() - DAY_MS / 4).toISOString().replace(/\.\d+Z/, 'Z') }, 200, { signal }))
			.sort((a, b) => (a.starts ?? '9').localeCompare(b.starts ?? '9'));

		keyed(events, rows, (event) => event.id, eventCard);
		noEvents.hidden = rows.length > 0;
	}
	async function end(guest) {
		if (!await ask({ title: t('guest.end'), text: t('guest.end_text', { name: guest.name }), confirm: t('guest.end'), danger: true }))
			return;
		await post(`/guests/${guest.id}/end`);
		toast(t('guest.ended', { name: guest.name }));
		await drawGuests();
	}
	async function drawGuests() {
		const rows = (await get('/guests', { active: 'true', limit: 200 }, { signal })).items;

		keyed(guests, rows, (guest) => guest.id, guestRow(names, (guest) => attempt(() => end(guest))));
		noGuests.hidden = rows.length > 0;
	}
	const picker = memberPicker({ label: t('checkin.whose'), pick: (member) => { location.hash = `#/checkin/allowance/${member.id}`; } });
	const make = async () => {
		const event = await eventDialog(doors);

		if (event)
			location.hash = `#/checkin/${event.id}`;
	};

	replace(root,
		h('div', { class: 'head' }, h('h1', { tabIndex: -1 }, t('checkin.title')), h('div', { class: 'row' },
			h('a', { class: 'button', href: '#/rollcall' }, icon('print'), t('checkin.rollcall')),
			may('work') && h('button', { type: 'button', class: 'primary', on: { click: () => attempt(make) } }, icon('plus'), t('event.new')))),
		h('section', { class: 'stack', 'aria-label': t('checkin.events') }, h('h2', null, t('checkin.events')), events, noEvents),
		h('div', { class: 'two' },
			h('section', { class: 'card' }, h('div', { class: 'spread' }, h('h2', null, t('guest.title')),
				may('work') && h('button', { type: 'button', on: { click: () => attempt(async () => { if (await guestDialog(doors)) await drawGuests(); }) } }, icon('guest'), t('guest.new'))),
			h('p', { class: 'note' }, t('guest.explain')), guests, noGuests),
			h('section', { class: 'card stack' }, h('h2', null, t('checkin.allowance')), h('p', { class: 'note' }, t('checkin.allowance_explain')), picker)));
	scope.on('events', () => attempt(drawEvents));
	scope.on('people', () => attempt(drawGuests));
	await Promise.all([drawEvents(), drawGuests()]);
}
