// SPDX-License-Identifier: Apache-2.0
// A week of opening hours as a picture: a row a day, midnight to midnight.
import { h, svg } from './dom.js';
import { addDays, dateText, weekdayText } from './time.js';
import { t } from './texts.js';

const LEFT = 40,
	TOP = 18,
	ROW = 26,
	DAY_MIN = 1440;

const clock = (minute) => `${Math.floor(minute / 60) % 24}:${String(minute % 60).padStart(2, '0')}`;

/** Windows cut at midnight: [{row, from, until}] of the seven days from `monday`. */
function pieces(windows, monday) {
	const dates = Array.from({ length: 7 }, (_, i) => addDays(monday, i)),
		out = [];

	for (const { day, start_min: start, end_min: end } of windows) {
		let row = dates.indexOf(day),
			from = start,
			left = end;

		// a day before the first may reach into it
		if (row < 0 && addDays(day, 1) === monday) row = -1;
		else if (row < 0) continue;
		for (; left > 0 && row < 7; row++, from = 0, left -= DAY_MIN)
			if (row >= 0) out.push({ row, from, until: Math.min(left, DAY_MIN) });
	}
	return out;
}

/** The week in words, for who does not see it: "Mon 9:00–17:00; Tue …; Sun closed". */
export function weekWords(windows, monday) {
	return Array.from({ length: 7 }, (_, row) => {
		const mine = pieces(windows, monday).filter((piece) => piece.row === row);

		return `${weekdayText(row)} ${mine.length ? mine.map((piece) => `${clock(piece.from)}–${piece.until === DAY_MIN ? '24:00' : clock(piece.until)}`).join(', ') : t('week.closed')}`;
	}).join('; ');
}

/**
 * The picture, as wide as its place: windows as the hub's POST /hours/look has them, `monday` a date, marks: {date: text}
 * for holidays and exceptions. onPaint(row, from, until, open), where given: dragging opens closed time and closes open time.
 */
export function weekPicture(windows, monday, { marks = {}, onPaint } = {}) {
	const all = pieces(windows, monday),
		height = TOP + 7 * ROW;
	const x = (minute) => `${(minute / DAY_MIN) * 100}%`;
	const grid = [0, 6, 12, 18, 24].map((hour) => [
		svg('line', { class: 'grid', x1: x(hour * 60), x2: x(hour * 60), y1: TOP, y2: height }),
		svg(
			'text',
			{ x: x(hour * 60), y: 12, 'text-anchor': hour === 0 ? 'start' : hour === 24 ? 'end' : 'middle' },
			String(hour),
		),
	]);
	const rows = Array.from({ length: 7 }, (_, row) =>
		svg('rect', { class: 'day', x: 0, width: '100%', y: TOP + row * ROW + 2, height: ROW - 4, rx: 4, 'data-row': row }),
	);
	const bars = all.map((piece) =>
		svg('rect', {
			class: 'open',
			x: x(piece.from),
			width: x(piece.until - piece.from),
			y: TOP + piece.row * ROW + 2,
			height: ROW - 4,
			rx: 4,
		}),
	);
	const plot = svg('svg', { class: 'week-plot', 'aria-hidden': 'true', width: '100%', height }, rows, bars, grid);
	const names = h(
		'div',
		{ class: 'week-names', 'aria-hidden': 'true' },
		Array.from({ length: 7 }, (_, row) => {
			const mark = marks[addDays(monday, row)];

			return h(
				'span',
				{ class: mark ? 'marked' : null, title: mark ? `${dateText(addDays(monday, row))}: ${mark}` : null },
				weekdayText(row),
			);
		}),
	);
	const node = h(
		'div',
		{ class: ['week', onPaint && 'paint'], role: 'img', 'aria-label': weekWords(windows, monday) },
		names,
		plot,
	);

	if (onPaint) painting(plot, all, onPaint);
	return node;
}

const STEP = 15; // minutes that a drag snaps to

/** Dragging along a day. */
function painting(plot, all, onPaint) {
	const ghost = svg('rect', { class: 'ghost', height: ROW - 4, rx: 4, visibility: 'hidden' });
	let at = null;
	const place = (event) => {
		const box = plot.getBoundingClientRect();

		return {
			row: Math.floor((event.clientY - box.top - TOP) / ROW),
			minute: Math.max(0, Math.min(DAY_MIN, ((event.clientX - box.left) / box.width) * DAY_MIN)),
		};
	};
	const span = (minute) => {
		const [from, until] = [Math.min(at.minute, minute), Math.max(at.minute, minute)];

		return [
			Math.floor(from / STEP) * STEP,
			Math.max(Math.ceil(until / STEP) * STEP, Math.floor(from / STEP) * STEP + STEP),
		];
	};

	plot.append(ghost);
	plot.addEventListener('pointerdown', (event) => {
		const here = place(event);

		if (event.button !== 0 || here.row < 0 || here.row > 6) return;
		at = {
			...here,
			open: !all.some((piece) => piece.row === here.row && piece.from <= here.minute && here.minute < piece.until),
		};
		plot.setPointerCapture(event.pointerId);
		event.preventDefault();
	});
	plot.addEventListener('pointermove', (event) => {
		if (!at) return;
		const [from, until] = span(place(event).minute);

		for (const [name, value] of Object.entries({
			x: `${(from / DAY_MIN) * 100}%`,
			width: `${((until - from) / DAY_MIN) * 100}%`,
			y: TOP + at.row * ROW + 2,
			visibility: 'visible',
			class: `ghost ${at.open ? '' : 'closing'}`,
		}))
			ghost.setAttribute(name, value);
	});
	const end = (event, done) => {
		const was = at;

		ghost.setAttribute('visibility', 'hidden');
		if (was && done) {
			const [from, until] = span(place(event).minute);

			at = null;
			onPaint(was.row, from, until, was.open);
		}
		at = null;
	};
	plot.addEventListener('pointerup', (event) => end(event, true));
	plot.addEventListener('pointercancel', (event) => end(event, false));
}
