// SPDX-License-Identifier: Apache-2.0
// All cards: whose is the one that was found, which wait to be confirmed, which are lost, which lie in the drawer.
import { bdi, debounce, h, replace } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { attempt } from '../lib/dialog.js';
import { field } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { pager } from '../lib/pager.js';
import { may } from '../lib/session.js';
import { t, word } from '../lib/texts.js';
import { dateText, dayOf } from '../lib/time.js';
import { cameBack, spareCard } from './card_spare.js';
import { cardBadge, cardName, tabs } from './member_words.js';

const STATES = ['active', 'lent', 'unassigned', 'suspended', 'lost', 'revoked'];
const stateText = (name) =>
	['unassigned', 'lent'].includes(name) ? t(`cards.${name}_ones`) : word('card_state', name);
/** Those that are lent are none of the hub's states. */
const asked = ({ text, state }) => (state === 'lent' ? { text, lent: 'true' } : { text, state });

const row = (card, back) =>
	h(
		'tr',
		null,
		h(
			'th',
			{ scope: 'row' },
			bdi(cardName(card)),
			h(
				'span',
				{ class: 'under note' },
				t('cards.number', { id: card.id }),
				card.loan_until ? ` · ${t('cards.lent', { date: dateText(card.loan_until) })}` : '',
			),
		),
		h(
			'td',
			null,
			card.member
				? h('a', { class: 'row-link', href: `#/members/${card.member}` }, bdi(card.member_name ?? String(card.member)))
				: h('span', { class: 'muted' }, t('cards.nobody')),
		),
		h(
			'td',
			null,
			cardBadge(card),
			card.loan_until &&
				card.member &&
				may('work') &&
				h(
					'button',
					{
						type: 'button',
						class: 'came-back',
						'aria-label': `${t('spare.back')}: ${cardName(card)}`,
						on: { click: () => back(card) },
					},
					icon('undo', 16),
					t('spare.back'),
				),
		),
		h(
			'td',
			{ class: 'wide-only' },
			card.ended_at
				? t('cards.since', { when: dayOf(card.ended_at), who: card.ended_by ?? '' })
				: card.issued_at
					? t('cards.since', { when: dayOf(card.issued_at), who: card.issued_by })
					: '',
		),
	);

/** Draws the list into root. */
export async function show(root, { query, scope, setQuery }) {
	const state = query.get('state') ?? '';
	const spec = {
		text: field({
			label: t('cards.find_card'),
			type: 'search',
			value: query.get('text') ?? '',
			placeholder: t('cards.find_hint'),
			optional: false,
			max: 200,
		}),
		state: field({
			label: t('members.state'),
			type: 'select',
			optional: false,
			value: STATES.includes(state) ? state : '',
			options: [['', t('members.any_state')], ...STATES.map((name) => [name, stateText(name)])],
		}),
	};
	const now = () => ({ text: spec.text.read() ?? '', state: spec.state.read() ?? '' });
	const list = pager({
		caption: t('cards.caption'),
		empty: t('cards.none_found'),
		more: t('members.more'),
		row: (card) => row(card, (one) => cameBack(one, () => list.load())),
		columns: [
			{ label: t('cards.label') },
			{ label: t('cards.whose') },
			{ label: t('members.state') },
			{ label: t('cards.last'), class: 'wide-only' },
		],
		fetch: (cursor, signal) => get('/cards', { ...asked(now()), limit: 50, cursor }, { signal }),
	});
	const again = () => {
		if (scope.signal.aborted) return undefined;
		setQuery(now());
		return list.load();
	};

	spec.text.input.addEventListener('input', debounce(again, 120));
	spec.state.input.addEventListener('change', again);
	scope.on(
		'people',
		debounce(() => list.count() <= 50 && list.load(), 400),
	);
	list.classList.add('cards-list');
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, t('cards.title')),
			may('work') &&
				h(
					'button',
					{
						type: 'button',
						on: { click: () => attempt(async () => (await spareCard(scope)) && list.load()) },
					},
					icon('plus'),
					t('spare.button'),
				),
		),
		tabs('cards'),
		h(
			'form',
			{ class: 'toolbar find', role: 'search', on: { submit: (event) => event.preventDefault() } },
			Object.values(spec).map((one) => one.node),
		),
		list,
	);
	await list.load();
}
