// SPDX-License-Identifier: Apache-2.0
// A table that is fetched page by page, however long the list is: what came stays, older rows come on demand.
import { h, inParts, replace, setText } from './dom.js';
import { aborted } from './api.js';
import { sentence } from './dialog.js';
import { t } from './texts.js';

/**
 * options: columns [{label, class}], caption (for readers), row(item) → <tr>, fetch(cursor, signal) → {items, next}, empty
 * (text), more (the button's words). Answers a node with load() (from the start), prepend(rows of <tr>) and count().
 */
export function pager({ columns, caption, row, fetch, empty, more: words = t('pager.more') }) {
	const body = h('tbody');
	const said = h('p', { class: 'note', role: 'status' });
	const more = h('button', { type: 'button', hidden: true, on: { click: () => load(true) } }, words);
	const node = h(
		'div',
		{ class: 'pager' },
		h(
			'div',
			{ class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': caption },
			h(
				'table',
				null,
				h('caption', { class: 'hidden' }, caption),
				h(
					'thead',
					null,
					h(
						'tr',
						null,
						columns.map((column) => h('th', { scope: 'col', class: column.class }, column.label)),
					),
				),
				body,
			),
		),
		said,
		more,
	);
	let next = null,
		waiting = null,
		newest = null;

	/** Other rows in place of these; who stood in the third stands in the third. */
	function renew(rows) {
		const at = [...body.children].findIndex((old) => old.contains(document.activeElement));

		replace(body, rows);
		if (at >= 0) rows[Math.min(at, rows.length - 1)]?.querySelector('a, button')?.focus();
	}

	async function fill(further) {
		waiting?.abort();
		waiting = new AbortController();
		const { signal } = waiting;

		more.disabled = true;
		if (!further) node.setAttribute('aria-busy', 'true');
		try {
			const page = await fetch(further ? next : undefined, signal);

			if (signal.aborted) return;
			const first = further ? body.children.length : 0;

			if (body.contains(document.activeElement) && !further) renew(page.items.map(row));
			else {
				let fresh = !further; // what was there goes with the first that comes

				if (!page.items.length && fresh) replace(body);
				await inParts(
					page.items,
					(items) => {
						if (fresh) replace(body);
						fresh = false;
						body.append(...items.map(row));
					},
					signal,
				);
			}
			next = page.next;
			more.hidden = !next;
			setText(
				said,
				body.children.length
					? next
						? t('pager.shown', { n: body.children.length })
						: t('pager.all', { n: body.children.length })
					: empty,
			);
			if (further) body.children[first]?.querySelector('a, button')?.focus();
			return true;
		} catch (error) {
			if (!aborted(error)) setText(said, sentence(error));
			return signal.aborted ? newest : false;
		} finally {
			if (!signal.aborted) {
				more.disabled = false;
				node.removeAttribute('aria-busy');
			}
		}
	}
	/** Answers whether what stands there now is what was asked for last. */
	function load(further = false) {
		newest = fill(further);
		return newest;
	}
	node.load = () => load(false);
	node.body = body;
	node.count = () => body.children.length;
	return node;
}
