// SPDX-License-Identifier: Apache-2.0
/*
 * One virtual door. It is asked every POLL_MS how it is; what happened in between is played with the
 * rhythm it had, DELAY_MS late, so that a short beep is not lost between two answers.
 */
import { act, el, get, say } from './ask.js';
import { drawing } from './drawing.js';
import { soundBuzz } from './sound.js';

const POLL_MS = 120;
const AWAY_MS = 1000; /* a machine that does not answer is asked less often */
const DELAY_MS = 140;
const LIST_MAX = 100;
const PRESS_MS = 400;
const FIRE_LINE = 'GPIO26'; /* as deploy/run wires it; closed, low, while there is no fire */

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit',
	fractionalSecondDigits: 1 });

/* What is said of an event; undefined for what only the long list shows. */
const sentences = [
	[/^line \S+ \d strike (\S+)$/, (state) => state === 'on' ? 'Lock released' : 'Lock locked'],
	[/^line \S+ \d door (\S+)$/, (state) => `Door ${state}`],
	[/^line \S+ \d exit (\S+)$/, (state) => `Exit button ${state}`],
	[new RegExp(`^line ${FIRE_LINE} (\\d)$`), (high) => high === '1' ? 'Fire loop broken' : 'Fire loop closed'],
	[/^card (\S+) in field$/, (card) => `Card ${card} on the reader`],
	[/^card (\S+) out of field$/, (card) => `Card ${card} taken away`],
	[/^reader broken (\S+)$/, (fault) => `Reader broken: ${fault}`],
	[/^reader healed/, () => 'Reader mended'],
	[/^reader unplugged$/, () => 'Reader unplugged'],
	[/^reader plugged at/, () => 'Reader plugged in'],
	[/^lost (\d+)$/, (count) => `${count} events were missed`],
];

/* What happens to readers, in plain words; the others under their names. */
const plainFaults = { unplug: 'is unplugged', hang: 'is silent', garbage: 'talks nonsense', brownout: 'has a brown-out',
	pulled: 'loses the card' };

function sentence(text) {
	for (const [pattern, words] of sentences) {
		const found = pattern.exec(text);
		if (found)
			return words(found[1]);
	}
	return undefined;
}

/**
 * Makes a door and watches it.
 * @param name the door
 * @param sayAloud tells a screen reader what changed
 * @param complain says what went wrong, or '' that nothing did
 * @returns {{element, name, state, cards, onchange, load, turn, tap}} cards: a Set of those in its reader's field
 */
export function door(name, sayAloud, complain) {
	const lines = {}; /* name → state, of lines with a name */
	const picture = drawing();
	const lock = el('strong', { class: 'lock-state' });
	const facts = el('span', { class: 'facts' });
	const away = el('p', { class: 'away', hidden: true });
	const list = el('ol', { class: 'log', tabindex: 0, 'aria-label': `What happened at ${name}` });
	const every = el('input', { type: 'checkbox' });
	const self = { name, cards: new Set(), state: 'away', onchange: () => {} };
	let since = 0;
	let pending = [];
	let releasedAt = null; /* performance.now() of the strike's release */
	let status = null;

	const does = async (verb, words) => complain(await act(name, verb, words));

	/* ---- hands ---- */

	const open = el('button', { type: 'button', onclick: () => does(lines.door === 'open' ? 'close' : 'open') });
	const exit = el('button', { type: 'button', class: 'hold' }, 'Exit button');
	const fire = el('button', { type: 'button', role: 'switch', 'aria-checked': 'false', 'aria-label': 'Fire alarm', hidden: true,
		class: 'fire-switch', onclick: () => does('input', `${FIRE_LINE} ${lines.fire === 'on' ? '0' : 'release'}`) },
	'Fire alarm');

	/* Held as long as the finger or the key is down; a click from elsewhere (a screen reader's) presses it. */
	function holdable(button, down, up) {
		let held = false;
		let by = 0;
		const begin = () => {
			if (!held) {
				held = true;
				by = performance.now();
				button.classList.add('down');
				down();
			}
		};
		const end = () => {
			if (held) {
				held = false;
				button.classList.remove('down');
				/* debounced by the door: a press too short is none */
				setTimeout(up, Math.max(0, PRESS_MS - (performance.now() - by)));
			}
		};
		const isKey = (event) => event.key === ' ' || event.key === 'Enter';
		button.addEventListener('pointerdown', (event) => {
			button.setPointerCapture(event.pointerId);
			begin();
		});
		for (const type of ['pointerup', 'pointercancel', 'blur'])
			button.addEventListener(type, end);
		button.addEventListener('keydown', (event) => {
			if (isKey(event)) {
				event.preventDefault();
				begin();
			}
		});
		button.addEventListener('keyup', (event) => isKey(event) && end());
		button.addEventListener('contextmenu', (event) => event.preventDefault());
		button.addEventListener('click', (event) => {
			if (event.detail === 0 && !held && performance.now() - by > PRESS_MS * 2) {
				begin();
				end();
			}
		});
	}
	holdable(exit, () => does('input', 'GPIO5 0'), () => does('input', 'GPIO5 release'));

	/* ---- faults ---- */

	const reader = el('select', { 'aria-label': 'What is wrong with the reader' });
	const wires = el('select', { 'aria-label': 'Which line is broken' },
		...[['GPIO17', 'strike'], ['GPIO22', 'green light'], ['GPIO23', 'red light'], ['GPIO24', 'buzzer'],
			['GPIO5', 'exit button'], ['GPIO6', 'door contact']]
			.map(([line, what]) => el('option', { value: line }, `${what} (${line})`)));
	const effect = el('p', { class: 'effect' });
	const faults = el('details', { class: 'faults' }, el('summary', {}, 'Break something'),
		el('div', { class: 'row' }, reader,
			el('button', { type: 'button', onclick: () => does('break', `reader ${reader.value}`) }, 'Break the reader')),
		effect,
		el('div', { class: 'row' }, wires,
			el('button', { type: 'button', onclick: () => does('break', `line ${wires.value}`) }, 'Break the line')));
	const heal = el('button', { type: 'button', onclick: () => does('heal') }, 'Mend everything');
	faults.append(heal);

	/* ---- what is shown ---- */

	const hands = el('div', { class: 'hands' }, open, exit, fire);
	const log = el('details', { class: 'events' }, el('summary', {}, 'What happened'),
		el('label', { class: 'switch' }, every, ' lights, buzzer and radio, too'), list);
	self.element = el('section', { class: 'door', id: `door-${name}`, 'aria-labelledby': `name-${name}` },
		el('h2', { id: `name-${name}` }, name), away,
		picture, el('p', { class: 'state' }, lock, facts), hands, faults, log);
	every.addEventListener('change', () => list.classList.toggle('all', every.checked));

	function readerState() {
		if (!status.plugged)
			return 'reader unplugged';
		return status.fault ? `reader broken: ${status.fault}` : 'reader works';
	}

	function showLock() {
		const released = lines.strike === 'on';
		const seconds = released && releasedAt !== null ? (performance.now() - releasedAt) / 1000 : 0;
		say(lock, released ? `Released ${seconds.toFixed(1)} s` : 'Locked');
	}

	function show() {
		const is = (key, state) => lines[key] === state;
		const shown = [...self.cards];
		const states = { released: is('strike', 'on'), open: is('door', 'open'), green: is('green', 'on'),
			red: is('red', 'on'), buzzing: is('buzzer', 'on'), pressed: is('exit', 'pressed'),
			burning: is('fire', 'on'), wired: 'fire' in lines, unplugged: !status.plugged,
			broken: status.fault !== '', held: shown.length > 0 };
		for (const [key, on] of Object.entries(states))
			picture.classList.toggle(key, on);
		picture.querySelector('.card-name').textContent = shown[0] ?? '';
		self.element.classList.toggle('released', states.released);
		self.state = states.released ? 'released' : 'locked';
		say(open, states.open ? 'Close the door' : states.released ? 'Open the door' : 'Force the door open');
		open.classList.toggle('force', !states.open && !states.released);
		fire.hidden = !states.wired;
		fire.setAttribute('aria-checked', String(states.burning));
		say(facts, `Door ${lines.door ?? 'unknown'}, ${readerState()}`);
		showLock();
		soundBuzz(name, states.buzzing);
		self.onchange();
	}

	/* ---- what happens ---- */

	function setLine(key, state, at, quiet) {
		if (key === 'strike' && lines.strike !== state) {
			releasedAt = state === 'on' ? at : null;
			if (!quiet)
				sayAloud(`${name}: ${state === 'on' ? 'released' : 'locked'}`);
		}
		if (key === 'door' && lines.door !== state && !quiet)
			sayAloud(`${name}: door ${state}`);
		lines[key] = state;
	}

	function setNamed(line, high, key, state, at, quiet) {
		if (line === FIRE_LINE)
			setLine('fire', high ? 'on' : 'off', at, quiet);
		else if (key)
			setLine(key, state, at, quiet);
	}

	function take(event) {
		const words = event.text.split(' ');
		const told = sentence(event.text);
		if (words[0] === 'line')
			setNamed(words[1], words[2] === '1', words[3], words[4], event.at, event.due === 0);
		else if (words[0] === 'card' && words[2] === 'in')
			self.cards.add(words[1]);
		else if (words[0] === 'card')
			self.cards.delete(words[1]);
		list.prepend(el('li', { class: told ? '' : 'fine' },
			el('time', {}, clock.format(event.wall)), ' ', told ?? event.text));
		while (list.children.length > LIST_MAX)
			list.lastChild.remove();
	}

	/* The door as the machine has it, once nothing is left to be played. */
	function settle() {
		for (const line of status.lines)
			if (line.name || (line.line === FIRE_LINE && line.held))
				setNamed(line.line, line.high, line.name, line.state, performance.now(), true);
		self.cards = new Set(status.cards);
	}

	function hear(answer, arrived) {
		const first = status === null || !status.up;
		status = answer;
		for (const event of answer.events) {
			const ago = (answer.now_us - event.at_us) / 1000;
			const heard = { text: event.text, at: arrived - ago, wall: Date.now() - ago,
				due: first ? 0 : arrived - ago + DELAY_MS };
			since = event.seq + 1;
			pending.push(heard);
		}
		away.hidden = true;
		self.element.classList.remove('off');
	}

	function lose(why) {
		if (status !== null && !status.up)
			return;
		status = { up: false };
		since = 0;
		pending = [];
		list.replaceChildren();
		self.state = 'away';
		self.cards.clear();
		soundBuzz(name, false);
		say(away, why);
		away.hidden = false;
		self.element.classList.add('off');
		self.onchange();
	}

	/** Plays what is due; called for each picture that the browser draws. */
	self.turn = () => {
		if (status === null || !status.up)
			return;
		const now = performance.now();
		let changed = false;
		while (pending.length && pending[0].due <= now) {
			take(pending.shift());
			changed = true;
		}
		if (changed)
			show();
		else if (releasedAt !== null)
			showLock();
	};

	async function poll() {
		let wait = POLL_MS;
		try {
			const answer = await get(`/doors/${name}?since=${since}`);
			if (!answer.up)
				throw new Error(answer.why);
			hear(answer, performance.now());
			self.turn();
			if (!pending.length) {
				settle();
				show();
			}
		} catch (error) {
			lose(error.message);
			wait = AWAY_MS;
		}
		setTimeout(poll, wait);
	}

	function offerFaults(things) {
		const about = new Map(things.faults.map((fault) => [fault.name, fault.about]));
		const tell = () => say(effect, about.get(reader.value) ?? '');
		const option = (fault, words) => el('option', { value: fault }, words);
		const rarer = things.faults.map((fault) => fault.name).filter((fault) => !(fault in plainFaults));
		reader.append(...Object.entries(plainFaults).map(([fault, words]) => option(fault, words)),
			el('optgroup', { label: 'Rarer' }, ...rarer.map((fault) => option(fault, fault))));
		reader.addEventListener('change', tell);
		tell();
	}

	/** Begins; things are its cards and faults. */
	self.load = (things) => {
		offerFaults(things);
		poll();
	};
	/** A card comes to the reader for a moment, is left there, or is taken away. */
	self.tap = (card, hold) => does(self.cards.has(card) ? 'remove' : hold ? 'hold' : 'tap', card);
	return self;
}
