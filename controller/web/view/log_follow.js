// SPDX-License-Identifier: Apache-2.0
// Following the log: a fixed number of rows, written anew as entries come, so that nothing moves under the eye.
import { h, replace, setText } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { aborted } from '../lib/api.js';
import { attempt } from '../lib/dialog.js';
import { t } from '../lib/texts.js';

const ROWS = 30;
const COLUMNS = ['when', 'door', 'what', 'whom'];
const FRESH_MS = 4000; // how long a new row stands out

/**
 * options: scope, cells(entry), fits(entry), newest(limit, signal) → {items}, load() (the paged table anew),
 * older (that table, hidden meanwhile). Answers {button, line, node, restart()}.
 */
export function follower({ scope, cells, fits, newest, load, older }) {
	const rows = Array.from({ length: ROWS }, () => h('tr'));
	const node = h(
		'div',
		{ class: 'follow scroll', hidden: true, tabIndex: 0, role: 'region', 'aria-label': t('log.following') },
		h(
			'table',
			null,
			h('caption', { class: 'hidden' }, t('log.following')),
			h(
				'thead',
				null,
				h(
					'tr',
					null,
					COLUMNS.map((name) =>
						h('th', { scope: 'col', class: name }, t(`log.${{ when: 'time', whom: 'who' }[name] ?? name}`)),
					),
				),
			),
			h('tbody', null, rows),
		),
	);
	const button = h(
		'button',
		{ type: 'button', 'aria-pressed': false, on: { click: () => attempt(() => turn(node.hidden)) } },
		icon('log'),
		t('log.follow'),
	);
	const said = h('span', { class: 'note', role: 'status' }, t('log.up_to_date'));
	const fresh = h('button', { type: 'button', class: 'primary', hidden: true, on: { click: () => restart() } });
	const line = h('div', { class: 'row follow-line' }, fresh, said);
	let entries = [],
		recent = [], // what came while the newest were on their way
		asked = 0,
		came = 0;

	function draw() {
		rows.forEach((row, i) => {
			const entry = entries[i],
				key = String(entry?.id ?? '');

			if (row.dataset.key === key) return;
			row.dataset.key = key;
			row.classList.toggle('fresh', Boolean(entry?.freshUntil > Date.now()));
			replace(row, entry ? cells(entry) : COLUMNS.map((name) => h('td', { class: name })));
		});
	}
	async function begin() {
		const mine = ++asked;

		recent = [];
		const { items } = await newest(ROWS, scope.signal);

		if (mine !== asked) return; // of another filter
		entries = [...recent.filter((entry) => fits(entry) && !items.some((one) => one.id === entry.id)), ...items].slice(
			0,
			ROWS,
		);
		draw();
	}
	async function turn(on) {
		if (on) await begin();
		node.hidden = !on;
		older.hidden = on;
		button.setAttribute('aria-pressed', String(on));
		setText(said, t(on ? 'log.following_note' : 'log.up_to_date'));
		if (!on) await load();
		came = 0;
		fresh.hidden = true;
		said.hidden = false;
	}
	async function restart() {
		came = 0;
		fresh.hidden = true;
		said.hidden = false;
		if (node.hidden) await load();
		else
			await begin().catch((error) => {
				if (!aborted(error)) throw error;
			});
	}
	function take(entry) {
		if (!fits(entry)) return;
		recent = [entry, ...recent].slice(0, ROWS);
		if (node.hidden) {
			came++;
			fresh.hidden = false;
			said.hidden = true;
			setText(fresh, t('log.came', { n: came }));
			return;
		}
		if (entries.some((one) => one.id === entry.id)) return;
		entries = [{ ...entry, freshUntil: Date.now() + FRESH_MS }, ...entries].slice(0, ROWS);
		draw();
		setTimeout(() => rows.forEach((row) => row.classList.remove('fresh')), FRESH_MS);
	}
	scope.on('entry', take);
	scope.on('log', () => attempt(restart));
	return { button, line, node, restart };
}
