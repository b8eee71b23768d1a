// SPDX-License-Identifier: Apache-2.0
// Which doors know of a change to a card, as each of them says so.
import { h, replace, setText } from '../lib/dom.js';
import { get, aborted } from '../lib/api.js';
import { icon } from '../lib/icon.js';
import { t } from '../lib/texts.js';
import { dateOf, momentOf, timeOf } from '../lib/time.js';

const TRIES_MS = [60, 80, 100, 150, 200, 300, 500, 800, 1200, 2000, 3000]; // then events of the doors alone

/** The doors: Map of name → {name, title (never empty), online, since, status}. */
export async function loadDoors(signal) {
	const { doors } = await get('/status', {}, { signal });

	return new Map(doors.map((door) => [door.name, { ...door, title: door.title || door.name }]));
}

/** Which of some doors somebody means, until they say: the one used here last, else where something happened last, else the first. */
export function usualDoor(doors, last, entries) {
	const names = new Set(doors.map((door) => door.name));

	return [last, ...entries.map((entry) => entry.door)].find((name) => names.has(name)) ?? doors[0]?.name;
}

function line(one, doors, kind) {
	const state = one.confirmed ? 'done' : one.online ? 'wait' : 'away';
	const title = doors.get(one.door)?.title ?? one.door;
	const node = h(
		'li',
		{ class: state, data: { door: one.door, state } },
		icon({ done: 'ok', wait: 'more', away: 'alert' }[state], 16),
	);
	const since = one.since ? (dateOf(one.since) === dateOf() ? timeOf : momentOf)(one.since) : '';

	node.append(
		h(
			'span',
			null,
			t(
				state === 'away'
					? since
						? `doors.${kind}_away`
						: `doors.${kind}_never`
					: state === 'wait'
						? 'doors.wait'
						: `doors.${kind}_done`,
				{ door: title, since },
			),
		),
	);
	return node;
}

/**
 * A list with what each door says to a change of path (/cards/17), in places that do not move. answer: what the hub answered
 * ({revision, doors}); kind: 'refuse', 'accept' or 'know'; from: performance.now() of the click; doors: Map. It follows
 * until all doors know or the scope ends.
 */
export function confirming(path, answer, { kind, from, doors, scope }) {
	const list = h('ul', { class: 'plain door-lines' }),
		said = h('p', { class: 'note', role: 'status' });
	const node = h('div', { class: 'confirming', data: { kind } }, list, said);
	const revision = `${answer.revision.generation}.${answer.revision.number}`;
	let tries = 0,
		timer,
		asking = false,
		over = false;

	function draw(states) {
		const missing = states.filter((one) => !one.confirmed);

		if (over) return;
		replace(
			list,
			states.map((one) => line(one, doors, kind)),
		);
		if (states.length && missing.length === 0) {
			over = true;
			node.dataset.ms = String(Math.round(performance.now() - from));
			setText(said, t('doors.all', { n: states.length, s: Math.max(0.1, Number(node.dataset.ms) / 1000).toFixed(1) }));
		} else if (missing.some((one) => !one.online) && !missing.some((one) => one.online)) {
			setText(said, t(`doors.${kind}_behind`));
		} else {
			setText(said, states.length ? '' : t('doors.none'));
		}
	}
	async function ask() {
		if (asking || over || scope.signal.aborted) return;
		asking = true;
		clearTimeout(timer);
		try {
			draw((await get(path, { revision }, { signal: scope.signal })).doors);
		} catch (error) {
			if (aborted(error)) return;
		} finally {
			asking = false;
		}
		if (!over && tries < TRIES_MS.length) timer = setTimeout(ask, TRIES_MS[tries++]);
	}

	draw(answer.doors);
	scope.on('doors', ask);
	scope.onLeave(() => clearTimeout(timer));
	timer = setTimeout(ask, TRIES_MS[tries++]);
	return node;
}
