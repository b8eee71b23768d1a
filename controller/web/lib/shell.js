// SPDX-License-Identifier: Apache-2.0
// What stands around every view: name of the site, ways to the views, who is logged in, whether it is live, lockdown.
import { bdi, h, replace, setText } from './dom.js';
import { get } from './api.js';
import { icon } from './icon.js';
import * as live from './live.js';
import { leave, session } from './session.js';
import { dateOf, momentOf, setZone, timeOf } from './time.js';
import { t, word } from './texts.js';
import { attempt, toastTray } from './dialog.js';

let site = null;

/** What stands above every sheet of paper: where it is from, and when and by whom it was printed. */
const paper = h('p', { class: 'printed' });

addEventListener('beforeprint', () =>
	replace(
		paper,
		h('strong', null, bdi(site?.title || site?.site || 'tapin')),
		h('span', null, t('shell.printed', { when: momentOf(new Date()), who: session()?.operator ?? '' })),
	),
);

/** The site as the shell last saw it (GET /site): {site, title, timezone, lockdown …}. */
export const siteNow = () => site;

function lockdownBanner(now) {
	if (!now.lockdown) return [];
	const when = now.lockdown_at ? (dateOf(now.lockdown_at) === dateOf() ? timeOf : momentOf)(now.lockdown_at) : '';

	return h(
		'div',
		{ class: 'banner bad', role: 'status' },
		icon('lock'),
		h('strong', null, t('shell.lockdown')),
		now.lockdown_by ? h('span', null, t('shell.lockdown_by', { who: now.lockdown_by, when })) : null,
		h('a', { href: '#/now' }, t('shell.lockdown_go')),
	);
}

function liveMark() {
	const dot = h('span', { class: 'live-mark' });
	const draw = (state) => {
		dot.className = `live-mark ${state}`;
		setText(dot, t(`shell.${state === 'live' ? 'live' : state === 'away' ? 'away' : 'connecting'}`));
	};

	draw(live.liveState());
	return { dot, draw };
}

function operatorMenu() {
	const who = session();

	return h(
		'div',
		{ class: 'who' },
		h('span', { class: 'name' }, bdi(who.operator), h('span', { class: 'muted' }, ` ${word('role', who.role)}`)),
		h(
			'button',
			{ type: 'button', class: 'quiet', title: t('shell.lock_note'), on: { click: () => leave('out') } },
			icon('lock'),
			h('span', null, t('shell.lock')),
		),
	);
}

/**
 * Draws the frame into root and answers {view (where views go), at(name) (marks where we are), refresh()}.
 * tabs: [{name, icon, text}].
 */
export function frame(root, tabs) {
	const view = h('main', { id: 'view', tabIndex: -1 });
	const banner = h('div', { class: 'banners' });
	const mark = liveMark();
	const name = h('span', { class: 'site' }, 'tapin');
	const links = tabs.map((tab) => h('a', { href: `#/${tab.name}` }, icon(tab.icon), h('span', null, tab.text)));
	const demo = h('span');
	let said = '';

	replace(
		root,
		h(
			'a',
			{
				class: 'skip',
				href: '#view',
				on: {
					click: (event) => {
						event.preventDefault();
						view.focus();
					},
				},
			},
			t('shell.skip'),
		),
		paper,
		h('header', { class: 'top' }, h('div', { class: 'brand' }, name), mark.dot, demo, operatorMenu()),
		h('nav', { class: 'tabs', 'aria-label': t('shell.nav') }, links),
		banner,
		view,
		toastTray(),
	);

	/** Throws where the hub cannot be asked. */
	async function refresh() {
		site = await get('/site');
		setText(name, site.title || site.site);
		setZone(site.timezone, site.clock);
		const words = JSON.stringify([site.lockdown, site.lockdown_by, site.lockdown_at]);

		if (words !== said) replace(banner, lockdownBanner(site)); // read out once
		said = words;
	}
	async function showDemo() {
		const { demo: href } = await get('/status');

		if (href)
			replace(demo, h('a', { class: 'demo', href, target: '_blank', rel: 'noopener noreferrer' }, t('shell.demo')));
	}
	attempt(showDemo);
	return {
		view,
		refresh,
		draw: mark.draw,
		at(current) {
			root.dataset.at = current;
			links.forEach((link) => link.removeAttribute('aria-current'));
			links[tabs.findIndex((tab) => tab.name === current)]?.setAttribute('aria-current', 'page');
		},
	};
}
