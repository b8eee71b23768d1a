// SPDX-License-Identifier: Apache-2.0
// What an event is: the questions, and their answers as the API takes them.
import { h } from '../lib/dom.js';
import { get, patch, post, refusal } from '../lib/api.js';
import { dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { addDays, dateOf, toInputs, toUtc } from '../lib/time.js';
import { t } from '../lib/texts.js';

const empty = {
	title: '',
	room: '',
	starts: null,
	ends: null,
	door: null,
	doors_from: null,
	doors_until: null,
	capacity: 0,
	before_minutes: 30,
	after_minutes: 30,
	free: false,
	note: '',
};

/** The end is on the day of the start, or after midnight on the next. */
function times({ date, from, until }) {
	if (!date || !from) return { starts: null, ends: null };
	return { starts: toUtc(date, from), ends: until && toUtc(until <= from ? addDays(date, 1) : date, until) };
}

function body(values) {
	const { starts, ends } = times(values);

	return {
		title: values.title,
		room: values.room ?? '',
		note: values.note ?? '',
		capacity: values.capacity ?? 0,
		free: values.free,
		before_minutes: values.before ?? 0,
		after_minutes: values.after ?? 0,
		door: values.door,
		starts,
		ends,
		doors_from: values.open ? starts : null,
		doors_until: values.open ? ends : null,
	};
}

function fields(event, doors) {
	const usual = event === empty ? { date: dateOf(), time: '18:00' } : { date: '', time: '' };
	const at = event.starts ? toInputs(event.starts) : usual;
	const until = event.ends ? toInputs(event.ends).time : event === empty ? '21:00' : '';
	const required = Boolean(at.date); // one that has no time may stay without

	return [
		{ name: 'title', label: t('event.title'), value: event.title, required: true, max: 100, autofocus: true },
		{ name: 'room', label: t('event.room'), value: event.room, max: 100 },
		{ name: 'date', label: t('event.date'), type: 'date', value: at.date, required },
		[
			{ name: 'from', label: t('event.from'), type: 'time', value: at.time, required },
			{ name: 'until', label: t('event.until'), type: 'time', value: until, required: Boolean(until) },
		],
		h('p', { class: 'note' }, t('event.until_note')),
		{
			name: 'door',
			label: t('event.door'),
			type: 'select',
			value: event.door ?? '',
			options: [['', t('event.any_door')], ...doors.map((door) => [door.name, door.title || door.name])],
		},
		{
			name: 'open',
			label: t('event.open'),
			type: 'checkbox',
			value: Boolean(event.doors_from),
			note: t('event.open_note'),
		},
		{
			name: 'capacity',
			label: t('event.capacity'),
			type: 'number',
			min: 0,
			inputmode: 'numeric',
			value: event.capacity || '',
			note: t('event.capacity_note'),
		},
		[
			{
				name: 'before',
				label: t('event.before'),
				type: 'number',
				min: 0,
				value: event.before_minutes,
				inputmode: 'numeric',
			},
			{
				name: 'after',
				label: t('event.after'),
				type: 'number',
				min: 0,
				value: event.after_minutes,
				inputmode: 'numeric',
			},
		],
		h('p', { class: 'note' }, t('event.before_note')),
		{ name: 'free', label: t('event.free'), type: 'checkbox', value: event.free, note: t('event.free_note') },
		{ name: 'note', label: t('event.note'), type: 'textarea', value: event.note, max: 500 },
	];
}

/**
 * What was changed in the form and nothing else: what the form cannot say (an event of several days, one without a time,
 * doors that open earlier) stays.
 */
function changed(values, fields) {
	const was = body(Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.was])));

	return Object.fromEntries(Object.entries(body(values)).filter(([name, value]) => value !== was[name]));
}

/** Asks for an event, new or changed; answers what the hub made of it, or undefined. */
export function eventDialog(doors, event) {
	return dialog(t(event ? 'event.change' : 'event.new'), (close) => {
		const node = form(fields(event ?? empty, doors), {
			submit: t(event ? 'event.save' : 'event.add'),
			cancel: () => close(),
			async send(values) {
				if (Boolean(values.date) !== Boolean(values.from))
					throw refusal(t('form.missing'), values.date ? 'from' : 'date');
				const answer = event
					? await patch(`/events/${event.id}`, changed(values, node.fields), { version: event.version })
					: await post('/events', body(values));

				toast(t(event ? 'event.saved' : 'event.added'));
				close(answer);
			},
			async fresh() {
				event = await get(`/events/${event.id}`);
				return fields(event, doors);
			},
		});

		return node;
	});
}

/** Asks for a series: the same again at the same local time. */
export const repeatDialog = (event) =>
	dialog(t('event.repeat'), (close) =>
		form(
			[
				h('p', null, t('event.repeat_text')),
				{
					name: 'every',
					label: t('event.every'),
					type: 'select',
					value: '7',
					options: [
						['1', t('event.daily')],
						['7', t('event.weekly')],
						['14', t('event.fortnightly')],
						['28', t('event.four_weekly')],
					],
				},
				{ name: 'times', label: t('event.times'), type: 'number', min: 2, most: 60, value: 4, required: true },
			],
			{
				submit: t('event.repeat'),
				cancel: () => close(),
				async send({ every, times: count }) {
					await post(`/events/${event.id}/repeat`, { every_days: Number(every), times: count });
					toast(t('event.repeated', { n: count }));
					close(true);
				},
			},
		),
	);
