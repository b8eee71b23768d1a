// SPDX-License-Identifier: Apache-2.0
// "Who could come in at …?": asked of the doors' own rules, on what the hub knows.
import { bdi, h, replace } from '../lib/dom.js';
import { all, get } from '../lib/api.js';
import { attempt } from '../lib/dialog.js';
import { field } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { memberPicker } from '../lib/picker.js';
import { momentOf, toInputs, toUtc } from '../lib/time.js';
import { has, t, word } from '../lib/texts.js';

const verdictBadge = (row) =>
	h(
		'span',
		{ class: ['badge', row.verdict === 'grant' ? (row.warnings.length ? 'warn' : 'good') : 'bad'] },
		icon(row.verdict === 'grant' ? 'ok' : 'no', 14),
		t(row.verdict === 'grant' ? 'hours.comes_in' : 'hours.stays_out'),
	);
const why = (row) =>
	[
		row.verdict === 'grant' ? '' : has(`reason.${row.reason}`) ? t(`reason.${row.reason}`) : row.sentence,
		...row.warnings.map((name) => word('warning', name)),
	]
		.filter(Boolean)
		.join(' ');

function tierRow(row) {
	return h(
		'li',
		{ class: 'spread' },
		h(
			'span',
			null,
			h('strong', null, bdi(row.name)),
			' ',
			h(
				'span',
				{ class: 'muted' },
				why(row),
				row.next_change
					? ` ${t(row.open_now ? 'hours.open_until' : 'hours.closed_until', { when: momentOf(row.next_change) })}`
					: '',
			),
		),
		verdictBadge(row),
	);
}

const outcomeTone = { pass: 'good', warn: 'warn', deny: 'bad', skip: '' };

function stepRow(step) {
	return h(
		'li',
		{ class: 'step' },
		h('span', { class: ['badge', outcomeTone[step.outcome]] }, t(`outcome.${step.outcome}`)),
		' ',
		h('span', null, word('step', step.name)),
		// what was looked at is for who wants to know why not
		step.looked && ['deny', 'warn'].includes(step.outcome) ? h('span', { class: 'muted' }, ': ', bdi(step.looked)) : '',
	);
}

function cardRow(row) {
	return h(
		'li',
		null,
		h(
			'div',
			{ class: 'spread' },
			h(
				'span',
				null,
				h('strong', null, t('cards.nameless', { id: row.card })),
				row.label ? [' ', bdi(row.label)] : '',
				' ',
				h('span', { class: 'muted' }, why(row)),
			),
			verdictBadge(row),
		),
		row.verdict === 'deny' && h('p', null, t('hours.tell_them'), ' ', h('q', null, row.member_sentence)),
		h('details', null, h('summary', null, t('hours.steps')), h('ol', { class: 'plain steps' }, row.steps.map(stepRow))),
	);
}

export async function show(root, { query, scope, setQuery }) {
	const { signal } = scope,
		doors = await all('/doors', {}, 200, { signal });
	const now = toInputs(new Date()),
		asked = {
			date: query.get('date') ?? now.date,
			time: query.get('time') ?? now.time,
			door: query.get('door') ?? '',
			member: query.get('member') ?? '',
		};
	const answer = h('div', { class: 'grid', 'aria-live': 'polite' });

	let turn = 0;

	async function draw() {
		if (!/^\d{4}-\d\d-\d\d$/.test(asked.date) || !/^\d\d:\d\d/.test(asked.time)) return;
		setQuery(asked);
		const mine = ++turn;
		const said = await get(
			'/explain',
			{ at: toUtc(asked.date, asked.time), door: asked.door, member: asked.member },
			{ signal },
		);

		if (mine !== turn) return; // something else was asked meanwhile
		replace(
			answer,
			said.doors.map((door) =>
				h(
					'section',
					{ class: 'card' },
					h('h2', null, bdi(door.title || door.door)),
					door.tiers
						? h('ul', { class: 'plain lines' }, door.tiers.map(tierRow))
						: door.cards.length
							? h('ul', { class: 'plain lines' }, door.cards.map(cardRow))
							: h('p', { class: 'empty' }, t('hours.no_cards')),
				),
			),
		);
	}
	const change = (event) => {
		asked[event.target.name] = event.target.value;
		attempt(draw);
	};
	const member = asked.member
		? await get(`/members/${encodeURIComponent(asked.member)}`, {}, { signal }).catch(() => null)
		: null;
	const picker = memberPicker({
		label: t('hours.whom'),
		value: member,
		pick: (one) => {
			asked.member = String(one.id);
			attempt(draw);
		},
	});

	picker.input.addEventListener('change', () => {
		if (!picker.input.value.trim()) {
			asked.member = '';
			attempt(draw);
		}
	});
	replace(
		root,
		h('p', { class: 'muted' }, t('hours.who_note')),
		h(
			'div',
			{ class: 'card toolbar' },
			field({ name: 'date', label: t('event.date'), optional: false, type: 'date', value: asked.date, on: { change } })
				.node,
			field({
				name: 'time',
				label: t('hours.at_time'),
				optional: false,
				type: 'time',
				value: asked.time,
				on: { change },
			}).node,
			field({
				name: 'door',
				label: t('log.door'),
				optional: false,
				type: 'select',
				value: asked.door,
				options: [['', t('hours.every_door')], ...doors.map((door) => [door.name, door.title || door.name])],
				on: { change },
			}).node,
			picker,
		),
		answer,
	);
	await draw();
}
