// SPDX-License-Identifier: Apache-2.0
// One member: may they come in, their cards, what was used, what was told them.
import { bdi, debounce, h, redraw, replace, setText } from '../lib/dom.js';
import { all, request } from '../lib/api.js';
import { ask, attempt, dialog, toast } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { dateText, dayOf } from '../lib/time.js';
import { loadDoors } from './card_doors.js';
import { issueCard } from './card_issue.js';
import { cardRows, cardsOf } from './card_rows.js';
import { allowancePart } from './member_allowance.js';
import { dataPart } from './member_data.js';
import { loadPools, memberForm } from './member_form.js';
import { historyPart } from './member_history.js';
import { guestsPart, noticesPart } from './member_people.js';
import { lendCard } from './card_lend.js';
import { iso, standing, stateBadge } from './member_words.js';

const read = async (id, signal) => (await request('GET', `/members/${id}`, { signal })).data;

/** PATCH with the version that was read. */
const change = async (id, body, version) => (await request('PATCH', `/members/${id}`, { body, version })).data;

function facts(member, pool) {
	const line = (name, value) => value && [h('dt', null, t(`member.${name}`)), h('dd', null, value)];

	return h('dl', { class: 'facts' }, [
		line('tier', bdi(member.tier_name)),
		line('contact', member.contact && bdi(member.contact)),
		line('from', member.valid_from && dateText(member.valid_from)),
		line('until', member.valid_until ? dateText(member.valid_until) : t('members.no_end')),
		line('grace', member.grace_until && dateText(member.grace_until)),
		line('pool', pool && bdi(pool.name)),
		line('release', member.release_ms > 0 && t('member.release_s', { n: member.release_ms / 1000 })),
		line('note', member.note && bdi(member.note)),
		line('since', dayOf(member.created_at)),
		line('number', String(member.id)),
	]);
}

/** Sets a state, with the way back. */
async function setState(page, state) {
	const before = page.member.state;

	if (
		state === 'closed' &&
		!(await ask({
			title: t('member.ask_close', { name: iso(page.member.name) }),
			text: t('member.ask_close_text'),
			confirm: t('member.do_close'),
		}))
	)
		return;
	await attempt(async () => {
		const now = await change(page.member.id, { state }, page.member.version);

		toast(t(`member.did_${state}`, { name: iso(page.member.name) }), {
			undo: async () => {
				await change(page.member.id, { state: before }, now.version);
				await page.refresh();
			},
		});
		await page.refresh();
	});
}

async function edit(page) {
	const pools = await loadPools(page.scope.signal);
	const answer = await dialog(
		t('member.change_title', { name: iso(page.member.name) }),
		(close) => {
			page.scope.onLeave(close);
			return memberForm({ member: page.member, tiers: page.tiers, pools, done: close });
		},
		{ wide: true },
	);

	if (!answer?.before || Object.keys(answer.before).length === 0) return;
	toast(t('member.changed', { name: iso(answer.member.name) }), {
		undo: async () => {
			await change(page.member.id, answer.before, answer.member.version);
			await page.refresh();
		},
	});
	await page.refresh();
}

function heading(page) {
	const { member } = page,
		does = (text, fn, className, shape) =>
			h('button', { type: 'button', class: className, on: { click: fn } }, shape && icon(shape), text);
	const states = {
		active: [
			['suspended', 'suspend'],
			['closed', 'close'],
		],
		suspended: [
			['active', 'resume'],
			['closed', 'close'],
		],
		closed: [['active', 'reopen']],
	}[member.state];

	return [
		h(
			'div',
			{ class: 'stack' },
			h('a', { class: 'back', href: '#/members' }, icon('back', 16), t('members.back')),
			h('div', { class: 'row' }, h('h1', { tabIndex: -1 }, bdi(member.name)), stateBadge(member)),
		),
		may('work') &&
			!page.erased &&
			h(
				'div',
				{ class: 'row' },
				does(t('member.edit'), () => attempt(() => edit(page))),
				states.map(([state, word]) => does(t(`member.${word}`), () => setState(page, state))),
			),
	];
}

function draw(page) {
	const { text, tone } = standing(page.member);

	document.title = `${page.member.name} · tapin`;
	redraw(page.head, heading(page));
	setText(page.stands, text);
	page.stands.className = `callout ${tone}`;
	replace(
		page.facts,
		facts(
			page.member,
			page.pools.find((pool) => pool.id === page.member.pool),
		),
	);
	page.issue?.toggleAttribute('disabled', page.member.state === 'closed');
	page.lend?.toggleAttribute('disabled', page.member.state !== 'active');
	setText(page.why, page.member.state === 'closed' ? t('issue.closed') : '');
	page.rows.draw(page.cards);
	setText(page.none, t(may('work') && page.member.state !== 'closed' ? 'cards.none_host' : 'cards.none'));
	page.none.hidden = page.cards.length > 0;
}

async function load(page) {
	const { signal } = page.scope;

	[page.member, page.cards] = await Promise.all([read(page.id, signal), cardsOf(page.id, signal)]);
	if (page.member.pool && !page.pools.length) page.pools = await loadPools(signal);
}

function cardsPart(page) {
	const issue = () =>
		issueCard({ member: page.member, doors: page.doors, scope: page.scope, changed: () => attempt(page.refresh) });

	page.rows = cardRows({ doors: page.doors, scope: page.scope, changed: () => attempt(page.refresh) });
	page.none = h('p', { class: 'empty' });
	page.why = h('p', { class: 'note' });
	if (may('work')) {
		page.issue = h(
			'button',
			{ type: 'button', class: 'primary', on: { click: issue } },
			icon('card'),
			t('issue.title'),
		);
		page.lend = h('button', { type: 'button', on: { click: () => lendCard(page) } }, t('lend.title'));
	}
	return h(
		'section',
		{ class: 'card', 'aria-labelledby': 'cards-h' },
		h(
			'div',
			{ class: 'spread' },
			h('h2', { id: 'cards-h' }, t('cards.title')),
			h('div', { class: 'row' }, page.lend, page.issue),
		),
		page.why,
		page.none,
		page.rows,
	);
}

/** Draws a member's page into root. */
export async function show(root, id, { scope }) {
	const page = {
		id,
		scope,
		ready: [],
		pools: [],
		tiers: [],
		head: h('div', { class: 'head member-head' }),
		stands: h('p', { class: 'callout' }),
		facts: h('div'),
	};
	let running = null,
		wanted = false;

	[page.tiers, page.doors] = await Promise.all([
		all('/tiers', {}, 2000, { signal: scope.signal }),
		loadDoors(scope.signal),
		load(page),
	]);
	// one at a time, and once more where something happened meanwhile
	page.refresh = () => {
		wanted = true;
		running ??= (async () => {
			try {
				while (wanted && !scope.signal.aborted) {
					wanted = false;
					await load(page);
					draw(page);
				}
			} finally {
				running = null;
			}
		})();
		return running;
	};
	const body = h(
		'div',
		{ class: 'two' },
		h('div', { class: 'stack' }, cardsPart(page), historyPart(page.member, page.doors), guestsPart(page)),
		h(
			'div',
			{ class: 'stack' },
			h(
				'section',
				{ class: 'card', 'aria-labelledby': 'facts-h' },
				h('h2', { id: 'facts-h' }, t('member.facts')),
				page.facts,
			),
			allowancePart(page),
			noticesPart(page),
			dataPart(page),
		),
	);

	await Promise.all(page.ready); // all at once: nothing moves under a hand
	replace(
		root,
		page.head,
		h(
			'div',
			{ class: 'spread stands' },
			page.stands,
			h('a', { href: `#/hours/who?member=${id}` }, t('member.explain')),
		),
		body,
	);
	draw(page);
	scope.on(
		'people',
		debounce(() => attempt(page.refresh), 150),
	);
}
