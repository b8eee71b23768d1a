// SPDX-License-Identifier: Apache-2.0
// The list at the entrance of one event: who is expected, who came; ticking, walking in, how full it is.
import { bdi, h, replace, setText } from '../lib/dom.js';
import { aborted, all, del, get, post, put, Problem } from '../lib/api.js';
import { ask, attempt, sentence, toast } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { liveState } from '../lib/live.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { acts, whenText } from './checkin_acts.js';
import { counter } from './checkin_counter.js';
import { came, guestList, howText, nameOf } from './checkin_list.js';
import { pickSomeone } from './checkin_someone.js';
import { iso } from './member_words.js';

const LISTED_MAX = 20000;
const WAIT_MS = 8000; // a tick that takes longer was not taken
const JUST_NOW_MS = 1500; // a finger on its way down does not take back what came meanwhile

/** Runs fn at once, and once more after it where it was asked for meanwhile. */
function coalesce(fn) {
	let running = false,
		again = false;

	return async () => {
		if (running) {
			again = true;
			return;
		}
		running = true;
		try {
			do {
				again = false;
				await fn();
			} while (again);
		} finally {
			running = false;
		}
	};
}

/** What is known of the event and its list, kept up to date. */
function makeBook(id, signal, draw) {
	const book = { event: null, guests: [], marks: new Map(), fresh: new Map() };
	const written = new Map(); // by us, since a fetch began
	let turn = 0;

	const keep = (guest, begun) =>
		written.get(guest.id) > begun ? (book.guests.find((one) => one.id === guest.id) ?? guest) : guest;

	book.load = coalesce(async () => {
		if (book.gone) return;
		const begun = ++turn,
			before = new Map(book.guests.map((guest) => [guest.id, guest.how]));
		const [event, guests] = await Promise.all([
			get(`/events/${encodeURIComponent(id)}`, {}, { signal }),
			all(`/events/${encodeURIComponent(id)}/guests`, { limit: 500 }, LISTED_MAX, { signal }),
		]);

		book.event = event;
		book.guests = guests.map((guest) => keep(guest, begun));
		for (const guest of book.guests)
			if (before.has(guest.id) && before.get(guest.id) !== guest.how) book.fresh.set(guest.id, performance.now());
		draw();
	});
	book.write = async (guest, now) => {
		const answer = await put(
			`/event-guests/${guest.id}/arrival`,
			{ came: now },
			{ signal: AbortSignal.timeout(WAIT_MS) },
		);

		written.set(guest.id, ++turn);
		book.guests = book.guests.map((one) => (one.id === answer.id ? answer : one));
	};
	book.one = (guest) => book.guests.find((one) => one.id === guest.id) ?? guest;
	return book;
}

export async function show(root, { id, scope }) {
	const { signal } = scope,
		name = h('h1', { tabIndex: -1 }),
		when = h('p', { class: 'muted when' }),
		none = h('div', { class: 'empty' });
	const find = h('input', {
		type: 'search',
		'aria-label': t('checkin.find'),
		placeholder: t('checkin.find'),
		autocomplete: 'off',
		enterkeyhint: 'go',
		spellcheck: false,
		on: { input: () => arrange(), focus: () => find.select(), keydown: (event) => onKey(event) },
	});
	const walk =
		may('work') &&
		h(
			'button',
			{ type: 'button', class: 'primary noprint', on: { click: () => attempt(() => walkIn()) } },
			icon('plus'),
			t('checkin.walk_in'),
		);
	const book = makeBook(id, signal, () => draw()),
		desk = counter(find, walk);
	const list = guestList({
		press: (guest) => press(guest),
		remove: (guest) => attempt(() => remove(guest)),
		mark: (one) => book.marks.get(one) ?? '',
		edits: may('work'),
	});

	function draw() {
		list.draw(book.guests);
		desk.draw(book.event, book.guests);
		replace(name, bdi(book.event.title));
		when.replaceChildren(...whenText(book.event, doors));
		drawNone();
	}
	function drawNone() {
		const text = find.value.trim();

		none.hidden = list.shown().length > 0;
		if (!none.hidden)
			replace(
				none,
				h(
					'p',
					null,
					t(book.guests.length ? 'checkin.nobody_fits' : may('work') ? 'checkin.nobody' : 'checkin.nobody_yet', {
						text: iso(text),
					}),
				),
				text &&
					may('work') &&
					h(
						'button',
						{ type: 'button', class: 'primary', on: { click: () => attempt(() => walkIn(text)) } },
						icon('plus'),
						t('checkin.walk_in_text', { text }),
					),
			);
	}
	function arrange() {
		list.arrange(book.guests, find.value);
		drawNone();
	}
	/** Enter ticks the only one that fits; the arrow goes into the list. */
	function onKey(event) {
		const open = list.shown().filter((guest) => !came(guest));

		if (event.key === 'ArrowDown') {
			event.preventDefault();
			list.node.querySelector('.tick')?.focus();
		} else if (event.key === 'Enter' && find.value.trim()) {
			event.preventDefault();
			find.select();
			if (open.length === 1) press(open[0]);
			else desk.say(open.length ? t('checkin.several', { n: open.length }) : t('checkin.none_open'));
		}
	}
	function press(guest) {
		if (!may('work')) return desk.say(t('checkin.look_only'));
		if (guest.how === 'tap') return desk.say(t('checkin.by_tap', { name: iso(nameOf(guest)) }));
		if (came(guest) && performance.now() - (book.fresh.get(guest.id) ?? -JUST_NOW_MS) < JUST_NOW_MS)
			return desk.say(t('checkin.just_now', { name: iso(nameOf(guest)), how: howText(guest) }));
		return tick(guest, !came(guest));
	}
	async function tick(guest, now) {
		if (book.marks.get(guest.id) === 'sending') return;
		book.marks.set(guest.id, 'sending');
		list.draw(book.guests);
		try {
			await book.write(guest, now);
			book.marks.delete(guest.id);
			desk.say(t(now ? 'checkin.ticked' : 'checkin.unticked', { name: iso(nameOf(guest)) }), {
				tone: now ? 'good' : '',
				undo: () => tick(book.one(guest), !now),
			});
		} catch (error) {
			book.marks.set(guest.id, 'failed');
			desk.say(
				t(error.status === 0 ? 'checkin.not_reached' : 'checkin.not_taken', {
					name: iso(nameOf(guest)),
					why: sentence(error),
				}),
				{ tone: 'bad' },
			);
			if (error.status === 404) book.load().catch(() => {});
		}
		if (!signal.aborted) draw();
	}
	/** Who was taken off, as they were: come, where they had. */
	async function putBack(guest) {
		const who = guest.member
			? { member: guest.member }
			: guest.card
				? { name: guest.name, card: guest.card }
				: { name: guest.name };
		const again = await post(`/events/${book.event.id}/guests`, {
			...who,
			...(guest.how === 'walk_in' ? { walk_in: true, over: true } : {}),
		});

		if (came(guest) && !came(again)) await put(`/event-guests/${again.id}/arrival`, { came: true });
	}
	async function remove(guest) {
		if (
			came(guest) &&
			!(await ask({
				title: t('checkin.remove', { name: iso(nameOf(guest)) }),
				text: t('checkin.remove_text'),
				confirm: t('checkin.take_off'),
				danger: true,
			}))
		)
			return;
		await del(`/event-guests/${guest.id}`);
		desk.say(t('checkin.removed', { name: iso(nameOf(guest)) }), {
			undo: () =>
				attempt(async () => {
					await putBack(guest);
					await book.load();
				}),
		});
		await book.load();
	}
	/** Who is on the list already is ticked; who is not walks in. */
	async function letIn(who, over) {
		const known = who.member && book.guests.find((guest) => guest.member === who.member);

		if (known && came(known))
			throw new Problem(409, { detail: t('checkin.in_already', { name: iso(nameOf(known)), how: howText(known) }) });
		if (known) return tick(known, true);
		const guest = await post(`/events/${book.event.id}/guests`, { ...who, walk_in: true, ...(over ? { over } : {}) });

		desk.say(t('checkin.walked_in', { name: iso(nameOf(guest)) }), {
			tone: 'good',
			undo: () =>
				attempt(async () => {
					await del(`/event-guests/${guest.id}`);
					await book.load();
				}),
		});
		return book.load();
	}
	async function walkIn(text = '') {
		const full = await pickSomeone({
			title: t('checkin.walk_in'),
			submit: t('checkin.let_in'),
			text,
			send: async (who) => {
				try {
					await letIn(who, false);
				} catch (error) {
					if (!(error instanceof Problem) || error.code !== 'limit') throw error;
					return who;
				}
				return null;
			},
		});

		if (
			full &&
			(await ask({
				title: t('checkin.is_full'),
				text: t('checkin.is_full_text', { n: book.event.capacity }),
				confirm: t('checkin.let_in_over'),
			}))
		)
			await letIn(full, true);
		if (full !== undefined && find.value) {
			find.value = '';
			arrange();
		}
	}
	const put1 = () =>
		pickSomeone({
			title: t('checkin.add'),
			submit: t('checkin.add'),
			send: async (who) => {
				const guest = await post(`/events/${book.event.id}/guests`, who);

				desk.say(t('checkin.listed', { name: iso(nameOf(guest)) }));
				await book.load();
				return null;
			},
		});
	/** On paper stands everybody, whatever is looked for. */
	function printAll() {
		find.value = '';
		arrange();
		print();
	}
	/** Somebody removed the event, or the hub is away. */
	function lost(error) {
		if (error.status === 404 && !book.gone) {
			book.gone = true;
			toast(t('event.gone'), { kind: 'bad' });
			location.hash = '#/checkin';
		} else if (!aborted(error)) {
			desk.away(true);
		}
	}
	const doors = await all('/doors', {}, 200, { signal }).then(
		(rows) => rows,
		(error) => {
			if (aborted(error)) throw error;
			return [];
		},
	);

	await book.load();
	arrange();
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h(
				'div',
				null,
				h('a', { class: 'back noprint', href: '#/checkin' }, icon('back', 16), t('checkin.title')),
				name,
				when,
			),
		),
		acts({ book, doors, list: list.node, add: put1, printAll }),
		desk.node,
		h('div', { class: 'card roster' }, list.node, none),
	);
	setText(find, '');
	for (const word of ['events', 'entry'])
		scope.on(word, (entry) => (word === 'events' || entry.event === book.event.id) && book.load().catch(lost));
	scope.on('state', (state) => ['live', 'away'].includes(state) && desk.away(state === 'away'));
	if (liveState() === 'away') desk.away(true);
}
