// SPDX-License-Identifier: Apache-2.0
// What a host does to doors: open one, end a hold, lock all down; each with its result and its way back.
import { h } from '../lib/dom.js';
import { get, post, put } from '../lib/api.js';
import * as live from '../lib/live.js';
import { ask, attempt, stale, toast } from '../lib/dialog.js';
import { siteNow } from '../lib/shell.js';
import { t } from '../lib/texts.js';
import { doorName, doorState } from './now_words.js';

const ASK_MS = [120, 250, 500, 1000]; // between looks at a command, when no word of the hub comes first
const LONGEST_MS = 20000;

/** Until the hub says that a command was answered, or some time. */
function hint(ms) {
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			end();
			resolve();
		};
		const timer = setTimeout(done, ms),
			end = live.on('commands', done);
	});
}

/** Sends a command to a door and waits for its answer: {outcome: 'done' | 'refused' | 'failed' | null, why …}. */
export async function command(door, body) {
	const end = Date.now() + LONGEST_MS;
	let sent = await post(`/doors/${door.name}/commands`, body);

	for (let i = 0; (!sent.outcome || sent.outcome === 'waiting') && Date.now() < end; i++) {
		await hint(ASK_MS[Math.min(i, ASK_MS.length - 1)]);
		sent = await get(`/commands/${sent.id}`);
	}
	return sent;
}

/** What became of a command that did not work, for a person. */
export function outcomeText(sent, door) {
	const key = ['refused', 'failed'].includes(sent.outcome) ? sent.outcome : 'silent';

	return t(`now.act.${key}`, { door: doorName(door), why: sent.why.replace(/\.$/, '') });
}

// ---- what was done, with its way back: one a subject, since the way back from what is past leads nowhere ----

const said = new Map();

function tellDone(subject, text, undo) {
	said.get(subject)?.();
	said.set(subject, toast(text, { undo }));
}

// ---- holds and modes ----

/** Puts a door's whole state and answers the door as it is then; where somebody was faster it is shown as it is now. */
async function putState(door, body, desk) {
	try {
		const now = await put(`/doors/${door.name}/state`, body, { version: door.version });

		await desk.again('doors');
		return now;
	} catch (error) {
		if (stale(error)) await desk.again('doors');
		throw error;
	}
}

const stateOf = (door) => ({
	mode: door.mode,
	...(door.hold ? { hold_from: door.hold.from, hold_until: door.hold.until, event: door.hold.event } : {}),
});

/** Changes a door's whole state; the way back puts what was there, unless somebody did something else to it since. */
export async function change(door, body, desk, text) {
	const before = stateOf(door),
		now = await putState(door, body, desk);

	tellDone(door.name, text, () => putState(now, before, desk));
}

/** Ends a hold, now or planned. */
export const holdEnd = (door, desk) =>
	attempt(() => change(door, { mode: door.mode }, desk, t('now.act.hold_over', { door: doorName(door) })));
/** Cards decide again. */
export const backToNormal = (door, desk) =>
	attempt(() =>
		change(door, { ...stateOf(door), mode: 'controlled' }, desk, t('now.act.back', { door: doorName(door) })),
	);

// ---- lockdown ----

async function putLockdown(on, desk) {
	await put('/site/lockdown', { lockdown: on });
	await Promise.all([desk.again('site'), desk.again('doors')]);
}

const lines = (...texts) =>
	h(
		'ul',
		{ class: 'lock-lines' },
		texts.filter(Boolean).map((text) => h('li', null, text)),
	);

/** Asks, saying what will happen, and locks every door down. */
export async function lockdown(desk) {
	const away = desk.now.doors.filter(
		(door) => door.status === 'active' && ['offline', 'unheard'].includes(doorState(door)),
	);
	const sure = await ask({
		title: t('now.lock.title'),
		confirm: t('now.lock.send'),
		danger: true,
		text: lines(
			t('now.lock.all'),
			t('now.lock.exit'),
			t('now.lock.override'),
			away.length && t('now.lock.offline', { doors: away.map(doorName).join(', ') }),
			desk.now.presence && t('now.lock.inside', { n: desk.now.presence.count }),
			t('now.lock.stays'),
		),
	});

	if (sure)
		await attempt(async () => {
			await putLockdown(true, desk);
			tellDone('', t('now.lock.done'), () => putLockdown(false, desk));
		});
}

/** Ends it, after a question. */
export async function lockdownEnd(desk) {
	if (await ask({ title: t('now.lock.end_title'), text: t('now.lock.end_text'), confirm: t('now.lock.end_send') }))
		await attempt(async () => {
			await putLockdown(false, desk);
			tellDone('', t('now.lock.over'), () => putLockdown(true, desk));
		});
}

/** Whether the site is locked down, as far as the page knows. */
export const lockedDown = (desk) => (desk.now.site ?? siteNow())?.lockdown ?? false;
