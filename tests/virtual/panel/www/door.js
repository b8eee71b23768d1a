// SPDX-License-Identifier: Apache-2.0
/*
 * One virtual door. It is asked every POLL_MS how it is; what happened in between is played with the
 * rhythm it had, DELAY_MS late, so that a short beep is not lost between two answers.
 */
import { act, el, get, say } from './ask.js';
import { drawing } from './drawing.js';
import { eventList, FIRE_LINE } from './events.js';
import { faultsMenu, holdable } from './hands.js';
import { soundBuzz } from './sound.js';

const POLL_MS = 120;
const AWAY_MS = 1000; /* a machine that does not answer is asked less often */
const DELAY_MS = 140;

/* ---- what is shown ---- */

function readerState({ plugged, fault }) {
	if (!plugged) return 'reader unplugged';
	return fault ? `reader broken: ${fault}` : 'reader works';
}

function showLock(self) {
	const seconds = self.releasedAt === null ? 0 : (performance.now() - self.releasedAt) / 1000;

	say(self.lock, self.lines.strike === 'on' ? `Released ${seconds.toFixed(1)} s` : 'Locked');
}

function showButtons(self, states) {
	say(self.open, states.open ? 'Close the door' : states.released ? 'Open the door' : 'Force the door open');
	self.open.classList.toggle('force', !states.open && !states.released);
	self.fire.hidden = !states.wired;
	self.fire.setAttribute('aria-checked', String(states.burning));
}

function show(self) {
	const is = (key, state) => self.lines[key] === state;
	const [card] = self.cards;
	const states = {
		released: is('strike', 'on'),
		open: is('door', 'open'),
		green: is('green', 'on'),
		red: is('red', 'on'),
		buzzing: is('buzzer', 'on'),
		pressed: is('exit', 'pressed'),
		burning: is('fire', 'on'),
		wired: 'fire' in self.lines,
		unplugged: !self.status.plugged,
		broken: self.status.fault !== '',
		held: card !== undefined,
	};

	for (const [key, on] of Object.entries(states)) self.picture.classList.toggle(key, on);
	self.picture.querySelector('.card-name').textContent = card ?? '';
	self.element.classList.toggle('released', states.released);
	self.state = states.released ? 'released' : 'locked';
	say(self.facts, `Door ${self.lines.door ?? 'unknown'}, ${readerState(self.status)}`);
	showButtons(self, states);
	showLock(self);
	soundBuzz(self.name, states.buzzing);
	self.onchange();
}

/* ---- what happens ---- */

function setLine(self, key, state, at, quiet) {
	if (self.lines[key] === state) return;
	self.lines[key] = state;
	if (key === 'strike') self.releasedAt = state === 'on' ? at : null;
	if (!quiet && key === 'strike') self.sayAloud(`${self.name}: ${state === 'on' ? 'released' : 'locked'}`);
	if (!quiet && key === 'door') self.sayAloud(`${self.name}: door ${state}`);
}

function setNamed(self, { line, high, name, state }, at, quiet) {
	if (line === FIRE_LINE) setLine(self, 'fire', high ? 'on' : 'off', at, quiet);
	else if (name) setLine(self, name, state, at, quiet);
}

function take(self, event) {
	const [kind, what, third, name, state] = event.text.split(' ');

	if (kind === 'line') setNamed(self, { line: what, high: third === '1', name, state }, event.at, event.due === 0);
	else if (kind === 'card' && third === 'in') self.cards.add(what);
	else if (kind === 'card') self.cards.delete(what);
	self.list.add(event);
}

/* The door as the machine has it, once nothing is left to be played. */
function settle(self) {
	for (const line of self.status.lines)
		if (line.name || (line.line === FIRE_LINE && line.held)) setNamed(self, line, performance.now(), true);
	self.cards = new Set(self.status.cards);
	show(self);
}

function hear(self, answer) {
	const now = performance.now();
	const first = !self.status.up;

	self.status = answer;
	for (const { seq, at_us, text } of answer.events) {
		const ago = (answer.now_us - at_us) / 1000;

		self.since = seq + 1;
		self.pending.push({ text, at: now - ago, wall: Date.now() - ago, due: first ? 0 : now - ago + DELAY_MS });
	}
	self.away.hidden = true;
	self.element.classList.remove('off');
}

function lose(self, why) {
	if (self.state === 'away' && !self.away.hidden) return;
	Object.assign(self, { status: { up: false }, since: 0, pending: [], state: 'away' });
	self.cards.clear();
	self.list.clear();
	soundBuzz(self.name, false);
	say(self.away, why);
	self.away.hidden = false;
	self.element.classList.add('off');
	self.onchange();
}

/** Plays what is due; called for each picture that the browser draws. */
export function doorTurn(self) {
	const now = performance.now();
	let changed = false;

	while (self.pending.length && self.pending[0].due <= now) {
		take(self, self.pending.shift());
		changed = true;
	}
	if (changed) show(self);
	else if (self.releasedAt !== null && self.status.up) showLock(self);
}

async function poll(self) {
	let wait = POLL_MS;

	try {
		const answer = await get(`/doors/${self.name}?since=${self.since}`);
		if (!answer.up) throw new Error(answer.why);
		hear(self, answer);
		doorTurn(self);
		if (!self.pending.length) settle(self);
	} catch (error) {
		lose(self, error.message);
		wait = AWAY_MS;
	}
	setTimeout(poll, wait, self);
}

/* ---- making one ---- */

function makeHands(self, does) {
	const exit = el('button', { type: 'button', class: 'hold' }, 'Exit button');

	self.open = el('button', { type: 'button', onclick: () => does(self.lines.door === 'open' ? 'close' : 'open') });
	self.fire = el(
		'button',
		{
			type: 'button',
			role: 'switch',
			'aria-checked': 'false',
			'aria-label': 'Fire alarm',
			hidden: true,
			class: 'fire-switch',
			onclick: () => does('input', `${FIRE_LINE} ${self.lines.fire === 'on' ? '0' : 'release'}`),
		},
		'Fire alarm',
	);
	holdable(
		exit,
		() => does('input', 'GPIO5 0'),
		() => does('input', 'GPIO5 release'),
	);
	return el('div', { class: 'hands' }, self.open, exit, self.fire);
}

/**
 * Makes a door.
 * @param {string} name the door
 * @param {(text: string) => void} sayAloud tells a screen reader what changed
 * @param {(text: string) => void} complain says what went wrong, or '' that nothing did
 * @returns {object} its element, name, state (released, locked, away), cards (a Set of those in its reader's field),
 * onchange (called when one of these did), load(things) to begin, and tap(card, hold)
 */
export function doorMake(name, sayAloud, complain) {
	const self = {
		name,
		sayAloud,
		state: 'away',
		cards: new Set(),
		lines: {},
		status: { up: false },
		since: 0,
		pending: [],
		releasedAt: null,
		onchange: () => {},
	};
	const does = async (verb, words) => complain(await act(name, verb, words));
	const faults = faultsMenu(does);

	self.picture = drawing();
	self.lock = el('strong', { class: 'lock-state' });
	self.facts = el('span', { class: 'facts' });
	self.away = el('p', { class: 'away', hidden: true });
	self.list = eventList(name);
	self.element = el(
		'section',
		{ class: 'door', id: `door-${name}`, 'aria-labelledby': `name-${name}` },
		el('h2', { id: `name-${name}` }, name),
		self.away,
		self.picture,
		el('p', { class: 'state' }, self.lock, self.facts),
		makeHands(self, does),
		faults.element,
		self.list.element,
	);
	self.load = (things) => {
		faults.load(things.faults);
		poll(self);
	};
	/* it comes for a moment, is left there, or is taken away */
	self.tap = (card, hold) => does(self.cards.has(card) ? 'remove' : hold ? 'hold' : 'tap', card);
	return self;
}
