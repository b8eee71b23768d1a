// SPDX-License-Identifier: Apache-2.0
// What a member used of this month, in a sentence, with each unit behind it.
import { h, replace } from '../lib/dom.js';
import { get, post } from '../lib/api.js';
import { dialog, sentence, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { dateText, monthText } from '../lib/time.js';

/** 3 → "3 days"; hours come in minutes. */
function amount(kind, n) {
	if (kind === 'hours')
		return n % 60 ? t('allowance.h_min', { h: Math.floor(n / 60), min: n % 60 }) : t('allowance.hours', { n: n / 60 });
	return t(`allowance.${kind}`, { n });
}

function words(use) {
	const { kind } = use, of = use.limit + use.extra;

	return [t('allowance.used', { used: amount(kind, use.used), of: amount(kind, Math.max(of, 0)), month: monthText(use.month) }),
		use.left === null ? '' : use.left > 0 ? t('allowance.left', { left: amount(kind, use.left) }) : t(`allowance.spent_${use.when_spent}`),
		use.extra > 0 ? t('allowance.given', { extra: amount(kind, use.extra) }) : ''].filter(Boolean).join(' ');
}

const unit = (one, doors) => h('li', null, `${dateText(one.date)}, ${one.time.slice(0, 5)} · ${doors.get(one.door)?.title ?? (one.door || t('allowance.by_word'))}`,
	one.minutes === null ? '' : ` · ${amount('hours', one.minutes)}`, h('span', { class: 'muted' }, ` · ${t(`allowance.counts_${one.counts}`)}`));

async function give(page, use, draw) {
	const now = await dialog(t('allowance.give'), (close) => {
		page.scope.onLeave(close);
		return form([
			{ name: 'units', label: t(`allowance.how_many_${use.kind}`), type: 'number', min: 1, most: 1000, value: 1, required: true, autofocus: true },
			{ name: 'why', label: t('allowance.why'), required: true, max: 500, note: t('allowance.why_note') },
		], { submit: t('allowance.give_do'), cancel: () => close(), async send({ units, why }) {
			const n = use.kind === 'hours' ? units * 60 : units;

			close({ n, use: await post(`/members/${page.id}/allowance`, { units: n, why }) });
		} });
	});

	if (!now)
		return;
	draw(now.use);
	toast(t('allowance.gave'), { undo: async () => draw(await post(`/members/${page.id}/allowance`, { units: now.n, take: true, why: t('allowance.undone_why') })) });
}

/** The section of a member's page. */
export function allowancePart(page) {
	const limited = () => page.member.pool || page.tiers.find((tier) => tier.id === page.member.tier)?.allowance;
	const body = h('div', { class: 'stack' });
	const node = h('section', { class: 'card', 'aria-labelledby': 'allowance-h' }, h('h2', { id: 'allowance-h' }, t('allowance.title')), body);

	function draw(use) {
		if (use.kind === 'none')
			return replace(body, h('p', null, t('allowance.none')));
		return replace(body, h('p', null, words(use)),
			h('progress', { max: Math.max(use.limit + use.extra, 1), value: use.used, 'aria-label': t('allowance.used_mark') }),
			h('details', null, h('summary', null, t('allowance.units', { n: use.units.length })),
				use.units.length ? h('ul', { class: 'plain lines' }, use.units.map((one) => unit(one, page.doors))) : h('p', { class: 'empty' }, t('allowance.no_units'))),
			may('work') && h('div', null, h('button', { type: 'button', on: { click: () => give(page, use, draw) } }, t('allowance.give'))),
			h('p', { class: 'note' }, t('allowance.audited')));
	}
	async function load() {
		try {
			draw(await get(`/members/${page.id}/allowance`, {}, { signal: page.scope.signal }));
		} catch (error) {
			replace(body, h('p', { class: 'fault' }, sentence(error)));
		}
	}
	if (limited())
		load();
	else
		replace(body, h('p', null, t('allowance.none')));
	return node;
}
