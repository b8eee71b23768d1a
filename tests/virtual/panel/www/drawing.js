// SPDX-License-Identifier: Apache-2.0
/* The picture of a door: leaf and frame, lock, reader, exit button, fire call point. */
import { draw } from './ask.js';

function waves(x, y) {
	return draw(
		'g',
		{ class: 'waves' },
		draw('path', { d: `M${x} ${y} q6 7 0 14` }),
		draw('path', { d: `M${x + 6} ${y - 5} q10 12 0 24` }),
		draw('path', { d: `M${x + 12} ${y - 10} q14 17 0 34` }),
	);
}

function wallReader() {
	return draw(
		'g',
		{ class: 'reader' },
		draw('path', { class: 'cable', d: 'M272 152 v46' }),
		draw('rect', { class: 'case', x: 246, y: 72, width: 52, height: 82, rx: 9 }),
		draw('circle', { class: 'lamp green', cx: 262, cy: 86, r: 6 }),
		draw('circle', { class: 'lamp red', cx: 282, cy: 86, r: 6 }),
		waves(262, 114),
		draw(
			'g',
			{ class: 'shown' },
			draw('rect', { x: 238, y: 110, width: 68, height: 42, rx: 5 }),
			draw('text', { x: 272, y: 135, class: 'card-name' }),
		),
		draw(
			'g',
			{ class: 'noise' },
			draw('path', { d: 'M303 78 q5 5 0 12' }),
			draw('path', { d: 'M309 73 q9 11 0 22' }),
			draw('path', { d: 'M315 68 q13 16 0 32' }),
		),
		draw('path', { class: 'cut', d: 'M264 170 l16 12 M264 182 l16 -12' }),
	);
}

function leaf() {
	return draw(
		'g',
		{ class: 'leaf' },
		draw('rect', { class: 'wood', x: 118, y: 30, width: 92, height: 168 }),
		draw('rect', { class: 'panel', x: 130, y: 44, width: 68, height: 62, rx: 3 }),
		draw('rect', { class: 'panel', x: 130, y: 128, width: 68, height: 58, rx: 3 }),
		draw('path', { class: 'handle', d: 'M202 117 h-16' }),
	);
}

/** The drawing of one door; its states are classes that door.js sets on it. */
export function drawing() {
	return draw(
		'svg',
		{ viewBox: '0 0 330 210', 'aria-hidden': 'true', class: 'drawing' },
		draw('rect', { class: 'wall', x: -500, y: 0, width: 1330, height: 210 }),
		draw('rect', { class: 'floor', x: -500, y: 198, width: 1330, height: 12 }),
		draw('rect', { class: 'frame', x: 110, y: 22, width: 108, height: 176 }),
		draw('rect', { class: 'beyond', x: 118, y: 30, width: 92, height: 168 }),
		leaf(),
		draw(
			'g',
			{ class: 'lock' },
			draw('rect', { class: 'strike', x: 210, y: 104, width: 20, height: 28, rx: 2 }),
			draw('rect', { class: 'bolt', x: 196, y: 113, width: 24, height: 10, rx: 2 }),
		),
		wallReader(),
		draw(
			'g',
			{ class: 'exit' },
			draw('rect', { class: 'plate', x: 46, y: 92, width: 40, height: 52, rx: 5 }),
			draw('circle', { class: 'knob', cx: 66, cy: 112, r: 11 }),
			draw('text', { x: 66, y: 138, class: 'sign' }, 'EXIT'),
		),
		draw(
			'g',
			{ class: 'fire' },
			draw('rect', { class: 'plate', x: 46, y: 34, width: 40, height: 40, rx: 4 }),
			draw('circle', { class: 'glass', cx: 66, cy: 50, r: 9 }),
			draw('text', { x: 66, y: 70, class: 'sign' }, 'FIRE'),
		),
	);
}
