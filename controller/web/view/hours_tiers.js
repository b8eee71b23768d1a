// SPDX-License-Identifier: Apache-2.0
// The tiers side by side: when each may come in this week, where, and what it has beside.
import { bdi, h, redraw, replace } from '../lib/dom.js';
import { all, post } from '../lib/api.js';
import { attempt } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { addDays, dateOf, momentOf } from '../lib/time.js';
import { t, word } from '../lib/texts.js';
import { weekPicture } from '../lib/week.js';
import { amountText } from './checkin_allowance.js';
import { hoursNode } from './hours_plain.js';

/** The Monday of a date's week. */
export function mondayOf(date) {
	const day = new Date(`${date}T12:00:00Z`).getUTCDay();

	return addDays(date, -((day + 6) % 7));
}

/** Holidays and exceptions of an answer of POST /hours/look, by date. */
export function marksOf(looked) {
	const marks = {};

	for (const holiday of looked.holidays) marks[holiday.date] = holiday.name ?? t('hours.holiday');
	for (const one of looked.exceptions)
		for (let date = one.from; date <= one.to && date < addDays(one.from, 62); date = addDays(date, 1))
			marks[date] = `${word('exception', one.kind)}: ${one.reason}`;
	return marks;
}

/** What the hours are at this moment: "Open until …", "Closed until …". */
export function stateText(looked) {
	if (!looked.next_change) return t(looked.open_now ? 'hours.always' : 'hours.never');
	return t(looked.open_now ? 'hours.open_until' : 'hours.closed_until', { when: momentOf(looked.next_change) });
}

const look = (hours, from, days, signal, door) => post('/hours/look', { hours, from, days, door }, { signal });

async function tierCard(tier, doors, monday, signal) {
	// from the day before: a window over midnight belongs to the day it starts on
	const looked = await look(tier.hours, addDays(monday, -1), 8, signal);
	const shown = looked.ok
		? [
				h(
					'p',
					null,
					h(
						'span',
						{ class: ['badge', looked.open_now ? 'good' : ''] },
						icon(looked.open_now ? 'ok' : 'no', 14),
						stateText(looked),
					),
				),
				weekPicture(looked.windows, monday, { marks: marksOf(looked) }),
			]
		: h('p', { class: 'fault' }, looked.error);
	const own = tier.doors.filter((one) => one.hours);

	return h(
		'section',
		{ class: 'card stack', 'aria-label': tier.name },
		h(
			'div',
			{ class: 'spread' },
			h('h2', null, bdi(tier.name)),
			h(
				'a',
				{
					class: 'button',
					href: `#/hours/tier/${tier.id}`,
					'aria-label': `${t(may('admin') ? 'hours.change' : 'hours.look')}: ${tier.name}`,
				},
				t(may('admin') ? 'hours.change' : 'hours.look'),
			),
		),
		shown,
		h('p', { class: 'muted' }, hoursNode(looked.ok ? looked.normal : tier.hours)),
		h(
			'dl',
			{ class: 'facts' },
			h('dt', null, t('hours.doors')),
			h(
				'dd',
				null,
				tier.doors.length
					? tier.doors.map((one, i) => [i ? ', ' : '', bdi(doors.get(one.door) || one.door)])
					: t('hours.every_door'),
				own.map((one) => h('div', { class: 'note' }, bdi(doors.get(one.door) || one.door), ': ', hoursNode(one.hours))),
			),
			h('dt', null, t('checkin.allowance')),
			h(
				'dd',
				null,
				tier.allowance
					? t(`hours.allowance_${tier.allowance.when_spent ?? 'deny'}`, {
							amount: amountText(tier.allowance.kind, tier.allowance.limit),
						})
					: t('allowance.none'),
			),
			tier.flags.length > 0 && [
				h('dt', null, t('hours.may')),
				h(
					'dd',
					null,
					tier.flags.map((flag) => h('div', null, t(`flag.${flag}`))),
				),
			],
		),
	);
}

export async function show(root, { scope }) {
	const { signal } = scope,
		doors = new Map((await all('/doors', {}, 200, { signal })).map((door) => [door.name, door.title]));
	const cards = h('div', { class: 'tiers' });

	async function draw() {
		const tiers = await all('/tiers', {}, 200, { signal }),
			monday = mondayOf(dateOf());

		const drawn = await Promise.all(tiers.map((tier) => tierCard(tier, doors, monday, signal)));

		redraw(cards, drawn.length ? drawn : h('p', { class: 'empty' }, t('hours.no_tiers')));
	}
	replace(
		root,
		h(
			'div',
			{ class: 'spread' },
			h('p', { class: 'muted' }, t('hours.tiers_note')),
			may('admin') && h('a', { class: 'button primary', href: '#/hours/tier/new' }, icon('plus'), t('hours.new_tier')),
		),
		cards,
	);
	scope.on('rules', () => attempt(draw));
	await draw();
}
