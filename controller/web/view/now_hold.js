// SPDX-License-Identifier: Apache-2.0
// Holding a door open until a time; loaded when somebody asks for it.
import { h } from '../lib/dom.js';
import { dialog } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { addDays, dateOf, toUtc } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { change } from './now_act.js';
import { doorName, shortly } from './now_words.js';

const MINUTES = [15, 30, 60, 120, 240];

/** A time as typed: today, or tomorrow where today's is over. */
function typed(time) {
	const today = toUtc(dateOf(), time);

	return Date.parse(today) > Date.now() ? today : toUtc(addDays(dateOf(), 1), time);
}

/** Asks until when, and holds the door open. */
export const holdOpen = (door, desk) =>
	dialog(t('now.hold.title', { door: doorName(door) }), (close) => {
		const choices = [
			...MINUTES.map((n) => [String(n), t(n < 60 ? 'now.hold.minutes' : 'now.hold.hours', { n: n < 60 ? n : n / 60 })]),
			['own', t('now.hold.own')],
		];
		const until = h('p', { class: 'note', role: 'status' });
		const end = (values) =>
			values.for === 'own'
				? values.until
					? typed(values.until)
					: null
				: new Date(Date.now() + Number(values.for) * 60000).toISOString();
		const node = form(
			[
				h('p', null, t('now.hold.text')),
				{
					name: 'for',
					label: t('now.hold.for'),
					type: 'select',
					options: choices,
					value: '60',
					required: true,
					autofocus: true,
				},
				{ name: 'until', label: t('now.hold.until'), type: 'time', optional: false },
				{ name: 'event', label: t('now.hold.event'), type: 'checkbox', value: true },
				until,
			],
			{
				submit: t('now.hold.send'),
				cancel: () => close(),
				async send(values) {
					const when = end(values).replace(/\.\d+Z$/, 'Z');

					await change(
						door,
						{ mode: door.mode, hold_until: when, event: values.event },
						desk,
						t('now.act.held', { door: doorName(door), when: shortly(when) }),
					);
					close();
				},
				async fresh() {
					await desk.again('doors');
					door = desk.now.doors.find((one) => one.name === door.name);
					return [];
				},
			},
		);
		const draw = () => {
			const own = node.fields.for.read() === 'own',
				when = end({ for: node.fields.for.read(), until: node.fields.until.read() });

			node.fields.until.node.hidden = !own;
			node.fields.until.input.required = own;
			until.textContent = when ? t('now.act.held', { door: doorName(door), when: shortly(when) }) : '';
		};

		node.addEventListener('input', draw);
		draw();
		return node;
	});
