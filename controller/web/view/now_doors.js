// SPDX-License-Identifier: Apache-2.0
// The doors as they are, each with what a host does there. A card keeps its size whatever the door says.
import { bdi, h, inParts, keyed, replace, setText } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { attempt, toast } from '../lib/dialog.js';
import { countdown, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { acts } from './now_data.js';
import { cannotOpen, doorName, doorSays, doorTags, holding, openUntil, planned } from './now_words.js';

const SECONDS = 5;
const act = () => import('./now_act.js'); // on a click, or shortly after the view is there
const MANY = 8; // beyond that they have a box of their own to scroll in

/** What the second button does, by how the door is. */
function second(door, state) {
	if (planned(door)) return 'call_off';
	if (holding(door)) return 'end_hold';
	if (door.mode !== 'controlled') return 'normal';
	return state === 'unlocked' ? 'lock' : 'hold';
}

/** 3725 → 1:02:05 */
const longCountdown = (s) =>
	s < 3600 ? countdown(s) : `${Math.floor(s / 3600)}:${countdown(s % 3600).padStart(5, '0')}`;

/** The worst of what the door says and of what is not as it should be: locked is not all right without a reader. */
const edge = (tone, marks) =>
	['bad', 'warn'].find((one) => tone === one || marks.some((mark) => mark.tone === one)) ?? tone;

function makeDoor(first, desk) {
	const name = h('h3'),
		badge = h('span', { class: 'badge' }),
		left = h('span', { class: 'left', 'aria-hidden': 'true' }),
		why = h('p', { class: 'door-why' });
	const tags = h('div', { class: 'row door-tags' }),
		said = h('p', { class: 'note door-said', role: 'status' });
	const open = h('button', { type: 'button', class: 'primary' }, icon('unlock'), h('span', null, t('now.act.open')));
	const other = h('button', { type: 'button' });
	const info = h('div', { class: 'door-info' }, why, left, tags);
	const node = h(
		'li',
		{ class: 'card door' },
		h('div', { class: 'door-head' }, name, badge),
		info,
		acts() ? [h('div', { class: 'door-acts' }, open, other), said] : null,
	);
	let door = first,
		until = 0,
		busy = false,
		result = '',
		drawn = '';

	/** What became of the last thing that was done here; a reason why nothing can be done goes first. */
	function show(text) {
		result = text;
		setText(said, cannotOpen(door) || text);
		said.title = said.textContent;
	}
	async function send(body, done) {
		if (busy) return;
		busy = true;
		show(t('now.act.sending'));
		const sent = await attempt(async () => (await act()).command(door, body));

		busy = false;
		if (sent && sent.outcome !== 'done') toast((await act()).outcomeText(sent, door), { kind: 'bad' });
		show(sent?.outcome === 'done' ? done(sent) : t('now.act.nothing'));
		draw();
	}
	open.addEventListener('click', () =>
		send({ verb: 'unlock', seconds: SECONDS }, (sent) => {
			node.released(sent.seconds);
			return t('now.act.opened_done', { who: t('now.you'), when: timeOf(sent.answered_at) });
		}),
	);
	other.addEventListener('click', () =>
		({
			end_hold: () => change('holdEnd'),
			call_off: () => change('holdEnd'),
			normal: () => change('backToNormal'),
			hold: () => attempt(async () => (await import('./now_hold.js')).holdOpen(door, desk)),
			lock: () =>
				send({ verb: 'relock' }, (sent) => t('now.act.ended', { who: t('now.you'), when: timeOf(sent.answered_at) })),
		})[other.dataset.does](),
	);

	const change = (what) => attempt(async () => (await act())[what](door, desk));
	function says() {
		const now = doorSays(door);

		// the answer to a command comes before the door's next status
		return until && now.state === 'locked'
			? {
					...now,
					state: 'released',
					tone: 'good',
					icon: 'unlock',
					word: t('now.door.released'),
					text: t('now.door_why.released'),
				}
			: now;
	}
	function drawActs(state) {
		const does = second(door, state),
			off = cannotOpen(door),
			name = doorName(door);

		open.disabled = Boolean(off) || state === 'unlocked';
		open.setAttribute('aria-label', `${t('now.act.open')}: ${name}`);
		open.title = off || t('now.act.open_note', { door: name });
		other.dataset.does = does;
		other.disabled =
			['new', 'stolen', 'checkin'].includes(state) ||
			(does === 'lock' && Boolean(off)) ||
			(does === 'hold' && state === 'lockdown');
		setText(other, t(`now.act.${does}`));
		other.setAttribute('aria-label', `${t(`now.act.${does}`)}: ${name}`);
		other.title = t(`now.act.${does}_note`, { door: name });
		show(result);
	}
	function draw() {
		const now = says(),
			marks = doorTags(door),
			state = JSON.stringify([now, marks, door.title, door.name, door.mode, door.hold]);

		if (state !== drawn) {
			drawn = state;
			node.className = `card door ${edge(now.tone, marks)}`;
			node.dataset.state = now.state;
			node.dataset.door = door.name;
			replace(name, bdi(door.title || door.name));
			badge.className = `badge ${now.tone}`;
			replace(badge, icon(now.icon, 14), now.word);
			setText(why, now.text);
			why.title = now.text;
			info.classList.toggle('tagged', marks.length > 0);
			replace(
				tags,
				marks.map((mark) =>
					h('span', { class: ['badge', mark.tone] }, mark.tone ? icon('alert', 12) : null, mark.text),
				),
			);
			drawActs(now.state);
		}
		node.tick();
	}
	/** It is released for so many seconds from now. */
	node.released = (seconds) => {
		until = performance.now() + seconds * 1000;
		draw();
	};
	node.tick = () => {
		const ms = until - performance.now(),
			end = openUntil(door);

		if (until && ms <= 0) {
			until = 0;
			draw();
			return;
		}
		setText(
			left,
			until
				? `${Math.ceil(ms / 1000)} s`
				: end
					? longCountdown(Math.max(0, (Date.parse(end) - Date.now()) / 1000))
					: '',
		);
	};
	node.update = (next) => {
		door = next;
		draw();
	};
	/** Somebody else's command, from the log. */
	node.heard = (entry) => {
		if (busy || !entry.actor || !entry.detail.startsWith('unlock') || entry.detail.includes('refused')) return;
		if (!result.includes(timeOf(entry.time)))
			show(t('now.act.opened_done', { who: entry.actor, when: timeOf(entry.time) }));
		if (!until)
			node.released(
				Math.max(
					0,
					(parseInt(entry.detail.slice(7), 10) || SECONDS) - Math.max(0, Date.now() - Date.parse(entry.time)) / 1000,
				),
			);
	};
	draw();
	return node;
}

/** The section of all doors. */
export function doorsSection(desk, scope) {
	const list = h('ul', { class: ['plain doors', desk.now.doors.length > MANY && 'many'] }),
		none = h('p', { class: 'empty' }, t('now.door.none'));
	const node = h(
		'section',
		{ 'aria-labelledby': 'now-doors' },
		h('h2', { id: 'now-doors', class: 'hidden' }, t('now.door.title')),
		none,
		list,
	);
	const draw = (some = desk.now.doors) => {
		none.hidden = some.length > 0;
		keyed(
			list,
			some,
			(door) => door.name,
			(door) => makeDoor(door, desk),
			(card, door) => card.update(door),
		);
	};

	let shown = 0;

	node.drawn = inParts(desk.now.doors, (part) => draw(desk.now.doors.slice(0, (shown += part.length))), scope.signal);
	none.hidden = desk.now.doors.length > 0;
	desk.on(['doors'], () => draw());
	scope.every(250, () => [...list.children].forEach((card) => card.tick()));
	scope.on('entry', (entry) => {
		if (entry.kind === 'command') [...list.children].find((card) => card.dataset.door === entry.door)?.heard(entry);
	});
	node.card = (name) => [...list.children].find((card) => card.dataset.door === name);
	return node;
}
