// SPDX-License-Identifier: Apache-2.0
/* What hands do at a door: buttons that are held, faults that are made. */
import { el, say } from './ask.js';

const PRESS_MS = 400; /* at least: the door debounces its inputs */

/* What happens to readers, in plain words; the others under their names. */
const plainFaults = {
	unplug: 'is unplugged',
	hang: 'is silent',
	garbage: 'talks nonsense',
	brownout: 'has a brown-out',
	pulled: 'loses the card',
};
const lines = {
	GPIO17: 'strike',
	GPIO22: 'green light',
	GPIO23: 'red light',
	GPIO24: 'buzzer',
	GPIO5: 'exit button',
	GPIO6: 'door contact',
};

const isKey = (event) => event.key === ' ' || event.key === 'Enter';

/**
 * A button that is down as long as the finger or the key; a click from elsewhere (a screen reader's) presses it.
 * @param {HTMLButtonElement} button @param {() => void} down @param {() => void} up
 */
export function holdable(button, down, up) {
	let held = false;
	let since = -Infinity;
	const begin = () => {
		if (held) return;
		held = true;
		since = performance.now();
		button.classList.add('down');
		down();
	};
	const end = () => {
		if (!held) return;
		held = false;
		button.classList.remove('down');
		setTimeout(up, Math.max(0, PRESS_MS - (performance.now() - since)));
	};
	const on = (type, fn) => button.addEventListener(type, fn);

	on('pointerdown', (event) => {
		button.setPointerCapture(event.pointerId);
		begin();
	});
	['pointerup', 'pointercancel', 'blur'].forEach((type) => on(type, end));
	on('keydown', (event) => {
		if (isKey(event)) {
			event.preventDefault();
			begin();
		}
	});
	on('keyup', (event) => {
		if (isKey(event)) end();
	});
	on('contextmenu', (event) => event.preventDefault());
	on('click', (event) => {
		if (event.detail === 0 && performance.now() - since > 2 * PRESS_MS) {
			begin();
			end();
		}
	});
}

const option = (value, text) => el('option', { value }, text);

/** A menu of faults; does(VERB, WORDS) makes them. Returns its element and load(faults of the machine). */
export function faultsMenu(does) {
	const reader = el('select', { 'aria-label': 'What is wrong with the reader' });
	const wire = el(
		'select',
		{ 'aria-label': 'Which line is broken' },
		...Object.entries(lines).map(([line, what]) => option(line, `${what} (${line})`)),
	);
	const effect = el('p', { class: 'effect' });
	const button = (text, onclick) => el('button', { type: 'button', onclick }, text);
	const element = el(
		'details',
		{ class: 'faults' },
		el('summary', {}, 'Break something'),
		el(
			'div',
			{ class: 'row' },
			reader,
			button('Break the reader', () => does('break', `reader ${reader.value}`)),
		),
		effect,
		el(
			'div',
			{ class: 'row' },
			wire,
			button('Break the line', () => does('break', `line ${wire.value}`)),
		),
		button('Mend everything', () => does('heal')),
	);

	function load(faults) {
		const about = new Map(faults.map((fault) => [fault.name, fault.about]));
		const rarer = faults.map((fault) => fault.name).filter((name) => !(name in plainFaults));
		const tell = () => say(effect, about.get(reader.value) ?? '');

		reader.append(
			...Object.entries(plainFaults).map(([name, words]) => option(name, words)),
			el('optgroup', { label: 'Rarer' }, ...rarer.map((name) => option(name, name))),
		);
		reader.addEventListener('change', tell);
		tell();
	}
	return { element, load };
}
