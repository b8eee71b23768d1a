// SPDX-License-Identifier: Apache-2.0
// The doors' log: filter by anything, page back through all of it, follow it live, take it away, check it.
import { bdi, breath, h, inParts, replace, setText, sheet } from '../lib/dom.js';
import { all, get } from '../lib/api.js';
import { attempt, dialog } from '../lib/dialog.js';
import { entryBadge, entryWho, entryWhy, giveButton, isFresh, isToGive } from '../lib/entry.js';
import { field } from '../lib/form.js';
import { icon } from '../lib/icon.js';
import { pager } from '../lib/pager.js';
import { memberPicker } from '../lib/picker.js';
import { may } from '../lib/session.js';
import { dateOf, dayOf, momentOf, secondOf, toUtc, addDays } from '../lib/time.js';
import { has, t, word } from '../lib/texts.js';
import texts from '../texts/en.js';
import { follower } from './log_follow.js';

await sheet(new URL('./log.css', import.meta.url));

export const title = () => t('log.title');

const exporting = () => import('./log_export.js');
const verifying = () => import('./log_verify.js');
const LATER_MS = 1500; // what clicks ask for comes when the view has been seen

/** What the address may hold, and in this order. */
const FILTERS = ['door', 'member', 'card', 'event', 'what', 'reason', 'from', 'until'];

/** "granted", "denied" or "kind:forced" → the API's verdict and kind. */
function whatOf(what) {
	if (what === 'grant' || what === 'deny') return { verdict: what };
	return what?.startsWith('kind:') ? { kind: what.slice(5) } : {};
}

function apiQuery(filter) {
	return {
		door: filter.door,
		member: filter.member,
		card: filter.card,
		event: filter.event,
		reason: filter.reason,
		...whatOf(filter.what),
		from: filter.from && toUtc(filter.from),
		until: filter.until && toUtc(addDays(filter.until, 1)),
	};
}

/** Whether an entry of the stream is one that the filter asks for. */
function fits(filter, entry) {
	const { verdict, kind } = whatOf(filter.what);

	return (
		(!filter.door || entry.door === filter.door) &&
		(!filter.member || String(entry.member?.id) === filter.member) &&
		(!filter.card || String(entry.card) === filter.card) &&
		(!filter.event || String(entry.event) === filter.event) &&
		(!filter.reason || entry.reason === filter.reason) &&
		(!verdict || entry.verdict === verdict) &&
		(!kind || entry.kind === kind) &&
		(!filter.from || dateOf(entry.time) >= filter.from) &&
		(!filter.until || dateOf(entry.time) <= filter.until)
	);
}

function details(entry, doors, scope) {
	const facts = [
		[t('log.time'), `${momentOf(entry.time)} (${secondOf(entry.time)})`],
		[t('log.clock'), word('clock', entry.clock)],
		[t('log.door'), bdi(doors.get(entry.door) || entry.door)],
		[t('log.what'), word('kind', entry.kind)],
		[t('log.who'), entryWho(entry) ?? '–'],
		[t('log.why'), entryWhy(entry) || entry.sentence || '–'],
		entry.card && [t('log.card'), h('a', { href: `#/log?card=${entry.card}` }, t('entry.card_of', { id: entry.card }))],
		entry.event && [
			t('log.event'),
			h('a', { href: `#/checkin/${entry.event}` }, t('log.event_of', { id: entry.event })),
		],
		entry.detail && [t('log.detail'), bdi(entry.detail)],
		[t('log.place'), t('log.place_of', { seq: entry.seq, journal: entry.journal.slice(0, 12) })],
	];

	return dialog(t('log.entry'), (close) => [
		h(
			'dl',
			{ class: 'facts', on: { click: (event) => event.target.closest('a') && close() } },
			facts.filter(Boolean).map(([name, value]) => [h('dt', null, name), h('dd', null, value)]),
		),
		isToGive(entry) && h('div', { class: 'actions', on: { click: () => close() } }, giveButton(entry, scope)),
	]);
}

/** One row; also of the follower, which puts other cells into the same rows. */
export function cells(entry, doors, scope) {
	return [
		h(
			'th',
			{ scope: 'row', class: 'when' },
			h(
				'button',
				{
					type: 'button',
					class: 'quiet when',
					'aria-haspopup': 'dialog',
					on: { click: () => details(entry, doors, scope) },
				},
				h('time', { datetime: entry.time }, secondOf(entry.time)),
				h('span', { class: 'note' }, dayOf(entry.time)),
			),
		),
		h('td', { class: 'door' }, bdi(doors.get(entry.door) || entry.door)),
		h(
			'td',
			{ class: 'what' },
			entryBadge(entry),
			' ',
			h('span', { class: 'why' }, entryWhy(entry)),
			isFresh(entry) && [' ', giveButton(entry, scope, { short: true })],
			h(
				'span',
				{ class: 'narrow' },
				bdi(doors.get(entry.door) || entry.door),
				entryWho(entry) ? [' · ', entryWho(entry)] : '',
			),
		),
		h('td', { class: 'whom' }, entryWho(entry) ?? h('span', { class: 'muted' }, '–')),
	];
}

function select(name, label, value, options, changed) {
	return field({
		name,
		label,
		optional: false,
		type: 'select',
		value,
		options,
		on: { change: (event) => changed(name, event.target.value) },
	}).node;
}

function date(name, label, value, changed) {
	return field({
		name,
		label,
		optional: false,
		type: 'date',
		value,
		on: { change: (event) => changed(name, event.target.value) },
	}).node;
}

function kindOptions() {
	const kinds = Object.keys(texts.kind)
		.filter((kind) => kind !== 'tap' && kind !== 'poison')
		.map((kind) => [`kind:${kind}`, word('kind', kind)]);

	return [
		['', t('log.everything')],
		['grant', t('log.granted')],
		['deny', t('log.denied')],
		...kinds.sort((a, b) => (a[1] < b[1] ? -1 : 1)), // a collator takes long to make
	];
}

function reasonOptions() {
	const names = Object.keys(texts.reason).filter((name) => name !== 'none');

	return [
		['', t('log.any_reason')],
		...names.map((name) => [name, has(`reason.${name}`) ? t(`reason.${name}`) : name]),
	];
}

async function memberName(id, signal) {
	const member = await get(`/members/${encodeURIComponent(id)}`, {}, { signal }).catch(() => null);

	return { id, name: member?.name ?? t('entry.member', { id }) };
}

/** Puts the filters into the bar; changed(name, value) after each. */
async function filters(bar, filter, doors, changed, signal) {
	const who = memberPicker({
		label: t('log.who'),
		value: filter.member ? await memberName(filter.member, signal) : null,
		pick: (member) => changed('member', String(member.id)),
	});

	who.input.addEventListener('change', () => who.input.value.trim() === '' && changed('member', ''));
	await inParts(
		[
			() =>
				select(
					'door',
					t('log.door'),
					filter.door,
					[['', t('log.all_doors')], ...[...doors].map(([name, text]) => [name, text || name])],
					changed,
				),
			() => who,
			() =>
				select('what', t('log.what'), filter.what, filter.what ? kindOptions() : [['', t('log.everything')]], changed),
			() =>
				select(
					'reason',
					t('log.reason'),
					filter.reason,
					filter.reason ? reasonOptions() : [['', t('log.any_reason')]],
					changed,
				),
			() => date('from', t('log.from'), filter.from, changed),
			() => date('until', t('log.until'), filter.until, changed),
		],
		(makers) => bar.append(...makers.map((make) => make())),
		signal,
	);
}

/** The long lists of choices, which the first rows need not wait for. */
async function complete(bar, filter, signal) {
	for (const [name, options] of [
		['what', kindOptions()],
		['reason', reasonOptions()],
	]) {
		const input = bar.querySelector(`select[name=${name}]`);

		if (input.length > 1) continue; // one of them was chosen
		await inParts(
			options.slice(1),
			(part) => input.append(...part.map(([value, text]) => h('option', { value }, text))),
			signal,
		);
	}
}

/** Filters by something that has no control: an active filter that can be taken away. */
function chips(filter, changed) {
	return ['card', 'event']
		.filter((name) => filter[name])
		.map((name) =>
			h(
				'span',
				{ class: 'badge' },
				t(`log.only_${name}`, { id: filter[name] }),
				h(
					'button',
					{
						type: 'button',
						class: 'quiet chip',
						'aria-label': t('log.clear_one'),
						on: { click: () => changed(name, '') },
					},
					icon('no', 14),
				),
			),
		);
}

async function retentionLine(line, signal) {
	const kept = await get('/site/retention', {}, { signal }).catch(() => null);

	setText(
		line,
		kept ? t('log.kept', { days: kept.entries_days, hours: kept.unknown_hours, audit: kept.audit_days }) : '',
	);
}

export async function show(root, { query, scope, setQuery }) {
	const filter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? '']));
	const doors = new Map();
	const named = all('/doors', {}, 200, { signal: scope.signal }).then((rows) =>
		rows.forEach((door) => doors.set(door.name, door.title)),
	);
	let place;
	const placed = new Promise((done) => (place = done)); // rows are drawn where they are seen: a part is a small thing then
	const kept = h('p', { class: 'note kept' });
	const said = h('p', { class: 'note', role: 'status' });
	const table = pager({
		caption: t('log.title'),
		empty: t('log.empty'),
		row: (entry) => h('tr', null, cells(entry, doors, scope)),
		columns: [
			{ label: t('log.time'), class: 'when' },
			{ label: t('log.door'), class: 'door' },
			{ label: t('log.what') },
			{ label: t('log.who'), class: 'whom' },
		],
		async fetch(cursor, signal) {
			const [page] = await Promise.all([
				get('/log', { limit: 50, cursor, ...apiQuery(filter) }, { signal }),
				named,
				placed,
			]);

			setText(
				said,
				[page.cut_from || !may('read') ? t('log.seven_days') : '', filter.member || filter.card ? t('log.looked') : '']
					.filter(Boolean)
					.join(' '),
			);
			return page;
		},
	});
	const live = follower({
		scope,
		cells: (entry) => cells(entry, doors, scope),
		fits: (entry) => fits(filter, entry),
		load: () => table.load(),
		older: table,
		newest: (limit, signal) => get('/log', { limit, ...apiQuery(filter) }, { signal }),
	});
	const clear = h(
		'button',
		{ type: 'button', class: 'quiet', on: { click: () => changed(null) } },
		icon('no', 16),
		t('log.clear'),
	);
	let bar = h('div', { class: 'fields filters' });
	const chipRow = h('div', { class: 'row' });
	const any = () => FILTERS.some((one) => filter[one]);

	const changed = (name, value) => attempt(() => change(name, value));
	async function change(name, value) {
		const held = clear === document.activeElement || chipRow.contains(document.activeElement);

		if (name) filter[name] = value;
		else
			FILTERS.forEach((one) => {
				filter[one] = '';
			});
		setQuery(filter);
		if (!name) {
			const fresh = h('div', { class: 'fields filters' });

			await filters(fresh, filter, doors, changed, scope.signal);
			await complete(fresh, filter, scope.signal);
			bar.replaceWith(fresh);
			bar = fresh;
		}
		replace(chipRow, chips(filter, changed));
		clear.hidden = !any();
		if (held) bar.querySelector('select').focus(); // what was pressed may be gone
		await live.restart();
	}
	const first = table.load();

	retentionLine(kept, scope.signal);
	await named;
	clear.hidden = !any();
	replace(chipRow, chips(filter, changed));
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, title()),
			h(
				'div',
				{ class: 'row log-acts' },
				live.button,
				h(
					'button',
					{
						type: 'button',
						on: { click: () => attempt(async () => (await exporting()).exportLog(apiQuery(filter))) },
					},
					icon('down'),
					t('log.export'),
				),
				may('read') &&
					h(
						'button',
						{ type: 'button', on: { click: () => attempt(async () => (await verifying()).verifyLog()) } },
						icon('ok'),
						t('log.verify'),
					),
				may('read') && h('a', { class: 'button', href: '#/audit' }, t('log.audit')),
			),
		),
		h(
			'details',
			{ class: 'card', open: !matchMedia('(max-width: 800px)').matches || any() },
			h('summary', null, t('log.filters')),
			bar,
			chipRow,
			clear,
		),
	);
	await breath(scope.signal);
	await filters(bar, filter, doors, changed, scope.signal);
	root.append(h('div', { class: 'card' }, live.line, live.node, table));
	await breath(scope.signal);
	place();
	await first;
	root.append(said, kept);
	await complete(bar, filter, scope.signal);
	setTimeout(() => Promise.all([exporting(), verifying()]).catch(() => {}), LATER_MS);
}
