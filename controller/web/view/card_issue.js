// SPDX-License-Identifier: Apache-2.0
// A new card for a member: tapped at a door's reader now, tapped a moment ago, or by its number.
import { bdi, h, replace, setText } from '../lib/dom.js';
import { aborted, get, post, request } from '../lib/api.js';
import { attempt, dialog, sentence, toast } from '../lib/dialog.js';
import { field, form } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { session } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { countdown, secondOf } from '../lib/time.js';
import { confirming, loadDoors, usualDoor } from './card_doors.js';

const SECONDS = 60;
const POLL_MS = 500; // beside the events, in case the stream is away
const LAST_DOOR = 'tapin.enrol_door';
const OPEN = new Set(['sent', 'waiting']);

const actions = (...buttons) => h('div', { class: 'actions' }, buttons);
const button = (text, click, className) => h('button', { type: 'button', class: className, on: { click } }, text);

/** Puts a step into the dialog and the focus where the step begins; what goes wrong in it is said at its end. */
function step(it, nodes, focus) {
	it.said = h('p', { class: 'fault', role: 'alert' });
	replace(it.body, nodes, it.said);
	(focus ?? it.body.querySelector('button.primary, button'))?.focus();
}

/** Runs fn, once for two clicks; what goes wrong is said in the dialog, beside what it is about. */
async function tried(it, fn) {
	if (it.busy) return;
	it.busy = true;
	setText(it.said, '');
	try {
		await fn();
	} catch (error) {
		if (aborted(error)) return;
		setText(it.said, sentence(error));
		it.said.scrollIntoView({ block: 'nearest' }); // a phone shows half of the dialog
	} finally {
		it.busy = false;
	}
}

/* ---- which way ---- */

function doorField({ taps }, ready, away) {
	const spec = field({
		label: t('issue.door'),
		type: 'select',
		optional: false,
		value: usualDoor(ready, localStorage.getItem(LAST_DOOR), taps.items),
		options: [
			...ready.map((door) => [door.name, door.title]),
			...away.map((door) => [door.name, t('issue.door_away', { door: door.title }), true]),
		],
	});

	spec.node.hidden = ready.length + away.length < 2;
	return spec;
}

function choose(it, fault = '') {
	const ready = [...it.doors.values()].filter((door) => door.status === 'active' && door.online);
	const away = [...it.doors.values()].filter((door) => door.status === 'active' && !door.online);
	const label = field({ label: t('cards.label'), value: it.label ?? '', max: 200, note: t('cards.label_note') });
	const door = doorField(it, ready, away);
	const start = button('', () => tried(it, () => tapNow(it, door.input.value)), 'primary big');
	const name = () =>
		replace(start, icon('card'), t('issue.start', { door: it.doors.get(door.input.value)?.title ?? '' }));
	const keep = () => {
		it.label = label.read() ?? '';
	};

	door.input.addEventListener('change', name);
	label.input.addEventListener('input', keep);
	name();
	step(
		it,
		[
			h('p', null, t('issue.for'), ' ', h('strong', null, bdi(it.member.name)), '. ', t('issue.intro')),
			label.node,
			ready.length > 0 ? [door.node, start] : h('p', { class: 'callout warn' }, t('issue.no_door')),
			away.map((one) => h('p', { class: 'note' }, t('issue.away', { door: one.title }))),
			h(
				'details',
				{ class: 'other-ways' },
				h('summary', null, t('issue.other')),
				h(
					'div',
					{ class: 'stack' },
					h('h3', null, t('issue.claim_title')),
					h('p', { class: 'note' }, t('issue.claim_note')),
					button(t('issue.claim'), () => claim(it)),
					h('h3', null, t('issue.by_number')),
					form([{ name: 'uid', label: t('issue.number'), required: true, max: 40, note: t('issue.number_note') }], {
						submit: t('issue.number_do'),
						send: ({ uid }) => byNumber(it, uid),
					}),
				),
			),
		],
		ready.length > 0 ? start : label.input,
	);
	setText(it.said, fault);
}

/* ---- tapped now ---- */

async function tapNow(it, door) {
	it.doors = await loadDoors(it.scope.signal).catch(() => it.doors);
	try {
		localStorage.setItem(LAST_DOOR, door);
		it.enrolment = await post('/enrolments', { door, member: it.member.id, label: it.label ?? '', seconds: SECONDS });
	} catch (error) {
		if (!aborted(error)) choose(it, sentence(error));
		return;
	}
	if (it.over) return void cancel(it); // closed meanwhile: no card is waited for that nobody sees
	it.endsAt = Date.now() + SECONDS * 1000;
	waiting(it);
}

function waiting(it) {
	const title = it.doors.get(it.enrolment.door)?.title ?? it.enrolment.door;
	const left = h('div', { class: 'countdown', 'aria-hidden': 'true' }),
		bar = h('progress', { max: SECONDS, value: SECONDS, 'aria-label': t('issue.left') });
	const first = h('li', null, h('span', null, t('issue.first', { door: title }))),
		second = h('li', null, h('span', null, t('issue.second')));
	const said = h('p', { class: 'now-do', role: 'status' });
	const stop = button(t('issue.stop'), () => it.close(), '');

	function draw() {
		const { state, shown } = it.enrolment;

		first.className = shown > 0 ? 'done' : 'now';
		second.className = shown > 0 ? 'now' : '';
		setText(
			said,
			state === 'sent'
				? t('issue.asking', { door: title })
				: shown > 0
					? t('issue.again')
					: t('issue.hold', { door: title }),
		);
	}
	const tick = () => {
		const s = Math.max(0, Math.ceil((it.endsAt - Date.now()) / 1000));

		setText(left, countdown(s));
		bar.value = s;
	};

	step(
		it,
		[
			left,
			bar,
			said,
			h('ol', { class: 'steps' }, first, second),
			h('p', { class: 'note' }, t('issue.one_only')),
			actions(stop),
		],
		stop,
	);
	draw();
	tick();
	it.stopWaiting = follow(it, draw, tick);
}

/** Asks how far it is, at each event and now and then; goes on by itself. */
function follow(it, draw, tick) {
	let asking = false;
	const ask = async () => {
		if (asking || !it.stopWaiting) return;
		asking = true;
		try {
			it.enrolment = await get(`/enrolments/${it.enrolment.id}`, {}, { signal: it.scope.signal });
		} catch (error) {
			if (error.status === 404 && it.stopWaiting) {
				it.stopWaiting(); // a hub that began anew knows nothing of it
				failed(it, t('issue.expired'));
			}
			return; // the next one may do
		} finally {
			asking = false;
		}
		if (!it.stopWaiting) return;
		if (OPEN.has(it.enrolment.state)) return draw();
		it.stopWaiting();
		if (it.enrolment.state === 'done' && it.enrolment.card)
			read(
				it,
				it.enrolment.card,
				t('issue.read', { door: it.doors.get(it.enrolment.door)?.title ?? it.enrolment.door }),
			);
		else failed(it, it.enrolment.why || t(`issue.${it.enrolment.state}`));
	};
	const timers = [setInterval(ask, POLL_MS), setInterval(tick, 250)];

	it.asks.add(ask);
	return () => {
		timers.forEach(clearInterval);
		it.asks.delete(ask);
		it.stopWaiting = null;
	};
}

function failed(it, why) {
	it.enrolment = null;
	step(it, [
		h('div', { class: 'callout bad', role: 'alert' }, h('strong', null, t('issue.failed')), h('p', null, why)),
		actions(
			button(t('issue.close'), () => it.close()),
			button(t('issue.retry'), () => choose(it), 'primary'),
		),
	]);
}

/* ---- tapped a moment ago, and by number ---- */

/** The last unknown card, of one door where it is said. */
async function claimed(it, door) {
	const card = await post('/cards', { member: it.member.id, claim_last: true, door, label: it.label ?? '' });

	it.changed();
	read(
		it,
		card,
		t('issue.claimed', {
			door: it.doors.get(card.claimed.door)?.title ?? card.claimed.door,
			time: secondOf(card.claimed.at),
		}),
	);
}

const claim = (it) => tried(it, () => claimed(it));

/** The one that was just shown there; where the hub does not find it any more, why, and the other ways. */
async function claimAt(it, door) {
	step(it, h('p', null, t('issue.claiming')));
	try {
		await claimed(it, door);
	} catch (error) {
		if (!aborted(error)) choose(it, sentence(error));
	}
}

async function byNumber(it, uid) {
	const from = performance.now();
	const card = await post('/cards', { member: it.member.id, uid, label: it.label ?? '' });

	it.changed();
	active(it, card, from);
}

/* ---- confirm ---- */

/** The card waits; only who sees it in a hand makes it open doors. */
function read(it, card, how) {
	it.pending = card;
	const yes = button(t('issue.yes'), () => confirm(it, card), 'primary');

	step(
		it,
		[
			h('div', { class: 'callout good', role: 'status' }, h('strong', null, icon('ok'), ' ', how)),
			h('p', null, t('issue.check')),
			h(
				'ul',
				null,
				h('li', null, t('issue.check_hand')),
				h('li', null, t('issue.check_who'), ' ', h('strong', null, bdi(it.member.name)), '.'),
			),
			actions(
				button(t('issue.no'), () => giveUp(it, card)),
				yes,
			),
		],
		yes,
	);
}

async function confirm(it, card) {
	const from = performance.now();

	await tried(it, async () => {
		const answer = await post(`/cards/${card.id}/confirm`);

		it.pending = null;
		it.changed();
		active(it, answer, from);
	});
}

async function giveUp(it, card) {
	await tried(it, async () => {
		await post(`/cards/${card.id}/return`, { why: t('issue.given_up_why') });
		it.pending = null;
		it.close();
		it.changed();
		toast(t('issue.given_up'), { kind: 'info' });
	});
}

function active(it, answer, from) {
	const done = button(t('issue.done'), () => it.close(true), 'primary');

	it.enrolment = null;
	step(
		it,
		[
			h('div', { class: 'callout good', role: 'status' }, h('strong', null, icon('ok'), ' ', t('issue.active'))),
			confirming(`/cards/${answer.id}`, answer, { kind: 'accept', from, doors: it.doors, scope: it.scope }),
			actions(done),
		],
		done,
	);
}

/* ---- the whole ---- */

const cancel = (it) =>
	attempt(() =>
		request('DELETE', `/enrolments/${it.enrolment.id}`).catch((error) => {
			if (![404, 409].includes(error.status)) throw error;
		}),
	);

/** Whoever leaves while a card is waited for has given it up; one that waits for its host stays to be confirmed. */
async function left(it) {
	const waited = Boolean(it.stopWaiting);

	it.over = true;
	it.stopWaiting?.();
	if (!session()) return; // the door stops by itself
	if (waited) {
		await cancel(it);
		toast(t('issue.stopped'), { kind: 'info' });
	} else if (it.pending) {
		toast(t('issue.later'), { kind: 'info' });
	}
	it.changed();
}

/**
 * Opens the dialog. options: member, doors (Map), scope, changed(), label, from: the door where the card was just shown,
 * which is claimed then. True when a card was made active.
 */
export async function issueCard({ member, doors, scope, changed, label, from }) {
	const it = {
		member,
		label,
		doors,
		scope,
		changed,
		body: h('div', { class: 'issue' }),
		asks: new Set(),
		stopWaiting: null,
		pending: null,
		busy: false,
		over: false,
	};

	scope.on('enrolments', () => it.asks.forEach((ask) => ask()));
	[it.doors, it.taps] = await Promise.all([
		loadDoors(scope.signal).catch(() => doors),
		get('/log', { kind: 'tap', limit: 20 }, { signal: scope.signal }).catch(() => ({ items: [] })),
	]);
	if (scope.signal.aborted) return false;
	const made = await dialog(t('issue.title'), (close) => {
		it.close = close;
		scope.onLeave(close);
		queueMicrotask(() => (from ? claimAt(it, from) : choose(it)));
		return it.body;
	});
	await left(it);
	return made === true;
}
