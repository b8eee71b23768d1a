// SPDX-License-Identifier: Apache-2.0
// What the log has of one member or card; looking at it leaves a trace in the audit, so it is fetched when asked for.
import { bdi, h } from '../lib/dom.js';
import { get } from '../lib/api.js';
import { entryBadge, entryWhy } from '../lib/entry.js';
import { pager } from '../lib/pager.js';
import { session } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { momentOf } from '../lib/time.js';

function row(entry, doors) {
	const why = entryWhy(entry);

	return h(
		'tr',
		null,
		h('th', { scope: 'row', class: 'time' }, h('time', { datetime: entry.time }, momentOf(entry.time))),
		h('td', null, bdi(doors?.get(entry.door)?.title || entry.door)),
		h('td', null, entryBadge(entry), why ? h('span', { class: 'why note' }, ` ${why}`) : null),
	);
}

/** A list of entries by {member} or {card}; load() asks for it. */
export const historyOf = (who, caption, doors) =>
	pager({
		caption,
		empty: t('history.none'),
		columns: [{ label: t('history.when') }, { label: t('history.door') }, { label: t('history.what') }],
		row: (entry) => row(entry, doors),
		fetch: (cursor, signal) => get('/log', { ...who, limit: 25, cursor }, { signal }),
	});

/** The section of a member's page. */
export function historyPart(member, doors) {
	const list = historyOf({ member: member.id }, t('history.caption'), doors);
	const body = h('div', null);
	const start = h(
		'button',
		{
			type: 'button',
			on: {
				click() {
					start.remove();
					body.append(list);
					list.load().then(() => body.querySelector('.scroll')?.focus());
				},
			},
		},
		t('history.show'),
	);

	body.append(start);
	return h(
		'section',
		{ class: 'card', 'aria-labelledby': 'history-h' },
		h('h2', { id: 'history-h' }, t('history.title')),
		h('p', { class: 'note' }, t(session()?.role === 'host' ? 'history.audited_host' : 'history.audited')),
		body,
	);
}
