// SPDX-License-Identifier: Apache-2.0
// Pictures of numbers, as SVG of the width that there is. Each stands over the table it is drawn from, and can be saved.
import { bdi, h, replace, svg } from './dom.js';
import { icon } from './icon.js';
import { save } from './save.js';
import { t } from './texts.js';

const ROW = 30,
	TEXT = 13;
const known = (value) => value !== null && value !== undefined;
const most = (values) => Math.max(1, ...values.filter(known));
/** What a number is called: withheld numbers have no picture. */
export const numberText = (value) => (known(value) ? String(value) : t('chart.withheld'));

function label(x, y, text, more) {
	return svg('text', { x, y, class: 'label', 'font-size': TEXT, ...more }, text);
}

/** A grid of hours and days: the more, the darker. rows, columns: labels; values[row][column]. */
export function heat(width, { rows, columns, values }) {
	const left = 40,
		top = 22,
		step = Math.floor((width - left) / columns.length),
		height = Math.max(24, Math.min(34, step));
	const max = most(values.flat());
	const every = step < 22 ? 3 : 1;

	return svg(
		'svg',
		{ 'aria-hidden': 'true', width, height: top + height * rows.length },
		columns.map(
			(text, i) => i % every === 0 && label(left + i * step + step / 2, 14, text, { 'text-anchor': 'middle' }),
		),
		rows.map((text, r) => [
			label(left - 8, top + r * height + height / 2 + 4, text, { 'text-anchor': 'end' }),
			columns.map((column, c) => {
				const value = values[r][c];

				return svg(
					'rect',
					{
						x: left + c * step,
						y: top + r * height,
						width: step - 2,
						height: height - 2,
						rx: 3,
						class: known(value) ? 'heat' : 'heat withheld',
						'fill-opacity': known(value) ? (value ? 0.15 + (0.85 * value) / max : 0.04) : undefined,
					},
					svg('title', null, `${text} ${column}: ${numberText(value)}`),
				);
			}),
		]),
	);
}

/** Bars with their names over them, longest first as given. items: [{label, value, tone}]. */
export function bars(width, items) {
	const max = most(items.map((item) => item.value)),
		room = width - 56;

	return svg(
		'svg',
		{ 'aria-hidden': 'true', width, height: items.length * (ROW + 16) },
		items.map((item, i) => {
			const y = i * (ROW + 16),
				size = known(item.value) ? Math.max(2, (room * item.value) / max) : 0;

			return [
				label(0, y + 14, item.label),
				svg('rect', { x: 0, y: y + 20, width: size, height: 18, rx: 4, class: `bar ${item.tone ?? ''}` }),
				label(size + 8, y + 34, numberText(item.value), { class: 'label value' }),
			];
		}),
	);
}

/** Columns along a line of time. items: [{label, value}]. */
export function columns(width, items) {
	const height = 190,
		base = height - 26,
		step = width / Math.max(1, items.length),
		max = most(items.map((item) => item.value));
	const every = Math.ceil(46 / step);

	return svg(
		'svg',
		{ 'aria-hidden': 'true', width, height },
		svg('line', { x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5, class: 'axis' }),
		items.map((item, i) => {
			const size = known(item.value) ? ((base - 24) * item.value) / max : 0,
				x = i * step;

			return [
				svg(
					'rect',
					{ x: x + step * 0.15, y: base - size, width: step * 0.7, height: size, rx: 3, class: 'bar' },
					svg('title', null, `${item.label}: ${numberText(item.value)}`),
				),
				label(x + step / 2, base - size - 6, known(item.value) ? String(item.value) : '–', {
					'text-anchor': 'middle',
					class: 'label value',
				}),
				(items.length - 1 - i) % every === 0 &&
					label(x + step / 2, height - 6, item.label, { 'text-anchor': 'middle' }),
			];
		}),
	);
}

/** The picture as a file of its own: what the sheet says is written into it. */
function saveSvg(node, name) {
	const copy = node.cloneNode(true),
		from = node.querySelectorAll('*'),
		to = copy.querySelectorAll('*');

	copy.removeAttribute('aria-hidden');
	copy.setAttribute('viewBox', `0 0 ${node.getAttribute('width')} ${node.getAttribute('height')}`);
	from.forEach((one, i) => {
		const style = getComputedStyle(one);

		for (const key of ['fill', 'stroke', 'font-family', 'font-weight'])
			to[i].setAttribute(key, style.getPropertyValue(key));
	});
	save(`${name}.svg`, [new XMLSerializer().serializeToString(copy)], 'image/svg+xml'); // outerHTML is no XML
}

/**
 * A figure: title, one sentence that says what is seen, draw(width) → svg, and the table behind it: head [texts],
 * rows [[cells]]; name: of the saved file; csv: an address of the API to take the numbers from, or nothing.
 */
export function figure({ title, sentence, draw, head, rows, name, csv }) {
	const place = h('div', { class: 'plot', role: 'img', 'aria-label': t('chart.picture') });
	let width = 0;
	const watch = new ResizeObserver(([entry]) => {
		const now = Math.floor(entry.contentRect.width);

		if (now > 0 && now !== width) {
			width = now;
			replace(place, draw(now));
		}
	});

	watch.observe(place);
	return h(
		'figure',
		{ class: 'card figure', 'aria-label': title },
		h('figcaption', null, h('h2', null, title), h('p', { class: 'muted' }, sentence)),
		place,
		h(
			'div',
			{ class: 'row noprint' },
			h(
				'button',
				{
					type: 'button',
					'aria-label': `${t('chart.save')}: ${title}`,
					on: { click: () => saveSvg(place.querySelector('svg'), name) },
				},
				icon('down', 16),
				t('chart.save'),
			),
			csv &&
				h(
					'a',
					{ class: 'button', href: csv, 'aria-label': `${t('chart.csv')}: ${title}`, download: `${name}.csv` },
					icon('down', 16),
					t('chart.csv'),
				),
		),
		h(
			'details',
			null,
			h('summary', { 'aria-label': `${t('chart.table')}: ${title}` }, t('chart.table')),
			h(
				'div',
				{ class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': title },
				h(
					'table',
					null,
					h('caption', { class: 'hidden' }, title),
					h(
						'thead',
						null,
						h(
							'tr',
							null,
							head.map((text, i) => h('th', { scope: 'col', class: i ? 'num' : null }, text)),
						),
					),
					h(
						'tbody',
						null,
						rows.map((row) =>
							h(
								'tr',
								null,
								row.map((cell, i) =>
									i
										? h('td', { class: 'num' }, typeof cell === 'string' ? cell : numberText(cell))
										: h('th', { scope: 'row' }, bdi(cell)),
								),
							),
						),
					),
				),
			),
		),
	);
}
