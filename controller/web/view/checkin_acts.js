// SPDX-License-Identifier: Apache-2.0
// When an event is, and what can be done to it and its list beside ticking.
import { bdi, h } from '../lib/dom.js';
import { del, get, patch } from '../lib/api.js';
import { ask, attempt, dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { save } from '../lib/save.js';
import { may } from '../lib/session.js';
import { dateOf, dateText, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { eventDialog, repeatDialog } from './checkin_form.js';
import { importDialog } from './checkin_import.js';
import { came } from './checkin_list.js';
import { iso } from './member_words.js';

/** A cell that a spreadsheet would compute begins with an apostrophe, as in the hub's own files. */
const cell = (text) =>
	`"${String(text ?? '')
		.replace(/^[=+\-@\t\r]/, "'$&")
		.replaceAll('"', '""')}"`;

/** {text: when in words, state: 'on' | 'over' | 'today' | 'coming' | 'undated'} of an event. */
export function timing(event, now = Date.now()) {
	const from = event.starts ?? event.doors_from,
		until = event.ends ?? event.doors_until;

	if (!from) return { text: t('event.no_time'), state: 'undated' };
	const span = `${timeOf(from)}–${until ? timeOf(until) : ''}`,
		day = dateOf(from);
	const state =
		until && Date.parse(until) < now ? 'over' : Date.parse(from) <= now ? 'on' : day === dateOf() ? 'today' : 'coming';

	return { text: day === dateOf() ? t('event.today', { span }) : `${dateText(day)}, ${span}`, state };
}

/** The line below the title, as nodes. */
export function whenText(event, doors) {
	const { text, state } = timing(event),
		title = doors.find((door) => door.name === event.door)?.title || event.door;
	const rest = [event.room, event.free ? t('event.is_free') : ''].filter(Boolean);

	return [
		state === 'on'
			? h('span', { class: 'badge good' }, t('event.on'))
			: state === 'over'
				? h('span', { class: 'badge' }, t('event.over'))
				: '',
		' ',
		text,
		...rest.flatMap((one) => [' · ', bdi(one)]),
		...(event.door ? [' · ', bdi(title)] : []),
		...(event.doors_from
			? [
					' · ',
					h(
						'a',
						{ href: '#/now' },
						t('event.stands_open', { from: timeOf(event.doors_from), until: timeOf(event.doors_until) }),
					),
				]
			: []),
		...(event.note ? [h('span', { class: 'eventnote' }, bdi(event.note))] : []),
	].filter(Boolean);
}

function exportList({ event, guests }) {
	const rows = guests.map((guest) => [
		guest.name,
		guest.member,
		t(came(guest) ? 'checkin.yes' : 'checkin.no'),
		guest.arrived_at ? `${dateOf(guest.arrived_at)} ${timeOf(guest.arrived_at)}` : '',
		t(`checkin.csv_${guest.how}`),
		guest.by,
	]);
	const head = ['name', 'member', 'came', 'at', 'how', 'by'];

	save(`tapin-event-${event.id}-${dateOf(event.starts ?? new Date())}.csv`, [
		[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n'),
		'\r\n',
	]);
	toast(t('checkin.exported', { n: guests.length }));
}

async function removeEvent(book) {
	if (
		!(await ask({
			title: t('event.remove'),
			text: t('event.remove_text', { title: iso(book.event.title), n: book.guests.length }),
			confirm: t('event.remove'),
			danger: true,
		}))
	)
		return;
	book.gone = true; // what comes of it is no news
	try {
		await del(`/events/${book.event.id}`, { version: book.event.version });
	} catch (error) {
		book.gone = false;
		await book.load();
		throw error;
	}
	toast(t('event.removed'));
	location.hash = '#/checkin';
}

/** The number of heads is a host's own: where the event was changed meanwhile, that stays and the number is set. */
const countHeads = (book) =>
	dialog(t('checkin.count_heads'), (close) =>
		form(
			[
				h('p', { class: 'note' }, t('checkin.heads_text')),
				{
					name: 'heads',
					label: t('checkin.heads_label'),
					type: 'number',
					inputmode: 'numeric',
					min: 0,
					most: 100000,
					value: book.event.headcount || '',
					autofocus: true,
					note: t('checkin.heads_note'),
				},
			],
			{
				submit: t('event.save'),
				cancel: () => close(),
				async send({ heads }) {
					const { version } = await get(`/events/${book.event.id}`);

					await patch(`/events/${book.event.id}`, { headcount: heads ?? 0 }, { version });
					await book.load();
					close(true);
				},
				fresh: async () => [],
			},
		),
	);

const group = (name, ...buttons) =>
	h('div', { role: 'group', 'aria-label': t(name) }, h('h2', null, t(name)), h('div', { class: 'row' }, buttons));

/**
 * Everything beside ticking, behind one word. options: book, doors, list (its node), add (puts one on the list), printAll
 * (prints the whole of it).
 */
export function acts({ book, doors, list, add, printAll }) {
	const button = (text, name, fn) =>
		h('button', { type: 'button', on: { click: () => attempt(fn) } }, icon(name, 18), t(text));
	const edit = h(
		'button',
		{
			type: 'button',
			'aria-pressed': false,
			on: { click: () => edit.setAttribute('aria-pressed', String(list.classList.toggle('editing'))) },
		},
		icon('no', 18),
		t('checkin.edit'),
	);
	const work = [
		button('checkin.add', 'plus', add),
		button('checkin.import', 'up', async () => {
			if (await importDialog(book.event)) await book.load();
		}),
		edit,
		button('checkin.count_heads', 'members', () => countHeads(book)),
	];
	const change = [
		button('event.change', 'calendar', async () => {
			await eventDialog(doors, book.event);
			await book.load();
		}),
		!book.event.series &&
			button('event.repeat', 'undo', async () => {
				if (await repeatDialog(book.event)) await book.load();
			}),
		button('event.remove', 'no', () => removeEvent(book)),
	];

	return h(
		'details',
		{ class: 'acts noprint', open: may('work') && book.guests.length === 0 },
		h('summary', null, t(may('work') ? 'event.more' : 'event.more_look')),
		group('event.acts_list', may('work') && work, [
			button('checkin.export', 'down', () => exportList(book)),
			button('rollcall.print', 'print', printAll),
		]),
		may('work') && group('event.acts_event', change),
	);
}
