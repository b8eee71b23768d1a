// SPDX-License-Identifier: Apache-2.0
// What stays in sight at the entrance: how many came, who came last, finding a name, and what was just done with its way back.
import { h, replace, setText } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { came, howText, nameOf } from './checkin_list.js';
import { iso } from './member_words.js';

function roomText(event, inside) {
	if (!event.capacity) return '';
	if (inside > event.capacity) return t('checkin.over', { n: inside - event.capacity, capacity: event.capacity });
	return inside === event.capacity
		? t('checkin.full', { n: event.capacity })
		: t('checkin.room_for', { n: event.capacity - inside });
}

const newest = (guests) =>
	guests.reduce((last, guest) => (came(guest) && (!last || guest.arrived_at > last.arrived_at) ? guest : last), null);

/** find: the field; extra: what stands beside it. Answers {node, draw(event, guests), say(text, {undo, tone}), away(on)}. */
export function counter(find, extra) {
	const big = h('span', { class: 'big' }),
		of = h('span', { class: 'of muted' }),
		room = h('span', { class: 'room' });
	const last = h('p', { class: 'last muted', role: 'status' }),
		meter = h('div', { class: 'meter', 'aria-hidden': 'true' }, h('span'));
	const said = h('span', { class: 'said' });
	const undo = h(
		'button',
		{
			type: 'button',
			class: 'quiet',
			hidden: true,
			on: {
				click: () => {
					const fn = node.undo;
					say('');
					fn?.();
				},
			},
		},
		icon('undo', 18),
		t('toast.undo'),
	);
	const node = h(
		'div',
		{ class: 'desk' },
		h('div', { class: 'counter' }, h('div', { class: 'tally' }, big, ' ', of, ' ', room), last, meter),
		h('div', { class: 'finder' }, find, extra),
		h('div', { class: 'slot noprint' }, said, undo),
	);
	let isAway = false;

	function say(text, { undo: fn = null, tone = '' } = {}) {
		node.undo = fn;
		undo.hidden = !fn;
		said.className = `said ${tone}`;
		// a failure is said at once; a tick says itself by its pressed button
		said.toggleAttribute('role', false);
		if (tone === 'bad') said.setAttribute('role', 'alert');
		replace(said, h('span', null, text)); // a new node: what was there does not move
	}
	return {
		node,
		say,
		draw(event, guests) {
			const n = guests.filter(came).length,
				inside = Math.max(n, event.headcount),
				latest = newest(guests);

			setText(big, n);
			big.style.setProperty('--digits', Math.max(2, String(Math.max(guests.length, event.capacity, inside)).length));
			setText(
				of,
				[t('checkin.came_of', { n: guests.length }), event.headcount ? t('checkin.heads', { n: event.headcount }) : '']
					.filter(Boolean)
					.join(' · '),
			);
			setText(room, roomText(event, inside));
			room.className = `room ${event.capacity && inside >= event.capacity ? 'full' : ''}`;
			setText(
				last,
				latest
					? t('checkin.newest', { name: iso(nameOf(latest)), when: timeOf(latest.arrived_at), how: howText(latest) })
					: t('checkin.newest_none'),
			);
			meter.style.setProperty('--part', String(Math.min(1, inside / Math.max(1, event.capacity || guests.length))));
			meter.classList.toggle('full', Boolean(event.capacity && inside >= event.capacity));
		},
		away(on) {
			if (on) say(t('checkin.away'), { tone: 'bad' });
			else if (isAway) say(t('checkin.back'), { tone: 'good' });
			isAway = on;
		},
	};
}
