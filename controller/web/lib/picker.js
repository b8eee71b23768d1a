// SPDX-License-Identifier: Apache-2.0
// Finds one member by a few letters: a combobox (WAI-ARIA Authoring Practices, editable with a list).
import { bdi, debounce, h, replace, setText, uid } from './dom.js';
import { get, aborted } from './api.js';
import { t, word } from './texts.js';
import { sentence } from './dialog.js';

const SHOWN = 8;

/**
 * options: label, pick(member), value {id, name}, state ('active'), autofocus. Answers a node; node.member is who is chosen
 * (or null), node.clear() empties it.
 */
export function memberPicker({ label, pick = () => {}, value = null, state, autofocus = false }) {
	const id = uid('picker');
	const box = h('ul', { class: 'options', role: 'listbox', id: `${id}-list`, hidden: true, 'aria-label': label });
	const said = h('span', { class: 'note', role: 'status' });
	const input = h('input', {
		id,
		type: 'text',
		role: 'combobox',
		autocomplete: 'off',
		spellcheck: false,
		autofocus,
		'aria-expanded': false,
		'aria-controls': `${id}-list`,
		'aria-autocomplete': 'list',
		placeholder: t('picker.hint'),
		value: value?.name ?? '',
	});
	const node = h('div', { class: 'field picker' }, h('label', { htmlFor: id }, label), input, box, said);
	let found = [],
		at = -1,
		waiting = null,
		fresh = false, // whether what was found is of the letters that stand there
		entered = false; // Enter came before that: the first is meant, once it is known

	function open(on) {
		box.hidden = !on;
		input.setAttribute('aria-expanded', String(on));
		if (!on) mark(-1);
	}
	function mark(index) {
		at = index;
		[...box.children].forEach((row, i) => row.setAttribute('aria-selected', String(i === at)));
		if (at >= 0) {
			input.setAttribute('aria-activedescendant', box.children[at].id);
			box.children[at].scrollIntoView({ block: 'nearest' });
		} else {
			input.removeAttribute('aria-activedescendant');
		}
	}
	function choose(member) {
		waiting?.abort();
		entered = false;
		node.member = member;
		input.value = member.name;
		setText(said, '');
		open(false);
		pick(member);
	}
	function draw() {
		replace(
			box,
			found.map((member, i) =>
				h(
					'li',
					{
						role: 'option',
						id: `${id}-${i}`,
						'aria-selected': false,
						on: {
							pointerdown: (event) => {
								event.preventDefault();
								choose(member);
							},
						},
					},
					bdi(member.name),
					h(
						'span',
						{ class: 'muted' },
						` ${member.id} · `,
						bdi(member.tier_name ?? ''),
						member.state === 'active' ? '' : ` · ${word('member_state', member.state)}`,
					),
				),
			),
		);
		mark(-1); // what the arrows chose was another list's
		open(found.length > 0 && document.activeElement === input);
		setText(said, found.length ? '' : t('picker.none'));
	}
	const look = debounce(async () => {
		const text = input.value.trim();

		waiting?.abort();
		if (node.member) return; // chosen meanwhile
		if (!text) {
			open(false);
			return;
		}
		waiting = new AbortController();
		try {
			found = (await get('/members', { text, state, limit: SHOWN }, { signal: waiting.signal })).items;
			fresh = true;
			draw();
			if (entered && found.length) choose(found[0]);
			entered = false;
		} catch (error) {
			if (!aborted(error)) setText(said, sentence(error));
		}
	}, 120);

	input.addEventListener('input', () => {
		node.member = null;
		fresh = entered = false;
		look();
	});
	input.addEventListener('keydown', (event) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

		if (step && !box.hidden) {
			event.preventDefault();
			mark((at + step + found.length) % found.length);
		} else if (event.key === 'Enter' && !box.hidden && found.length) {
			event.preventDefault();
			if (fresh || at >= 0) choose(found[Math.max(at, 0)]);
			else entered = true;
		} else if (event.key === 'Escape' && !box.hidden) {
			event.preventDefault();
			event.stopPropagation();
			open(false);
		}
	});
	input.addEventListener('blur', () => open(false));
	node.member = value;
	node.input = input;
	node.clear = () => {
		waiting?.abort();
		node.member = null;
		input.value = '';
		found = [];
		open(false);
	};
	return node;
}
