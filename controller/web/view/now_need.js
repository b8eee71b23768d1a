// SPDX-License-Identifier: Apache-2.0
// What needs somebody, in one ordered list at the top. It keeps its height while things come and go by themselves, so
// that nothing below moves under a hand; who wants to see more opens it.
import { bdi, h, keyed, replace, setText } from '../lib/dom.js';
import { post } from '../lib/api.js';
import { attempt, toast } from '../lib/dialog.js';
import { giveButton } from '../lib/entry.js';
import { icon } from '../lib/icon.js';
import { nearText } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { acts } from './now_data.js';
import { needs } from './now_words.js';

const NAMES = 4;
const SLACK = 4; // px
const PART = 0.45; // of the window's height, at the start
const LATE_MS = 10000; // so long may a door take to fetch new cards, or the page to connect, before it is said

function actions(item, desk, act) {
	const button = (text, click, more = {}) => h('button', { type: 'button', on: { click }, ...more }, text);
	const found = [];

	if (item.kind === 'fire' || item.kind === 'lockdown')
		found.push(h('a', { class: 'button', href: '#/rollcall' }, t('now.people.rollcall')));
	if (item.kind === 'lockdown' && acts()) found.push(button(t('now.lock.end'), act.lockdownEnd));
	if (item.entry) found.push(act.give(item.entry));
	if (item.alarm && acts())
		found.push(
			button(
				t('now.need.seen'),
				() =>
					attempt(async () => {
						await post(`/alarms/${item.alarm.id}/seen`);
						toast(t('now.need.seen_done'));
						await Promise.all([desk.again('alarms'), desk.again('status')]);
					}),
				{ 'aria-label': `${t('now.need.seen')}: ${item.title}` },
			),
		);
	return found;
}

/** The first of them, each with the way to their page. */
function names(members) {
	const more = members.length - NAMES;

	return [
		' ',
		members
			.slice(0, NAMES)
			.map((member, i) => [
				i ? ', ' : '',
				h('a', { href: `#/members/${member.id}` }, bdi(member.name)),
				` (${nearText(member.valid_until)})`,
			]),
		more > 0 ? ` ${t('now.need.ending_more', { n: more })}` : '',
	];
}

function makeItem(item, desk, act) {
	const title = h('strong'),
		how = h('span'),
		note = h('p', { class: 'note' });
	const node = h(
		'li',
		{ class: ['need', item.tone] },
		icon(item.tone ? 'alert' : 'guest', 22),
		h('div', { class: 'need-text' }, title, h('p', null, how, item.members && names(item.members)), note),
		h('div', { class: 'row noprint' }, actions(item, desk, act)),
	);

	node.parts = { title, how, note };
	return node;
}

function updateItem(node, item) {
	setText(node.parts.title, item.title);
	setText(node.parts.how, item.how);
	setText(node.parts.note, item.note ?? '');
}

/** Keeps since when each thing has stood without a break: next() begins another look. */
function standing() {
	let since = new Map(),
		now = new Map();

	return {
		late(key) {
			now.set(key, since.get(key) ?? Date.now());
			return Date.now() - now.get(key) >= LATE_MS;
		},
		next() {
			since = now;
			now = new Map();
		},
	};
}

/** The panel; does: {lockdownEnd()}. */
export function needPanel(desk, scope, does) {
	const act = {
		...does,
		give: (entry) =>
			giveButton(entry, scope, {
				done() {
					desk.now.given = entry.id;
					draw();
				},
			}),
	};
	const heading = h('h2', { id: 'now-need' }),
		mark = h('span', { class: 'need-mark' });
	const list = h('ul', { class: 'plain need-list' }),
		well = h('p', { class: 'need-well' });
	const box = h('div', { class: 'need-box' }, list, well);
	const more = h('button', { type: 'button', class: 'quiet' });
	const said = h('span', { class: 'hidden', role: 'status' });
	const node = h(
		'section',
		{ class: 'card needs', 'aria-labelledby': 'now-need' },
		h('div', { class: 'need-head' }, mark, heading, more),
		box,
		said,
	);
	const natural = () => (list.children.length ? list.offsetHeight : well.offsetHeight);
	const stands = standing();
	let known = null,
		width = 0,
		opened = false;

	/** As high as what is in it, at the start no more than half of the window: whole items then. */
	function fit(most = Infinity) {
		const ends = [...list.children].map((item) => item.offsetTop - list.offsetTop + item.offsetHeight);

		box.style.height = '';
		if (ends.length > 0)
			box.style.height = `${Math.max(box.offsetHeight, ends.filter((end) => end <= most).pop() ?? ends[0])}px`;
		else box.style.height = `${Math.max(box.offsetHeight, natural())}px`;
		offer();
	}
	function offer() {
		const cut = natural() - box.offsetHeight > SLACK;

		more.classList.toggle('away', !cut && !opened);
		opened &&= cut || list.children.length > 1;
		setText(more, t(cut ? 'now.need.more' : 'now.need.less'));
		more.setAttribute('aria-expanded', String(!cut));
	}
	function announce(items) {
		const fresh = known ? items.filter((item) => item.tone && !known.has(item.key)) : [];

		if (fresh.length) setText(said, t('now.need.announce', { what: fresh.map((item) => item.title).join('. ') }));
		else if (known?.size && !items.some((item) => item.tone)) setText(said, t('now.need.over'));
		known = new Set(items.filter((item) => item.tone).map((item) => item.key));
	}
	function draw() {
		const items = needs(desk.now, stands.late),
			urgent = items.filter((item) => item.tone).length;

		stands.next();
		node.className = `card needs ${urgent ? items[0].tone : 'good'}`;
		replace(mark, icon(urgent ? 'alert' : 'ok', 24));
		setText(
			heading,
			urgent ? `${t('now.need.title')} (${urgent})` : t(items.length ? 'now.need.calm' : 'now.need.well'),
		);
		setText(well, items.length ? '' : t(desk.now.doors.length ? 'now.need.well_why' : 'now.need.well_none'));
		keyed(
			list,
			items,
			(item) => item.key,
			(item) => {
				const made = makeItem(item, desk, act);
				updateItem(made, item);
				return made;
			},
			updateItem,
		);
		announce(items);
		offer();
	}

	more.addEventListener('click', () => {
		opened = natural() - box.offsetHeight > SLACK;
		if (opened) fit();
		else fit(innerHeight * PART);
		offer();
	});
	list.addEventListener('focusin', () => natural() - box.offsetHeight > SLACK && (opened = true) && fit());
	draw();
	desk.on(['doors', 'status', 'site', 'alarms', 'ending', 'live'], draw);
	scope.every(1000, () => document.hidden || draw());
	const watch = new ResizeObserver(() => {
		if (box.offsetWidth !== width) {
			width = box.offsetWidth;
			fit(innerHeight * PART);
		}
	});

	watch.observe(box);
	scope.onLeave(() => watch.disconnect());
	return node;
}
