// SPDX-License-Identifier: Apache-2.0
// What the front desk shows, kept as the hub has it: each part is fetched again when the hub says that it changed.
import { all, get, aborted } from '../lib/api.js';
import { liveState } from '../lib/live.js';
import { may } from '../lib/session.js';
import { siteNow } from '../lib/shell.js';
import { addDays } from '../lib/time.js';

const ENDING_DAYS = 7;
const ASKED = 60; // entries: some of them are not shown
const SLOW_MS = 60000; // what the clock alone changes: hours, who has gone home

/** How each part is asked for. needed: without it there is no view; first: what is known already. In early.js the same addresses are asked early. */
const parts = {
	doors: { words: ['doors', 'commands'], needed: true, ask: (options) => all('/doors', {}, 1000, options) },
	status: { words: ['doors', 'alarms'], needed: true, ask: (options) => get('/status', {}, options) },
	site: { words: ['site'], needed: true, first: siteNow, ask: (options) => get('/site', {}, options) },
	// from the hub's date: the browser's own calendar takes a while to start
	ending: {
		words: ['people'],
		ask: async (options, { today }) =>
			today &&
			(
				await get(
					'/members',
					{ ends_from: today.date, ends_before: addDays(today.date, ENDING_DAYS + 1), limit: 50 },
					options,
				)
			).items,
	},
	log: { words: [], needed: true, ask: async (options) => (await get('/log', { limit: ASKED }, options)).items },
	alarms: {
		words: ['alarms'],
		ask: async (options) => (await get('/alarms', { open: true, limit: 20 }, options)).items,
	},
	presence: { words: ['presence'], slow: true, ask: (options) => get('/presence', {}, options) },
	today: { words: ['rules', 'events', 'site'], slow: true, ask: (options) => get('/today', {}, options) },
};

/**
 * Fetches all of it and keeps it so while the scope lasts. Answers {now (name → what the hub said, undefined where it did
 * not), on(names, fn), again(name)}.
 */
export async function deskData(scope) {
	const now = {},
		listeners = [],
		busy = {};

	async function ask(name, start = false) {
		now[name] = (start && parts[name].first?.()) || (await parts[name].ask({ signal: scope.signal }, now));
	}
	function tell(name) {
		for (const { names, fn } of listeners) if (names.includes(name)) fn();
	}
	/** One question at a time; what changes meanwhile is asked once more. */
	async function again(name) {
		if (busy[name]) {
			busy[name] = 'again';
			return;
		}
		do {
			busy[name] = 'now';
			try {
				await ask(name);
			} catch (error) {
				if (aborted(error)) return;
				// as it was: the mark above says that this is not live
			}
		} while (busy[name] === 'again');
		busy[name] = null;
		tell(name);
	}

	/** As again(), but that what is needed and cannot be had ends the view. */
	async function first(name) {
		busy[name] = 'now';
		try {
			await ask(name, true);
		} catch (error) {
			if (parts[name].needed || aborted(error)) throw error;
		}
		const changed = busy[name] === 'again';

		busy[name] = null;
		if (changed) again(name);
	}

	for (const [name, part] of Object.entries(parts)) for (const word of part.words) scope.on(word, () => again(name));
	await Promise.all(
		Object.keys(parts)
			.filter((name) => name !== 'ending')
			.map((name) => (name === 'today' ? first(name).then(() => first('ending')) : first(name))),
	);
	scope.on('entry', (entry) => {
		now.log = [entry, ...now.log].slice(0, ASKED);
		tell('log');
	});
	scope.every(SLOW_MS, () => {
		for (const [name, part] of Object.entries(parts)) if (part.slow && !document.hidden) again(name);
	});
	now.live = liveState();
	scope.on('state', (state) => {
		now.live = state;
		tell('live');
	});
	return {
		now,
		again,
		on(names, fn) {
			listeners.push({ names, fn });
		},
	};
}

/** Whether this operator opens doors; auditors look only. */
export const acts = () => may('work');
