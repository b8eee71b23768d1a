// SPDX-License-Identifier: Apache-2.0
// Hours and tiers: who may come in when; the days that differ; and what would be at any moment.
import { h, replace, sheet } from '../lib/dom.js';
import { t } from '../lib/texts.js';

await sheet(new URL('./hours.css', import.meta.url));

const PARTS = {
	tiers: { at: '#/hours', load: () => import('./hours_tiers.js') },
	calendar: { at: '#/hours/calendar', load: () => import('./hours_calendar.js') },
	who: { at: '#/hours/who', load: () => import('./hours_who.js') },
};

export const title = (params) =>
	PARTS[params[0]] ? `${t('hours.title')}: ${t(`hours.part_${params[0]}`)}` : t('hours.title');

/** #/hours, #/hours/tier/2 (or new), #/hours/calendar, #/hours/who */
export async function show(root, context) {
	const [first = 'tiers', id] = context.params;

	if (first === 'tier') {
		const { edit } = await import('./hours_edit.js');

		await edit(root, context, id);
		return;
	}
	const name = PARTS[first] ? first : 'tiers',
		part = await PARTS[name].load();
	const body = h('div', { class: 'stack' });

	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, t('hours.title')),
			h(
				'nav',
				{ class: 'row parts', 'aria-label': t('hours.parts') },
				Object.entries(PARTS).map(([key, { at }]) =>
					h('a', { class: 'button', href: at, 'aria-current': key === name ? 'page' : null }, t(`hours.part_${key}`)),
				),
			),
		),
		body,
	);
	await part.show(body, context);
}
