// SPDX-License-Identifier: Apache-2.0
// Who sits at the desk. The desk locks after five minutes without a hand on it, in all tabs of this browser at once.
import { get, post, request, setSession, Problem } from './api.js';
import * as live from './live.js';

const LOCK_MS = 5 * 60 * 1000;
const TOUCHES = ['pointerdown', 'keydown', 'wheel', 'touchstart'];
const SHARE_MS = 5000; // other tabs hear of a hand on this one this often
const others = new BroadcastChannel('tapin');

let current = null;
let lastTouch = 0,
	lastShared = 0,
	timer;
let onChange = () => {};

/** The session: {operator, role, member, expires_at, csrf}, or null. */
export const session = () => current;
/** What this operator may: 'work' (host, admin), 'read' (auditor, admin), 'admin'. */
export function may(what) {
	const role = current?.role;

	return role === 'admin' || (what === 'work' && role === 'host') || (what === 'read' && role === 'auditor');
}

/** The name that was typed here last, for the next login. */
export const lastOperator = () => localStorage.getItem('tapin.operator') ?? '';

function touch() {
	// a machine that slept has no timer that was faster than this hand
	if (current && Date.now() - lastTouch >= LOCK_MS) return void leave('idle');
	lastTouch = Date.now();
	if (current && lastTouch - lastShared > SHARE_MS) {
		lastShared = lastTouch;
		others.postMessage('touch');
	}
}

function watch() {
	clearTimeout(timer);
	if (!current) return;
	const left = LOCK_MS - (Date.now() - lastTouch);

	if (left <= 0) leave('idle');
	else timer = setTimeout(watch, Math.min(left, 15000));
}

function forget(why) {
	current = null;
	clearTimeout(timer);
	live.stop();
	setSession('', () => {});
	localStorage.removeItem('tapin.in');
	onChange(null, why);
}

function begin(answer) {
	const before = current;

	current = {
		operator: answer.operator,
		role: answer.role,
		member: answer.member ?? null,
		expires_at: answer.expires_at,
		csrf: answer.csrf,
	};
	setSession(answer.csrf, () => current && forget('ended'));
	localStorage.setItem('tapin.in', '1');
	localStorage.setItem('tapin.operator', answer.operator);
	lastTouch = Date.now();
	watch();
	if (before) live.missed();
	live.start();
	// the same person with the same rights, let in by another tab: nothing here changes
	if (before?.operator === current.operator && before.role === current.role) return;
	onChange(current);
}

/**
 * Whose session this browser has now: another tab may have logged in, or an admin changed what this operator may. True
 * where it is another than it was; one that is over ends (401).
 */
async function look() {
	const now = await get('/session').catch(() => null);
	const other = now && (now.csrf !== current?.csrf || now.operator !== current.operator || now.role !== current.role);

	if (other) begin(now);
	return other;
}

/** Takes up the session that this browser has, if it has one. Tells who listens either way. */
export async function resume(changed) {
	onChange = changed;
	for (const name of TOUCHES) addEventListener(name, touch, { passive: true, capture: true });
	document.addEventListener('visibilitychange', () => {
		watch(); // a laptop that slept wakes locked
		if (current && !document.hidden) look();
	});
	others.onmessage = ({ data }) => {
		if (data === 'touch') lastTouch = Date.now();
		else if (data === 'entered') look();
		else if (data.left && current) forget(data.left);
	};
	live.on('end', async () => current && !(await look()) && current && live.start());
	live.on('doubt', () => current && look());
	if (!localStorage.getItem('tapin.in')) return onChange(null);
	try {
		begin(await get('/session'));
	} catch (error) {
		if (error instanceof Problem && error.status === 401) forget('ended');
		else onChange(null, 'away');
	}
}

/** Logs in; throws Problem (401 wrong, 429 too often, 0 away). */
export async function enter(operator, password) {
	begin(await post('/session', { operator, password, cookie: true }));
	others.postMessage('entered');
}

/** Ends the session here and at the hub: why is 'out' (asked for) or 'idle' (the lock). */
export async function leave(why) {
	others.postMessage({ left: why }); // before the hub ends their streams: they say why
	const gone = request('DELETE', '/session').catch(() => {}); // with the token that forget takes away

	forget(why);
	await gone;
}
