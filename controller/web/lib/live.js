// SPDX-License-Identifier: Apache-2.0
// What happens at the doors, as it happens: one event stream a page, closed while nobody looks.

const WORDS = ['doors', 'presence', 'alarms', 'people', 'rules', 'events', 'site', 'commands', 'enrolments', 'log'];
const listeners = new Map();
let source = null;
let wanted = false;
let state = 'off'; // off, connecting, live, away
let retry = 0,
	retryTimer,
	last = 0; // the newest entry of the log that the hub spoke of

function tell(name, data) {
	for (const fn of listeners.get(name) ?? []) fn(data);
}

function setState(next) {
	if (state === next) return;
	state = next;
	tell('state', state);
}

function close() {
	clearTimeout(retryTimer);
	source?.close();
	source = null;
}

/** After a break anything may have changed: everybody fetches anew. */
function hello(event) {
	const again = retry > 0 || state === 'away';

	retry = 0;
	last = JSON.parse(event.data).above;
	setState('live');
	tell('hello');
	if (again) for (const word of WORDS) tell(word);
}

function lost() {
	close();
	setState('away');
	retry++;
	retryTimer = setTimeout(connect, Math.min(15000, 500 * 2 ** Math.min(retry, 5)));
	// an event stream does not say why it was refused: whoever knows of sessions asks
	if (retry > 1) tell('doubt');
}

function connect() {
	close();
	if (!wanted || document.hidden) return;
	if (state !== 'away') setState('connecting');
	source = new EventSource('/api/v1/stream');
	source.addEventListener('hello', hello);
	source.addEventListener('entry', (event) => {
		const entry = JSON.parse(event.data);

		last = Math.max(last, entry.id);
		tell('entry', entry);
	});
	source.addEventListener('changed', (event) => {
		for (const word of JSON.parse(event.data).what) tell(word);
	});
	source.addEventListener('end', (event) => {
		// a hub that stops comes back, and knows this session then
		if (JSON.parse(event.data).why !== 'session') return lost();
		close();
		tell('end');
	});
	source.addEventListener('error', lost);
}

document.addEventListener('visibilitychange', () => {
	if (document.hidden) {
		close();
		return;
	}
	if (wanted && !source) {
		retry = 1; // what was missed meanwhile is fetched
		connect();
	}
});

/** Opens the stream for this session. */
export function start() {
	wanted = true;
	connect();
}

/** What came meanwhile was missed: everybody fetches anew once the stream is there. */
export function missed() {
	retry ||= 1;
}

/** Ends it. */
export function stop() {
	wanted = false;
	retry = last = 0;
	close();
	setState('off');
}

/**
 * Calls fn(data) for a word: 'entry' (an item of GET /log), 'state' ('live', 'away' …), 'hello', 'end' (of the session),
 * 'doubt' (is this session still one?), or one of the hub's words for "fetch that again" (doors, presence, alarms, people,
 * rules, events, site, commands, enrolments, log).
 * Returns what ends it. Views use scope.on, which ends with the view.
 */
export function on(name, fn) {
	if (!listeners.has(name)) listeners.set(name, new Set());
	listeners.get(name).add(fn);
	return () => listeners.get(name).delete(fn);
}

export const liveState = () => state;
/** The newest entry of the log, as far as the stream has said: who fetched the log before that asks again. */
export const lastEntry = () => last;
