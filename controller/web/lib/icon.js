// SPDX-License-Identifier: Apache-2.0
// Icons as strokes in a box of 24; they never stand alone: a text or a label says the same.
import { svg } from './dom.js';

const PATHS = {
	now: 'M5 21V4l10-1.5v19M5 21h15M15 5h4v16M12 12v1',
	checkin: 'M9 5h10M9 12h10M9 19h10M3.5 5l1.2 1.2L7 4M3.5 12l1.2 1.2L7 11M3.5 19l1.2 1.2L7 18',
	members:
		'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.3-3.6 3-5.5 6.5-5.5s6.2 1.9 6.5 5.5M16 4.5a3.3 3.3 0 0 1 0 6.2M18 14.8c2 .8 3.3 2.5 3.5 5.2',
	hours: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.2l3.4 2',
	log: 'M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7',
	reports: 'M4 20V10M10 20V4M16 20v-7M21 20H3',
	card: 'M3 6h18v12H3zM3 10h18M6.5 14.5h4',
	door: 'M6 21V3.5h11V21M4 21h16M13.8 12v1',
	unlock: 'M6 11h12v9.5H6zM8.5 11V7.5a3.5 3.5 0 0 1 6.8-1.2',
	lock: 'M6 11h12v9.5H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11',
	alert: 'M12 3.5 2.5 20h19zM12 10v4.5M12 17.2v.3',
	ok: 'M4.5 12.5l5 5 10-11',
	no: 'M6 6l12 12M18 6L6 18',
	search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3 21 21',
	plus: 'M12 5v14M5 12h14',
	more: 'M5 12h.1M12 12h.1M19 12h.1',
	out: 'M10 4H4v16h6M15 8l4 4-4 4M9 12h10',
	print: 'M7 9V3.5h10V9M7 17H4V9h16v8h-3M7 14h10v6.5H7z',
	down: 'M12 4v11M7 11l5 5 5-5M5 20h14',
	up: 'M12 20V9M7 13l5-5 5 5M5 4h14',
	undo: 'M8 5 4 9l4 4M4 9h9.5a5.5 5.5 0 0 1 0 11H9',
	calendar: 'M4 6h16v14H4zM4 10h16M8 3.5V7M16 3.5V7',
	guest: 'M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5 20c.4-3.6 3.2-5.5 7-5.5s6.6 1.9 7 5.5',
	back: 'M14.5 5l-7 7 7 7',
	next: 'M9.5 5l7 7-7 7',
	phone: 'M8 2.5h8v19H8zM11 18.5h2',
};

/** An icon by name; hidden from readers, since a text stands beside it. */
export function icon(name, size = 20) {
	return svg(
		'svg',
		{ class: 'icon', viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': 'true', focusable: 'false' },
		svg('path', { d: PATHS[name] ?? PATHS.more }),
	);
}
