// SPDX-License-Identifier: Apache-2.0
// Guests of a member, and what the member was told.
import { bdi, h, keyed, setText } from '../lib/dom.js';
import { get, post } from '../lib/api.js';
import { ask, attempt, sentence, toast } from '../lib/dialog.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { momentOf } from '../lib/time.js';
import { guestDialog } from './checkin_guest.js';
import { iso } from './member_words.js';

function part(page, id, title, empty, load) {
	const list = h('ul', { class: 'plain lines' }),
		said = h('p', { class: 'note', role: 'status' });
	const node = h('section', { class: 'card', 'aria-labelledby': id }, h('h2', { id }, title), list, said);

	node.load = async () => {
		try {
			const n = await load(list);

			setText(said, n ? '' : empty);
		} catch (error) {
			setText(said, sentence(error));
		}
	};
	page.ready.push(node.load());
	return node;
}

async function endPass(guest, again) {
	if (
		!(await ask({
			title: t('guests.ask_end', { name: iso(guest.name) }),
			text: t('guests.ask_end_text'),
			confirm: t('guests.end'),
		}))
	)
		return;
	await attempt(async () => {
		await post(`/guests/${guest.id}/end`);
		toast(t('guests.ended', { name: iso(guest.name) }));
		await again();
	});
}

/** The guests who may come now or later. */
export function guestsPart(page) {
	const row = (guest) =>
		h(
			'li',
			{ class: 'spread' },
			h(
				'span',
				null,
				bdi(guest.name),
				h(
					'span',
					{ class: 'note' },
					` ${t('guests.until', { until: momentOf(guest.until) })}${guest.arrived_at ? ` · ${t('guests.came', { when: momentOf(guest.arrived_at) })}` : ''}`,
				),
			),
			may('work') &&
				h(
					'button',
					{ type: 'button', on: { click: () => endPass(guest, node.load) } },
					t('guests.end'),
					h('span', { class: 'hidden' }, ` ${guest.name}`),
				),
		);
	const node = part(page, 'guests-h', t('guests.title'), t('guests.none'), async (list) => {
		const { items } = await get('/guests', { sponsor: page.id, limit: 50 }, { signal: page.scope.signal });

		keyed(list, items, (guest) => guest.id, row);
		return items.length;
	});

	page.scope.on('people', node.load);
	if (may('work'))
		node.append(
			h(
				'button',
				{
					type: 'button',
					on: {
						click: () =>
							attempt(async () => {
								if (await guestDialog([...page.doors.values()], { id: page.id, name: page.member.name })) node.load();
							}),
					},
				},
				t('guests.add'),
			),
		);
	return node;
}

/** The newest notices. */
export const noticesPart = (page) =>
	part(page, 'notices-h', t('notices.title'), t('notices.none'), async (list) => {
		const { items } = await get(`/members/${page.id}/notices`, { limit: 10 }, { signal: page.scope.signal });

		keyed(
			list,
			items,
			(notice) => notice.id,
			(notice) => h('li', null, bdi(notice.text), h('div', { class: 'note' }, momentOf(notice.at))),
		);
		return items.length;
	});
