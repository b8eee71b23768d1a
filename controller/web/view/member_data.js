// SPDX-License-Identifier: Apache-2.0
// What is held about a person, for them to have; and forgetting them. Admins alone.
import { h, replace } from '../lib/dom.js';
import { get, post, refusal } from '../lib/api.js';
import { attempt, dialog, sentence, toast } from '../lib/dialog.js';
import { form } from '../lib/form.js';
import { save } from '../lib/save.js';
import { may } from '../lib/session.js';
import { t } from '../lib/texts.js';
import { momentOf } from '../lib/time.js';
import { iso } from './member_words.js';

async function exportAll(page) {
	await attempt(async () => {
		save(
			`member-${page.id}.json`,
			[JSON.stringify(await get(`/members/${page.id}/export`), null, '\t')],
			'application/json',
		);
		toast(t('data.exported'));
	});
}

const LOOK_MS = 2000; // while doors still forget
/** What can be typed of a name: no marks of direction, one space for several. */
const bare = (name) =>
	name
		.replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
		.replace(/\s+/g, ' ')
		.normalize()
		.trim();

/** Asks in plain words; the name must be typed. True when it was done. */
const erase = (page) =>
	dialog(t('data.erase_title', { name: iso(page.member.name) }), (close) => {
		page.scope.onLeave(close);
		return [
			h(
				'div',
				{ class: 'callout bad' },
				h('p', null, h('strong', null, t('data.erase_for_good'))),
				h('p', null, t('data.erase_text')),
			),
			form(
				[
					{
						name: 'typed',
						label: t('data.erase_type', { name: iso(page.member.name) }),
						required: true,
						autofocus: true,
					},
					{ name: 'why', label: t('data.erase_why'), required: true, max: 500, note: t('data.erase_why_note') },
				],
				{
					submit: t('data.erase_do'),
					danger: true,
					cancel: () => close(),
					async send({ typed, why }) {
						if (bare(typed) !== bare(page.member.name)) throw refusal(t('data.erase_differs'), 'typed');
						close(await post(`/members/${page.id}/erase`, { why }));
					},
				},
			),
		];
	});

const erased = (state) =>
	h(
		'p',
		null,
		t('data.erased', { when: momentOf(state.erased_at) }),
		' ',
		state.doors_left > 0 ? t('data.doors_left', { n: state.doors_left }) : t('data.doors_done'),
	);

/** The section of a member's page; nothing for those who may not. */
export function dataPart(page) {
	if (!may('admin')) return null;
	const body = h('div', { class: 'stack' });

	function buttons() {
		replace(
			body,
			h('p', { class: 'note' }, t('data.note')),
			h(
				'div',
				{ class: 'row' },
				h('button', { type: 'button', on: { click: () => exportAll(page) } }, t('data.export')),
				h(
					'button',
					{
						type: 'button',
						class: 'warned',
						on: {
							click: () =>
								attempt(async () => {
									if (!(await erase(page))) return;
									toast(t('data.did_erase'));
									await load();
									await page.refresh();
								}),
						},
					},
					t('data.erase'),
				),
			),
		);
	}
	async function load() {
		if (page.scope.signal.aborted) return undefined;
		try {
			const state = await get(`/members/${page.id}/erase`, {}, { signal: page.scope.signal });

			page.erased = Boolean(state.erased_at);
			if (!page.erased) return buttons();
			replace(body, erased(state));
			if (state.doors_left > 0) {
				const timer = setTimeout(load, LOOK_MS);

				page.scope.onLeave(() => clearTimeout(timer));
			}
		} catch (error) {
			replace(body, h('p', { class: 'fault' }, sentence(error)));
		}
		return undefined;
	}
	page.ready.push(load());
	return h('section', { class: 'card', 'aria-labelledby': 'data-h' }, h('h2', { id: 'data-h' }, t('data.title')), body);
}
