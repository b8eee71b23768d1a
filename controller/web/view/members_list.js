// SPDX-License-Identifier: Apache-2.0
// Finds members as one types, however many there are; what is looked for stands in the address.
import { bdi, breath, debounce, h, replace } from '../lib/dom.js';
import { all, get } from '../lib/api.js';
import { dialog, attempt, toast } from '../lib/dialog.js';
import { field } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { pager } from '../lib/pager.js';
import { save } from '../lib/save.js';
import { addDays, dateOf } from '../lib/time.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { sheetOf } from './members_sheet.js';
import { memberForm } from './member_form.js';
import { iso, stateBadge, tabs, untilWords } from './member_words.js';

const SHOWN = 50;
const STATES = ['active', 'ending', 'suspended', 'closed'];
const SOON_DAYS = 14;

/** What the hub is asked for; who ends soon is looked for by date, and not by text. */
const asked = ({ text, state, tier }) =>
	state !== 'ending'
		? { text, state, tier }
		: { tier, ends_from: dateOf(), ends_before: addDays(dateOf(), SOON_DAYS + 1) };

function row(member) {
	const until = untilWords(member);

	return h(
		'tr',
		{ data: { id: member.id } },
		h(
			'th',
			{ scope: 'row', class: 'who-cell' },
			h('a', { class: 'row-link', href: `#/members/${member.id}` }, bdi(member.name)),
			h(
				'span',
				{ class: 'under note' },
				h('span', { class: 'narrow' }, bdi(member.tier_name), member.contact ? ' · ' : ''),
				member.contact ? bdi(member.contact) : null,
			),
		),
		h('td', { class: 'wide-only' }, bdi(member.tier_name)),
		h('td', null, stateBadge(member)),
		h(
			'td',
			{ class: 'num' },
			member.cards ? String(member.cards) : h('span', { class: 'muted' }, t('members.no_card')),
		),
		h(
			'td',
			{ class: 'wide-only' },
			until ? h('span', { class: until.tone }, until.text) : h('span', { class: 'muted' }, t('members.no_end')),
		),
		h('td', { class: 'num wide-only muted' }, String(member.id)),
	);
}

/** Arrows go from the field to the rows and between them, Enter in the field opens the first, Escape goes back. */
function byArrows(input, body, again) {
	const links = () => [...body.querySelectorAll('.row-link')];
	const onKey = (event) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		const rows = links(),
			at = rows.indexOf(document.activeElement);

		if (step && (event.target === input || at >= 0)) {
			event.preventDefault();
			(at + step < 0 ? input : rows[Math.min(at + step, rows.length - 1)])?.focus();
		} else if (event.key === 'Enter' && event.target === input) {
			event.preventDefault();
			again().then((there) => there && links()[0]?.click()); // of what stands there, not of what stood there a letter ago
		} else if (event.key === 'Escape' && at >= 0) {
			input.focus();
		}
	};

	input.addEventListener('keydown', onKey);
	body.addEventListener('keydown', onKey);
}

/** All members that are looked for, as a file that can be imported again. */
async function exportList(query) {
	const stop = new AbortController(),
		said = h('p', { role: 'status' }, t('members.export_busy', { n: 0 }));
	const rows = [];
	let end,
		done = false;
	const closed = dialog(t('members.export'), (close) => {
		end = close;
		return [
			said,
			h(
				'div',
				{ class: 'actions' },
				h('button', { type: 'button', autofocus: true, on: { click: () => close() } }, t('dialog.cancel')),
			),
		];
	}).then(() => done || stop.abort());

	await attempt(async () => {
		let cursor;

		do {
			const page = await get('/members', { ...query, limit: 500, cursor }, { signal: stop.signal });

			rows.push(...page.items);
			cursor = page.next;
			replace(said, t('members.export_busy', { n: rows.length }));
		} while (cursor);
		done = true;
		save('members.csv', [sheetOf(rows)]);
		toast(t('members.export_done', { n: rows.length }));
	});
	end();
	await closed;
}

async function addMember(tiers, scope) {
	const made = await dialog(
		t('members.add'),
		(close) => {
			scope.onLeave(close);
			return memberForm({ tiers, scope, done: close });
		},
		{ wide: true },
	);

	if (made) {
		toast(t('members.added', { name: iso(made.name) }));
		location.hash = `#/members/${made.id}`;
	}
}

/** Draws the list into root. */
export async function show(root, { query, scope, setQuery }) {
	const tiers = await all('/tiers', {}, 2000, { signal: scope.signal });
	const looked = { text: query.get('text') ?? '', state: query.get('state') ?? '', tier: query.get('tier') ?? '' };
	const spec = {
		text: field({
			label: t('members.find'),
			type: 'search',
			value: looked.text,
			placeholder: t('members.find_hint'),
			optional: false,
			max: 200,
		}),
		state: field({
			label: t('members.state'),
			type: 'select',
			optional: false,
			value: STATES.includes(looked.state) ? looked.state : '',
			options: [['', t('members.any_state')], ...STATES.map((name) => [name, t(`members.state_${name}`)])],
		}),
		tier: field({
			label: t('members.tier'),
			type: 'select',
			optional: false,
			value: tiers.some((tier) => String(tier.id) === looked.tier) ? looked.tier : '',
			options: [['', t('members.any_tier')], ...tiers.map((tier) => [tier.id, tier.name])],
		}),
	};
	const now = () => Object.fromEntries(Object.entries(spec).map(([name, one]) => [name, one.read() ?? '']));
	const list = pager({
		caption: t('members.caption'),
		empty: t('members.none'),
		more: t('members.more'),
		row,
		columns: [
			{ label: t('members.name') },
			{ label: t('members.tier'), class: 'wide-only' },
			{ label: t('members.state') },
			{ label: t('members.cards'), class: 'num' },
			{ label: t('members.until'), class: 'wide-only' },
			{ label: t('members.number'), class: 'num wide-only' },
		],
		fetch: (cursor, signal) => get('/members', { ...asked(now()), limit: SHOWN, cursor }, { signal }),
	});
	const again = () => {
		if (scope.signal.aborted) return Promise.resolve(); // typed, and gone elsewhere
		setQuery(now());
		return list.load();
	};

	spec.text.input.addEventListener('input', () => {
		if (spec.state.read() === 'ending') spec.state.input.value = '';
	});
	spec.text.input.addEventListener('input', debounce(again, 120));
	spec.state.input.addEventListener('change', () => {
		if (spec.state.read() === 'ending') spec.text.input.value = '';
		again();
	});
	spec.tier.input.addEventListener('change', again);
	byArrows(spec.text.input, list.body, again);
	scope.on(
		'people',
		debounce(() => list.count() <= SHOWN && list.load(), 400),
	);
	list.classList.add('members-list');
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, t('members.title')),
			h(
				'div',
				{ class: 'row list-acts' },
				h(
					'button',
					{ type: 'button', on: { click: () => exportList(asked(now())) } },
					icon('down'),
					h('span', null, t('members.export')),
				),
				may('work') &&
					h('a', { class: 'button', href: '#/members/import' }, icon('up'), h('span', null, t('members.import'))),
				may('work') &&
					h(
						'button',
						{ type: 'button', class: 'primary', on: { click: () => addMember(tiers, scope) } },
						icon('plus'),
						t('members.add'),
					),
			),
		),
	);
	await breath(scope.signal);
	root.append(
		tabs('members'),
		h(
			'form',
			{ class: 'toolbar find', role: 'search', on: { submit: (event) => event.preventDefault() } },
			Object.values(spec).map((one) => one.node),
		),
	);
	await breath(scope.signal);
	root.append(list);
	await breath(scope.signal);
	await list.load();
	if (!matchMedia('(pointer: coarse)').matches) setTimeout(() => scope.signal.aborted || spec.text.input.focus()); // after the heading had it: one types at once
}
