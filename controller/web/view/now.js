// SPDX-License-Identifier: Apache-2.0
// What a host at the front desk looks at all day: what needs somebody, the doors, who taps, who is in, today.
import { breath, h, replace, sheet } from '../lib/dom.js';
import { icon } from '../lib/icon.js';
import { t } from '../lib/texts.js';
import { attempt } from '../lib/dialog.js';
import { acts, deskData } from './now_data.js';
import { doorsSection } from './now_doors.js';
import { needPanel } from './now_need.js';
import { peopleSection, todaySection } from './now_side.js';
import { tapsSection } from './now_taps.js';

const act = () => import('./now_act.js');
const LATER_MS = 1500; // what clicks ask for comes when the view has been seen
const styled = sheet(new URL('./now.css', import.meta.url));

export const title = () => t('now.title');

/** The head: its two buttons stay where they are, whatever is on. */
function head(desk) {
	const lock = h('button', { type: 'button', class: 'lockdown' });
	const draw = () => {
		const on = desk.now.site.lockdown;

		lock.dataset.on = on ? '1' : '';
		replace(lock, icon('lock'), t(on ? 'now.lock.end' : 'now.lock.button'));
	};

	lock.addEventListener('click', () =>
		attempt(async () => (await act())[desk.now.site.lockdown ? 'lockdownEnd' : 'lockdown'](desk)),
	);
	draw();
	desk.on(['site'], draw);
	return h(
		'div',
		{ class: 'head' },
		h('h1', { tabIndex: -1 }, title()),
		acts()
			? h(
					'div',
					{ class: 'row' },
					h(
						'button',
						{ type: 'button', on: { click: () => attempt(async () => (await import('./now_letin.js')).letIn(desk)) } },
						icon('guest'),
						t('now.letin.button'),
					),
					lock,
				)
			: null,
	);
}

/** Draws the view into root. */
export async function show(root, { scope }) {
	const [desk] = await Promise.all([deskData(scope), styled]);
	const left = h('div', { class: 'stack' }),
		right = h('div', { class: 'stack' });

	// from the top, a part a frame: what is there answers while the rest is drawn, and nothing that is there moves
	replace(
		root,
		head(desk),
		needPanel(desk, scope, { lockdownEnd: () => attempt(async () => (await act()).lockdownEnd(desk)) }),
		h('div', { class: 'now' }, left, right),
	);
	await breath(scope.signal);
	const doors = doorsSection(desk, scope);

	desk.released = (name, seconds) => doors.card(name)?.released(seconds);
	left.append(doors);
	await doors.drawn;
	const taps = tapsSection(desk, scope);

	left.append(taps);
	await breath(scope.signal);
	right.append(peopleSection(desk));
	await breath(scope.signal);
	right.append(todaySection(desk));
	await taps.drawn;
	if (acts()) {
		const timer = setTimeout(
			() => Promise.all([act(), import('./now_hold.js'), import('./now_letin.js')]).catch(() => {}),
			LATER_MS,
		);

		scope.onLeave(() => clearTimeout(timer));
	}
}
