// SPDX-License-Identifier: Apache-2.0
// Today's events first, those that come, those that were; guests of members and lent cards; ways to who is in and to allowances.
import { bdi, h, keyed, replace, setText } from '../lib/dom.js';
import { all, get, post } from '../lib/api.js';
import { ask, attempt, toast } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { memberPicker } from '../lib/picker.js';
import { may } from '../lib/session.js';
import { siteNow } from '../lib/shell.js';
import { dateOf, momentOf, timeOf, toUtc } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { timing } from './checkin_acts.js';
import { eventDialog } from './checkin_form.js';
import { guestDialog, loanDialog } from './checkin_guest.js';
import { iso } from './member_words.js';

const EARLIER_MAX = 2000,
	EARLIER_SHOWN = 30;
const RANK = { on: 0, today: 1, over: 2, coming: 3, undated: 4 };

function countText(event) {
	const parts = [t('event.count', { n: event.arrived, listed: event.listed })];

	if (event.capacity) parts.push(t('event.room_of', { n: event.capacity }));
	if (event.headcount) parts.push(t('checkin.heads', { n: event.headcount }));
	return parts.join(' · ');
}

function makeCard(event) {
	const link = h('a'),
		node = h('li', null, link);

	node.link = link;
	updateCard(node, event);
	return node;
}

function updateCard(node, event) {
	const { text, state } = timing(event),
		words = JSON.stringify([event, text, state]);

	if (node.said === words) return;
	node.said = words;
	node.link.className = `card event ${state}`;
	node.link.href = `#/checkin/${event.id}`;
	replace(
		node.link,
		h('strong', null, bdi(event.title)),
		h(
			'span',
			{ class: 'when' },
			state === 'on'
				? [h('span', { class: 'badge good' }, t('event.on')), ' ']
				: state === 'over'
					? [h('span', { class: 'badge' }, t('event.over')), ' ']
					: '',
			text,
		),
		h('span', { class: 'muted' }, event.room ? [bdi(event.room), ' · '] : '', countText(event)),
	);
}

const drawCards = (list, rows) => keyed(list, rows, (event) => event.id, makeCard, updateCard);
const startOf = (event) => event.starts ?? event.doors_from ?? '';

function eventsPart(signal) {
	const today = h('ul', { class: 'plain grid' }),
		coming = h('ul', { class: 'plain grid' }),
		none = h('p', { class: 'empty' });
	const comingPart = h('section', { class: 'stack' }, h('h2', null, t('event.coming')), coming);
	const node = h(
		'div',
		{ class: 'stack' },
		h('section', { class: 'stack' }, h('h2', null, t('event.of_today')), today, none),
		comingPart,
	);

	node.draw = async () => {
		const rows = (await all('/events', { since: toUtc(dateOf()) }, 500, { signal }))
			.map((event) => ({ event, state: timing(event).state }))
			.sort((a, b) => RANK[a.state] - RANK[b.state] || startOf(a.event).localeCompare(startOf(b.event)));
		const ahead = rows.filter(({ state }) => RANK[state] >= RANK.coming).map(({ event }) => event),
			now = rows.filter(({ state }) => RANK[state] < RANK.coming).map(({ event }) => event);

		drawCards(today, now);
		drawCards(coming, ahead);
		none.hidden = now.length > 0;
		setText(none, t(ahead.length ? 'event.none_today' : may('work') ? 'event.none' : 'event.none_look'));
		comingPart.hidden = ahead.length === 0;
	};
	return node;
}

/** What was, newest first, with its final numbers; asked for once somebody looks. */
function earlierPart(signal) {
	const list = h('ul', { class: 'plain grid' }),
		said = h('p', { class: 'empty', role: 'status' });
	const more = h(
		'button',
		{
			type: 'button',
			hidden: true,
			on: {
				click: () => {
					shown += EARLIER_SHOWN;
					draw();
				},
			},
		},
		t('event.more_earlier'),
	);
	const node = h(
		'details',
		{ class: 'earlier', on: { toggle: () => node.open && !rows && attempt(load) } },
		h('summary', null, t('event.earlier')),
		h('div', { class: 'stack' }, list, said, more),
	);
	let rows = null,
		shown = EARLIER_SHOWN;

	function draw() {
		drawCards(list, rows.slice(0, shown));
		more.hidden = rows.length <= shown;
		setText(said, rows.length ? '' : t('event.none_earlier'));
	}
	async function load() {
		rows = (await all('/events', {}, EARLIER_MAX, { signal }))
			.filter((event) => (event.ends ?? event.doors_until ?? '') < toUtc(dateOf()))
			.sort((a, b) => startOf(b).localeCompare(startOf(a)));
		draw();
	}
	return node;
}

function guestRow(doors, ended) {
	return (guest) =>
		h(
			'li',
			{ class: 'split' },
			h(
				'span',
				null,
				h('strong', null, bdi(guest.name)),
				' ',
				t('guest.of'),
				' ',
				h(
					'a',
					{ href: `#/members/${guest.sponsor}` },
					bdi(guest.sponsor_name ?? t('entry.member', { id: guest.sponsor })),
				),
				h(
					'span',
					{ class: 'muted block' },
					`${t('guest.on_card', { id: guest.card })} · ${t('guest.until', { when: dateOf(guest.until) === dateOf() ? timeOf(guest.until) : momentOf(guest.until) })} · `,
					guest.door ? bdi(doors.get(guest.door) || guest.door) : t('guest.every_door'),
					' · ',
					guest.arrived_at ? t('guest.came', { when: timeOf(guest.arrived_at) }) : t('guest.not_yet'),
				),
			),
			may('work') &&
				h(
					'button',
					{ type: 'button', on: { click: () => ended(guest) } },
					t('guest.end'),
					h('span', { class: 'hidden' }, ` ${guest.name}`),
				),
		);
}

function guestsPart(doors, signal) {
	const list = h('ul', { class: 'plain lines' }),
		none = h('p', { class: 'empty' }, t('guest.none')),
		names = new Map(doors.map((door) => [door.name, door.title]));
	const node = h(
		'section',
		{ class: 'card stack' },
		h('h2', null, t('guest.title')),
		h('p', { class: 'note' }, t('guest.explain'), ' ', t('guest.explain_max', { n: siteNow()?.guests_max ?? 0 })),
		may('work') &&
			h(
				'div',
				{ class: 'row ways' },
				h(
					'button',
					{
						type: 'button',
						on: {
							click: () =>
								attempt(async () => {
									if (await guestDialog(doors)) await node.draw();
								}),
						},
					},
					icon('guest'),
					t('guest.new'),
				),
				h('button', { type: 'button', on: { click: () => attempt(loanDialog) } }, icon('card'), t('lend.title')),
			),
		list,
		none,
	);

	async function end(guest) {
		if (
			!(await ask({
				title: t('guest.end_title', { name: iso(guest.name) }),
				text: t('guest.end_text', { name: iso(guest.name) }),
				confirm: t('guest.end'),
				danger: true,
			}))
		)
			return;
		await post(`/guests/${guest.id}/end`);
		toast(t('guest.ended', { name: iso(guest.name), id: guest.card }));
		await node.draw();
	}
	node.draw = async () => {
		const rows = (await get('/guests', { active: 'true', limit: 200 }, { signal })).items;

		keyed(
			list,
			rows,
			(guest) => guest.id,
			guestRow(names, (guest) => attempt(() => end(guest))),
		);
		none.hidden = rows.length > 0;
	};
	return node;
}

export async function show(root, { scope }) {
	const { signal } = scope,
		doors = await all('/doors', {}, 200, { signal });
	const events = eventsPart(signal),
		guests = guestsPart(doors, signal);
	const picker = memberPicker({
		label: t('checkin.whose'),
		pick: (member) => {
			location.hash = `#/checkin/allowance/${member.id}`;
		},
	});
	const make = async () => {
		const event = await eventDialog(doors);

		if (event) location.hash = `#/checkin/${event.id}`;
	};

	await Promise.all([events.draw(), guests.draw()]);
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, t('checkin.title')),
			h(
				'div',
				{ class: 'row ways' },
				h('a', { class: 'button', href: '#/checkin/inside' }, icon('members'), t('inside.title')),
				h('a', { class: 'button', href: '#/rollcall' }, icon('print'), t('checkin.rollcall')),
				may('work') &&
					h(
						'button',
						{ type: 'button', class: 'primary', on: { click: () => attempt(make) } },
						icon('plus'),
						t('event.new'),
					),
			),
		),
		events,
		earlierPart(signal),
		h(
			'div',
			{ class: 'two' },
			guests,
			h(
				'section',
				{ class: 'card stack' },
				h('h2', null, t('checkin.allowance')),
				h('p', { class: 'note' }, t('checkin.allowance_explain')),
				picker,
			),
		),
	);
	scope.on('events', () => attempt(events.draw));
	scope.on('people', () => attempt(guests.draw));
	// a guest's tap, and what has begun or is over meanwhile
	scope.on('presence', () => attempt(guests.draw));
	scope.every(60000, () => attempt(events.draw));
}
