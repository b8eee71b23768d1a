// SPDX-License-Identifier: Apache-2.0
// #/members (find), #/members/17 (one of them), #/members/cards, #/members/import.
import { h, replace, sheet } from '../lib/dom.js';
import { t } from '../lib/texts.js';

await sheet(new URL('./members.css', import.meta.url));

const PARTS = {
	'': () => import('./members_list.js'),
	cards: () => import('./cards.js'),
	import: () => import('./members_import.js'),
};

export const title = ([part = '']) =>
	part === 'cards' ? t('cards.title') : part === 'import' ? t('import.title') : t('members.title');

/** Draws the view into root. */
export async function show(root, at) {
	const [part = ''] = at.params;

	if (PARTS[part]) return (await PARTS[part]()).show(root, at);
	if (/^[1-9]\d{0,15}$/.test(part)) return (await import('./member.js')).show(root, Number(part), at);
	replace(
		root,
		h('h1', { tabIndex: -1 }, t('members.title')),
		h('p', null, t('members.no_such')),
		h('p', null, h('a', { href: '#/members' }, t('members.back'))),
	);
}
