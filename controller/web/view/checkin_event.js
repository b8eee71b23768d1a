// SPDX-License-Identifier: Apache-2.0
// The list at the entrance of one event: who is expected, who came; ticking, walking in, how full it is.
import { bdi, debounce, h, keyed, replace, setText } from '../lib/dom.js';
import { all, del, get, patch, post, put, Problem } from '../lib/api.js';
import { ask, attempt, toast } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { dateOf, dateText, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { save } from '../lib/save.js';
import { eventDialog, repeatDialog } from './checkin_form.js';
import { importDialog, someoneDialog } from './checkin_someone.js';

const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const came = (guest) => guest.how !== 'not_yet';
/** A cell that a spreadsheet would compute begins with an apostrophe, as in the hub's own files. */
const cell = (text) => `"${String(text ?? '').replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;

function guestRow({ tick, remove }) {
	return (guest) => h('li', { class: ['guest', came(guest) && 'came'] },
		h('button', { type: 'button', class: 'tick', 'aria-pressed': came(guest), disabled: !may('work') || guest.how === 'tap', on: { click: () => tick(guest) } },
			h('span', { class: 'box', 'aria-hidden': 'true' }, came(guest) ? icon('ok', 22) : ''),
			h('span', { class: 'name' }, guest.name ? bdi(guest.name) : t('entry.card_of', { id: guest.card }))),
		h('span', { class: 'muted how' }, came(guest) ? t(`checkin.how_${guest.how}`, { when: timeOf(guest.arrived_at), by: guest.by ?? '' }) : ''),
		may('work') && guest.how !== 'tap' && h('button', { type: 'button', class: 'quiet square', 'aria-label': t('checkin.remove', { name: guest.name }), on: { click: () => remove(guest) } }, icon('no', 16)));
}

function numbersNode() {
	const big = h('span', { class: 'big' }), rest = h('span', { class: 'muted' }), meter = h('div', { class: 'meter', 'aria-hidden': 'true' }, h('span'));
	const node = h('div', { class: 'card counter', role: 'status' }, h('div', null, big, ' ', rest), meter);

	return { node, draw(event) {
		const full = event.capacity && event.arrived >= event.capacity;

		setText(big, String(event.arrived));
		setText(rest, [t('checkin.came_of', { n: event.listed }), event.capacity ? (full ? t('checkin.full', { n: event.capacity }) : t('checkin.room_for', { n: event.capacity - event.arrived })) : '',
			event.headcount ? t('checkin.heads', { n: event.headcount }) : ''].filter(Boolean).join(' · '));
		meter.style.setProperty('--part', `${Math.min(100, 100 * event.arrived / Math.max(1, event.capacity || event.listed))}%`);
		meter.classList.toggle('full', Boolean(full));
	} };
}

function exportList(event, guests) {
	const rows = guests.map((guest) => [guest.name, guest.member, came(guest) ? t('checkin.yes') : t('checkin.no'), guest.arrived_at ? `${dateOf(guest.arrived_at)} ${timeOf(guest.arrived_at)}` : '', guest.how, guest.by]);

	save(`tapin-event-${event.id}.csv`, [[['name', 'member', 'came', 'at', 'how', 'by'], ...rows].map((row) => row.map(cell).join(',')).join('\r\n'), '\r\n']);
}

/** What can be done to the event itself. */
function menu(event, doors, again) {
	const remove = async () => {
		if (!await ask({ title: t('event.remove'), text: t('event.remove_text', { title: event().title, n: event().listed }), confirm: t('event.remove'), danger: true }))
			return;
		await del(`/events/${event().id}`, { version: event().version });
		toast(t('event.removed'));
		location.hash = '#/checkin';
	};
	const heads = async () => {
		const said = await someoneDialog.heads(event());

		if (said !== undefined)
			await patch(`/events/${event().id}`, { headcount: said }, { version: event().version });
		await again();
	};

	return [['event.change', 'calendar', async () => { if (await eventDialog(doors, event())) await again(); }], ['event.repeat', 'undo', () => repeatDialog(event())],
		['checkin.count_heads', 'members', heads], ['event.remove', 'no', remove]]
		.map(([text, name, fn]) => h('button', { type: 'button', on: { click: () => attempt(fn) } }, icon(name, 16), t(text)));
}

export async function show(root, { id, scope }) {
	const { signal } = scope;
	let event = await get(`/events/${encodeURIComponent(id)}`, {}, { signal }), guests = [];
	const doors = await all('/doors', {}, 200, { signal });
	const list = h('ul', { class: 'plain guests' }), none = h('p', { class: 'empty' }), numbers = numbersNode();
	const find = h('input', { type: 'search', 'aria-label': t('checkin.find'), placeholder: t('checkin.find'), autocomplete: 'off', on: { input: () => draw() } });
	const when = h('p', { class: 'muted' }), name = h('h1', { tabIndex: -1 });

	function draw() {
		const text = fold(find.value.trim());
		const shown = guests.filter((guest) => fold(guest.name ?? '').includes(text)).sort((a, b) => Number(came(a)) - Number(came(b)) || a.name.localeCompare(b.name));

		keyed(list, shown, (guest) => guest.id, guestRow({ tick: (guest) => attempt(() => tick(guest)), remove: (guest) => attempt(() => remove(guest)) }));
		none.hidden = shown.length > 0;
		setText(none, guests.length ? t('checkin.nobody_fits') : t('checkin.nobody'));
		setText(when, [event.starts ? `${dateText(dateOf(event.starts))}, ${timeOf(event.starts)}–${timeOf(event.ends)}` : t('event.no_time'), event.room,
			event.doors_from ? t('event.stands_open', { from: timeOf(event.doors_from), until: timeOf(event.doors_until) }) : '', event.free ? t('event.is_free') : ''].filter(Boolean).join(' · '));
		replace(name, bdi(event.title));
		numbers.draw(event);
	}
	async function load() {
		[event, guests] = await Promise.all([get(`/events/${event.id}`, {}, { signal }), all(`/events/${event.id}/guests`, {}, 5000, { signal })]);
		draw();
	}
	async function tick(guest) {
		const now = !came(guest), set = async (value) => { await put(`/event-guests/${guest.id}/arrival`, { came: value }); await load(); };

		await set(now);
		toast(t(now ? 'checkin.ticked' : 'checkin.unticked', { name: guest.name }), { undo: () => set(!now) });
	}
	async function remove(guest) {
		if (came(guest) && !await ask({ title: t('checkin.remove', { name: guest.name }), text: t('checkin.remove_text'), confirm: t('checkin.take_off'), danger: true }))
			return;
		await del(`/event-guests/${guest.id}`);
		await load();
		toast(t('checkin.removed', { name: guest.name }), { undo: async () => {
			await post(`/events/${event.id}/guests`, guest.member ? { member: guest.member } : guest.card && !guest.name ? { card: guest.card } : { name: guest.name, card: guest.card });
			await load();
		} });
	}
	async function add(walkIn) {
		const who = await someoneDialog.pick(walkIn);
		const send = (over) => post(`/events/${event.id}/guests`, { ...who, walk_in: walkIn, ...(over ? { over } : {}) });

		if (!who)
			return;
		try {
			await send(false);
		} catch (error) {
			if (!(error instanceof Problem) || error.status !== 409 || !walkIn || error.code !== 'limit')
				throw error;
			if (!await ask({ title: t('checkin.is_full'), text: t('checkin.is_full_text', { n: event.capacity }), confirm: t('checkin.let_in_over') }))
				return;
			await send(true);
		}
		toast(t(walkIn ? 'checkin.walked_in' : 'checkin.listed'));
		await load();
	}
	replace(root,
		h('div', { class: 'head' }, h('div', null, h('a', { class: 'noprint', href: '#/checkin' }, icon('back', 16), ' ', t('checkin.title')), name, when),
			h('div', { class: 'row noprint' }, may('work') && [
				h('button', { type: 'button', class: 'primary', on: { click: () => attempt(() => add(true)) } }, icon('plus'), t('checkin.walk_in')),
				h('button', { type: 'button', on: { click: () => attempt(() => add(false)) } }, t('checkin.add')),
				h('button', { type: 'button', on: { click: () => attempt(async () => { if (await importDialog(event)) await load(); }) } }, icon('up'), t('checkin.import'))])),
		numbers.node, h('div', { class: 'card stack' }, h('div', { class: 'noprint' }, find), list, none),
		h('details', { class: 'card noprint' }, h('summary', null, t('event.more')), h('div', { class: 'row' }, may('work') && menu(() => event, doors, load),
			h('button', { type: 'button', on: { click: () => exportList(event, guests) } }, icon('down', 16), t('checkin.export')),
			h('button', { type: 'button', on: { click: () => print() } }, icon('print', 16), t('rollcall.print')))));
	const soon = debounce(() => attempt(load), 150);

	scope.on('events', soon);
	scope.on('entry', (entry) => entry.event === event.id && soon());
	await load();
}
