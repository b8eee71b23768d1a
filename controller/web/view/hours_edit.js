// SPDX-License-Identifier: Apache-2.0
// One tier: its hours typed or painted, with what they mean beside; its doors, allowance and rights.
import { bdi, debounce, h, replace, setText } from '../lib/dom.js';
import { aborted, all, del, get, patch, post, refusal } from '../lib/api.js';
import { ask, attempt, sentence, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { addDays, dateOf, dateText, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { weekPicture } from '../lib/week.js';
import { marksOf, mondayOf, stateText } from './hours_tiers.js';
import { hoursNode, paint, plainWeek, weekSentence, weekText } from './hours_plain.js';

const EXAMPLES = ['24/7', 'Mo-Fr 09:00-17:30', 'Mo-Fr 08:00-20:00; Sa 10:00-16:00; PH off', 'Fr 18:00-02:00'];
const LOOK_DAYS = 22; // three weeks ahead, from a week's Monday
const SAY_MS = 1200; // longer than a pause within a word
const FLAGS = ['staff', 'override', 'may_open_up', 'events_free'];

/** The line with a caret under the character that is wrong. */
function caret(text, { column, error }) {
	return h(
		'div',
		{ class: 'caret' },
		h('pre', { 'aria-hidden': 'true' }, `${text}\n${' '.repeat(column)}^`),
		h('p', { class: 'fault' }, t('hours.at', { n: column + 1 }), ' ', error),
	);
}

/** What comes: the next windows, and days that differ. */
function ahead(looked, today) {
	const marks = marksOf(looked),
		windows = looked.windows
			.filter((window) => window.day >= today && Date.parse(window.until) > Date.now())
			.slice(0, 6);

	return h(
		'div',
		{ class: 'two ahead' },
		h(
			'div',
			null,
			h('h2', null, t('hours.next')),
			windows.length
				? h(
						'ul',
						{ class: 'plain' },
						windows.map((window) =>
							h('li', null, `${dateText(window.day)}, ${timeOf(window.from)}–${timeOf(window.until)}`),
						),
					)
				: h('p', { class: 'muted' }, t('hours.none_ahead')),
		),
		h(
			'div',
			null,
			h('h2', null, t('hours.differ')),
			Object.keys(marks).length
				? h(
						'ul',
						{ class: 'plain' },
						Object.entries(marks)
							.filter(([date]) => date >= today)
							.sort()
							.slice(0, 6)
							.map(([date, text]) => h('li', null, `${dateText(date)}: `, bdi(text))),
					)
				: h('p', { class: 'muted' }, t('hours.none_differ')),
		),
	);
}

/** The field, the picture and what they mean: a node with .field for a form. */
export function hoursEditor(value, { scope, disabled = false }) {
	const id = 'hours-text',
		today = dateOf(),
		monday = mondayOf(today);
	const input = h('input', {
		id,
		type: 'text',
		class: 'mono',
		value,
		required: true,
		maxlength: 512,
		disabled,
		spellcheck: false,
		autocomplete: 'off',
		autocapitalize: 'off',
		'aria-describedby': 'hours-said',
	});
	const said = h('div', { id: 'hours-said' }),
		spoken = h('p', { class: 'hidden', role: 'status' }),
		shown = h('div', { class: 'stack' }),
		hint = h('p', { class: 'note' });
	let waiting = null,
		week = null;

	function painted(row, from, until, open) {
		week = paint(week, row, from, until, open);
		input.value = weekText(week);
		look();
	}
	async function look() {
		const text = input.value.trim();

		waiting?.abort();
		waiting = new AbortController();
		try {
			const looked = await post(
				'/hours/look',
				{ hours: text, from: addDays(monday, -1), days: LOOK_DAYS },
				{ signal: waiting.signal },
			);

			// a hand is painting: what it leaves is looked at next
			if (shown.querySelector('.ghost[visibility=visible]')) return;
			input.setAttribute('aria-invalid', String(!looked.ok));
			shown.classList.toggle('stale', !looked.ok);
			if (!looked.ok) {
				replace(said, caret(input.value, looked));
				return;
			}
			week = plainWeek(looked.normal);
			// painting shows the plain week itself: a holiday of this week must not look like a gap in the hours
			const plain = week && !disabled;
			const windows = plain
				? week.days.flatMap((spans, i) =>
						spans.map(([start, end]) => ({ day: addDays(monday, i), start_min: start, end_min: end })),
					)
				: looked.windows;

			replace(
				said,
				h(
					'p',
					null,
					h(
						'span',
						{ class: ['badge', looked.open_now ? 'good' : ''] },
						icon(looked.open_now ? 'ok' : 'no', 14),
						stateText(looked),
					),
					' ',
					week ? h('span', { class: 'muted' }, hoursNode(looked.normal)) : '',
				),
			);
			replace(
				shown,
				weekPicture(windows, monday, { marks: marksOf(looked), onPaint: plain ? painted : undefined }),
				ahead(looked, today),
			);
			setText(hint, disabled ? '' : t(week ? 'hours.paint' : 'hours.no_paint'));
		} catch (error) {
			if (!aborted(error)) replace(said, h('p', { class: 'fault' }, sentence(error)));
		}
	}
	const soon = debounce(look, 120);
	// each half word is wrong: read out what is so once somebody has stopped
	const say = debounce(() => setText(spoken, said.querySelector('p')?.textContent ?? ''), SAY_MS);

	const told = h('span', { class: 'note' }),
		place = h('div', { class: 'field' }, h('label', { htmlFor: id }, t('hours.hours')), input, told, said, spoken);
	const tell = (name) => (text) => {
		place.classList.remove('told', 'invalid');
		place.classList.toggle(name, Boolean(text));
		setText(told, text);
	};

	input.addEventListener('input', () => {
		tell('told')('');
		soon();
		say();
	});
	scope.onLeave(() => waiting?.abort());
	const node = h(
		'div',
		{ class: 'stack' },
		place,
		!disabled &&
			h(
				'div',
				{ class: 'row examples' },
				h('span', { class: 'note' }, t('hours.examples')),
				EXAMPLES.map((text) =>
					h(
						'button',
						{
							type: 'button',
							on: {
								click: () => {
									input.value = text;
									look();
								},
							},
						},
						weekSentence(text) ?? text,
					),
				),
			),
		hint,
		shown,
	);

	look();
	node.field = {
		name: 'hours',
		node: place,
		input,
		was: value,
		read: () => input.value.trim() || null,
		write(text) {
			input.value = text ?? '';
			look();
		},
		say: tell('told'),
		fault: tell('invalid'),
	};
	return node;
}

function allowanceFields(allowance) {
	const kind = allowance?.kind ?? '';

	return [
		{
			name: 'kind',
			label: t('hours.allowance_kind'),
			type: 'select',
			value: kind,
			options: [
				['', t('hours.no_limit')],
				...['days', 'half_days', 'visits', 'hours'].map((one) => [one, t(`hours.kind_${one}`)]),
			],
		},
		{
			name: 'limit',
			label: t('hours.limit'),
			type: 'number',
			min: 0,
			value: allowance ? (kind === 'hours' ? allowance.limit / 60 : allowance.limit) : '',
			note: t('hours.limit_note'),
		},
		{
			name: 'spent',
			label: t('hours.when_spent'),
			type: 'select',
			value: allowance?.when_spent ?? 'deny',
			options: [
				['deny', t('hours.spent_deny')],
				['warn', t('hours.spent_warn')],
			],
		},
	];
}

function allowanceOf({ kind, limit, spent }) {
	if (!kind) return null;
	if (limit === null) throw refusal(t('form.missing'), 'limit'); // and not none at all, for everybody in it
	return { kind, limit: kind === 'hours' ? Math.round(limit * 60) : limit, when_spent: spent };
}

/** Which doors, and hours of their own there. */
function doorFields(tier, doors) {
	return doors.flatMap((door) => {
		const own = tier.doors.find((one) => one.door === door.name);

		return [
			{
				name: `door:${door.name}`,
				label: door.title || door.name,
				type: 'checkbox',
				value: tier.doors.length === 0 || Boolean(own),
			},
			{
				name: `hours:${door.name}`,
				label: t('hours.own_hours', { door: door.title || door.name }),
				value: own?.hours ?? '',
				max: 512,
			},
		];
	});
}

function doorsOf(values, doors) {
	const chosen = doors
		.filter((door) => values[`door:${door.name}`])
		.map((door) => ({ door: door.name, hours: values[`hours:${door.name}`] }));

	if (chosen.length === 0) throw refusal(t('hours.no_door'));
	return chosen.length === doors.length && chosen.every((one) => !one.hours) ? [] : chosen;
}

async function remove(tier) {
	if (
		!(await ask({
			title: t('hours.remove'),
			text: t('hours.remove_text', { name: tier.name }),
			confirm: t('hours.remove'),
			danger: true,
		}))
	)
		return;
	await del(`/tiers/${tier.id}`, { version: tier.version });
	const { version, id, ...again } = tier;

	location.hash = '#/hours';
	toast(t('hours.removed', { name: tier.name }), { undo: () => post('/tiers', again) });
}

export async function edit(root, { scope }, id) {
	const { signal } = scope,
		fresh = id === 'new',
		disabled = !may('admin');
	const doors = await all('/doors', {}, 200, { signal });
	let tier = fresh
		? { name: '', hours: 'Mo-Fr 09:00-17:30', flags: [], doors: [], allowance: null }
		: await get(`/tiers/${encodeURIComponent(id)}`, {}, { signal });
	/** hours: its editor, or its value alone. */
	const fields = (hours) => [
		{ name: 'name', label: t('hours.name'), value: tier.name, required: true, max: 60, disabled, autofocus: fresh },
		hours,
		h('fieldset', { disabled }, h('legend', null, t('hours.doors'))),
		...doorFields(tier, doors).map((field) => ({ ...field, disabled })),
		h('fieldset', { disabled }, h('legend', null, t('checkin.allowance'))),
		...allowanceFields(tier.allowance).map((field) => ({ ...field, disabled })),
		h('fieldset', { disabled }, h('legend', null, t('hours.may'))),
		...FLAGS.map((flag) => ({
			name: flag,
			label: t(`flag.${flag}`),
			type: 'checkbox',
			value: tier.flags.includes(flag),
			note: t(`flag_note.${flag}`),
			disabled,
		})),
	];
	const node = form(fields(hoursEditor(tier.hours, { scope, disabled })), {
		submit: t(fresh ? 'hours.add' : 'hours.save'),
		cancel: () => {
			location.hash = '#/hours';
		},
		async send(values) {
			const body = {
				name: values.name,
				hours: values.hours,
				flags: FLAGS.filter((flag) => values[flag]),
				doors: doorsOf(values, doors),
				allowance: allowanceOf(values),
			};

			let now;

			if (fresh) await post('/tiers', body);
			else now = await patch(`/tiers/${tier.id}`, body, { version: tier.version });
			location.hash = '#/hours';
			toast(
				t(fresh ? 'hours.added' : 'hours.saved', { name: values.name }),
				fresh
					? {}
					: {
							undo: () =>
								patch(
									`/tiers/${tier.id}`,
									{
										name: tier.name,
										hours: tier.hours,
										flags: tier.flags,
										doors: tier.doors,
										allowance: tier.allowance,
									},
									{ version: now.version },
								),
						},
			);
		},
		async fresh() {
			tier = await get(`/tiers/${tier.id}`);
			return fields({ name: 'hours', value: tier.hours });
		},
	});

	node.querySelector('[type=submit]').hidden = disabled;
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h(
				'div',
				null,
				h('a', { class: 'back', href: '#/hours' }, icon('back', 16), t('hours.title')),
				h('h1', { tabIndex: -1 }, fresh ? t('hours.new_tier') : bdi(tier.name)),
			),
			!fresh &&
				may('admin') &&
				h('button', { type: 'button', on: { click: () => attempt(() => remove(tier)) } }, t('hours.remove')),
		),
		disabled && h('p', { class: 'callout' }, t('hours.admins_only')),
		h('div', { class: 'card' }, node),
	);
}
