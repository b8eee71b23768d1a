// SPDX-License-Identifier: Apache-2.0
// Who is in, and a host's word where the doors do not know: somebody left behind another, or came by an open door.
import { bdi, h, keyed, replace, setText } from '../lib/dom.js';
import { all, get, post, Problem } from '../lib/api.js';
import { attempt, dialog, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { memberPicker } from '../lib/picker.js';
import { may } from '../lib/session.js';
import { dateOf, momentOf, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { iso } from './member_words.js';

const keyOf = (one) => `${one.member ?? ''}/${one.card ?? ''}`;
const nameOf = (one) => one.name || t(one.sponsor ? 'rollcall.guest' : 'rollcall.unknown', { id: one.card ?? '?' });
const whom = (one) => (one.member ? { member: one.member } : { card: one.card });
const say = (one, inside, why) => post('/presence', { ...whom(one), inside, why });

function placeOf(one, doors) {
	const since = dateOf(one.since) === dateOf() ? timeOf(one.since) : momentOf(one.since);

	return [
		t('inside.since', { when: since }),
		one.zone ? [' · ', bdi(one.zone)] : one.door ? [' · ', bdi(doors.get(one.door) || one.door)] : '',
		one.by ? ` · ${t('rollcall.by', { who: one.by })}` : '',
		one.sure ? '' : ` · ${t('rollcall.likely')}`,
	];
}

const row = (doors, left) => (one) =>
	h(
		'li',
		{ class: 'split' },
		h(
			'span',
			null,
			one.member ? h('a', { href: `#/members/${one.member}` }, bdi(nameOf(one))) : h('strong', null, bdi(nameOf(one))),
			h('span', { class: 'muted block' }, placeOf(one, doors)),
		),
		may('work') &&
			h(
				'button',
				{ type: 'button', on: { click: () => left(one) } },
				icon('out', 18),
				t('inside.left'),
				h('span', { class: 'hidden' }, ` ${nameOf(one)}`),
			),
	);

const cameDialog = () => {
	const picker = memberPicker({ label: t('checkin.member'), autofocus: true });

	return dialog(t('inside.came'), (close) =>
		form([h('p', { class: 'note' }, t('inside.came_text')), picker], {
			submit: t('inside.came_do'),
			cancel: () => close(),
			async send() {
				if (!picker.member) throw new Problem(422, { detail: t('inside.nobody') });
				close({ presence: await say({ member: picker.member.id }, true, t('inside.why_came')), member: picker.member });
			},
		}),
	);
};

export async function show(root, { scope }) {
	const { signal } = scope,
		doors = new Map((await all('/doors', {}, 200, { signal })).map((door) => [door.name, door.title]));
	const list = h('ul', { class: 'plain lines' }),
		count = h('p', { class: 'lead', role: 'status' }),
		none = h('p', { class: 'empty' }, t('rollcall.empty'));

	function draw(presence) {
		const people = [...presence.people].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));

		keyed(
			list,
			people,
			keyOf,
			row(doors, (one) => attempt(() => left(one))),
		);
		none.hidden = people.length > 0;
		setText(count, t('inside.count', { n: presence.count, sure: presence.sure }));
	}
	const load = async () => draw(await get('/presence', {}, { signal }));

	async function left(one) {
		draw(await say(one, false, t('inside.why_left')));
		toast(t('inside.did_leave', { name: iso(nameOf(one)) }), {
			undo: async () => draw(await say(one, true, t('inside.why_undone'))),
		});
	}
	async function enter() {
		const answer = await cameDialog();

		if (!answer) return;
		draw(answer.presence);
		toast(t('inside.did_come', { name: iso(answer.member.name) }), {
			undo: async () => draw(await say({ member: answer.member.id }, false, t('inside.why_undone'))),
		});
	}
	await load();
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h(
				'div',
				null,
				h('a', { class: 'back', href: '#/checkin' }, icon('back', 16), t('checkin.title')),
				h('h1', { tabIndex: -1 }, t('inside.title')),
			),
			h(
				'div',
				{ class: 'row' },
				h('a', { class: 'button', href: '#/rollcall' }, icon('print'), t('checkin.rollcall')),
				may('work') &&
					h(
						'button',
						{ type: 'button', class: 'primary', on: { click: () => attempt(enter) } },
						icon('plus'),
						t('inside.came'),
					),
			),
		),
		h(
			'section',
			{ class: 'card stack' },
			count,
			h('p', { class: 'note' }, t(may('work') ? 'inside.note' : 'inside.note_look')),
			list,
			none,
		),
	);
	scope.on('presence', () => attempt(load));
}
