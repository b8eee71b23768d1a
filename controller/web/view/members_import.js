// SPDX-License-Identifier: Apache-2.0
// Members or cards from a spreadsheet: choose, see every change, then all of it or nothing.
import { bdi, h, replace } from '../lib/dom.js';
import { aborted, all, request } from '../lib/api.js';
import { sentence } from '../lib/dialog.js';
import { dropOn, textOf } from '../lib/file.js';
import { icon } from '../lib/icon.js';
import { save } from '../lib/save.js';
import { may } from '../lib/session.js';
import { t, word } from '../lib/texts.js';
import { dateText } from '../lib/time.js';
import { confirming, loadDoors } from './card_doors.js';

const PAGE = 100;
const EFFECTS = ['error', 'changed', 'created', 'unchanged'];
const EXAMPLES = {
	members: (tier) =>
		`name,contact,tier,valid_from,valid_until,note\r\nAda Lovelace,ada@example.org,${tier},2026-12-01,,\r\nGrace Hopper,grace@example.org,${tier},,2027-06-30,has a dog\r\n`,
	cards: () => 'member,uid,label\r\n1,04A1B2C3D4E5F6,blue fob 17\r\n2,04A1B2C3D4E5F7,blue fob 18\r\n',
};

/* ---- a file ---- */

/** Where a file is dropped or chosen. take(file). */
function dropZone(take) {
	const input = h('input', {
		type: 'file',
		id: 'import-file',
		accept: '.csv,text/csv',
		class: 'hidden',
		on: {
			change() {
				if (input.files[0]) take(input.files[0]);
				input.value = '';
			},
		},
	});
	const zone = h(
		'div',
		null,
		input,
		h('label', { class: 'button', htmlFor: 'import-file' }, icon('up'), t('import.choose')),
		h('span', { class: 'muted' }, t('import.or_drop')),
	);

	return dropOn(zone, take);
}

/* ---- the preview ---- */

function value(field, text, tiers) {
	if (text === '') return h('span', { class: 'muted' }, t('import.empty'));
	if (field === 'tier') return bdi(tiers.get(Number(text)) ?? text);
	if (field === 'state') return word('member_state', text);
	if (/^valid|^grace/.test(field)) return dateText(text);
	return bdi(field === 'release_ms' ? t('member.release_s', { n: Number(text) / 1000 }) : text);
}

function changesOf(row, tiers) {
	if (row.effect === 'error') return bdi(row.detail);
	const news = row.changes.filter(
		(one) =>
			row.effect !== 'created' ||
			!['name', 'state'].includes(one.field) ||
			(one.field === 'state' && one.after !== 'active'),
	);

	if (row.effect === 'created' && news.length === 0) return t('import.new_card');
	return h(
		'ul',
		{ class: ['plain', 'changes', row.effect] },
		news.map((one) =>
			h(
				'li',
				null,
				h('span', { class: 'muted' }, `${t(`import.field_${one.field}`)} `),
				row.effect === 'changed' && [
					h('s', null, h('span', { class: 'hidden' }, t('import.was')), value(one.field, one.before, tiers)),
					' → ',
				],
				value(one.field, one.after, tiers),
			),
		),
	);
}

const line = (row, tiers) =>
	h(
		'tr',
		null,
		h('th', { scope: 'row', class: 'num tight' }, String(row.line)),
		h(
			'td',
			null,
			row.member
				? h('a', { href: `#/members/${row.member}` }, bdi(row.member_name || t('entry.member', { id: row.member })))
				: bdi(row.changes.find((one) => one.field === 'name')?.after),
		),
		h('td', null, changesOf(row, tiers)),
	);

/** The rows, those that need a look first, a hundred at a time. */
function rowsOf(answer, tiers) {
	const body = h('tbody'),
		counts = { error: answer.errors, changed: answer.changed, created: answer.created, unchanged: answer.unchanged };
	const more = h('button', { type: 'button', on: { click: () => add() } }, t('import.more'));
	let shown = EFFECTS.find((name) => counts[name] > 0) ?? 'created',
		at = 0;
	const picks = EFFECTS.map((name) =>
		h(
			'button',
			{ type: 'button', disabled: counts[name] === 0, data: { effect: name }, on: { click: () => pick(name) } },
			t(`import.count_${name}`, { n: counts[name] }),
		),
	);

	function add() {
		const rows = answer.rows.filter((row) => row.effect === shown);

		body.append(...rows.slice(at, at + PAGE).map((row) => line(row, tiers)));
		at += PAGE;
		more.hidden = at >= rows.length;
	}
	function pick(name) {
		shown = name;
		at = 0;
		picks.forEach((one) => one.setAttribute('aria-pressed', String(one.dataset.effect === name)));
		replace(body);
		add();
	}
	pick(shown);
	return h(
		'div',
		{ class: 'stack' },
		h('div', { class: 'row', role: 'group', 'aria-label': t('import.which') }, picks),
		h(
			'div',
			{ class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('import.caption') },
			h(
				'table',
				null,
				h('caption', { class: 'hidden' }, t('import.caption')),
				h(
					'thead',
					null,
					h(
						'tr',
						null,
						['line', 'who', 'what'].map((name) =>
							h('th', { scope: 'col', class: name === 'line' ? 'num tight' : null }, t(`import.col_${name}`)),
						),
					),
				),
				body,
			),
		),
		more,
	);
}

/* ---- the steps ---- */

/** Long work: what is done, a bar, and a way out where there is one. Answers what fn(signal) did. */
async function working(it, text, fn, stoppable) {
	const stop = new AbortController();
	const end = () => stop.abort();

	it.scope.onLeave(end);
	replace(
		it.body,
		h(
			'div',
			{ class: 'card stack' },
			h('p', { role: 'status' }, text),
			h('progress', { 'aria-label': text }),
			stoppable && h('div', null, h('button', { type: 'button', on: { click: end } }, t('dialog.cancel'))),
		),
	);
	return fn(stop.signal);
}

function refused(it, error) {
	const rows = error.errors ?? [];

	replace(
		it.body,
		h(
			'div',
			{ class: 'callout bad', role: 'alert', tabIndex: -1 },
			h('strong', null, t('import.refused')),
			rows.length
				? h(
						'ul',
						null,
						rows.slice(0, 20).map((one) => h('li', null, one.field ? `${one.field}: ` : '', one.detail)),
					)
				: h('p', null, sentence(error)),
		),
	);
	it.body.querySelector('[role=alert]').focus();
}

/** What is imported is what was looked at: the file, and what was said to be in it, are kept with the preview. */
async function preview(it, file) {
	const mine = ++it.turn,
		job = { what: it.what, name: file.name, csv: '' };

	try {
		job.csv = await textOf(file);
		if (mine !== it.turn) return; // another file was chosen meanwhile
		const { data } = await working(
			it,
			t('import.checking', { file: file.name }),
			(signal) => request('POST', `/${job.what}/import`, { query: { preview: 'true' }, csv: job.csv, signal }),
			true,
		);

		if (mine === it.turn) drawPreview(it, job, data);
	} catch (error) {
		if (mine !== it.turn) return;
		if (aborted(error)) replace(it.body);
		else refused(it, error);
	}
}

function drawPreview(it, job, answer) {
	const todo = answer.created + answer.changed;
	const go = h(
		'button',
		{
			type: 'button',
			class: 'primary',
			disabled: answer.errors > 0 || todo === 0,
			on: { click: () => run(it, job, todo) },
		},
		t('import.do', { n: todo }),
	);
	const verdict =
		answer.errors > 0
			? t('import.verdict_errors', { n: answer.errors })
			: todo === 0
				? t('import.verdict_nothing')
				: t('import.verdict_ok', { n: todo });

	replace(
		it.body,
		h(
			'section',
			{ class: 'card stack', 'aria-labelledby': 'preview-h' },
			h('h2', { id: 'preview-h', tabIndex: -1 }, t('import.preview'), ' ', bdi(job.name)),
			h('p', { class: ['callout', answer.errors ? 'bad' : todo ? 'good' : ''], role: 'status' }, verdict),
			answer.rows.length > 0 && rowsOf(answer, it.tiers),
			h(
				'div',
				{ class: 'actions' },
				h('button', { type: 'button', on: { click: () => replace(it.body) } }, t('dialog.cancel')),
				go,
			),
		),
	);
	it.body.querySelector('h2').focus();
}

async function run(it, job, n) {
	const from = performance.now();

	it.running = true;
	try {
		const { data } = await working(
			it,
			t('import.running', { n }),
			() => request('POST', `/${job.what}/import`, { csv: job.csv }),
			false,
		);
		const known = job.what === 'members' ? '/members/' : '/cards/',
			one = data.rows.find((row) => (job.what === 'members' ? row.member : row.card));

		replace(
			it.body,
			h(
				'section',
				{ class: 'card stack', 'aria-labelledby': 'done-h' },
				h('h2', { id: 'done-h', tabIndex: -1 }, t('import.done')),
				h(
					'p',
					null,
					t('import.done_text', { created: data.created, changed: data.changed, unchanged: data.unchanged }),
				),
				one &&
					confirming(known + (job.what === 'members' ? one.member : one.card), data, {
						kind: 'know',
						from,
						doors: it.doors,
						scope: it.scope,
					}),
				h('p', null, h('a', { href: '#/members' }, t('members.back'))),
			),
		);
		it.body.querySelector('h2').focus();
	} catch (error) {
		refused(it, error);
	} finally {
		it.running = false;
	}
}

/** Draws the import into root. */
export async function show(root, { scope }) {
	if (!may('work')) {
		replace(root, h('h1', { tabIndex: -1 }, t('import.title')), h('p', null, t('shell.not_yours')));
		return;
	}
	const [tiers, doors] = await Promise.all([
		all('/tiers', {}, 2000, { signal: scope.signal }),
		loadDoors(scope.signal),
	]);
	const it = {
		scope,
		doors,
		tiers: new Map(tiers.map((tier) => [tier.id, tier.name])),
		what: 'members',
		turn: 0,
		running: false, // what is under way is told before anything else is looked at
		body: h('div'),
	};
	const mine = tiers.filter(
		(tier) => may('admin') || !tier.flags.some((flag) => flag === 'staff' || flag === 'override'),
	); // what a host may give
	const help = h('div', { class: 'import-help' });
	const picks = ['members', 'cards'].map((name) =>
		h('button', { type: 'button', data: { what: name }, on: { click: () => pick(name) } }, t(`import.what_${name}`)),
	);

	function pick(name) {
		if (it.running) return;
		it.turn++;
		it.what = name;
		picks.forEach((one) => one.setAttribute('aria-pressed', String(one.dataset.what === name)));
		replace(it.body);
		replace(
			help,
			h('p', null, t(`import.help_${name}`)),
			name === 'members' &&
				h(
					'p',
					{ class: 'note' },
					t('import.tiers'),
					' ',
					mine.map((tier, i) => [i ? ', ' : '', h('strong', null, String(tier.id)), ' ', bdi(tier.name)]),
				),
			h(
				'button',
				{
					type: 'button',
					on: { click: () => save(`${name}-example.csv`, [EXAMPLES[name]((mine[0] ?? tiers[0])?.id ?? 1)]) },
				},
				icon('down'),
				t('import.example'),
			),
		);
	}
	pick('members');
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h(
				'div',
				{ class: 'stack' },
				h('a', { class: 'back', href: '#/members' }, icon('back', 16), t('members.back')),
				h('h1', { tabIndex: -1 }, t('import.title')),
			),
		),
		h(
			'section',
			{ class: 'card stack', 'aria-label': t('import.choose') },
			h('div', { class: 'row', role: 'group', 'aria-label': t('import.what') }, picks),
			help,
			dropZone((file) => it.running || preview(it, file)),
		),
		it.body,
	);
}
