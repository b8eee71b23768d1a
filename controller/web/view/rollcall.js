// SPDX-License-Identifier: Apache-2.0
// The roll call: who is inside as far as anybody knows, to read out at the assembly point; made to be printed.
import { bdi, h, keyed, replace, setText, sheet } from '../lib/dom.js';
import { all, get } from '../lib/api.js';
import { attempt } from '../lib/dialog.js';
import { icon } from '../lib/icon.js';
import { dateOf, momentOf, timeOf } from '../lib/time.js';
import { t } from '../lib/texts.js';
import { siteNow } from '../lib/shell.js';

await sheet(new URL('./rollcall.css', import.meta.url));

export const title = () => t('rollcall.title');

const keyOf = (person) => `${person.member ?? ''}/${person.card ?? ''}/${person.name}`;

function nameOf(person) {
	if (person.name) return bdi(person.name);
	return person.sponsor ? t('rollcall.guest') : t('rollcall.unknown', { id: person.card ?? '?' });
}

const row = (doors) => (person) =>
	h(
		'tr',
		null,
		h('td', { class: 'tick' }, h('span', { class: 'box', 'aria-hidden': 'true' })),
		h('th', { scope: 'row' }, nameOf(person)),
		h(
			'td',
			null,
			person.zone
				? bdi(person.zone)
				: person.door
					? bdi(doors.get(person.door) || person.door)
					: person.by
						? t('rollcall.by', { who: person.by })
						: '–',
		),
		h('td', { class: 'time' }, (dateOf(person.since) === dateOf() ? timeOf : momentOf)(person.since)),
		h('td', null, t(person.sure ? 'rollcall.sure' : 'rollcall.likely')),
	);

export async function show(root, { scope }) {
	const doors = new Map(
		(await all('/doors', {}, 200, { signal: scope.signal })).map((door) => [door.name, door.title]),
	);
	const body = h('tbody'),
		said = h('p', { class: 'asof' }),
		empty = h('p', { class: 'empty', hidden: true }, t('rollcall.empty'));
	const table = h(
		'table',
		{ class: 'rollcall' },
		h('caption', { class: 'hidden' }, title()),
		h(
			'thead',
			null,
			h(
				'tr',
				null,
				[t('rollcall.here'), t('rollcall.name'), t('rollcall.where'), t('rollcall.since'), t('rollcall.how')].map(
					(text) => h('th', { scope: 'col' }, text),
				),
			),
		),
		body,
	);

	async function draw() {
		const presence = await get('/presence', {}, { signal: scope.signal });
		const people = [...presence.people].sort((a, b) => a.name.localeCompare(b.name) || a.since.localeCompare(b.since));

		keyed(body, people, keyOf, row(doors));
		table.hidden = people.length === 0;
		empty.hidden = people.length > 0;
		setText(
			said,
			t('rollcall.as_of', {
				n: presence.count,
				sure: presence.sure,
				when: momentOf(presence.as_of),
				site: siteNow()?.title || siteNow()?.site || '',
			}),
		);
	}
	replace(
		root,
		h(
			'div',
			{ class: 'head' },
			h('h1', { tabIndex: -1 }, title()),
			h(
				'div',
				{ class: 'row noprint' },
				h(
					'button',
					{ type: 'button', class: 'primary', on: { click: () => print() } },
					icon('print'),
					t('rollcall.print'),
				),
			),
		),
		said,
		h('p', { class: 'callout warn' }, t('rollcall.aid')),
		h(
			'div',
			{ class: 'card' },
			h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': title() }, table),
			empty,
		),
		h('p', { class: 'note noprint' }, t('rollcall.sealed')),
	);
	scope.on('presence', () => attempt(draw));
	await draw();
}
