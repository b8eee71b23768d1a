// SPDX-License-Identifier: Apache-2.0
// A month in pictures: when people come, of which tiers, how it goes from month to month, who was refused and why.
import { bdi, h, replace, sheet } from '../lib/dom.js';
import { aborted, get } from '../lib/api.js';
import { bars, columns, figure, heat, numberText } from '../lib/chart.js';
import { field } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { dateOf, dayOf, momentOf, monthText, weekdayText } from '../lib/time.js';
import { has, t, word } from '../lib/texts.js';
import { sentence } from '../lib/dialog.js';

await sheet(new URL('./reports.css', import.meta.url));

export const title = () => t('reports.title');

const TREND_MONTHS = 12;
const DAYS = [0, 1, 2, 3, 4, 5, 6];

function monthBefore(month, by) {
	const [year, number] = month.split('-').map(Number),
		at = year * 12 + number - 1 - by;

	return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
}

const csvOf = (month, section, exact) =>
	`/api/v1/reports/${month}?section=${section}&format=csv${exact ? '&exact=true' : ''}`;

/** The hour and day with most visits, in words. */
function busiest(hours) {
	let best = null;

	for (const { hour, weekdays } of hours)
		weekdays.forEach((value, day) => {
			if (value && (!best || value > best.value)) best = { hour, day, value };
		});
	return best
		? t('reports.busiest', {
				day: weekdayText(best.day, 'long'),
				from: `${best.hour}:00`,
				until: `${best.hour + 1}:00`,
				n: best.value,
			})
		: t('reports.too_few');
}

function heatFigure({ month, hours }, exact) {
	return figure({
		title: t('reports.hours'),
		sentence: busiest(hours),
		name: `tapin-hours-${month}`,
		csv: csvOf(month, 'hours', exact),
		draw: (width) =>
			heat(width, {
				rows: DAYS.map((day) => weekdayText(day)),
				columns: hours.map((row) => String(row.hour)),
				values: DAYS.map((day) => hours.map((row) => row.weekdays[day])),
			}),
		head: [t('reports.hour'), ...DAYS.map((day) => weekdayText(day))],
		rows: hours.map((row) => [`${row.hour}:00`, ...row.weekdays]),
	});
}

function tierFigure({ month, visits }, exact) {
	const tiers = visits.tiers.map((tier) => ({ label: tier.name || t('reports.guests'), value: tier.visits, ...tier }));
	const first = tiers.filter((tier) => tier.value).sort((a, b) => b.value - a.value)[0];

	return figure({
		title: t('reports.tiers'),
		name: `tapin-tiers-${month}`,
		csv: csvOf(month, 'visits', exact),
		sentence: first ? t('reports.most_tier', { tier: first.label, n: first.value }) : t('reports.too_few'),
		draw: (width) => bars(width, tiers),
		head: [t('reports.tier'), t('reports.members'), t('reports.visits'), ...DAYS.map((day) => weekdayText(day))],
		rows: [
			...tiers.map((tier) => [tier.label, tier.members, tier.visits, ...tier.weekdays]),
			[t('reports.all'), '', visits.visits, ...visits.weekdays],
		],
	});
}

function trendFigure(month, months) {
	return figure({
		title: t('reports.trend'),
		name: `tapin-trend-${month}`,
		sentence: t('reports.trend_said', { n: numberText(months.at(-1).value), month: monthText(month) }),
		draw: (width) =>
			columns(
				width,
				months.map(({ month: one, value }) => ({ label: `${one.slice(5)}/${one.slice(2, 4)}`, value })),
			),
		head: [t('reports.month'), t('reports.visits')],
		rows: months.map(({ month: one, value }) => [monthText(one), value]),
	});
}

function deniedFigure({ month, denied }, exact) {
	const rows = denied.reasons
		.map((row) => ({
			label: has(`reason.${row.reason}`) ? t(`reason.${row.reason}`) : row.sentence,
			value: row.taps,
			tone: 'bad',
		}))
		.sort((a, b) => (b.value ?? 0) - (a.value ?? 0));

	return figure({
		title: t('reports.denied'),
		name: `tapin-denied-${month}`,
		csv: csvOf(month, 'denied', exact),
		sentence: denied.taps === null ? t('reports.too_few') : t('reports.denied_said', { n: denied.taps }),
		draw: (width) => bars(width, rows),
		head: [t('reports.reason'), t('reports.taps')],
		rows: [...rows.map((row) => [row.label, row.value]), [t('reports.all'), denied.taps]],
	});
}

function eventTable({ month, events }, exact) {
	return h(
		'section',
		{ class: 'card stack' },
		h('h2', null, t('reports.events')),
		events.events.length === 0
			? h('p', { class: 'empty' }, t('reports.no_events'))
			: h(
					'div',
					{ class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('reports.events') },
					h(
						'table',
						null,
						h('caption', { class: 'hidden' }, t('reports.events')),
						h(
							'thead',
							null,
							h(
								'tr',
								null,
								['event', 'starts', 'listed', 'arrived'].map((name, i) =>
									h('th', { scope: 'col', class: i > 1 ? 'num' : null }, t(`reports.${name}`)),
								),
							),
						),
						h(
							'tbody',
							null,
							events.events.map((event) =>
								h(
									'tr',
									null,
									h('th', { scope: 'row' }, h('a', { href: `#/checkin/${event.event}` }, bdi(event.title))),
									h('td', null, momentOf(event.starts)),
									h('td', { class: 'num' }, numberText(event.listed)),
									h('td', { class: 'num' }, numberText(event.arrived)),
								),
							),
						),
					),
				),
		h(
			'div',
			{ class: 'row' },
			h(
				'a',
				{ class: 'button', href: csvOf(month, 'events', exact), download: `tapin-events-${month}.csv` },
				icon('down', 16),
				t('chart.csv'),
			),
		),
	);
}

const amount = (kind, value) =>
	value === null
		? t('chart.withheld')
		: kind === 'hours'
			? t('reports.hours_of', { n: Math.round(value / 6) / 10 })
			: String(value);

function allowanceTable({ month, allowance, exceeded = [] }, exact) {
	const names = ['name', 'limit', 'users', 'used', 'over'];

	return h(
		'section',
		{ class: 'card stack' },
		h('h2', null, t('reports.allowance')),
		allowance.length === 0
			? h('p', { class: 'empty' }, t('reports.no_allowance'))
			: h(
					'div',
					{ class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('reports.allowance') },
					h(
						'table',
						null,
						h('caption', { class: 'hidden' }, t('reports.allowance')),
						h(
							'thead',
							null,
							h(
								'tr',
								null,
								names.map((name, i) =>
									h('th', { scope: 'col', class: i ? 'num' : null }, t(`reports.allowance_${name}`)),
								),
							),
						),
						h(
							'tbody',
							null,
							allowance.map((row) =>
								h(
									'tr',
									null,
									h('th', { scope: 'row' }, bdi(row.name)),
									h('td', { class: 'num' }, `${amount(row.kind, row.limit)} ${word('allowance_kind', row.kind)}`),
									h('td', { class: 'num' }, numberText(row.users)),
									h('td', { class: 'num' }, amount(row.kind, row.used)),
									h('td', { class: 'num' }, numberText(row.over)),
								),
							),
						),
					),
				),
		exceeded.length > 0 &&
			h(
				'div',
				null,
				h('h3', null, t('reports.exceeded')),
				h(
					'ul',
					{ class: 'plain lines' },
					exceeded.map((row) =>
						h(
							'li',
							null,
							h('a', { href: `#/members/${row.member}` }, t('entry.member', { id: row.member })),
							` ${t('reports.exceeded_by', { used: amount(row.kind, row.used), had: amount(row.kind, row.had) })}`,
						),
					),
				),
			),
		h(
			'div',
			{ class: 'row' },
			h(
				'a',
				{ class: 'button', href: csvOf(month, 'allowance', exact), download: `tapin-allowance-${month}.csv` },
				icon('down', 16),
				t('chart.csv'),
			),
		),
	);
}

function numbers({ visits, denied, events, cards }) {
	const tile = (name, value) =>
		h(
			'div',
			{ class: 'card' },
			h('div', { class: ['big', value === null && 'none'] }, numberText(value)),
			h('div', { class: 'muted' }, t(`reports.${name}`)),
		);

	return h(
		'div',
		{ class: 'tiles' },
		tile('sum_visits', visits.visits),
		tile('sum_arrived', events.arrived),
		tile('sum_denied', denied.taps),
		tile('sum_unused', cards.unused),
	);
}

/** The months before, one after the other: each is a moment of the hub's time. */
async function trend(month, last, exact, signal) {
	const months = [];

	for (let by = TREND_MONTHS - 1; by > 0; by--) {
		const one = monthBefore(month, by);

		months.push({
			month: one,
			value: (await get(`/reports/${one}`, { section: 'visits', exact: exact || undefined }, { signal })).visits.visits,
		});
	}
	return trendFigure(month, [...months, { month, value: last }]);
}

export async function show(root, { query, scope, setQuery }) {
	const now = dateOf().slice(0, 7);
	const asked = {
		month: /^\d{4}-\d{2}$/.test(query.get('month') ?? '') ? query.get('month') : now,
		exact: query.get('exact') === '1' && may('read'),
	};
	const body = h('div', { class: 'stack' });
	const note = h('p', { class: 'note', role: 'status' });
	let waiting = null;

	async function draw() {
		waiting?.abort();
		waiting = new AbortController();
		scope.signal.addEventListener('abort', () => waiting.abort());
		const { signal } = waiting,
			exact = asked.exact;

		setQuery({ month: asked.month === now ? '' : asked.month, exact: exact ? 1 : '' });
		body.setAttribute('aria-busy', 'true');
		const report = await get(`/reports/${asked.month}`, { exact: exact || undefined }, { signal });
		const place = h(
			'div',
			{ class: 'trend' },
			h('div', { class: 'card' }, h('h2', null, t('reports.trend')), h('p', { class: 'muted' }, t('reports.counting'))),
		);

		replace(
			note,
			[
				report.over ? '' : t('reports.running'),
				exact ? t('reports.exact_note') : t('reports.withheld_note'),
				report.forgotten_before ? t('reports.forgotten', { day: dayOf(report.forgotten_before) }) : '',
			]
				.filter(Boolean)
				.join(' '),
		);
		replace(
			body,
			numbers(report),
			h(
				'div',
				{ class: 'figures' },
				h('div', { class: 'wide' }, heatFigure(report, exact)),
				tierFigure(report, exact),
				deniedFigure(report, exact),
				h('div', { class: 'wide' }, place),
			),
			eventTable(report, exact),
			allowanceTable(report, exact),
		);
		body.removeAttribute('aria-busy');
		await trend(asked.month, report.visits.visits, exact, signal).then(
			(made) => replace(place, made),
			(error) => aborted(error) || replace(place, h('p', { class: 'fault' }, sentence(error))),
		);
	}
	/** What cannot be had is said in its place: no month stands under the name of another. */
	async function drawn() {
		try {
			await draw();
		} catch (error) {
			if (aborted(error)) return;
			body.removeAttribute('aria-busy');
			replace(note);
			replace(body, h('p', { class: 'fault', role: 'alert' }, sentence(error)));
		}
	}
	const month = field({
		name: 'month',
		label: t('reports.month'),
		optional: false,
		type: 'month',
		value: asked.month,
		most: now,
		on: {
			change: (event) => {
				if (/^\d{4}-\d{2}$/.test(event.target.value)) {
					asked.month = event.target.value;
					drawn();
				}
			},
		},
	});
	const exactly = field({
		name: 'exact',
		label: t('reports.exact'),
		type: 'checkbox',
		value: asked.exact,
		on: {
			change: (event) => {
				asked.exact = event.target.checked;
				drawn();
			},
		},
	});

	month.input.setAttribute('pattern', '[0-9]{4}-[0-9]{2}');
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, title()),
			h(
				'button',
				{ type: 'button', class: 'noprint', on: { click: () => print() } },
				icon('print'),
				t('reports.print'),
			),
		),
		h('div', { class: 'card toolbar noprint' }, month.node, may('read') && exactly.node),
		note,
		body,
	);
	await drawn();
}
