// SPDX-License-Identifier: Apache-2.0
// What a member used of a month, and why each unit counts or not.
import { bdi, h, redraw, replace } from '../lib/dom.js';
import { all, get, post } from '../lib/api.js';
import { attempt, dialog, toast } from '../lib/dialog.js';
import { field, form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { dateOf, dateText, momentOf, monthText } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { iso } from './member_words.js';

/** 90 minutes → "1.5 h"; 3 days → "3 days". */
export const amountText = (kind, n) =>
	kind === 'hours' ? t('allowance.hours', { n: Math.round(n / 6) / 10 }) : t(`allowance.${kind}`, { n });

/** The month in sentences: "3 days of 5 days used. 2 days left." */
export function allowanceSentence(allowance) {
	const { kind, used, limit, extra, left } = allowance;

	if (kind === 'none') return t('allowance.none');
	return [
		t('allowance.used', { used: amountText(kind, used), had: amountText(kind, Math.max(0, limit + extra)) }),
		extra ? t('allowance.with_extra', { extra: amountText(kind, extra) }) : '',
		left
			? t('allowance.left', { left: amountText(kind, left) })
			: left === 0
				? t(`allowance.spent_${allowance.when_spent}`)
				: '',
	]
		.filter(Boolean)
		.join(' ');
}

/** Why a unit counts, or not. */
function whyOf(unit, kind, pools) {
	if (unit.counts === 'pool') return t('allowance.pool', { name: pools.get(unit.pool) ?? t('allowance.pool_some') });
	return [
		t(
			unit.counts === 'counts'
				? `allowance.counts_${kind}`
				: unit.counts === 'same'
					? `allowance.same_${kind}`
					: `allowance.${unit.counts}`,
		),
		unit.minutes === null ? '' : t('allowance.stayed', { n: unit.minutes }),
	]
		.filter(Boolean)
		.join(' ');
}

function giveDialog(member, kind) {
	return dialog(t('allowance.give'), (close) =>
		form(
			[
				h('p', { class: 'note' }, t('allowance.give_text')),
				{
					name: 'units',
					label: t(`allowance.how_many_${kind}`),
					type: 'number',
					inputmode: 'numeric',
					min: 1,
					most: 1000,
					value: 1,
					required: true,
					autofocus: true,
				},
				{ name: 'why', label: t('allowance.why'), required: true, max: 200, note: t('allowance.why_note') },
			],
			{
				submit: t('allowance.give'),
				cancel: () => close(),
				async send({ units, why }) {
					const n = kind === 'hours' ? units * 60 : units;

					close({ units: n, now: await post(`/members/${member}/allowance`, { units: n, why }) });
				},
			},
		),
	);
}

const forgiveDialog = (member, unit) =>
	dialog(t('allowance.forgive'), (close) =>
		form(
			[
				h('p', null, t('allowance.forgive_text', { when: momentOf(unit.at) })),
				{
					name: 'why',
					label: t('allowance.why'),
					required: true,
					max: 200,
					autofocus: true,
					note: t('allowance.why_note'),
				},
			],
			{
				submit: t('allowance.forgive'),
				cancel: () => close(),
				async send({ why }) {
					close({ now: await post(`/members/${member}/allowance`, { entry: unit.entry, why }) });
				},
			},
		),
	);

function unitRow(unit, { allowance, doors, pools, forgive }) {
	return h(
		'li',
		{ class: 'split' },
		h(
			'span',
			null,
			h('strong', { class: 'time' }, `${dateText(unit.date)}, ${unit.time}`),
			' ',
			unit.door ? bdi(doors.get(unit.door) || unit.door) : t('allowance.by_word'),
			h(
				'span',
				{ class: ['block', unit.counts === 'counts' ? '' : 'muted'] },
				whyOf(unit, allowance.kind, pools),
				unit.event ? [' ', h('a', { href: `#/checkin/${unit.event}` }, t('allowance.event'))] : '',
			),
		),
		forgive &&
			unit.entry &&
			['counts', 'pool'].includes(unit.counts) &&
			h(
				'button',
				{ type: 'button', on: { click: () => forgive(unit) } },
				t('allowance.forgive'),
				h('span', { class: 'hidden' }, ` ${dateText(unit.date)} ${unit.time}`),
			),
	);
}

const giftRow = (kind) => (gift) =>
	h(
		'li',
		null,
		gift.entry ? t('allowance.forgiven_one') : `${gift.units < 0 ? '−' : '+'}${amountText(kind, Math.abs(gift.units))}`,
		' ',
		h(
			'span',
			{ class: 'muted' },
			t('allowance.given_by', { who: gift.by, when: momentOf(gift.at) }),
			' ',
			bdi(gift.why),
		),
	);

export async function show(root, { id, query, scope, setQuery }) {
	const { signal } = scope,
		member = await get(`/members/${encodeURIComponent(id)}`, {}, { signal });
	const names = async (path, key, name) =>
		new Map((await all(path, {}, 500, { signal })).map((one) => [one[key], one[name]]));
	const [doors, pools] = await Promise.all([names('/doors', 'name', 'title'), names('/pools', 'id', 'name')]);
	const body = h('div', { class: 'stack' }),
		thisMonth = dateOf().slice(0, 7);
	let month = /^\d{4}-\d{2}$/.test(query.get('month') ?? '') ? query.get('month') : thisMonth;

	function draw(allowance) {
		const { kind } = allowance,
			works = may('work') && month === thisMonth && kind !== 'none';
		const give = async () => {
			const answer = await giveDialog(member.id, kind);

			if (answer) {
				draw(answer.now);
				toast(t('allowance.gave'), {
					undo: async () =>
						draw(
							await post(`/members/${member.id}/allowance`, {
								units: answer.units,
								take: true,
								why: t('allowance.undone_why'),
							}),
						),
				});
			}
		};
		const forgive = async (unit) => {
			const answer = await forgiveDialog(member.id, unit);

			if (answer) {
				draw(answer.now);
				toast(t('allowance.forgave'));
			}
		};

		redraw(
			body,
			h(
				'section',
				{ class: 'card stack' },
				h('h2', null, monthText(month)),
				h('p', { class: 'lead' }, allowanceSentence(allowance)),
				works &&
					h(
						'div',
						{ class: 'row' },
						h('button', { type: 'button', on: { click: () => attempt(give) } }, icon('plus', 18), t('allowance.give')),
					),
			),
			h(
				'section',
				{ class: 'card' },
				h('h2', null, t('allowance.each')),
				allowance.units.length
					? h(
							'ul',
							{ class: 'plain lines' },
							allowance.units.map((unit) =>
								unitRow(unit, { allowance, doors, pools, forgive: works && ((one) => attempt(() => forgive(one))) }),
							),
						)
					: h('p', { class: 'empty' }, t('allowance.nothing')),
			),
			allowance.given.length > 0 &&
				h(
					'section',
					{ class: 'card' },
					h('h2', null, t('allowance.given')),
					h('ul', { class: 'plain lines' }, allowance.given.map(giftRow(kind))),
				),
		);
	}
	// each look is written down: no look that nobody asked for
	const load = async () => {
		setQuery({ month: month === thisMonth ? '' : month });
		draw(await get(`/members/${member.id}/allowance`, { month }, { signal }));
	};
	const picker = field({
		name: 'month',
		label: t('reports.month'),
		optional: false,
		type: 'month',
		value: month,
		on: {
			change: (event) => {
				if (/^\d{4}-\d{2}$/.test(event.target.value)) {
					month = event.target.value;
					attempt(load);
				}
			},
		},
	});

	await load();
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h(
				'div',
				null,
				h('a', { class: 'back', href: `#/members/${member.id}` }, icon('back', 16), bdi(member.name)),
				h('h1', { tabIndex: -1 }, t('checkin.allowance_of', { name: iso(member.name) })),
			),
		),
		h('div', { class: 'card toolbar' }, picker.node, h('p', { class: 'note' }, t('allowance.looked'))),
		body,
	);
}
