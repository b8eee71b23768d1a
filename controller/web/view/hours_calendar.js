// SPDX-License-Identifier: Apache-2.0
// Closures and special openings on a calendar, with the holidays that hours may mean by PH.
import { bdi, h, redraw, replace } from '../lib/dom.js';
import { all, del, get, patch, post, refusal } from '../lib/api.js';
import { attempt, dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { addDays, dateOf, dateText, monthText, weekdayText } from '../lib/time.js';
import { t, word } from '../lib/texts.js';
import { mondayOf } from './hours_tiers.js';

const SHOWN_DAYS = 42;

function moveMonth(month, by) {
	const [year, number] = month.split('-').map(Number),
		at = year * 12 + number - 1 + by;

	return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
}

const spanText = (one) => (one.from === one.to ? dateText(one.from) : `${dateText(one.from)} – ${dateText(one.to)}`);
const without = ({ id, version, ...rest }) => rest;

/** Asks for a closure or special opening; true when one was made or changed. */
function exceptionDialog(doors, one, date) {
	const fields = () => {
		const [from = '', until = ''] = (one?.times ?? '').split('-');

		return [
			{
				name: 'kind',
				label: t('hours.kind'),
				type: 'select',
				value: one?.kind ?? 'closure',
				options: ['closure', 'opening'].map((kind) => [kind, t(`hours.kind_${kind}`)]),
			},
			{ name: 'from', label: t('hours.first_day'), type: 'date', value: one?.from ?? date, required: true },
			{ name: 'to', label: t('hours.last_day'), type: 'date', value: one?.to ?? date, required: true },
			{ name: 'start', label: t('event.from'), type: 'time', value: from, note: t('hours.whole_days') },
			{ name: 'end', label: t('event.until'), type: 'time', value: until },
			{
				name: 'door',
				label: t('log.door'),
				type: 'select',
				value: one?.door ?? '',
				options: [['', t('hours.every_door')], ...doors.map((door) => [door.name, door.title || door.name])],
			},
			{
				name: 'reason',
				label: t('hours.reason'),
				value: one?.reason ?? '',
				required: true,
				max: 80,
				note: t('hours.reason_note'),
				autofocus: true,
			},
		];
	};

	return dialog(t(one ? 'hours.change_exception' : 'hours.new_exception'), (close) =>
		form(fields(), {
			submit: t('event.save'),
			cancel: () => close(),
			async send({ start, end, ...rest }) {
				if (Boolean(start) !== Boolean(end)) throw refusal(t('hours.both_times'), start ? 'end' : 'start');
				const body = { ...rest, times: start ? `${start}-${end}` : null };

				if (one) await patch(`/exceptions/${one.id}`, body, { version: one.version });
				else await post('/exceptions', body);
				toast(t('hours.exception_saved'));
				close(true);
			},
			async fresh() {
				one = await get(`/exceptions/${one.id}`);
				return fields();
			},
		}),
	);
}

function dayCell(date, { month, rows, holidays, today, add }) {
	const here = rows.filter((one) => one.from <= date && date <= one.to),
		holiday = holidays[date];
	const inside = [
		h('span', { class: 'date' }, String(Number(date.slice(8)))),
		holiday && h('span', { class: 'note' }, bdi(holiday)),
		here.map((one) =>
			h(
				'span',
				{ class: ['badge', one.kind === 'closure' ? 'bad' : 'good'] },
				h('span', { class: 'hidden' }, `${word('exception', one.kind)}: `),
				bdi(one.reason),
			),
		),
	];

	return h(
		'td',
		{
			class: [
				date.slice(0, 7) !== month && 'other',
				date === today && 'today',
				holiday && 'holiday',
				...here.map((one) => one.kind),
			],
		},
		add
			? h(
					'button',
					{ type: 'button', class: 'day', on: { click: () => add(date) } },
					h('span', { class: 'hidden' }, t('hours.add_on', { day: dateText(date) })),
					inside,
				)
			: h('div', { class: 'day' }, h('span', { class: 'hidden' }, dateText(date)), inside),
	);
}

async function holidaysOf(first, signal) {
	const looked = await post('/hours/look', { hours: '24/7', from: first, days: SHOWN_DAYS }, { signal });

	return Object.fromEntries(looked.holidays.map((one) => [one.date, one.name ?? t('hours.holiday')]));
}

export async function show(root, { query, scope, setQuery }) {
	const { signal } = scope,
		doors = await all('/doors', {}, 200, { signal }),
		names = new Map(doors.map((door) => [door.name, door.title]));
	const place = h('div', { class: 'stack' });
	let month = /^\d{4}-(0[1-9]|1[0-2])$/.test(query.get('month') ?? '') ? query.get('month') : dateOf().slice(0, 7);

	const change = (one, date) =>
		attempt(async () => {
			if (await exceptionDialog(doors, one, date)) await draw();
		});
	const remove = (one) =>
		attempt(async () => {
			await del(`/exceptions/${one.id}`, { version: one.version });
			await draw();
			toast(t('hours.exception_removed', { reason: one.reason }), {
				undo: async () => {
					await post('/exceptions', without(one));
					await draw();
				},
			});
		});
	const step = (by) => {
		month = moveMonth(month, by);
		setQuery({ month });
		attempt(draw);
	};

	function listRow(one) {
		return h(
			'li',
			{ class: 'spread' },
			h(
				'span',
				null,
				h(
					'span',
					{ class: ['badge', one.kind === 'closure' ? 'bad' : 'good'] },
					icon(one.kind === 'closure' ? 'no' : 'ok', 14),
					word('exception', one.kind),
				),
				' ',
				h('strong', null, bdi(one.reason)),
				h(
					'span',
					{ class: 'muted' },
					` ${spanText(one)}${one.times ? `, ${one.times}` : ''}, `,
					one.door ? bdi(names.get(one.door) || one.door) : t('hours.every_door'),
				),
			),
			may('admin') &&
				h(
					'span',
					{ class: 'row' },
					h('button', { type: 'button', on: { click: () => change(one) } }, t('hours.change')),
					h(
						'button',
						{
							type: 'button',
							'aria-label': t('hours.remove_exception', { reason: one.reason }),
							on: { click: () => remove(one) },
						},
						icon('no', 16),
					),
				),
		);
	}
	let turn = 0;

	async function draw() {
		const first = mondayOf(`${month}-01`),
			today = dateOf(),
			mine = ++turn;
		const rows = await all('/exceptions', { since: first < today ? first : today }, 500, { signal }),
			holidays = await holidaysOf(first, signal);
		const add = may('admin') ? (date) => change(null, date) : null;

		if (mine !== turn) return; // another month was asked for meanwhile
		rows.sort((a, b) => a.from.localeCompare(b.from));
		redraw(
			place,
			h(
				'section',
				{ class: 'card stack' },
				h(
					'div',
					{ class: 'spread' },
					h('h2', { 'aria-live': 'polite' }, monthText(month)),
					h(
						'div',
						{ class: 'row' },
						h(
							'button',
							{
								type: 'button',
								class: 'square',
								data: { repeat: 1 },
								'aria-label': t('hours.month_before'),
								on: { click: () => step(-1) },
							},
							icon('back'),
						),
						h(
							'button',
							{
								type: 'button',
								on: {
									click: () => {
										month = today.slice(0, 7);
										step(0);
									},
								},
							},
							t('hours.this_month'),
						),
						h(
							'button',
							{
								type: 'button',
								class: 'square',
								data: { repeat: 1 },
								'aria-label': t('hours.month_after'),
								on: { click: () => step(1) },
							},
							icon('next'),
						),
					),
				),
				h(
					'table',
					{ class: 'month' },
					h('caption', { class: 'hidden' }, monthText(month)),
					h(
						'thead',
						null,
						h(
							'tr',
							null,
							[0, 1, 2, 3, 4, 5, 6].map((day) => h('th', { scope: 'col' }, weekdayText(day))),
						),
					),
					h(
						'tbody',
						null,
						[0, 1, 2, 3, 4, 5].map((week) =>
							h(
								'tr',
								null,
								[0, 1, 2, 3, 4, 5, 6].map((day) =>
									dayCell(addDays(first, week * 7 + day), { month, rows, holidays, today, add }),
								),
							),
						),
					),
				),
			),
			h(
				'section',
				{ class: 'card' },
				h('h2', null, t('hours.ahead')),
				rows.filter((one) => one.to >= today).length
					? h('ul', { class: 'plain lines' }, rows.filter((one) => one.to >= today).map(listRow))
					: h('p', { class: 'empty' }, t('hours.no_exceptions')),
			),
		);
	}
	replace(
		root,
		h(
			'div',
			{ class: 'spread' },
			h('p', { class: 'muted' }, t('hours.calendar_note')),
			may('admin') &&
				h(
					'button',
					{ type: 'button', class: 'primary', on: { click: () => change(null, dateOf()) } },
					icon('plus'),
					t('hours.new_exception'),
				),
		),
		place,
	);
	scope.on('rules', () => attempt(draw));
	await draw();
}
