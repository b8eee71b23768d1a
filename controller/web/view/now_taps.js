// SPDX-License-Identifier: Apache-2.0
// What happens at the doors, as it happens. Rows have one of two heights and are put in their place by a transform, so
// that a new one shifts no layout; while somebody's hand is near, new ones wait behind a button.
import { bdi, breath, h, inParts, replace, setText } from '../lib/dom.js';
import { entryBadge, entryTone, entryWho, entryWhy, entryWord, giveButton, isFresh } from '../lib/entry.js';
import { lastEntry } from '../lib/live.js';
import { secondOf } from '../lib/time.js';
import { has, t } from '../lib/texts.js';
import { doorName } from './now_words.js';

const SHOWN = 40,
	SEEN = 12; // rows that fit into the box: the view waits for these
const NEAR_MS = 4000; // a pointer that rests is no hand
/** What only follows from another row, or is between machines. */
const QUIET = new Set([
	'opened',
	'closed',
	'arrived',
	'cleared',
	'roster_imported',
	'state_changed',
	'provisioned',
	'reader_reset',
	'locked',
]);

const isLoud = (entry) =>
	entryWhy(entry) !== '' && (entry.verdict === 'deny' || ['bad', 'warn'].includes(entryTone(entry)));

function makeRow(entry, doors, scope) {
	const door = doors.find((item) => item.name === entry.door),
		who = entryWho(entry),
		why = entryWhy(entry);
	const tell =
		entry.verdict === 'deny' && has(`tell.${entry.reason}`)
			? t('now.taps.tell', { text: t(`tell.${entry.reason}`) })
			: '';
	const node = h(
		'li',
		{ class: ['tap', entryTone(entry), isLoud(entry) && 'loud'], data: { id: String(entry.id), kind: entry.kind } },
		h('time', { dateTime: entry.time, title: secondOf(entry.time) }, secondOf(entry.time)),
		entryBadge(entry),
		h('span', { class: 'tap-who' }, who),
		h('span', { class: 'tap-door' }, bdi(door ? door.title || door.name : entry.door)),
		isLoud(entry)
			? h('p', { class: 'tap-why' }, why, tell ? [' ', h('span', { class: 'tap-tell' }, tell)] : null)
			: null,
		isFresh(entry) ? giveButton(entry, scope, { short: true }) : null,
	);

	node.entry = entry;
	return node;
}

/** The section; keeps itself from the stream of entries. */
export function tapsSection(desk, scope) {
	const list = h('ol', { class: 'plain taps' }),
		none = h('p', { class: 'empty' }, t('now.taps.none'));
	const fresh = h('button', { type: 'button', class: 'primary taps-fresh away' });
	const said = h('span', { class: 'hidden', role: 'status' });
	const box = h(
		'div',
		{ class: 'taps-box', tabIndex: 0, role: 'region', 'aria-label': t('now.taps.region') },
		none,
		list,
	);
	const node = h(
		'section',
		{ class: 'card', 'aria-labelledby': 'now-taps' },
		h(
			'div',
			{ class: 'spread taps-head' },
			h('h2', { id: 'now-taps' }, t('now.taps.title')),
			h('a', { href: '#/log' }, t('now.taps.all')),
		),
		h('div', { class: 'taps-frame' }, box, fresh),
		said,
	);
	let waiting = [],
		near = 0,
		newest = 0,
		drawing = 0;

	function place() {
		while (list.children.length > SHOWN) list.lastElementChild.remove();
		const rows = [...list.children];
		let calm = 0,
			loud = 0;

		for (const row of rows) {
			row.style.setProperty('--calm', calm);
			row.style.setProperty('--loud', loud);
			row.classList.contains('loud') ? loud++ : calm++;
		}
		list.style.setProperty('--calm', calm);
		list.style.setProperty('--loud', loud);
		none.hidden = rows.length > 0;
	}
	function add(entries) {
		for (const entry of entries) list.prepend(makeRow(entry, desk.now.doors, scope));
		place();
	}
	const held = () =>
		box.scrollTop > 4 ||
		Date.now() - near < NEAR_MS ||
		(box.contains(document.activeElement) && document.activeElement !== box);
	function flush() {
		if (waiting.length) add(waiting.splice(0));
		fresh.classList.add('away');
	}
	function offer() {
		setText(fresh, t('now.taps.fresh', { n: waiting.length }));
		fresh.classList.toggle('away', !waiting.length);
	}
	function take(entry) {
		if (entry.id <= newest) return;
		newest = entry.id;
		if (QUIET.has(entry.kind)) return;
		waiting.push(entry);
		if (entry.verdict === 'deny' || entryTone(entry) === 'bad')
			setText(
				said,
				t('now.taps.said', {
					word: entryWord(entry),
					who: entryWho(entry)?.textContent ?? '',
					door: nameOf(entry.door),
					why: entryWhy(entry),
				}),
			);
		if (held()) offer();
		else flush();
	}
	const nameOf = (name) => {
		const door = desk.now.doors.find((item) => item.name === name);
		return door ? doorName(door) : name;
	};
	async function load() {
		await desk.again('log');
		draw(desk.now.log).catch(() => {}); // the view was left
	}
	const append = (rows, mine) =>
		inParts(
			rows,
			(part) => {
				if (mine !== drawing) return; // others took their place
				list.append(...part.map((entry) => makeRow(entry, desk.now.doors, scope)));
				place();
			},
			scope.signal,
		);
	/** The newest first; older ones follow below, those out of sight when nobody waits any more. */
	async function draw(items) {
		const rows = items.filter((entry) => !QUIET.has(entry.kind)).slice(0, SHOWN),
			mine = ++drawing;
		const above = items[0]?.id ?? 0,
			since = ({ id }) => id > above && id <= lastEntry(); // came while these were on their way
		const newer = [...list.children].filter((row) => since(row.entry));

		waiting = waiting.filter(since);
		newest = Math.max(above, ...waiting.map(({ id }) => id), ...newer.map((row) => row.entry.id));
		replace(list, newer);
		place();
		offer();
		await append(rows.slice(0, SEEN), mine);
		append(rows.slice(SEEN), mine).catch(() => {}); // the view was left
	}

	fresh.addEventListener('click', () => {
		box.scrollTop = 0;
		near = 0;
		flush();
	});
	for (const name of ['pointermove', 'pointerdown', 'wheel'])
		box.addEventListener(
			name,
			() => {
				near = Date.now();
			},
			{ passive: true },
		);
	box.addEventListener('pointerleave', () => {
		near = 0;
	});
	scope.every(500, () => waiting.length && !held() && flush());
	// what came after the log was asked for and before anybody listened
	const missed = () => lastEntry() > newest && load();

	scope.on('entry', take);
	scope.on('log', load);
	scope.on('hello', missed);
	node.drawn = breath(scope.signal).then(() => {
		const drawn = draw(desk.now.log);

		missed();
		return drawn;
	});
	node.drawn.catch(() => {}); // the view was left
	return node;
}
