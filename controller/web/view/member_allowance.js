// SPDX-License-Identifier: Apache-2.0
// What is left of this month, in a sentence; why each unit counted stands at Check-in.
import { h, replace } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { sentence } from '../lib/dialog.js';
import { monthText } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { allowanceSentence } from './checkin_allowance.js';

/** The section of a member's page. */
export function allowancePart(page) {
	const limited = page.member.pool || page.tiers.find((tier) => tier.id === page.member.tier)?.allowance;
	const body = h('div', { class: 'stack' });

	async function load() {
		try {
			const use = await get(`/members/${page.id}/allowance`, {}, { signal: page.scope.signal }),
				had = use.limit + use.extra;

			replace(
				body,
				h('p', null, `${monthText(use.month)}: ${allowanceSentence(use)}`),
				had > 0 &&
					h('progress', { max: had, value: Math.min(use.used, had), 'aria-label': t('member.allowance_mark') }),
				h('p', null, h('a', { href: `#/checkin/allowance/${page.id}` }, t('member.allowance_units'))),
				h('p', { class: 'note' }, t('member.allowance_audited')),
			);
		} catch (error) {
			replace(body, h('p', { class: 'fault' }, sentence(error)));
		}
	}
	if (limited) page.ready.push(load());
	else replace(body, h('p', { class: 'muted' }, t('allowance.none')));
	return h(
		'section',
		{ class: 'card', 'aria-labelledby': 'allowance-h' },
		h('h2', { id: 'allowance-h' }, t('member.allowance')),
		body,
	);
}
