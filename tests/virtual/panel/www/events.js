// SPDX-License-Identifier: Apache-2.0
/* What happened at a door, as a list with times. */
import { el } from './ask.js';

/** Line of the fire loop, as deploy/run wires it; closed, low, while there is no fire. */
export const FIRE_LINE = 'GPIO26';

const LIST_MAX = 100;

const clock = new Intl.DateTimeFormat('en-GB', {
	hour: '2-digit',
	minute: '2-digit',
	second: '2-digit',
	fractionalSecondDigits: 1,
});

/* What is said of an event; what none of them fits, only the long list shows. */
const sentences = [
	[/^line \S+ \d strike (\S+)$/, (state) => (state === 'on' ? 'Lock released' : 'Lock locked')],
	[/^line \S+ \d door (\S+)$/, (state) => `Door ${state}`],
	[/^line \S+ \d exit (\S+)$/, (state) => `Exit button ${state}`],
	[new RegExp(`^line ${FIRE_LINE} (\\d)$`), (high) => (high === '1' ? 'Fire loop broken' : 'Fire loop closed')],
	[/^card (\S+) in field$/, (card) => `Card ${card} on the reader`],
	[/^card (\S+) out of field$/, (card) => `Card ${card} taken away`],
	[/^reader broken (\S+)$/, (fault) => `Reader broken: ${fault}`],
	[/^reader healed/, () => 'Reader mended'],
	[/^reader unplugged$/, () => 'Reader unplugged'],
	[/^reader plugged at/, () => 'Reader plugged in'],
	[/^lost (\d+)$/, (count) => `${count} events were missed`],
];

function sentence(text) {
	for (const [pattern, words] of sentences) {
		const found = pattern.exec(text);
		if (found) return words(found[1]);
	}
	return null;
}

/** The list of a door: its element, add({text, wall}) and clear(). */
export function eventList(name) {
	const list = el('ol', { class: 'log', tabindex: 0, 'aria-label': `What happened at ${name}` });
	const every = el('input', { type: 'checkbox', onchange: () => list.classList.toggle('all', every.checked) });

	return {
		element: el(
			'details',
			{ class: 'events' },
			el('summary', {}, 'What happened'),
			el('label', { class: 'switch' }, every, ' lights, buzzer and radio, too'),
			list,
		),
		add(event) {
			const told = sentence(event.text);

			list.prepend(
				el('li', { class: told ? '' : 'fine' }, el('time', {}, clock.format(event.wall)), ' ', told ?? event.text),
			);
			while (list.children.length > LIST_MAX) list.lastChild.remove();
		},
		clear: () => list.replaceChildren(),
	};
}
