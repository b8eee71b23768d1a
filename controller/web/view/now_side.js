// SPDX-License-Identifier: Apache-2.0
// Beside the doors: who is in, and what today is.
import { bdi, h, inText, keyed, replace, setText } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { dayOf, nearText, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { shortly } from './now_words.js';

const NAMES = 8,
	NAMES_LEAST = 3;

// ---- who is in ----

function personRow(person, doors) {
	const door = doors.find((item) => item.name === person.door);
	const name = bdi(person.name),
		where = door ? door.title || door.name : person.door;

	return h(
		'li',
		{ class: 'person' },
		person.member ? h('a', { href: `#/members/${person.member}` }, name) : h('span', null, name),
		person.sponsor ? h('span', { class: 'badge' }, t('now.people.guest')) : null,
		person.sure ? null : h('span', { class: 'badge' }, t('now.people.likely')),
		h('span', { class: 'muted person-since' }, shortly(person.since), where ? [' · ', bdi(where)] : null),
	);
}

/** Who is in: how many, the newest names. */
export function peopleSection(desk) {
	const count = h('span', { class: 'count' }),
		unit = h('span'),
		sure = h('span', { class: 'muted' });
	const list = h('ul', { class: 'plain people' }),
		more = h('p', { class: 'note people-more' });
	// as many rows as the start has use for, and no more later: what is below stays where it is
	const rows = Math.min(NAMES, Math.max(NAMES_LEAST, (desk.now.presence?.count ?? 0) + 1));
	const node = h(
		'section',
		{ class: 'card', 'aria-labelledby': 'now-people' },
		h(
			'div',
			{ class: 'spread' },
			h('h2', { id: 'now-people' }, t('now.people.title')),
			h('a', { href: '#/rollcall' }, t('now.people.rollcall')),
		),
		h('p', { class: 'people-count' }, count, ' ', unit, ' ', sure),
		list,
		more,
	);

	list.style.setProperty('--rows', rows);
	function draw() {
		const { presence } = desk.now;

		if (!presence) return;
		const newest = [...presence.people].sort((a, b) => Date.parse(b.since) - Date.parse(a.since));

		setText(count, presence.count);
		setText(unit, t('now.people.count', { n: presence.count }));
		setText(
			sure,
			!presence.count
				? t('now.people.none')
				: presence.sure === presence.count
					? t('now.people.all_sure')
					: t('now.people.sure', { n: presence.sure, m: presence.count - presence.sure }),
		);
		keyed(
			list,
			newest.slice(0, rows),
			(person) => `${person.member}/${person.card}`,
			(person) => personRow(person, desk.now.doors),
		);
		setText(more, newest.length > rows ? t('now.people.more', { n: newest.length - rows }) : '');
	}
	draw();
	desk.on(['presence', 'doors'], draw);
	return node;
}

// ---- today ----

const clock = (minutes) =>
	`${String(Math.floor((minutes % 1440) / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

function windowsText(tier, date) {
	const own = tier.windows.filter((one) => one.day === date);

	if (tier.staff) return t('now.today.staff');
	if (!own.length) return t('now.today.never');
	if (own.some((one) => one.start_min === 0 && one.end_min >= 1440)) return t('now.today.day');
	return own.map((one) => `${clock(one.start_min)}–${clock(one.end_min)}`).join(', ');
}

const cell = (tier, date) =>
	h(
		'td',
		null,
		tier ? windowsText(tier, date) : h('span', { class: 'muted' }, t('now.today.not_here')),
		tier?.open_now && !tier.staff
			? [' ', h('span', { class: 'badge good' }, icon('ok', 12), t('now.today.now'))]
			: null,
	);

/** Tiers by doors; doors with the same hours share a column. */
function tierTable({ doors, date }, titles) {
	const same = (door) => JSON.stringify(door.tiers),
		keys = [...new Set(doors.map(same))],
		groups = keys.map((key) => doors.filter((door) => same(door) === key));
	const tiers = new Map(doors.flatMap((door) => door.tiers.map((tier) => [tier.tier, tier.name])));
	const nameOf = (group) =>
		group.length === doors.length
			? t('now.today.everywhere')
			: group.map((door) => inText(titles(door.door))).join(', ');

	if (!tiers.size) return h('p', { class: 'note' }, t('now.today.tiers_none'));
	return h(
		'div',
		{ class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('now.today.times') },
		h(
			'table',
			{ class: 'today-tiers' },
			h('caption', { class: 'hidden' }, t('now.today.times')),
			h(
				'thead',
				null,
				h(
					'tr',
					null,
					h('th', { scope: 'col' }, t('now.today.tier')),
					groups.map((group) => h('th', { scope: 'col' }, nameOf(group))),
				),
			),
			h(
				'tbody',
				null,
				[...tiers].map(([id, name]) =>
					h(
						'tr',
						null,
						h('th', { scope: 'row' }, bdi(name)),
						groups.map((group) =>
							cell(
								group[0].tiers.find((tier) => tier.tier === id),
								date,
							),
						),
					),
				),
			),
		),
	);
}

function exceptionRow(item, doors, today) {
	const door = doors.find((one) => one.name === item.door),
		days =
			item.from === item.to
				? item.from === today
					? ''
					: nearText(item.from)
				: `${nearText(item.from)} – ${nearText(item.to)}`;
	const closed = item.kind === 'closure';

	return h(
		'li',
		null,
		h(
			'span',
			{ class: ['badge', closed ? 'warn' : 'good'] },
			icon(closed ? 'no' : 'ok', 12),
			t(closed ? 'now.today.closed' : 'now.today.opening'),
		),
		' ',
		[days, item.times?.replace('-', '–')].filter(Boolean).join(' '),
		door ? [' ', bdi(door.title || door.name)] : null,
		': ',
		bdi(item.reason),
	);
}

function eventRow(event, doors) {
	const door = doors.find((one) => one.name === event.door);

	return h(
		'li',
		null,
		h('a', { href: `#/checkin/${event.id}` }, bdi(event.title)),
		' ',
		h(
			'span',
			{ class: 'muted' },
			event.starts ? `${timeOf(event.starts)}–${timeOf(event.ends)}` : '',
			event.room ? [' · ', bdi(event.room)] : null,
			door ? [' · ', bdi(door.title || door.name)] : null,
			event.listed
				? ` · ${t('now.today.of', { n: event.arrived, all: event.listed })}`
				: event.arrived
					? ` · ${t('now.today.came', { n: event.arrived })}`
					: '',
		),
	);
}

/** Today: closed or not, events, who may come in when, what is ahead. */
export function todaySection(desk) {
	const date = h('span', { class: 'muted' }),
		body = h('div', { class: 'stack today' });
	const node = h(
		'section',
		{ class: 'card', 'aria-labelledby': 'now-today' },
		h(
			'div',
			{ class: 'spread' },
			h('h2', { id: 'now-today' }, t('now.today.title'), ' ', date),
			h('a', { href: '#/hours' }, t('now.today.hours')),
		),
		body,
	);
	let drawn = '';

	function draw() {
		const { today, doors } = desk.now,
			state = JSON.stringify([
				today?.date,
				today?.doors,
				today?.exceptions,
				today?.events,
				doors.map((door) => door.title),
			]);

		if (!today || state === drawn) return;
		drawn = state;
		setText(date, dayOf(today.now));
		const is = today.exceptions.filter((item) => item.from <= today.date && item.to >= today.date),
			ahead = today.exceptions.filter((item) => item.from > today.date);

		replace(
			body,
			is.length
				? h(
						'ul',
						{ class: 'plain lines' },
						is.map((item) => exceptionRow(item, doors, today.date)),
					)
				: null,
			h('h3', null, t('now.today.events')),
			today.events.length
				? h(
						'ul',
						{ class: 'plain lines' },
						today.events.map((event) => eventRow(event, doors)),
					)
				: h('p', { class: 'note' }, t('now.today.no_events')),
			h('h3', null, t('now.today.times')),
			tierTable(today, (name) => doors.find((door) => door.name === name)?.title || name),
			h('h3', null, t('now.today.ahead')),
			ahead.length
				? h(
						'ul',
						{ class: 'plain lines' },
						ahead.map((item) => exceptionRow(item, doors, today.date)),
					)
				: h('p', { class: 'note' }, t('now.today.nothing')),
		);
	}
	draw();
	desk.on(['today', 'doors'], draw);
	return node;
}
