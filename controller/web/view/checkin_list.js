// SPDX-License-Identifier: Apache-2.0
// The rows of the list at the entrance. A row keeps its place while people come: nothing moves under a finger that is on its
// way down. The list is arranged anew when it is searched, or opened.
import { h, keyed, setText, uid } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';

export const came = (guest) => guest.how !== 'not_yet';
export const nameOf = (guest) => guest.name || t('entry.card_of', { id: guest.card });
const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const wordsOf = (text) => fold(text).split(/\s+/).filter(Boolean);

/** 2 where all typed words begin words of the name, 1 where they are somewhere in it, 0 where not. */
function fits(guest, typed) {
	const name = ` ${fold(nameOf(guest))}`;

	if (!typed.every((word) => name.includes(word))) return 0;
	return typed.every((word) => name.includes(` ${word}`)) ? 2 : 1;
}

/** Who has not come first, by name; then who came, the newest first. */
function sorted(guests, typed) {
	return guests
		.map((guest) => ({ guest, fit: fits(guest, typed) }))
		.filter(({ fit }) => fit > 0)
		.sort(
			(a, b) =>
				Number(came(a.guest)) - Number(came(b.guest)) ||
				b.fit - a.fit ||
				(came(a.guest) ? (b.guest.arrived_at ?? '').localeCompare(a.guest.arrived_at ?? '') : 0) ||
				nameOf(a.guest).localeCompare(nameOf(b.guest)),
		)
		.map(({ guest }) => guest.id);
}

/** "by card", "maya", "walked in". */
export const howText = (guest) => t(`checkin.how_${guest.how}`, { by: guest.by ?? '' });

function makeRow({ press, remove, mark, edits }) {
	const update = (node, guest) => {
		const { tick, name, time, how, off } = node.parts,
			state = mark(guest.id);

		node.guest = guest;
		node.className = ['guest', came(guest) && 'came', state].filter(Boolean).join(' ');
		tick.setAttribute('aria-pressed', String(came(guest)));
		tick.setAttribute('aria-busy', String(state === 'sending'));
		setText(name, nameOf(guest));
		setText(time, state === 'failed' ? t('checkin.failed_mark') : came(guest) ? timeOf(guest.arrived_at) : '');
		setText(how, state === 'failed' ? t('checkin.failed_again') : came(guest) ? howText(guest) : '');
		if (off) off.setAttribute('aria-label', t('checkin.remove', { name: nameOf(guest) }));
	};
	const make = (guest) => {
		const node = h('li'),
			name = h('bdi', { class: 'name' }),
			time = h('span', { class: 'time' }),
			how = h('span', { class: 'muted' });
		const tick = h(
			'button',
			{ type: 'button', class: 'tick', on: { click: () => press(node.guest) } },
			h('span', { class: 'box', 'aria-hidden': 'true' }, icon('ok', 24)),
			name,
			h('span', { class: 'how' }, time, how),
		);
		const off =
			edits &&
			h(
				'button',
				{ type: 'button', class: 'quiet square off', on: { click: () => remove(node.guest) } },
				icon('no', 18),
			);

		node.parts = { tick, name, time, how, off };
		node.append(...[tick, off].filter(Boolean));
		update(node, guest);
		return node;
	};

	return { make, update };
}

/**
 * The list. options: press(guest), remove(guest), mark(id) → '' | 'sending' | 'failed', edits (whether rows may be removed).
 * Answers {node, arrange(guests, text), draw(guests), shown()}.
 */
export function guestList(options) {
	const id = uid('guests'),
		node = h('ul', { class: 'plain guests', id }),
		row = makeRow(options);
	let order = [],
		typed = [],
		shown = [];

	function draw(guests) {
		const byId = new Map(guests.map((guest) => [guest.id, guest])),
			known = new Set(order);

		// who is new goes below; who left the list leaves a gap behind in the order, which is no harm
		order.push(
			...sorted(
				guests.filter((guest) => !known.has(guest.id)),
				[],
			),
		);
		shown = order.map((one) => byId.get(one)).filter((guest) => guest && fits(guest, typed));
		keyed(node, shown, (guest) => guest.id, row.make, row.update);
	}
	return {
		node,
		draw,
		id,
		shown: () => shown,
		arrange(guests, text) {
			typed = wordsOf(text);
			order = sorted(guests, typed);
			order.push(
				...sorted(
					guests.filter((guest) => !fits(guest, typed)),
					[],
				),
			);
			draw(guests);
		},
	};
}
